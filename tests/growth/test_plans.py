"""Every hot statement finds its rows by an index and reads no more of them with a larger table,
whatever Postgres believes about the tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from openslots.jobs import upkeep
from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import Runner
from openslots.kernel import clock
from openslots.worker import HANDLERS
from tests.growth.fill import BUSY, Grown, grow
from tests.growth.plans import Plan, noting, plans

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("growth")]

# Tables that do not grow with use: their plans do not matter.
SMALL = {"teams", "memberships", "hosts", "oauth_clients", "profiles", "email_changes"}
FILLED = {
    *("bookings", "booking_hosts", "attendees", "jobs", "webhooks", "webhook_deliveries"),
    *("webhook_attempts", "idempotency_keys", "mails", "verification_codes"),
    *("slot_reservations", "api_keys", "users", "schedules", "availabilities", "event_types"),
}
FEW = 20  # rows of a table that is next to empty
ONE = 150  # rows that a statement about one booking, host or page may read
LIST = 4 * BUSY  # a list and its total: all that the caller can see, in each branch
CHUNK = 12_000  # a chunk of a purge
BLOCKS = 2_000
OLD, CURSOR, V = "2024-04-15", "2026-05-01", "2024-08-13"


@pytest.fixture(scope="module", params=["fresh", "stale"])
async def grown(
    request: pytest.FixtureRequest,
    addresses: dict[str, str],
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Grown]:
    """A database with statistics of its rows, then one whose statistics are out of date."""
    from openslots.main import create_app
    from tests.cluster import clone, drop
    from tests.conftest import make_settings

    url = await asyncio.to_thread(clone, addresses["admin"])
    app: FastAPI = create_app(make_settings(url, redis_url, tmp_path_factory.mktemp("grown")))
    try:
        async with app.router.lifespan_context(app):
            yield await grow(app, stale=request.param == "stale")
    finally:
        await asyncio.to_thread(drop, addresses["admin"], url)


@pytest.fixture
async def http(grown: Grown) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(grown.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


def faults(found: list[Plan], *, rows: int, blocks: int = BLOCKS) -> list[str]:
    """What is wrong with plans: tables read from end to end, and rows read for nothing."""
    wrong = []
    for plan in found:
        for scan in plan.scans:
            if scan.table in SMALL:
                continue
            if scan.kind == "Seq Scan" and (scan.table in FILLED or scan.rows > FEW):
                wrong.append(f"reads all of {scan.table} {plan}")
            elif scan.rows > rows:
                wrong.append(f"{scan} {plan}")
        if plan.blocks > blocks:
            wrong.append(f"touches {plan.blocks} blocks {plan}")
    return wrong


async def check(
    grown: Grown,
    work: Callable[[], Awaitable[Any]],  # Any: whatever it returns
    *,
    rows: int = ONE,
    blocks: int = BLOCKS,
) -> None:
    with noting(grown.units) as sent:
        await work()
    assert sent
    wrong = faults(await plans(grown.units, sent), rows=rows, blocks=blocks)
    assert not wrong, "\n\n".join(wrong)


async def ok(answer: Awaitable[httpx.Response], *statuses: int) -> httpx.Response:
    found = await answer
    assert found.status_code in (statuses or (200, 201)), found.text
    return found


def day(number: int = 1) -> str:
    return str(clock.now().date() + timedelta(days=number))


# -- slots


@pytest.mark.parametrize(
    "query",
    [
        {"eventTypeId": "{type}"},
        {"username": "{name}", "eventTypeSlug": "{slug}"},
        {"usernames": "{name},{admin}"},
        {"eventTypeId": "{team_type}"},
    ],
)
async def test_slots(grown: Grown, http: httpx.AsyncClient, query: dict[str, str]) -> None:
    names = {
        "type": grown.mine.id,
        "name": grown.me.username,
        "slug": grown.mine.slug,
        "admin": grown.admin.username,
        "team_type": grown.team_type.id,
    }
    params = {key: value.format(**names) for key, value in query.items()}
    params |= {"start": day(), "end": day(30)}
    headers = {"cal-api-version": "2024-09-04"}
    await check(grown, lambda: ok(http.get("/v2/slots", params=params, headers=headers)))


async def test_a_hold(grown: Grown, http: httpx.AsyncClient) -> None:
    headers = {"cal-api-version": "2024-09-04"}
    start = f"{day(3)}T03:00:00Z"

    async def work() -> None:
        body = {"eventTypeId": grown.mine.id, "slotStart": start}
        path = "/v2/slots/reservations"
        made = await ok(http.post(path, json=body, headers=headers))
        uid = made.json()["data"]["reservationUid"]
        await ok(http.get(f"{path}/{uid}", headers=headers))
        await ok(http.delete(f"{path}/{uid}", headers=headers))

    await check(grown, work)


# -- bookings


def booking(grown: Grown, hour: int, number: int = 5) -> dict[str, Any]:
    return {
        "start": f"{day(number)}T{hour:02d}:00:00Z",
        "eventTypeId": grown.mine.id,
        "attendee": {"name": "Ann", "email": f"ann{hour}@x.org", "timeZone": "UTC"},
    }


async def test_a_booking_from_its_making_to_its_end(grown: Grown, http: httpx.AsyncClient) -> None:
    headers = {**grown.me.dated(V), "Idempotency-Key": f"key-{clock.now().timestamp()}"}

    async def work() -> None:
        made = await ok(http.post("/v2/bookings", json=booking(grown, 4), headers=headers))
        path = f"/v2/bookings/{made.json()['data']['uid']}"
        dated = grown.me.dated(V)
        await ok(http.get(path, headers=dated))
        await ok(http.get(f"{path}/attendees", headers=dated))
        await ok(
            http.post(f"{path}/guests", json={"guests": [{"email": "g@x.org"}]}, headers=dated)
        )
        moved = await ok(
            http.post(f"{path}/reschedule", json={"start": f"{day(6)}T05:00:00Z"}, headers=dated)
        )
        path = f"/v2/bookings/{moved.json()['data']['uid']}"
        why = {"cancellationReason": "x"}
        await ok(http.post(f"{path}/cancel", json=why, headers=dated))

    await check(grown, work)


async def test_a_booking_of_a_team(grown: Grown, http: httpx.AsyncClient) -> None:
    body = {**booking(grown, 6), "eventTypeId": grown.team_type.id}

    async def work() -> None:
        made = await ok(http.post("/v2/bookings", json=body, headers={"cal-api-version": V}))
        path = f"/v2/bookings/{made.json()['data']['uid']}/cancel"
        await ok(http.post(path, json={"cancellationReason": "x"}, headers=grown.admin.dated(V)))

    await check(grown, work)


# -- lists

FILTERS = [
    "",
    *(f"status={one}" for one in ("upcoming", "recurring", "past", "cancelled", "unconfirmed")),
    "status=upcoming,past",
    "attendeeEmail=nobody@example.com",
    "attendeeName=Booker",
    "bookingUid=nothing",
    "eventTypeId={type}",
    "eventTypeIds={type},{type}",
    "teamId={team}",
    "afterStart={day}T00:00:00Z",
    "beforeEnd={day}T00:00:00Z",
    "afterCreatedAt={day}T00:00:00Z",
    "beforeCreatedAt={day}T00:00:00Z",
    "afterUpdatedAt={day}T00:00:00Z",
    "beforeUpdatedAt={day}T00:00:00Z",
]
SORTS = [
    f"{name}={way}&take=20"
    for name in ("sortStart", "sortEnd", "sortCreated", "sortUpdatedAt")
    for way in ("asc", "desc")
]


def filled(grown: Grown, query: str) -> str:
    return "/v2/bookings?" + query.format(
        type=grown.mine.id, team=grown.team_id, day=day(-3), far=day(-40)
    )


@pytest.mark.parametrize("query", [*FILTERS, *SORTS, "take=10&skip=400"])
async def test_offset_lists(grown: Grown, http: httpx.AsyncClient, query: str) -> None:
    path, headers = filled(grown, query), grown.me.dated(V)
    await check(grown, lambda: ok(http.get(path, headers=headers)), rows=LIST, blocks=8 * BUSY)


@pytest.mark.parametrize("query", [*FILTERS[:6], *FILTERS[7:13]])
async def test_cursor_lists(grown: Grown, http: httpx.AsyncClient, query: str) -> None:
    path, headers = filled(grown, query) + "&limit=20", grown.me.dated(CURSOR)

    async def work() -> None:
        first = await ok(http.get(path, headers=headers))
        following = first.json()["pagination"]["nextCursor"]
        if following is not None:
            await ok(http.get(f"{path}&cursor={following}", headers=headers))

    await check(grown, work, rows=LIST, blocks=8 * BUSY)


@pytest.mark.parametrize("query", ["", "status=past", "eventTypeId={type}", "sortCreated=desc"])
async def test_lists_of_an_administrator(grown: Grown, http: httpx.AsyncClient, query: str) -> None:
    path = filled(grown, query)
    for version in (V, CURSOR):
        headers = grown.admin.dated(version)
        await check(grown, lambda: ok(http.get(path, headers=headers)), rows=LIST, blocks=8 * BUSY)  # noqa: B023


async def test_the_old_list(grown: Grown, http: httpx.AsyncClient) -> None:
    path, headers = "/v2/bookings?filters[status]=past&cursor=200", grown.me.dated(OLD)
    await check(grown, lambda: ok(http.get(path, headers=headers)), rows=LIST, blocks=8 * BUSY)


# -- webhooks and jobs


@pytest.mark.parametrize("query", ["", "?status=failed", "?take=5&skip=5"])
async def test_the_log_of_deliveries(grown: Grown, http: httpx.AsyncClient, query: str) -> None:
    base, headers = f"/v2/webhooks/{grown.webhook_id}/deliveries", dict(grown.me.headers)

    async def work() -> None:
        found = (await ok(http.get(base + query, headers=headers))).json()["data"]
        if found:
            await ok(http.get(f"{base}/{found[0]['id']}", headers=headers))

    await check(grown, work, rows=LIST)


async def test_webhooks_and_other_lists_of_a_user(grown: Grown, http: httpx.AsyncClient) -> None:
    async def work() -> None:
        for path, version in (
            ("/v2/webhooks", V),
            ("/v2/schedules", "2024-06-11"),
            ("/v2/event-types", "2024-06-14"),
            (f"/v2/event-types?username={grown.me.username}", "2024-06-14"),
            ("/v2/me", V),
            ("/v2/me/ooo", V),
        ):
            await ok(http.get(path, headers=grown.me.dated(version)))

    await check(grown, work)


async def test_a_worker(grown: Grown, http: httpx.AsyncClient) -> None:
    """Deliveries of a booking: claimed, sent to nobody, recorded."""
    headers = {"cal-api-version": V}
    await ok(http.post("/v2/bookings", json=booking(grown, 8), headers=headers))
    kinds = {kind: one for kind, one in HANDLERS.items() if not hasattr(one, "every")}
    runner = Runner(grown.units, kinds)
    await check(grown, runner.run_until_idle, rows=1_000)


@pytest.mark.parametrize("state", [None, *upkeep.STATES])
async def test_what_an_operator_sees_of_jobs(grown: Grown, state: upkeep.State | None) -> None:
    async def work() -> None:
        async with grown.units.begin() as uow:
            await upkeep.find(uow, state=state, limit=20)

    await check(grown, work, rows=2_000)


async def test_ended_jobs_are_counted_and_opened_a_span_at_a_time(grown: Grown) -> None:
    """Those that wait are counted as they come: here they are half of the table."""
    with noting(grown.units) as sent:
        async with grown.units.begin() as uow:
            await upkeep.counts(uow)
            await upkeep.retry(uow)
    ended = [one for one in sent if "WHERE jobs.done_at IS NOT NULL AND jobs.done_at >" in one.text]
    assert {one.text.split()[0] for one in ended} == {"SELECT", "UPDATE"}
    wrong = faults(await plans(grown.units, ended), rows=2_000)
    assert not wrong, "\n\n".join(wrong)


PERIODIC = sorted(kind for kind, one in HANDLERS.items() if hasattr(one, "every"))


@pytest.mark.parametrize("kind", PERIODIC)
async def test_a_purge(grown: Grown, kind: str) -> None:
    job = JobFacts(1, kind, "", "", {}, 1, clock.now(), clock.now())
    await check(grown, lambda: HANDLERS[kind](grown.units, job), rows=CHUNK, blocks=200_000)
