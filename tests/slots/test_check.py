"""The check that a booking makes under its locks: the listing's rules, in few statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openslots.kernel.uow import Units
from openslots.models import EventType
from openslots.slots import service
from openslots.slots.errors import EventTypeNotFound
from openslots.slots.types import CheckRequest, Verdict, reason_kinds
from tests.clock import Clock
from tests.factories import (
    Person,
    make_booking,
    make_event_type,
    make_schedule,
    make_team,
    make_user,
)

# Monday 5 September 2050
MONDAY = datetime(2050, 9, 5, tzinfo=UTC)


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    clock.set("2050-01-01T00:00:00Z")


async def made(units: Units, **columns: Any) -> tuple[Person, EventType]:
    host = await make_user(units, time_zone="UTC")
    await make_schedule(units, host)
    return host, await make_event_type(units, host, length=60, **columns)


async def ask(units: Units, request: CheckRequest) -> tuple[Verdict, ...]:
    async with units.begin() as uow:
        return await service.check(uow, request)


async def kinds(units: Units, request: CheckRequest) -> list[list[str]]:
    return [reason_kinds(verdict.reasons) for verdict in await ask(units, request)]


def asking(event: EventType, *starts: datetime, minutes: int = 60) -> CheckRequest:
    return CheckRequest(event.id, starts, minutes)


async def test_a_free_time_off_the_grid_may_be_booked(units: Units) -> None:
    host, event = await made(units)
    (verdict,) = await ask(units, asking(event, at(9, 7)))
    assert (verdict.ok, verdict.host_ids, verdict.reasons) == (True, (host.id,), ())


async def test_reasons_say_what_is_in_the_way(units: Units) -> None:
    host, event = await made(units, before_buffer=30)
    booking = await make_booking(units, host, event_type=event, start=at(11))
    (hours,) = await ask(units, asking(event, at(17)))
    (busy,) = await ask(units, asking(event, at(10)))
    assert reason_kinds(hours.reasons) == ["outside_hours"]
    assert [(r.booking_uid, r.buffer, r.host_id) for r in busy.reasons] == [
        (booking.uid, "before", host.id)
    ]
    assert busy.host_ids == ()


async def test_an_unknown_event_type_is_said_so(units: Units) -> None:
    with pytest.raises(EventTypeNotFound):
        await ask(units, CheckRequest(2**70, (at(9),), 30))


async def test_each_ignored_rule_is_ignored_alone(units: Units, clock: Clock) -> None:
    host, event = await made(units, booking_limits_count={"day": 1}, minimum_booking_notice=600)
    clock.set(at(8))
    await make_booking(units, host, event_type=event, start=at(12))
    request = asking(event, at(12))
    assert await kinds(units, request) == [["notice", "limit", "booking"]]
    assert await kinds(units, replace(request, ignore_bounds=True)) == [["limit", "booking"]]
    assert await kinds(units, replace(request, ignore_limits=True)) == [["notice", "booking"]]
    assert await kinds(units, replace(request, ignore_conflicts=True)) == [["notice", "limit"]]


async def test_the_booking_being_moved_is_not_in_the_way(units: Units) -> None:
    host, event = await made(units, booking_limits_count={"day": 1})
    booking = await make_booking(units, host, event_type=event, start=at(12))
    request = asking(event, at(12, 30))
    assert await kinds(units, request) == [["limit", "booking"]]
    assert await kinds(units, replace(request, reschedule_uid=booking.uid)) == [[]]


async def test_a_series_counts_its_own_occurrences(units: Units) -> None:
    _, event = await made(units, booking_limits_count={"week": 2})
    verdicts = await kinds(units, asking(event, at(9), at(9, day=1), at(9, day=2)))
    assert verdicts == [[], [], ["limit"]]


async def test_a_pending_booking_blocks_only_where_the_policy_says_so(units: Units) -> None:
    for blocks, expected in ((True, [["booking"]]), (False, [[]])):
        host, event = await made(units, requires_confirmation=True, confirmation_blocks_slot=blocks)
        await make_booking(units, host, event_type=event, start=at(10), status="pending")
        assert await kinds(units, asking(event, at(10))) == expected


async def test_a_meeting_the_host_attends_takes_their_time(units: Units) -> None:
    host, event = await made(units)
    other, others = await made(units)
    await make_booking(
        units, other, event_type=others, start=at(10), attendee={"email": host.email}
    )
    assert await kinds(units, asking(event, at(10))) == [["booking"]]


async def test_limits_of_the_user_count_every_event_type(units: Units) -> None:
    host = await make_user(units, time_zone="UTC", booking_limits={"perDay": 1})
    await make_schedule(units, host)
    one, two = [await make_event_type(units, host, length=60) for _ in range(2)]
    await make_booking(units, host, event_type=one, start=at(10))
    assert await kinds(units, asking(two, at(14))) == [["limit"]]
    assert await kinds(units, asking(two, at(14, day=1))) == [[]]


async def team_of(units: Units, kind: str, count: int = 2) -> tuple[list[Person], EventType]:
    people = []
    for _ in range(count):
        people.append(await make_user(units, time_zone="UTC"))
        await make_schedule(units, people[-1])
    team = await make_team(units, members=[(person, "MEMBER") for person in people])
    event = await make_event_type(
        units, team_id=team, hosts=people, scheduling_type=kind, length=60
    )
    return people, event


async def test_round_robin_takes_the_host_who_was_not_booked_last(
    units: Units, clock: Clock
) -> None:
    people, event = await team_of(units, "roundRobin")
    for number, turn in enumerate((0, 1, 0, 1)):
        (verdict,) = await ask(units, asking(event, at(9, day=number)))
        assert verdict.host_ids == (people[turn].id,)
        clock.advance(timedelta(seconds=1))
        await make_booking(units, people[turn], event_type=event, start=at(9, day=number))


async def test_round_robin_is_narrowed_to_the_hosts_asked_for(units: Units) -> None:
    people, event = await team_of(units, "roundRobin")
    for person in people:
        (verdict,) = await ask(units, replace(asking(event, at(9)), host_ids=(person.id,)))
        assert verdict.host_ids == (person.id,)


async def test_a_collective_takes_every_host_and_needs_them_all(units: Units) -> None:
    people, event = await team_of(units, "collective")
    (verdict,) = await ask(units, asking(event, at(9)))
    assert sorted(verdict.host_ids) == sorted(person.id for person in people)
    await make_booking(units, people[1], start=at(9))
    (verdict,) = await ask(units, asking(event, at(9)))
    assert not verdict.ok
    assert verdict.available_ids == (people[0].id,)


async def test_a_host_who_left_the_team_is_no_host(units: Units) -> None:
    people, event = await team_of(units, "roundRobin")
    stranger = await make_user(units, time_zone="UTC")
    await make_schedule(units, stranger)
    other = await make_event_type(
        units, team_id=event.team_id, hosts=[*people, stranger], scheduling_type="roundRobin"
    )
    (verdict,) = await ask(units, asking(other, at(9), minutes=30))
    assert sorted(verdict.available_ids) == sorted(person.id for person in people)
