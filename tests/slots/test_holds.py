"""Reservations of 2024-09-04: checks in order, races, expiry, and what a booking does with them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from openslots.kernel.uow import Units
from openslots.models import EventType, Host, SlotReservation
from openslots.slots import service
from openslots.slots.errors import HeldByAnother
from tests.clock import Clock
from tests.factories import (
    Person,
    make_booking,
    make_event_type,
    make_schedule,
    make_team,
    make_user,
)
from tests.slots.conftest import MON, SLOTS, Asker, MakeHost, problem, utc

TEN = f"{MON}T10:00:00.000Z"
TAKEN = (
    422,
    "This time slot is already reserved by another user. Please choose a different time.",
)
BOOKED = (422, "Can't reserve a slot if the event is already booked.")
FULL_ROBIN = (
    422,
    "Can't reserve the slot because the round robin event type has no available hosts left at "
    "this time slot.",
)
HOURS = [f"{hour:02d}:00" for hour in range(9, 17)]


def without(*taken: str) -> list[str]:
    return [time for time in HOURS if time not in taken]


class Holds:
    """Reserves over HTTP."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def make(
        self, event: EventType | int, start: str = TEN, by: Person | None = None, **more: Any
    ) -> httpx.Response:
        number = event if isinstance(event, int) else event.id
        body = {"eventTypeId": number, "slotStart": start, **more}
        return await self.client.post(
            "/v2/slots/reservations", json=body, headers={**SLOTS, **(by.headers if by else {})}
        )

    async def made(self, event: EventType, start: str = TEN, **more: Any) -> dict[str, Any]:
        reply = await self.make(event, start, **more)
        assert reply.status_code == 201, reply.text
        found: dict[str, Any] = reply.json()["data"]
        return found

    async def read(self, uid: str) -> Any:  # Any: the JSON of `data`
        reply = await self.client.get(f"/v2/slots/reservations/{uid}", headers=SLOTS)
        assert reply.status_code == 200
        return reply.json()["data"]

    async def move(
        self, uid: str, event: EventType | int, start: str, by: Person | None = None, **more: Any
    ) -> httpx.Response:
        number = event if isinstance(event, int) else event.id
        return await self.client.patch(
            f"/v2/slots/reservations/{uid}",
            json={"eventTypeId": number, "slotStart": start, **more},
            headers={**SLOTS, **(by.headers if by else {})},
        )


@pytest.fixture
def holds(client: httpx.AsyncClient) -> Holds:
    client.cookies.clear()
    return Holds(client)


async def test_a_hold_is_answered_read_and_hides_the_time(
    holds: Holds, ask: Asker, host: MakeHost, units: Units
) -> None:
    person, event = await host()
    made = await holds.made(event)
    uid = made["reservationUid"]
    assert made == {
        "eventTypeId": event.id,
        "slotStart": TEN,
        "slotEnd": f"{MON}T11:00:00.000Z",
        "slotDuration": 60,
        "reservationUid": uid,
        "reservationDuration": 5,
        "reservationUntil": "2050-01-01T00:05:00.000Z",
    }
    made.pop("reservationDuration")
    assert await holds.read(uid) == made
    other = await make_event_type(units, person, length=60)
    for one in (event, other):
        assert await ask.clock(eventTypeId=one.id) == {MON: without("10:00")}


async def test_it_runs_out_and_is_swept(
    holds: Holds, ask: Asker, host: MakeHost, now: Clock, units: Units
) -> None:
    _, event = await host()
    uid = (await holds.made(event))["reservationUid"]
    now.advance(timedelta(minutes=5))
    assert await ask.clock(eventTypeId=event.id) == {MON: HOURS}
    assert await holds.read(uid) is None
    assert problem(await holds.move(uid, event, TEN)) == (404, f"Slot with uid={uid} not found")
    await holds.made(event)
    async with units.begin() as uow:
        found = await uow.session.scalars(
            select(SlotReservation.uid).where(SlotReservation.event_type_id == event.id)
        )
        assert uid not in list(found)


