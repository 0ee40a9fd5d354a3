"""Recurring bookings over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from openslots.bookings.rules import recurrence
from openslots.kernel.clock import iso
from openslots.models import EventType
from tests.bookings.conftest import Bookings, data, refused
from tests.clock import Clock
from tests.factories import Person

BUSY = "User either already has booking at this time or is not available"
WEEK = timedelta(weeks=1)


async def weekly(bk: Bookings, count: int = 3) -> tuple[Person, EventType]:
    host = await bk.host()
    rule = {"freq": 2, "interval": 1, "count": count}
    return host, await bk.event_type(host, recurrence=rule)


async def test_all_occurrences_are_booked_at_once(bk: Bookings) -> None:
    _, kind = await weekly(bk)
    series = await bk.book(kind, bk.at(9), attendee=bk.attendee(timeZone="UTC"))
    assert [b["start"] for b in series] == [iso(bk.at(9) + WEEK * n) for n in range(3)]
    assert len({b["recurringBookingUid"] for b in series}) == 1
    assert len({b["uid"] for b in series}) == 3
    assert await bk.get(series[0]["recurringBookingUid"]) == series
    assert await bk.get(series[1]["uid"]) == series[1]


async def test_the_count_may_be_smaller_but_not_larger(bk: Bookings) -> None:
    host, kind = await weekly(bk)
    assert len(await bk.book(kind, bk.at(9), recurrenceCount=2)) == 2
    assert refused(await bk.post(kind, bk.at(12), recurrenceCount=4), 400) == (
        "Provided recurrence count is higher than the event type's recurring event count."
    )
    one = await bk.book(await bk.event_type(host), bk.at(14), recurrenceCount=2)
    assert isinstance(one, dict)
    assert "recurringBookingUid" not in one


async def test_one_taken_occurrence_refuses_the_whole_series(bk: Bookings) -> None:
    host, kind = await weekly(bk)
    plain = await bk.event_type(host)
    taken = await bk.book(plain, bk.at(9) + 2 * WEEK)
    assert refused(await bk.post(kind, bk.at(9)), 400) == BUSY
    listed = await bk.list(host)
    assert [b["uid"] for b in listed["data"]] == [taken["uid"]]


async def test_racing_series_never_share_a_time(bk: Bookings) -> None:
    host, kind = await weekly(bk)
    answers = await asyncio.gather(*(bk.post(kind, bk.at(9) + WEEK * (n % 3)) for n in range(6)))
    assert {a.status_code for a in answers} == {201, 400}
    listed = (await bk.list(host))["data"]
    assert len({b["start"] for b in listed}) == len(listed)
    assert len(listed) == 3 * sum(a.status_code == 201 for a in answers)


async def test_cancelling_one_the_rest_or_all(bk: Bookings) -> None:
    _, kind = await weekly(bk, 4)
    series = await bk.book(kind, bk.at(9))
    whole = series[0]["recurringBookingUid"]
    one = data(await bk.act(series[3]["uid"], "cancel"))
    assert one["uid"] == series[3]["uid"]
    body = {"cancelSubsequentBookings": True}
    rest = data(await bk.act(series[1]["uid"], "cancel", body))
    assert [b["status"] for b in rest] == ["accepted"] + ["cancelled"] * 3
    assert refused(await bk.act(whole, "cancel", body), 400) == (
        "Cannot cancel subsequent bookings for recurring event - you have to provide uid of one "
        "of the individual bookings of a recurring booking."
    )
    everything = data(await bk.act(whole, "cancel"))
    assert [b["status"] for b in everything] == ["cancelled"] * 4
    assert "has been cancelled already" in refused(await bk.act(whole, "cancel"), 400)


async def test_the_series_uid_leaves_what_has_begun(bk: Bookings, clock: Clock) -> None:
    _, kind = await weekly(bk)
    series = await bk.book(kind, bk.at(9))
    clock.set(bk.at(10) + WEEK)
    left = data(await bk.act(series[0]["recurringBookingUid"], "cancel"))
    assert [b["status"] for b in left] == ["accepted", "accepted", "cancelled"]


async def test_one_occurrence_moves_within_its_series(bk: Bookings) -> None:
    _, kind = await weekly(bk)
    series = await bk.book(kind, bk.at(9))
    moved = data(await bk.reschedule(series[1]["uid"], bk.at(15)), 201)
    assert moved["recurringBookingUid"] == series[0]["recurringBookingUid"]
    everything = await bk.get(series[0]["recurringBookingUid"])
    assert sorted(b["status"] for b in everything) == ["accepted"] * 3 + ["cancelled"]


@pytest.mark.parametrize(
    ("freq", "first", "expected"),
    [
        (2, "2050-03-20T09:00", ["2050-03-20T09:00", "2050-03-27T09:00", "2050-04-03T09:00"]),
        (1, "2050-01-31T09:00", ["2050-01-31T09:00", "2050-02-28T09:00", "2050-03-31T09:00"]),
        (0, "2048-02-29T09:00", ["2048-02-29T09:00", "2049-02-28T09:00", "2050-02-28T09:00"]),
    ],
)
def test_occurrences_keep_the_bookers_clock(freq: int, first: str, expected: list[str]) -> None:
    rome = ZoneInfo("Europe/Rome")
    start = datetime.fromisoformat(first).replace(tzinfo=rome).astimezone(UTC)
    made = recurrence.starts(start, "Europe/Rome", freq=freq, interval=1, count=3)
    assert [f"{s.astimezone(rome):%Y-%m-%dT%H:%M}" for s in made] == expected
