"""The fast loader: what it makes can be asked for and booked like anything else."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Date, TextClause, cast, func, select, text
from sqlalchemy.exc import IntegrityError

from openslots.cli.folder import CommandError
from openslots.cli.load import load
from openslots.kernel import clock
from openslots.kernel.uow import Units
from openslots.models import Booking, EventType
from tests.factories import make_booking, make_user

pytestmark = pytest.mark.anyio


INDEXES = text(
    "SELECT indexname, indexdef FROM pg_indexes "
    "WHERE tablename IN ('bookings', 'booking_hosts', 'attendees') ORDER BY 1"
)
CONSTRAINTS = text(
    "SELECT conname, contype, convalidated, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid IN ('bookings'::regclass, 'booking_hosts'::regclass, 'attendees'::regclass) "
    "ORDER BY 1"
)


async def rows(units: Units, statement: TextClause) -> list[tuple[object, ...]]:
    async with units.begin() as uow:
        return [tuple(row) for row in await uow.session.execute(statement)]


@pytest.mark.parametrize("rebuild", [False, True])
async def test_loaded_bookings_are_bookings(fresh_app: FastAPI, rebuild: bool) -> None:
    units: Units = fresh_app.state.units
    url = units.settings.db.url.get_secret_value()
    made = await load(url, 3, 100, rebuild=rebuild)
    assert made == {"hosts": 3, "bookings": 100}
    async with units.begin() as uow:
        counts = await uow.session.execute(
            select(Booking.organizer_id, func.count(), func.min(Booking.start_at)).group_by(
                Booking.organizer_id
            )
        )
        hosts = counts.all()
        event_type = await uow.session.scalar(
            select(EventType).where(EventType.owner_id == hosts[0][0])
        )
    assert sorted(row[1] for row in hosts) == [33, 33, 34]
    assert all(row[2] < clock.now() for row in hosts)
    assert event_type is not None
    day = clock.now().date() + timedelta(days=1)
    async with units.begin() as uow:
        kept = await uow.session.scalars(
            select(Booking.start_at).where(
                Booking.organizer_id == event_type.owner_id,
                Booking.status == "accepted",
                cast(Booking.start_at, Date) == day,
            )
        )
        taken = {start.strftime("%H:%M") for start in kept}
    assert len(taken) in (7, 8)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(fresh_app), base_url="http://test"
    ) as client:
        answer = await client.get(
            "/v2/slots",
            params={"eventTypeId": event_type.id, "start": str(day), "end": str(day)},
            headers={"cal-api-version": "2024-09-04"},
        )
        starts = {slot["start"][11:16] for slot in answer.json()["data"][str(day)]}
        halves = {f"{hour:02d}:{half}" for hour in range(9, 17) for half in ("00", "30")}
        assert starts == halves - taken
        again = await client.post(
            "/v2/bookings",
            json={
                "start": f"{day}T{min(starts)}:00Z",
                "eventTypeId": event_type.id,
                "attendee": {"name": "Ada", "email": "ada@x.org", "timeZone": "UTC"},
            },
            headers={"cal-api-version": "2024-08-13"},
        )
        assert again.status_code == 201


async def test_everything_is_there_again_after_a_rebuild(fresh_app: FastAPI) -> None:
    units: Units = fresh_app.state.units
    before = [await rows(units, INDEXES), await rows(units, CONSTRAINTS)]
    await load(units.settings.db.url.get_secret_value(), 2, 40, rebuild=True)
    assert [await rows(units, INDEXES), await rows(units, CONSTRAINTS)] == before
    async with units.begin() as uow:
        with pytest.raises(IntegrityError, match="ex_booking_hosts_overlap"):
            await uow.session.execute(
                text(
                    "INSERT INTO booking_hosts (booking_id, host_id, during, blocks) "
                    "SELECT (SELECT max(id) FROM bookings), host_id, during, true "
                    "FROM booking_hosts WHERE booking_id = (SELECT min(id) FROM bookings)"
                )
            )


async def test_bookings_of_others_are_not_locked_by_accident(fresh_app: FastAPI) -> None:
    units: Units = fresh_app.state.units
    url = units.settings.db.url.get_secret_value()
    await load(url, 1, 4)
    await load(url, 1, 4)
    await make_booking(units, await make_user(units))
    with pytest.raises(CommandError, match="bookings of its own"):
        await load(url, 1, 4)
    await load(url, 1, 4, add=True)
    assert await rows(units, text("SELECT count(*) FROM bookings")) == [(13,)]


async def test_a_run_that_fails_leaves_nothing(fresh_app: FastAPI) -> None:
    units: Units = fresh_app.state.units
    before = [await rows(units, INDEXES), await rows(units, CONSTRAINTS)]
    async with units.begin() as uow:
        await uow.session.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql "
                "AS $$ BEGIN RAISE 'no more'; END $$"
            )
        )
        await uow.session.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON attendees "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
            )
        )
        await uow.commit()
    with pytest.raises(CommandError, match="the database answered: no more"):
        await load(units.settings.db.url.get_secret_value(), 2, 40, rebuild=True)
    assert [await rows(units, INDEXES), await rows(units, CONSTRAINTS)] == before
    assert await rows(units, text("SELECT count(*) FROM users")) == [(0,)]


async def test_a_database_without_a_schema(empty_database_url: str) -> None:
    with pytest.raises(CommandError, match='relation "bookings" does not exist'):
        await load(empty_database_url, 1, 1)


@pytest.mark.parametrize(("hosts", "bookings"), [(0, 0), (-1, 5), (1, -1), (1, 10_000_000)])
async def test_numbers_that_do_not_fit(database_url: str, hosts: int, bookings: int) -> None:
    with pytest.raises(CommandError):
        await load(database_url, hosts, bookings)