async def test_a_dropped_hold_is_gone_and_dropping_is_always_success(
    holds: Holds, ask: Asker, host: MakeHost
) -> None:
    _, event = await host()
    uid = (await holds.made(event))["reservationUid"]
    for _ in range(2):
        reply = await holds.client.delete(f"/v2/slots/reservations/{uid}", headers=SLOTS)
        assert (reply.status_code, reply.json()) == (200, {"status": "success"})
    assert await holds.read(uid) is None
    assert await ask.clock(eventTypeId=event.id) == {MON: HOURS}


async def test_seconds_are_kept_and_offsets_understood(holds: Holds, host: MakeHost) -> None:
    _, event = await host()
    made = await holds.made(event, f"{MON}T12:00:30.250+02:00")
    assert (made["slotStart"], made["slotEnd"]) == (
        f"{MON}T10:00:30.000Z",
        f"{MON}T11:00:30.000Z",
    )
    assert (await holds.made(event, "2050-09-06"))["slotStart"] == "2050-09-06T00:00:00.000Z"


# -- the checks, in their order


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"slotStart": "soon"}, "slotStart must be a valid ISO 8601 date string"),
        ({"slotStart": None}, "slotStart must be a valid ISO 8601 date string"),
        ({"eventTypeId": "1"}, "eventTypeId must be an integer number"),
        ({"slotDuration": "30"}, "slotDuration must be an integer number"),
        ({"reservationDuration": 1.5}, "reservationDuration must be an integer number"),
        ({"reservationDuration": 0}, "reservationDuration must not be less than 1"),
        ({"reservationDuration": -1}, "reservationDuration must not be less than 1"),
    ],
)
async def test_wrong_bodies(holds: Holds, change: dict[str, Any], text: str) -> None:
    body = {"eventTypeId": 1, "slotStart": TEN, "unknown": 1, **change}
    reply = await holds.client.post("/v2/slots/reservations", json=body, headers=SLOTS)
    assert problem(reply) == (400, "Bad Request Exception")
    (wrong,) = reply.json()["error"]["details"]["errors"]
    assert wrong["property"] == next(iter(change))
    assert text in wrong["constraints"].values()


async def test_each_check_comes_before_the_next(holds: Holds, units: Units, host: MakeHost) -> None:
    _, event = await host()
    stranger = await make_user(units)
    bad: dict[str, Any] = {"start": "2050-02-30T10:00:00Z", "slotDuration": 30}
    reply = await holds.make(2_000_000_000, **bad, reservationDuration=10)
    assert problem(reply) == (
        401,
        "reservationDuration can only be used for authenticated requests - use access token, "
        "api key or OAuth credentials",
    )
    for number in (2_000_000_000, 2**70):
        reply = await holds.make(number, **bad, by=stranger, reservationDuration=10)
        assert problem(reply) == (404, f"Event Type with ID={number} not found")
    reply = await holds.make(event, **bad, by=stranger, reservationDuration=10)
    assert problem(reply) == (
        403,
        "authenticated user is not owner of event type, does not have memberships in common with "
        "owner of the event type, nor does belong to event type's team or org.",
    )
    assert problem(await holds.make(event, **bad)) == (400, "Invalid start date")
    await holds.made(event)
    assert problem(await holds.make(event, slotDuration=30)) == (
        400,
        "You passed 'slotDuration' but this event type is not a variable length event type.",
    )
    assert problem(await holds.make(event)) == TAKEN


async def test_lengths_of_a_variable_event_type(holds: Holds, host: MakeHost) -> None:
    _, event = await host(length=15, length_options=[60, 15, 180])
    assert problem(await holds.make(event, slotDuration=20)) == (
        400,
        "Provided 'slotDuration' is not one of the possible lengths for the event type. "
        "The possible lengths for this variable length event type are: 15, 60, 180",
    )
    made = await holds.made(event, slotDuration=60)
    assert (made["slotDuration"], made["slotEnd"]) == (60, f"{MON}T11:00:00.000Z")
    assert problem(await holds.make(event, f"{MON}T09:45:00Z", slotDuration=180)) == TAKEN
    assert (await holds.made(event, f"{MON}T09:45:00Z"))["slotDuration"] == 15


