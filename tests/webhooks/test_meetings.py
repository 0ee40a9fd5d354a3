"""MEETING_STARTED and MEETING_ENDED: on time, late but in order, and only while they hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from openslots.events.out_of_office import AbsentPerson, OutOfOfficeCreated
from openslots.kernel.uow import Units
from openslots.models import EventType
from openslots.webhooks.service import clocked
from tests.clock import Clock
from tests.factories import Person, make_booking, make_team, make_user
from tests.webhooks.build import VERSION, a_host, book, cancel, change, data, deliveries, subscribe
from tests.webhooks.conftest import Work
from tests.webhooks.receiver import Receiver

BOTH = ["MEETING_STARTED", "MEETING_ENDED"]
START = datetime.fromisoformat("2026-05-05T10:00:00+00:00")
END = START + timedelta(minutes=30)


@pytest.fixture
async def host(units: Units, clock: Clock) -> tuple[Person, EventType]:
    clock.set(START - timedelta(days=1))
    return await a_host(units)


def triggers(receiver: Receiver) -> list[str]:
    return [hit.json["triggerEvent"] for hit in receiver.hits]


async def test_both_come_at_their_time_and_flat(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    host: tuple[Person, EventType],
) -> None:
    person, event_type = host
    await subscribe(
        client, person, receiver.url(), triggers=BOTH, secret="k", payloadTemplate='{"a":1}'
    )
    made = await book(client, event_type, START)
    clock.set(START - timedelta(seconds=1))
    await work()
    assert receiver.hits == []
    clock.set(START)
    await work()
    await work()
    clock.set(END - timedelta(seconds=1))
    await work()
    assert triggers(receiver) == ["MEETING_STARTED"]
    clock.set(END)
    await work()
    await work()
    assert triggers(receiver) == BOTH
    started = receiver.hits[0].json
    assert "payload" not in started
    assert (started["id"], started["uid"]) == (made["id"], made["uid"])
    assert started["status"] == "ACCEPTED"
    assert started["user"]["email"] == person.email
    assert started["createdAt"] == "2026-05-04T10:00:00.000Z"
    assert [one["name"] for one in started["attendees"]] == ["Gus Guest"]
    assert "x-cal-late" not in receiver.hits[0].headers
    assert receiver.hits[0].headers["x-cal-due-at"] == "2026-05-05T10:00:00.000Z"
    assert receiver.hits[0].headers["x-cal-signature-256"] != "no-secret-provided"


async def test_after_an_outage_they_come_late_in_order_and_marked(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    host: tuple[Person, EventType],
) -> None:
    person, event_type = host
    await subscribe(client, person, receiver.url(), triggers=BOTH)
    await book(client, event_type, START)
    clock.set(END + timedelta(hours=1))
    for _ in range(3):
        await work()
        clock.advance(timedelta(seconds=2))
    assert triggers(receiver) == BOTH
    assert {hit.headers["x-cal-late"] for hit in receiver.hits} == {"true"}


async def test_a_day_late_is_too_late(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    host: tuple[Person, EventType],
) -> None:
    person, event_type = host
    hook = await subscribe(client, person, receiver.url(), triggers=BOTH)
    await book(client, event_type, START)
    clock.set(START + timedelta(hours=24, minutes=10))
    await work()
    assert triggers(receiver) == ["MEETING_ENDED"]
    assert len(await deliveries(units, hook["id"])) == 1


async def test_a_failing_one_is_given_up_after_a_day(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    host: tuple[Person, EventType],
) -> None:
    person, event_type = host
    hook = await subscribe(client, person, receiver.url(), triggers=["MEETING_STARTED"])
    await book(client, event_type, START)
    receiver.answers = [(500, {})] * 50
    clock.set(START)
    for _ in range(9):
        await work()
        clock.advance(timedelta(hours=12, minutes=1))
    [delivery] = await deliveries(units, hook["id"])
    assert delivery.status in ("failed", "dropped")
    assert delivery.attempts <= 3


@pytest.mark.parametrize("late", [False, True])
async def test_later_subscriptions_and_changes_hold(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    host: tuple[Person, EventType],
    late: bool,
) -> None:
    person, event_type = host
    off = await subscribe(client, person, receiver.url("/off"), triggers=BOTH)
    deaf = await subscribe(client, person, receiver.url("/deaf"), triggers=BOTH)
    gone = await subscribe(client, person, receiver.url("/gone"), triggers=BOTH)
    await book(client, event_type, START)
    headers = person.headers
    await client.patch(f"/v2/webhooks/{off['id']}", json={"active": False}, headers=headers)
    await client.patch(f"/v2/webhooks/{deaf['id']}", json={"triggers": []}, headers=headers)
    await client.delete(f"/v2/webhooks/{gone['id']}", headers=headers)
    clock.set(START + timedelta(minutes=1) if late else START - timedelta(minutes=1))
    if late:
        await work()  # the start has passed; the end is still ahead
    await subscribe(client, person, receiver.url("/new"), triggers=BOTH)
    clock.set(max(clock.now, START))
    await work()
    clock.set(END)
    await work()
    assert triggers(receiver) == (["MEETING_ENDED"] if late else BOTH)
    assert {hit.path for hit in receiver.hits} == {"/new"}


async def test_a_cancelled_or_moved_meeting_does_not_start(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    host: tuple[Person, EventType],
) -> None:
    person, event_type = host
    await subscribe(client, person, receiver.url(), triggers=BOTH)
    first = await book(client, event_type, START)
    second = await book(client, event_type, START + timedelta(hours=1))
    await cancel(client, person, first["uid"])
    moved = data(
        await client.post(
            f"/v2/bookings/{second['uid']}/reschedule",
            json={"start": f"{START + timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"},
            headers=VERSION,
        ),
        201,
    )
    clock.set(START + timedelta(hours=2))
    await work()
    assert receiver.hits == []
    clock.set(START + timedelta(hours=3))
    await work()
    assert [hit.json["uid"] for hit in receiver.hits] == [moved["uid"]]


async def test_a_request_starts_only_once_it_is_confirmed(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set(START - timedelta(days=1))
    person, event_type = await a_host(units, requires_confirmation=True)
    await subscribe(client, person, receiver.url(), triggers=BOTH)
    accepted = await book(client, event_type, START)
    await book(client, event_type, START + timedelta(hours=1))
    headers = {**person.headers, **VERSION}
    data(await client.post(f"/v2/bookings/{accepted['uid']}/confirm", headers=headers))
    clock.set(START + timedelta(hours=2))
    for _ in range(3):
        await work()
        clock.advance(timedelta(seconds=2))
    assert [(hit.json["triggerEvent"], hit.json["uid"]) for hit in receiver.hits] == [
        ("MEETING_STARTED", accepted["uid"]),
        ("MEETING_ENDED", accepted["uid"]),
    ]


async def test_team_meetings_reach_the_team_and_not_its_hosts(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    host: tuple[Person, EventType],
) -> None:
    person, event_type = host
    organization = await make_team(units, organization=True)
    team = await make_team(units, members=[(person, "OWNER")], parent_id=organization)
    async with units.begin() as uow:
        row = await uow.session.get_one(EventType, event_type.id)
        row.owner_id, row.team_id = None, team
        await uow.session.flush()
        await uow.commit()
    hooks = [
        await subscribe(client, person, receiver.url(path), triggers=BOTH)
        for path in ("/host", "/team", "/organization")
    ]
    await change(units, hooks[1]["id"], user_id=None, team_id=team)
    await change(units, hooks[2]["id"], user_id=None, team_id=organization)
    booking = await make_booking(units, person, event_type=event_type, start=START)
    async with units.begin() as uow:
        await clocked.schedule(uow, booking.id, booking.start_at, booking.end_at)
        await uow.commit()
    clock.set(START)
    await work()
    assert sorted(hit.path for hit in receiver.hits) == ["/organization", "/team"]


async def test_an_absence_reaches_the_person_and_their_teams(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    person, other = await make_user(units, name="Hannah Host"), await make_user(units)
    team = await make_team(units, members=[(person, "MEMBER")], pending=[other])
    mine = await subscribe(client, person, receiver.url("/mine"), triggers=["OOO_CREATED"])
    ours = await subscribe(client, person, receiver.url("/ours"), triggers=["OOO_CREATED"])
    await subscribe(client, other, receiver.url("/other"), triggers=["OOO_CREATED"])
    await change(units, ours["id"], user_id=None, team_id=team)
    async with units.begin() as uow:
        await uow.publish(
            OutOfOfficeCreated(
                id=1,
                uuid="u",
                user=AbsentPerson(person.id, person.email, "Hannah Host", None, "Europe/London"),
                to_user=None,
                start=START,
                end=END,
                reason="sick",
                notes=None,
                created_at=START,
                updated_at=START,
            )
        )
        await uow.commit()
    await work()
    assert sorted(hit.path for hit in receiver.hits) == ["/mine", "/ours"]
    entry: Any = receiver.hits[0].json["payload"]["oooEntry"]
    assert entry["reason"]["reason"] == "ooo_reasons_sick_leave"
    assert entry["user"]["name"] == "Hannah Host"
    assert mine["triggers"] == ["OOO_CREATED"]
