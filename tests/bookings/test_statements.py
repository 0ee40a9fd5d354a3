"""How many statements each hot operation sends: a number that does not grow with the data."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from openslots.kernel.bus import Bus
from openslots.kernel.uow import Units
from tests.bookings.conftest import CURSOR, Bookings, data
from tests.statements import counted


@pytest.fixture
async def alone(units: Units) -> AsyncIterator[Units]:
    """Without subscribers: theirs are counted by the slices that send them."""
    before, units.bus = units.bus, Bus()
    yield units
    units.bus = before


async def test_a_booking_is_made_in_four_statements(bk: Bookings, alone: Units) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    counts = []
    for hour in (8, 10, 12, 14):
        with counted(alone) as sent:
            await bk.book(kind, bk.at(hour), guests=["a@x.org", "b@x.org"])
        counts.append(len(sent))
    # the event type; the lock; the check; the insert
    assert counts == [4] * 4, sent
    with counted(alone) as sent:
        await bk.book(kind, bk.at(16), api=host)
    assert len(sent) == 5


async def test_a_series_takes_no_more_than_one_booking(bk: Bookings, alone: Units) -> None:
    counts = []
    for count in (2, 12):
        rule = {"freq": 2, "interval": 1, "count": count}
        kind = await bk.event_type(await bk.host(), recurrence=rule)
        with counted(alone) as sent:
            await bk.book(kind, bk.at(9))
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 6


async def test_reads_do_not_grow(bk: Bookings, alone: Units) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    counts: dict[str, set[int]] = {}
    for hour in (8, 9, 10, 11):
        made = await bk.book(kind, bk.at(hour), guests=[f"g{hour}@x.org"])
        moved = await bk.book(kind, bk.at(12 + hour - 8, 0))
        data(await bk.reschedule(moved["uid"], bk.at(16 + hour - 8)), 201)
        for name, work in (
            ("one", lambda uid=made["uid"]: bk.get(uid)),
            ("offset", lambda: bk.list(host)),
            ("cursor", lambda: bk.list(host, version=CURSOR)),
        ):
            with counted(alone) as sent:
                await work()  # type: ignore[no-untyped-call]  # a closure over the loop
            counts.setdefault(name, set()).add(len(sent))
    # one: the booking, its people. offset: the caller, teams, count, page, types, people, moves
    assert counts == {"one": {2}, "offset": {7}, "cursor": {6}}


async def test_changes_do_not_grow(bk: Bookings, alone: Units) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    waiting = await bk.event_type(host, requires_confirmation=True)
    counts: dict[str, set[int]] = {}
    for hour in (8, 10, 12):
        made = await bk.book(kind, bk.at(hour))
        with counted(alone) as sent:
            moved = data(await bk.reschedule(made["uid"], bk.at(hour, day=9)), 201)
        counts.setdefault("reschedule", set()).add(len(sent))
        with counted(alone) as sent:
            data(await bk.act(moved["uid"], "cancel"))
        counts.setdefault("cancel", set()).add(len(sent))
        asked = await bk.book(waiting, bk.at(hour, day=10))
        with counted(alone) as sent:
            data(await bk.act(asked["uid"], "confirm", api=host))
        counts.setdefault("confirm", set()).add(len(sent))
    assert all(len(numbers) == 1 for numbers in counts.values()), counts
    assert max(max(numbers) for numbers in counts.values()) <= 16, counts