async def test_what_overlaps_is_refused_and_what_touches_is_not(
    holds: Holds, units: Units, host: MakeHost
) -> None:
    person, event = await host()
    await holds.made(event)
    for clock in ("10:00", "10:15", "09:45"):
        assert problem(await holds.make(event, f"{MON}T{clock}:00Z")) == TAKEN
    await holds.made(event, f"{MON}T11:00:00Z")
    for status, hour in (("accepted", 13), ("pending", 15), ("awaiting_host", 17)):
        await make_booking(units, person, event_type=event, start=utc(MON, hour), status=status)
        assert problem(await holds.make(event, f"{MON}T{hour}:30:00Z")) == BOOKED
    await make_booking(units, person, event_type=event, start=utc(MON, 20), status="cancelled")
    for hour in (12, 14, 20):
        await holds.made(event, f"{MON}T{hour}:00:00Z")


async def test_the_last_year_is_no_failure(holds: Holds, host: MakeHost) -> None:
    _, event = await host()
    reply = await holds.make(event, "9999-12-31T23:59:59Z")
    assert problem(reply) == (400, "Invalid start date")


# -- how long


async def test_who_may_say_how_long(holds: Holds, units: Units, host: MakeHost) -> None:
    person, event = await host()
    mate = await make_user(units)
    await make_team(units, members=[(person, "OWNER"), (mate, "MEMBER")])
    invited = await make_user(units)
    await make_team(units, members=[(person, "OWNER")], pending=[invited])
    made = await holds.made(event, by=person, reservationDuration=10)
    assert made["reservationDuration"] == 10
    assert made["reservationUntil"] == "2050-01-01T00:10:00.000Z"
    await holds.made(event, f"{MON}T12:00:00Z", by=mate, reservationDuration=3)
    reply = await holds.make(event, f"{MON}T14:00:00Z", by=invited, reservationDuration=3)
    assert reply.status_code == 403


async def test_members_of_the_team_or_its_organization_may_say_how_long(
    holds: Holds, units: Units
) -> None:
    owner, mate = await make_user(units), await make_user(units)
    org = await make_team(units, organization=True, members=[(mate, "MEMBER")])
    team = await make_team(units, parent_id=org, members=[(owner, "OWNER")])
    event = await make_event_type(
        units, team_id=team, hosts=[owner], scheduling_type="collective", length=60
    )
    await holds.made(event, by=owner, reservationDuration=10)
    await holds.made(event, f"{MON}T12:00:00Z", by=mate, reservationDuration=10)
    stranger = await make_user(units)
    reply = await holds.make(event, f"{MON}T14:00:00Z", by=stranger, reservationDuration=10)
    assert reply.status_code == 403


async def test_a_wrong_token_is_refused_only_where_one_is_looked_at(
    holds: Holds, host: MakeHost
) -> None:
    _, event = await host()
    headers = {**SLOTS, "Authorization": "Bearer nonsense"}
    body = {"eventTypeId": event.id, "slotStart": TEN}
    reply = await holds.client.post("/v2/slots/reservations", json=body, headers=headers)
    assert problem(reply) == (401, "Invalid Access Token.")
    uid = (await holds.made(event))["reservationUid"]
    path = f"/v2/slots/reservations/{uid}"
    for method in ("GET", "PATCH", "DELETE"):
        reply = await holds.client.request(
            method, path, json=body if method == "PATCH" else None, headers=headers
        )
        assert reply.status_code == 200


# -- moving


async def test_a_hold_moves_under_its_uid_and_is_not_in_its_own_way(
    holds: Holds, ask: Asker, host: MakeHost, now: Clock
) -> None:
    _, event = await host()
    uid = (await holds.made(event))["reservationUid"]
    now.advance(timedelta(minutes=4))
    reply = await holds.move(uid, event, f"{MON}T10:30:00Z")
    assert reply.status_code == 200
    moved = reply.json()["data"]
    assert moved == {
        "eventTypeId": event.id,
        "slotStart": f"{MON}T10:30:00.000Z",
        "slotEnd": f"{MON}T11:30:00.000Z",
        "slotDuration": 60,
        "reservationUid": uid,
        "reservationDuration": 5,
        "reservationUntil": "2050-01-01T00:09:00.000Z",
    }
    assert (await holds.move(uid, event, f"{MON}T13:00:00Z")).status_code == 200
    assert await ask.clock(eventTypeId=event.id) == {MON: without("13:00")}
    await holds.made(event, f"{MON}T15:00:00Z")
    assert problem(await holds.move(uid, event, f"{MON}T14:30:00Z")) == TAKEN
    assert (await holds.read(uid))["slotStart"] == f"{MON}T13:00:00.000Z"


