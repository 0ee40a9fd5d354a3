"""GET /v2/slots/available, its alias, and the older holds with their cookie."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from openslots.kernel.uow import Units
from openslots.models import OutOfOffice, SlotReservation
from tests.clock import Clock
from tests.factories import (
    make_booking,
    make_event_type,
    make_schedule,
    make_team,
    make_user,
    unique,
)
from tests.slots.conftest import MON, TUE, WED, Asker, MakeHost, problem, utc

HOURS = [f"{hour:02d}:00" for hour in range(9, 17)]
RANGE = {"startTime": MON, "endTime": TUE}
TEN, ELEVEN = f"{MON}T10:00:00.000Z", f"{MON}T11:00:00.000Z"


@pytest.fixture(autouse=True)
def _no_cookies(client: httpx.AsyncClient) -> None:
    client.cookies.clear()


async def get(
    client: httpx.AsyncClient,
    query: dict[str, Any],
    *,
    path: str = "/v2/slots/available",
    version: str | None = None,
    cookie: str | None = None,
) -> httpx.Response:
    headers = {} if version is None else {"cal-api-version": version}
    if cookie is not None:
        headers["Cookie"] = f"uid={cookie}"
    return await client.get(path, params=query, headers=headers)


async def slots(client: httpx.AsyncClient, query: dict[str, Any], **more: Any) -> dict[str, Any]:
    reply = await get(client, query, **more)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["status"] == "success"
    assert list(body["data"]) == ["slots"]
    found: dict[str, Any] = body["data"]["slots"]
    return found


@pytest.mark.parametrize(
    "version", [None, "2024-04-15", "2024-06-11", "2024-06-14", "2024-08-13", "nonsense"]
)
async def test_times_below_slots_under_every_older_date(
    client: httpx.AsyncClient, host: MakeHost, version: str | None
) -> None:
    _, event = await host()
    expected = {MON: [{"time": f"{MON}T{hour}:00.000Z"} for hour in HOURS]}
    query = {"eventTypeId": event.id}
    assert await slots(client, {**query, **RANGE}, version=version) == expected
    alias = {**query, "start": MON, "end": TUE}
    assert await slots(client, alias, path="/v2/slots", version=version) == expected


async def test_the_newer_date_does_not_know_the_older_routes(client: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "/v2/slots/available"),
        ("POST", "/v2/slots/reserve"),
        ("DELETE", "/v2/slots/selected-slot"),
    ):
        reply = await client.request(method, path, headers={"cal-api-version": "2024-09-04"})
        assert reply.status_code == 404
    reply = await client.post("/v2/slots/reservations", json={})
    assert reply.status_code == 404


async def test_the_alias_understands_the_names_of_the_guide(
    client: httpx.AsyncClient, host: MakeHost
) -> None:
    person, event = await host()
    for slug in ("eventSlug", "eventTypeSlug"):
        query = {"username": person.username, slug: event.slug, **RANGE}
        found = await slots(client, query, path="/v2/slots", version="2024-08-13")
        assert list(found) == [MON]


async def test_ranges_in_a_zone(client: httpx.AsyncClient, host: MakeHost) -> None:
    _, event = await host()
    for form in ("range", "RANGE", "time"):
        query = {"eventTypeId": event.id, "slotFormat": form, "timeZone": "europe/rome", **RANGE}
        first = (await slots(client, query))[MON][0]
        assert first == {
            "startTime": f"{MON}T11:00:00.000+02:00",
            "endTime": f"{MON}T12:00:00.000+02:00",
        }


async def test_by_slug_and_list_of_one(client: httpx.AsyncClient, host: MakeHost) -> None:
    person, event = await host()
    query = {"eventTypeSlug": event.slug, "usernameList[]": person.username, **RANGE}
    assert list(await slots(client, query)) == [MON]
    one = {"eventTypeSlug": event.slug, "usernameList[0]": person.username, **RANGE}
    assert list(await slots(client, one)) == [MON]
    plain = {"eventTypeSlug": event.slug, "usernameList": person.username, **RANGE}
    reply = await get(client, plain)
    assert problem(reply) == (400, "Bad Request Exception")
    (wrong,) = reply.json()["error"]["details"]["errors"]
    assert wrong["property"] == "usernameList"
    assert wrong["value"] == person.username
    assert wrong["constraints"] == {"isArray": "usernameList must be an array"}


async def test_several_people_whatever_the_slug(client: httpx.AsyncClient, host: MakeHost) -> None:
    one, _ = await host()
    two, _ = await host(hours=[((1,), "15:00", "16:00")])
    names = [("usernameList[]", one.username), ("usernameList[]", two.username)]
    for slug in ([("eventTypeSlug", "dynamic")], []):
        params: list[tuple[str, str | int | float | bool | None]] = [*names, *slug, *RANGE.items()]
        reply = await client.get("/v2/slots/available", params=params)
        assert [slot["time"][11:16] for slot in reply.json()["data"]["slots"][MON]] == [
            "15:00",
            "15:30",
        ]


async def test_a_team_is_named_by_the_flag(client: httpx.AsyncClient, units: Units) -> None:
    owner = await make_user(units, time_zone="UTC")
    await make_schedule(units, owner)
    slug = unique("team")
    team = await make_team(units, slug=slug, members=[(owner, "OWNER")])
    event = await make_event_type(
        units, team_id=team, hosts=[owner], scheduling_type="collective", length=60
    )
    query = {"eventTypeSlug": event.slug, "usernameList[]": slug, **RANGE}
    assert list(await slots(client, {**query, "isTeamEvent": "true"})) == [MON]
    assert problem(await get(client, query)) == (404, "The requested resource was not found")


@pytest.mark.parametrize(
    "query",
    [
        {"eventTypeId": 2_000_000_000},
        {},
        {"eventTypeSlug": "intro"},
        {"eventTypeSlug": "intro", "usernameList[]": "nobody-of-that-name"},
        {"eventTypeSlug": "x", "usernameList[]": "y", "orgSlug": "no-such-org"},
    ],
)
async def test_nothing_there(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    reply = await get(client, {**query, **RANGE})
    assert problem(reply) == (404, "The requested resource was not found")
    assert reply.json()["error"] == {
        "code": "TRPCError",
        "message": "The requested resource was not found",
    }


@pytest.mark.parametrize(
    ("change", "name", "constraints"),
    [
        (
            {"startTime": "soon"},
            "startTime",
            {"isDateString": "startTime must be a valid ISO 8601 date string"},
        ),
        (
            {"endTime": None},
            "endTime",
            {"isDateString": "endTime must be a valid ISO 8601 date string"},
        ),
        ({"duration": "0"}, "duration", {"min": "Duration must be a positive number"}),
        ({"duration": "-3"}, "duration", {"min": "Duration must be a positive number"}),
        ({"duration": "long"}, "duration", {"min": "Duration must be a positive number"}),
        (
            {"slotFormat": "list"},
            "slotFormat",
            {"slotFormat": "slotFormat must be either 'range' or 'time'"},
        ),
        (
            {"timeZone": "Mars/Olympus"},
            "timeZone",
            {"isTimeZone": "timeZone must be a valid IANA time-zone"},
        ),
        (
            {"routingFormResponseId": "0"},
            "routingFormResponseId",
            {"routingFormResponseIdValidator": ("routingFormResponseId must be a positive number")},
        ),
        (
            {"routingFormResponseId": "4", "_isDryRun": "true"},
            "routingFormResponseId",
            {"routingFormResponseIdValidator": "routingFormResponseId must be 0 for dry run"},
        ),
    ],
)
async def test_wrong_queries(
    client: httpx.AsyncClient, change: dict[str, Any], name: str, constraints: dict[str, str]
) -> None:
    query = {"eventTypeId": 1, **RANGE, **change}
    reply = await get(client, {key: value for key, value in query.items() if value is not None})
    assert problem(reply) == (400, "Bad Request Exception")
    (wrong,) = reply.json()["error"]["details"]["errors"]
    assert (wrong["property"], wrong["constraints"]) == (name, constraints)


async def test_unknown_names_and_a_dry_run_are_harmless(
    client: httpx.AsyncClient, host: MakeHost
) -> None:
    _, event = await host()
    query = {"eventTypeId": event.id, "month": "9", "_silentCalendarFailures": "true", **RANGE}
    assert list(await slots(client, query)) == [MON]
    dry = {**query, "routingFormResponseId": "0", "_isDryRun": "true"}
    assert list(await slots(client, dry)) == [MON]


async def test_a_date_as_the_end_is_excluded_and_reversed_ranges_are_empty(
    client: httpx.AsyncClient, host: MakeHost
) -> None:
    _, event = await host()
    query = {"eventTypeId": event.id}
    assert list(await slots(client, {**query, "startTime": MON, "endTime": WED})) == [MON, TUE]
    assert await slots(client, {**query, "startTime": WED, "endTime": MON}) == {}


async def test_seats_only_where_there_is_a_booking(
    client: httpx.AsyncClient, units: Units, host: MakeHost
) -> None:
    person, event = await host(seats_per_slot=3)
    booking = await make_booking(units, person, event_type=event, start=utc(MON, 10), seated=True)
    found = (await slots(client, {"eventTypeId": event.id, **RANGE}))[MON]
    assert found[0] == {"time": f"{MON}T09:00:00.000Z"}
    assert found[1] == {"time": TEN, "attendees": 1, "bookingUid": booking.uid}


async def test_an_absent_host_has_no_slots(
    client: httpx.AsyncClient, units: Units, host: MakeHost
) -> None:
    person, event = await host()
    async with units.begin() as uow:
        uow.session.add(
            OutOfOffice(user_id=person.id, start_at=utc(MON, 0), end_at=utc(MON, 23, 59))
        )
        await uow.commit()
    assert await slots(client, {"eventTypeId": event.id, **RANGE}) == {}


# -- holds


async def reserve(
    client: httpx.AsyncClient, event_type_id: int, cookie: str | None = None, **more: Any
) -> httpx.Response:
    body = {
        "eventTypeId": event_type_id,
        "slotUtcStartDate": TEN,
        "slotUtcEndDate": ELEVEN,
        **more,
    }
    headers = {} if cookie is None else {"Cookie": f"uid={cookie}"}
    reply = await client.post("/v2/slots/reserve", json=body, headers=headers)
    client.cookies.clear()
    return reply


async def test_a_hold_hides_the_time_from_others_only(
    client: httpx.AsyncClient, ask: Asker, host: MakeHost
) -> None:
    _, event = await host()
    reply = await reserve(client, event.id)
    assert reply.status_code == 201
    uid = reply.json()["data"]
    assert reply.json() == {"status": "success", "data": uid}
    assert reply.headers["set-cookie"] == f"uid={uid}; Path=/"
    query = {"eventTypeId": event.id, **RANGE}
    others = [slot["time"] for slot in (await slots(client, query))[MON]]
    own = [slot["time"] for slot in (await slots(client, query, cookie=uid))[MON]]
    assert TEN not in others
    assert TEN in own
    assert "10:00" not in (await ask.clock(eventTypeId=event.id))[MON]


async def test_a_known_uid_is_used_again_and_does_not_pile_up(
    client: httpx.AsyncClient, units: Units, host: MakeHost, now: Clock
) -> None:
    _, event = await host()
    uid = unique("booker")
    for _ in range(2):
        reply = await reserve(client, event.id, cookie=uid)
        assert reply.json()["data"] == uid
        assert reply.headers["set-cookie"] == f"uid={uid}; Path=/"
    async with units.begin() as uow:
        count = await uow.session.scalar(select(func.count()).where(SlotReservation.uid == uid))
    assert count == 1
    reply = await reserve(client, event.id, cookie="x" * 200)
    assert len(reply.json()["data"]) == 36


async def test_no_check_of_overlap(client: httpx.AsyncClient, host: MakeHost) -> None:
    _, event = await host()
    assert [(await reserve(client, event.id)).status_code for _ in range(2)] == [201, 201]


async def test_every_host_of_a_team_is_held(
    client: httpx.AsyncClient, ask: Asker, units: Units
) -> None:
    people = []
    for _ in range(2):
        people.append(await make_user(units, time_zone="UTC"))
        await make_schedule(units, people[-1])
    team = await make_team(units, members=[(person, "MEMBER") for person in people])
    event = await make_event_type(
        units, team_id=team, hosts=people, scheduling_type="collective", length=60
    )
    assert (await reserve(client, event.id)).status_code == 201
    for person in people:
        own = await make_event_type(units, person, length=60)
        assert "10:00" not in (await ask.clock(eventTypeId=own.id))[MON]


async def test_a_dry_run_and_an_unknown_event_type_hold_nothing(
    client: httpx.AsyncClient, ask: Asker, host: MakeHost
) -> None:
    _, event = await host()
    reply = await reserve(client, event.id, _isDryRun=True)
    assert reply.status_code == 201
    assert "10:00" in (await ask.clock(eventTypeId=event.id))[MON]
    assert problem(await reserve(client, 2_000_000_000)) == (404, "Event Type not found")
    assert problem(await reserve(client, 2**70)) == (404, "Event Type not found")


async def test_a_seat_is_held_only_at_a_booking_with_room(
    client: httpx.AsyncClient, ask: Asker, units: Units, host: MakeHost
) -> None:
    person, event = await host(seats_per_slot=2)
    booking = await make_booking(units, person, event_type=event, start=utc(MON, 10), seated=True)
    for uid, booked in ((None, 1), ("no-such-booking", 1), (booking.uid, 2)):
        more = {} if uid is None else {"bookingUid": uid}
        assert (await reserve(client, event.id, **more)).status_code == 201
        found = (await ask.data(eventTypeId=event.id))[MON]
        assert found[1]["seatsBooked"] == booked


@pytest.mark.parametrize(
    "change",
    [
        {"slotUtcStartDate": "soon"},
        {"slotUtcEndDate": TEN},
        {"slotUtcEndDate": None},
        {"eventTypeId": "1"},
        {"_isDryRun": "yes"},
    ],
)
async def test_wrong_bodies(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    body = {"eventTypeId": 1, "slotUtcStartDate": TEN, "slotUtcEndDate": ELEVEN, **change}
    reply = await client.post("/v2/slots/reserve", json=body)
    assert problem(reply) == (400, "Bad Request Exception")
    (wrong,) = reply.json()["error"]["details"]["errors"]
    assert wrong["property"] == next(iter(change))


async def test_a_hold_of_years_is_cut(
    client: httpx.AsyncClient, ask: Asker, host: MakeHost
) -> None:
    _, event = await host()
    reply = await reserve(client, event.id, slotUtcEndDate="9999-12-31T23:59:59Z")
    assert reply.status_code == 201
    assert list(await ask.data(MON, WED, eventTypeId=event.id)) == [MON, TUE, WED]


async def test_releasing_by_cookie_first_then_by_query(
    client: httpx.AsyncClient, ask: Asker, host: MakeHost
) -> None:
    _, event = await host()
    first = (await reserve(client, event.id)).json()["data"]
    second = (
        await reserve(client, event.id, slotUtcStartDate=ELEVEN, slotUtcEndDate=f"{MON}T12:00:00Z")
    ).json()["data"]

    async def release(query: str, cookie: str | None = None) -> None:
        headers = {} if cookie is None else {"Cookie": f"uid={cookie}"}
        reply = await client.delete(f"/v2/slots/selected-slot{query}", headers=headers)
        assert (reply.status_code, reply.json()) == (200, {"status": "success"})

    await release("")
    await release("?uid=no-such-uid")
    await release(f"?uid={second}", cookie=first)
    found = (await ask.clock(eventTypeId=event.id))[MON]
    assert "10:00" in found
    assert "11:00" not in found
    await release(f"?uid={second}")
    assert (await ask.clock(eventTypeId=event.id))[MON] == HOURS
