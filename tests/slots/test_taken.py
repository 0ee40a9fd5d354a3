"""Whose bookings take a host's time: those they organise, host beside others, or attend."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from openslots.kernel import clock
from openslots.kernel.uow import Units
from openslots.slots.repository import load
from tests.factories import make_booking, make_user, tomorrow_at

pytestmark = pytest.mark.anyio

LOW, HIGH = tomorrow_at(10), tomorrow_at(18)


async def taken(units: Units, user_id: int) -> list[str]:
    """The uids of what takes time of the user between `LOW` and `HIGH`, as they came."""
    async with units.begin() as uow:
        rows = await load.by_people(uow.session, [user_id], low=LOW, high=HIGH, now=clock.now())
    found: list[list[Any]] = json.loads(f"[{rows[0]['bookings'] or ''}]")
    return sorted(row[0] for row in found)


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        (LOW - timedelta(hours=1), 60, False),
        (LOW - timedelta(hours=1), 61, True),
        (LOW - timedelta(days=40), 41 * 1440, True),
        (LOW, 30, True),
        (HIGH - timedelta(minutes=1), 30, True),
        (HIGH, 30, False),
        (LOW - timedelta(days=1), 3 * 1440, True),
    ],
)
@pytest.mark.parametrize("part", ["organiser", "host", "attendee", "guest"])
async def test_what_overlaps(
    units: Units, part: str, start: datetime, minutes: int, expected: bool
) -> None:
    me, other = await make_user(units), await make_user(units)
    # something of mine that began earlier or later changes nothing
    mine = (
        [
            (await make_booking(units, me, start=LOW + timedelta(hours=2))).uid,
            (await make_booking(units, me, start=LOW - timedelta(hours=9), minutes=600)).uid,
        ]
        if part != "organiser"
        else []
    )
    made = await make_booking(
        units,
        me if part == "organiser" else other,
        start=start,
        minutes=minutes,
        other_hosts=[me] if part == "host" else [],
        attendee={"email": me.email} if part == "attendee" else None,
        guests=[me.email] if part == "guest" else [],
        blocks=False,
    )
    assert await taken(units, me.id) == sorted([*mine, *([made.uid] if expected else [])])


async def test_a_booking_of_several_parts_comes_once(units: Units) -> None:
    me, other = await make_user(units), await make_user(units)
    own = await make_booking(units, me, start=LOW, attendee={"email": me.email})
    beside = await make_booking(
        units, other, start=LOW + timedelta(hours=1), other_hosts=[me], guests=[me.email]
    )
    assert await taken(units, me.id) == sorted([own.uid, beside.uid])


@pytest.mark.parametrize("status", ["cancelled", "rejected", "pending", "awaiting_host"])
@pytest.mark.parametrize("organised", [True, False])
async def test_only_what_takes_place(units: Units, status: str, organised: bool) -> None:
    me, other = await make_user(units), await make_user(units)
    host, others = (me, []) if organised else (other, [me])
    await make_booking(units, host, start=LOW, status=status, other_hosts=others)
    assert await taken(units, me.id) == []


async def test_nobody_elses(units: Units) -> None:
    me, other = await make_user(units), await make_user(units)
    await make_booking(units, other, start=LOW)
    assert await taken(units, me.id) == []