async def test_moving_checks_what_making_does(holds: Holds, host: MakeHost, units: Units) -> None:
    person, event = await host()
    assert problem(await holds.move("no-such", event, TEN)) == (
        404,
        "Slot with uid=no-such not found",
    )
    uid = (await holds.made(event))["reservationUid"]
    assert (await holds.move(uid, event, TEN, reservationDuration=60)).status_code == 401
    stranger = await make_user(units)
    reply = await holds.move(uid, event, TEN, by=stranger, reservationDuration=60)
    assert reply.status_code == 403
    reply = await holds.move(uid, event, TEN, by=person, reservationDuration=60)
    assert reply.json()["data"]["reservationDuration"] == 60
    reply = await holds.move(uid, 2_000_000_000, TEN)
    assert problem(reply) == (404, "Event Type with ID=2000000000 not found")


# -- seats


async def test_seats_are_held_as_long_as_some_are_left(
    holds: Holds, ask: Asker, units: Units, host: MakeHost
) -> None:
    person, event = await host(seats_per_slot=3)
    booking = await make_booking(units, person, event_type=event, start=utc(MON, 10), seated=True)
    for held in (1, 2):
        await holds.made(event)
        slot = (await ask.data(eventTypeId=event.id))[MON][1]
        assert (slot["seatsBooked"], slot["seatsRemaining"]) == (1 + held, 2 - held)
        assert slot["bookingUid"] == booking.uid
    assert problem(await holds.make(event)) == TAKEN
    await holds.made(event, f"{MON}T12:00:00Z")
    held = (await ask.data(eventTypeId=event.id))[MON][3]
    assert held == {
        "start": f"{MON}T12:00:00.000Z",
        "seatsBooked": 1,
        "seatsRemaining": 2,
        "seatsTotal": 3,
    }


async def test_a_full_slot_is_named_as_it_was_sent(
    holds: Holds, units: Units, host: MakeHost
) -> None:
    person, event = await host(seats_per_slot=1)
    await make_booking(units, person, event_type=event, start=utc(MON, 10), seated=True)
    sent = f"{MON}T12:00:00+02:00"
    assert problem(await holds.make(event, sent)) == (
        422,
        f"Booking with id={event.id} at {sent} has no more seats left.",
    )


# -- teams


async def team(
    units: Units, kind: str, count: int = 2, *, mandatory: int = 0
) -> tuple[list[Person], EventType]:
    people = []
    for _ in range(count):
        people.append(await make_user(units, time_zone="UTC"))
        await make_schedule(units, people[-1])
    made = await make_team(units, members=[(person, "MEMBER") for person in people])
    event = await make_event_type(units, team_id=made, scheduling_type=kind, length=60)
    async with units.begin() as uow:
        for number, person in enumerate(people):
            uow.session.add(
                Host(event_type_id=event.id, user_id=person.id, mandatory=number < mandatory)
            )
            await uow.session.flush()
        await uow.commit()
    return people, event


async def test_a_team_without_hosts(holds: Holds, units: Units) -> None:
    for kind in ("collective", "roundRobin", "managed"):
        _, event = await team(units, kind, 0)
        assert problem(await holds.make(event)) == (
            400,
            "Cannot reserve a slot for a team event without any hosts",
        )


async def test_a_round_robin_is_held_once_per_free_host(
    holds: Holds, ask: Asker, units: Units
) -> None:
    people, event = await team(units, "roundRobin", 3)
    await make_booking(units, people[2], event_type=event, start=utc(MON, 10))
    for _ in range(2):
        assert "10:00" in (await ask.clock(eventTypeId=event.id))[MON]
        await holds.made(event)
    assert "10:00" not in (await ask.clock(eventTypeId=event.id))[MON]
    assert problem(await holds.make(event)) == FULL_ROBIN


