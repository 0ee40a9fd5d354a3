"""Changing bookings that exist: states, people, seats, absence, location."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from openslots import facts
from openslots.bookings.repository.insert import NewPerson, person_facts, translate
from openslots.events.bookings import AttendeeFacts
from openslots.models import Attendee, Booking, BookingHost, BookingSeat, User


async def write(
    session: AsyncSession, rows: Sequence[Booking], now: datetime, **values: Any
) -> None:  # Any: columns of Booking
    """Sets columns of bookings, and moves their `updated_at`."""
    ids = [row.id for row in rows]
    changed = {**values, "updated_at": now}
    await session.execute(
        update(Booking)
        .where(Booking.id.in_(ids))
        .values(changed)
        .execution_options(synchronize_session=False)
    )
    for row in rows:
        for name, value in changed.items():
            set_committed_value(row, name, value)


async def next_sequence(session: AsyncSession, rows: Sequence[Booking]) -> None:
    """Counts one more calendar message of each booking."""
    await session.execute(
        update(Booking)
        .where(Booking.id.in_([row.id for row in rows]))
        .values(ics_sequence=Booking.ics_sequence + 1, updated_at=Booking.updated_at)
        .execution_options(synchronize_session=False)
    )
    for row in rows:
        set_committed_value(row, "ics_sequence", row.ics_sequence + 1)


async def release(session: AsyncSession, booking_ids: Sequence[int]) -> None:
    """Gives the hosts' time back."""
    await session.execute(
        update(BookingHost)
        .where(BookingHost.booking_id.in_(booking_ids))
        .values(blocks=False)
        .execution_options(synchronize_session=False)
    )


async def block(session: AsyncSession, booking_ids: Sequence[int]) -> None:
    """Takes the hosts' time; raises BookingConflict when Postgres finds an overlap."""
    try:
        await session.execute(
            update(BookingHost)
            .where(BookingHost.booking_id.in_(booking_ids))
            .values(blocks=True)
            .execution_options(synchronize_session=False)
        )
    except DBAPIError as error:
        raise translate(error) from error


async def move_time(
    session: AsyncSession, booking_id: int, start: datetime, end: datetime, *, blocks: bool
) -> None:
    """Takes another time of the same hosts; raises BookingConflict on an overlap."""
    try:
        await session.execute(
            update(BookingHost)
            .where(BookingHost.booking_id == booking_id)
            .values(during=Range(start, end, bounds="[)"), blocks=blocks)
            .execution_options(synchronize_session=False)
        )
    except DBAPIError as error:
        raise translate(error) from error


async def add_people(
    session: AsyncSession, booking_id: int, people: Sequence[NewPerson]
) -> tuple[AttendeeFacts, ...]:
    """Adds attendees, in the given order, and the seats of those who have one."""
    rows = [
        Attendee(
            booking_id=booking_id,
            kind=person.kind,
            name=person.name,
            email=person.email,
            phone_number=person.phone_number,
            attendee_tz=person.time_zone,
            locale=person.locale,
        )
        for person in people
    ]
    session.add_all(rows)
    await session.flush()
    session.add_all(
        BookingSeat(
            uid=person.seat_uid,
            booking_id=booking_id,
            attendee_id=row.id,
            responses=dict(person.seat_responses or {}),
            metadata_=dict(person.seat_metadata or {}),
        )
        for person, row in zip(people, rows, strict=True)
        if person.seat_uid is not None
    )
    await session.flush()
    return tuple(person_facts(person, row.id) for person, row in zip(people, rows, strict=True))


async def seat(session: AsyncSession, uid: str) -> tuple[BookingSeat, Attendee] | None:
    """A seat and who has it, both rows locked."""
    found = await session.execute(
        select(BookingSeat, Attendee)
        .join(Attendee, Attendee.id == BookingSeat.attendee_id)
        .where(BookingSeat.uid == uid)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.first()


async def seats_taken(session: AsyncSession, booking_id: int) -> int:
    return (
        await session.scalar(
            select(func.count())
            .select_from(BookingSeat)
            .where(BookingSeat.booking_id == booking_id)
        )
        or 0
    )


async def move_seats(session: AsyncSession, attendee_ids: Sequence[int], booking_id: int) -> None:
    """Moves attendees with their seats to another booking."""
    for table, column in ((Attendee, Attendee.id), (BookingSeat, BookingSeat.attendee_id)):
        await session.execute(
            update(table)
            .where(column.in_(attendee_ids))
            .values(booking_id=booking_id)
            .execution_options(synchronize_session=False)
        )


async def remove_attendee(session: AsyncSession, attendee_id: int) -> None:
    """Removes an attendee with the seat."""
    await session.execute(delete(Attendee).where(Attendee.id == attendee_id))


async def mark_absent(
    session: AsyncSession, booking_id: int, absences: Mapping[str, bool]
) -> list[tuple[str, bool]]:
    """Notes who was absent; the attendees found, as (e-mail, absent)."""
    found = await session.scalars(
        select(Attendee).where(
            Attendee.booking_id == booking_id,
            func.lower(Attendee.email).in_([email.lower() for email in absences]),
        )
    )
    by_email = {email.lower(): absent for email, absent in absences.items()}
    out = []
    for row in found:
        row.absent = by_email[row.email.lower()]
        out.append((row.email, row.absent))
    await session.flush()
    return out


async def attendee(
    session: AsyncSession, booking_id: int, attendee_id: int
) -> AttendeeFacts | None:
    row = await session.scalar(
        select(Attendee).where(Attendee.id == attendee_id, Attendee.booking_id == booking_id)
    )
    return None if row is None else facts.of_attendee(row)


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    return await session.scalar(select(User).where(User.email == email.lower()))
