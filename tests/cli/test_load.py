"""The fast loader: what it makes can be asked for and booked like anything else."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from openslots.cli.folder import CommandError
from openslots.cli.load import load
from openslots.kernel import clock
from openslots.kernel.uow import Units
from openslots.models import Booking, BookingHost, EventType, User

pytestmark = pytest.mark.anyio


async def test_loaded_bookings_are_bookings(
    client: httpx.AsyncClient, units: Units, database_url: str
) -> None:
    made = await load(database_url, 3, 100)
    assert made == {"hosts": 3, "bookings": 100}
    async with units.begin() as uow:
        newest = select(User.id).order_by(User.id.desc()).limit(3)
        counts = await uow.session.execute(
            select(Booking.organizer_id, func.count(), func.min(Booking.start_at))
            .where(Booking.organizer_id.in_(newest))
            .group_by(Booking.organizer_id)
        )
        rows = counts.all()
        event_type = await uow.session.scalar(
            select(EventType).where(EventType.owner_id == rows[0][0])
        )
    assert sorted(row[1] for row in rows) == [33, 33, 34]
    assert all(row[2] < clock.now() for row in rows)
    assert event_type is not None
    day = clock.now().date() + timedelta(days=1)
    answer = await client.get(
        "/v2/slots",
        params={"eventTypeId": event_type.id, "start": str(day), "end": str(day)},
        headers={"cal-api-version": "2024-09-04"},
    )
    starts = [slot["start"][11:16] for slot in answer.json()["data"][str(day)]]
    assert starts == [f"{hour:02d}:30" for hour in range(9, 17)]


async def test_the_exclusion_constraint_is_back(units: Units, database_url: str) -> None:
    await load(database_url, 1, 8)
    async with units.begin() as uow:
        row = await uow.session.scalar(
            select(BookingHost).order_by(BookingHost.booking_id.desc()).limit(1)
        )
        assert row is not None
        other = await uow.session.scalar(select(func.min(Booking.id)))
        with pytest.raises(IntegrityError, match="ex_booking_hosts_overlap"):
            await uow.session.execute(
                text(
                    "INSERT INTO booking_hosts (booking_id, host_id, during, blocks) "
                    "SELECT :other, host_id, during, true FROM booking_hosts "
                    "WHERE booking_id = :booking"
                ),
                {"other": other, "booking": row.booking_id},
            )


@pytest.mark.parametrize(("hosts", "bookings"), [(0, 0), (-1, 5), (1, -1), (1, 10_000_000)])
async def test_numbers_that_do_not_fit(database_url: str, hosts: int, bookings: int) -> None:
    with pytest.raises(CommandError):
        await load(database_url, hosts, bookings)
