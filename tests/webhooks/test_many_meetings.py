"""Many meetings of one instant: told together, and each as if it were alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import Runner
from openslots.kernel.uow import Units
from openslots.models import Booking, EventType, Job, WebhookDelivery
from openslots.webhooks import jobs
from openslots.webhooks.service import clocked
from tests.clock import Clock
from tests.factories import Person, make_booking, make_event_type, make_team
from tests.statements import counted
from tests.webhooks.build import a_host, change, deliveries, subscribe
from tests.webhooks.conftest import Work
from tests.webhooks.receiver import Receiver

BOTH = ["MEETING_STARTED", "MEETING_ENDED"]
NO_SHOW = "AFTER_GUESTS_CAL_VIDEO_NO_SHOW"
START = datetime.fromisoformat("2026-05-12T10:00:00+00:00")
HALF = timedelta(minutes=30)


@pytest.fixture
async def host(units: Units, clock: Clock) -> tuple[Person, EventType]:
    clock.set(START - timedelta(days=1))
    return await a_host(units)


async def booked(
    units: Units, person: Person, kind: EventType, *starts: datetime, request_id: str | None = None
) -> list[Booking]:
    """Bookings whose meetings are planned."""
    made = [
        await make_booking(
            units, person, event_type=kind, start=start, guests=["g@example.com"], blocks=False
        )
        for start in starts
    ]
    async with units.begin(request_id=request_id) as uow:
        for one in made:
            await clocked.schedule(uow, one.id, one.start_at, one.end_at)
        await uow.commit()
    return made


async def fire(units: Units, made: Sequence[Booking], trigger: str = "MEETING_STARTED") -> None:
    """Runs the jobs of these meetings in the same moment."""
    facts = [
        JobFacts(one.id, "webhooks.meeting", str(one.id), "", {"trigger": trigger}, 1, START, START)
        for one in made
    ]
    await asyncio.gather(*(jobs.meeting(units, one) for one in facts))


async def heard(units: Units, hook: dict[str, Any]) -> set[str | None]:
    return {one.booking_uid for one in await deliveries(units, hook["id"])}


async def test_a_hundred_take_as_many_statements_as_two(
    client: httpx.AsyncClient, units: Units, clock: Clock, host: tuple[Person, EventType]
) -> None:
    person, kind = host
    hook = await subscribe(client, person, triggers=[*BOTH, NO_SHOW])
    counts = {}
    for count, start in ((2, START), (100, START + timedelta(hours=1))):
        made = await booked(units, person, kind, *[start] * count)
        clock.set(start)
        with counted(units) as sent:
            await fire(units, made)
        counts[count] = list(sent)
        assert await heard(units, hook) >= {one.uid for one in made}
    assert len(counts[2]) == len(counts[100])
    # locks, bookings, organisations, subscriptions, attendees, references, deliveries, jobs old
    # and new
    assert len(counts[100]) <= 9, counts[100]


async def test_people_are_not_loaded_where_nobody_listens(
    units: Units, clock: Clock, host: tuple[Person, EventType]
) -> None:
    made = await booked(units, *host, START, START)
    clock.set(START)
    with counted(units) as sent:
        await fire(units, made)
    assert not [one for one in sent if "FROM attendees" in one or "booking_references" in one]
    # locks, bookings, organisations, subscriptions, the jobs of the ends
    assert len(sent) == 5, sent


async def test_each_reaches_its_own_subscriptions_in_the_order_they_were_made(
    client: httpx.AsyncClient, units: Units, clock: Clock, host: tuple[Person, EventType]
) -> None:
    (ann, personal), (bob, child) = host, await a_host(units)
    organization = await make_team(units, organization=True, members=[(bob, "MEMBER")])
    team = await make_team(units, members=[(ann, "OWNER")])
    ours = await make_event_type(units, team_id=team)
    parent = await make_event_type(units, team_id=team, scheduling_type="managed")
    async with units.begin() as uow:
        (await uow.session.get_one(EventType, child.id)).parent_id = parent.id
        await uow.session.flush()
        await uow.commit()
    hooks: dict[str, dict[str, Any]] = {}
    for name, owner, trigger in (
        ("parent", {"event_type_id": parent.id}, "MEETING_STARTED"),
        ("ann", {"user_id": ann.id}, "MEETING_STARTED"),
        ("deaf", {"user_id": ann.id}, "MEETING_ENDED"),
        ("team", {"team_id": team}, "MEETING_STARTED"),
        ("bob", {"user_id": bob.id}, "MEETING_STARTED"),
        ("organization", {"team_id": organization}, "MEETING_STARTED"),
        ("child", {"event_type_id": child.id}, "MEETING_STARTED"),
    ):
        hooks[name] = await subscribe(client, ann, triggers=[trigger])
        await change(units, hooks[name]["id"], **{"user_id": None, **owner})
        clock.advance(timedelta(seconds=1))
    names = {hook["id"]: name for name, hook in hooks.items()}
    meetings = {
        "personal": await booked(units, ann, personal, START),
        "of a team": await booked(units, ann, ours, START),
        "managed": await booked(units, bob, child, START),
    }
    clock.set(START)
    await fire(units, [one for some in meetings.values() for one in some])
    found: dict[str, list[str]] = {}
    async with units.begin() as uow:
        for name, [booking] in meetings.items():
            rows = await uow.session.scalars(
                select(WebhookDelivery.webhook_id)
                .join(Job, (Job.kind == "webhooks.deliver") & (Job.key == WebhookDelivery.id))
                .where(WebhookDelivery.booking_uid == booking.uid)
                .order_by(Job.id)
            )
            found[name] = [names[id] for id in rows]
    assert found == {
        "personal": ["ann"],
        "of a team": ["team"],
        "managed": ["parent", "team", "bob", "organization", "child"],
    }


async def test_late_ones_are_told_in_the_order_of_their_times(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    host: tuple[Person, EventType],
) -> None:
    person, kind = host
    hook = await subscribe(client, person, receiver.url(), triggers=BOTH)
    times = [START + HALF * n for n in (2, 0, 1)]
    made = await booked(units, person, kind, *times)
    uids = [one.uid for one in sorted(made, key=lambda one: one.start_at)]
    clock.set(START + timedelta(hours=3))
    await Runner(units, {"webhooks.meeting": jobs.meeting}).run_until_idle()
    async with units.begin() as uow:
        rows = await uow.session.execute(
            select(WebhookDelivery.trigger, WebhookDelivery.booking_uid)
            .join(Job, (Job.kind == "webhooks.deliver") & (Job.key == WebhookDelivery.id))
            .where(WebhookDelivery.webhook_id == hook["id"])
            .order_by(Job.run_at, Job.id)
        )
        assert [tuple(row) for row in rows] == [(one, uid) for one in BOTH for uid in uids]
    for _ in range(3):
        await work()
        clock.advance(timedelta(seconds=2))
    for uid in uids:
        told = [hit.json["triggerEvent"] for hit in receiver.hits if hit.json["uid"] == uid]
        assert told == BOTH
    assert {hit.headers["x-cal-late"] for hit in receiver.hits} == {"true"}


async def test_a_broken_one_does_not_hold_up_the_others(
    client: httpx.AsyncClient,
    units: Units,
    work: Work,
    receiver: Receiver,
    clock: Clock,
    host: tuple[Person, EventType],
) -> None:
    person, kind = host
    hook = await subscribe(client, person, receiver.url(), triggers=["MEETING_STARTED"])
    made = await booked(units, person, kind, *[START] * 3)
    metadata = text("UPDATE bookings SET metadata = CAST(:value AS jsonb) WHERE id = :id")

    async def spoil(value: str) -> None:
        async with units.begin() as uow:
            await uow.session.execute(metadata, {"value": value, "id": made[1].id})
            await uow.commit()

    await spoil("[1]")
    clock.set(START)
    await work()
    assert await heard(units, hook) == {made[0].uid, made[2].uid}
    async with units.begin() as uow:
        rows = await uow.session.scalars(
            select(Job).where(
                Job.kind == "webhooks.meeting", Job.key.in_([str(one.id) for one in made])
            )
        )
        after = {int(row.key): row for row in rows}
    planned = [after[one.id].payload["trigger"] for one in made]
    assert planned == ["MEETING_ENDED", "MEETING_STARTED", "MEETING_ENDED"]
    assert "TypeError" in (after[made[1].id].last_error or "")
    await spoil("{}")
    clock.advance(timedelta(seconds=10))
    await work()
    assert await heard(units, hook) == {one.uid for one in made}
    assert sorted(hit.json["uid"] for hit in receiver.hits) == sorted(one.uid for one in made)


async def test_what_follows_leads_back_to_the_request_of_its_own_booking(
    client: httpx.AsyncClient, units: Units, clock: Clock, host: tuple[Person, EventType]
) -> None:
    person, kind = host
    hook = await subscribe(client, person, triggers=[*BOTH, NO_SHOW])
    made = [
        one
        for request in ("first", "second")
        for one in await booked(units, person, kind, START, request_id=request)
    ]
    clock.set(START)
    with counted(units) as sent:
        await Runner(units, {"webhooks.meeting": jobs.meeting}).run_until_idle()
    assert len([one for one in sent if "INSERT INTO webhook_deliveries" in one]) == 1
    ids = {one.booking_uid: one.id for one in await deliveries(units, hook["id"])}
    async with units.begin() as uow:
        for request, booking in zip(("first", "second"), made, strict=True):
            keys = [str(booking.id), f"{booking.id}:no-show", ids[booking.uid]]
            rows = await uow.session.scalars(select(Job).where(Job.key.in_(keys)))
            found = {row.key: row.request_id for row in rows if row.done_at is None}
            assert found == dict.fromkeys(keys, request)