async def test_a_round_robin_with_a_mandatory_host_is_held_once(holds: Holds, units: Units) -> None:
    people, event = await team(units, "roundRobin", 3, mandatory=1)
    await holds.made(event)
    assert problem(await holds.make(event)) == TAKEN
    await make_booking(units, people[0], event_type=event, start=utc(MON, 13))
    assert problem(await holds.make(event, f"{MON}T13:00:00Z")) == BOOKED
    await make_booking(units, people[1], event_type=event, start=utc(MON, 15))
    await holds.made(event, f"{MON}T15:00:00Z")


# -- races


async def test_of_many_requests_for_one_time_one_wins(
    holds: Holds, units: Units, host: MakeHost
) -> None:
    _, event = await host()
    replies = await asyncio.gather(*(holds.make(event) for _ in range(16)))
    assert sorted(reply.status_code for reply in replies) == [201] + [422] * 15
    async with units.begin() as uow:
        count = await uow.session.scalar(
            select(func.count()).where(SlotReservation.event_type_id == event.id)
        )
    assert count == 1


async def test_of_many_requests_for_two_free_hosts_two_win(holds: Holds, units: Units) -> None:
    _, event = await team(units, "roundRobin", 2)
    replies = await asyncio.gather(*(holds.make(event) for _ in range(8)))
    assert sorted(reply.status_code for reply in replies) == [201] * 2 + [422] * 6


async def test_holds_moved_onto_each_other(holds: Holds, host: MakeHost) -> None:
    _, event = await host()
    uids = [
        (await holds.made(event, f"{MON}T{hour:02d}:00:00Z"))["reservationUid"]
        for hour in (9, 11, 13, 15)
    ]
    replies = await asyncio.gather(*(holds.move(uid, event, f"{MON}T17:00:00Z") for uid in uids))
    assert sorted(reply.status_code for reply in replies) == [200] + [422] * 3


# -- what a booking does with them


async def consume(units: Units, event: EventType, **more: Any) -> None:
    async with units.begin() as uow:
        await service.consume(uow, event.id, utc(MON, 10), utc(MON, 11), **more)
        await uow.commit()


async def test_a_booking_drops_its_own_hold_and_otherwise_those_of_its_time(
    holds: Holds, host: MakeHost, units: Units
) -> None:
    _, event = await host()
    own = (await holds.made(event))["reservationUid"]
    await consume(units, event, own_uid=own)
    assert await holds.read(own) is None
    same = (await holds.made(event))["reservationUid"]
    await consume(units, event)
    assert await holds.read(same) is None
    overlapping = (await holds.made(event, f"{MON}T10:30:00Z"))["reservationUid"]
    await consume(units, event)
    assert await holds.read(overlapping) is not None


async def test_an_older_hold_of_somebody_else_refuses_the_own(
    holds: Holds, host: MakeHost, units: Units, now: Clock
) -> None:
    _, event = await host()
    older = (await holds.made(event))["reservationUid"]
    now.advance(timedelta(minutes=1))
    # the older contract has no check of overlap
    reply = await holds.client.post(
        "/v2/slots/reserve",
        json={
            "eventTypeId": event.id,
            "slotUtcStartDate": TEN,
            "slotUtcEndDate": f"{MON}T11:00:00Z",
        },
    )
    own = reply.json()["data"]
    holds.client.cookies.clear()
    with pytest.raises(HeldByAnother, match="Someone else reserved this slot before you") as seen:
        await consume(units, event, own_uid=own)
    assert "will be freed up in 241 seconds" in seen.value.message
    assert await holds.read(own) is not None
    await consume(units, event, own_uid=older)
    assert await holds.read(older) is None
    with pytest.raises(HeldByAnother):
        await consume(units, event, strict=True)


async def test_a_seat_spends_one_hold(holds: Holds, host: MakeHost, units: Units) -> None:
    _, event = await host(seats_per_slot=3)
    uids = [(await holds.made(event))["reservationUid"] for _ in range(2)]
    await consume(units, event, own_uid=uids[1])
    assert [await holds.read(uid) is None for uid in uids] == [False, True]
    await consume(units, event)
    assert await holds.read(uids[0]) is None
