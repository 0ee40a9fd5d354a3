"""Reading bookings with their people: a fixed number of statements for one and for many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.ext.asyncio import AsyncSession

from openslots import facts
from openslots.bookings.repository.offers import organization_of
from openslots.bookings.types import Reference, Snapshot
from openslots.events.bookings import AttendeeFacts
from openslots.models import (
    Attendee,
    Booking,
    BookingHost,
    BookingReference,
    BookingSeat,
    EventType,
    Team,
    User,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A booking's row with its event type and organiser."""

    booking: Booking
    event_type: EventType | None
    organizer: User | None


async def by_uid(session: AsyncSession, uid: str) -> list[Found]:
    """The booking of that uid, or the occurrences of a series by start."""
    return await _found(
        session, select(Booking).where(or_(Booking.uid == uid, Booking.recurring_uid == uid))
    )


async def one(session: AsyncSession, uid: str, *, lock: bool = False) -> Found | None:
    """One booking by its own uid. `lock` holds its row until the end of the transaction and reads
    it anew."""
    statement = select(Booking).where(Booking.uid == uid)
    found = await _found(session, statement, lock=lock)
    return found[0] if found else None


async def series(session: AsyncSession, recurring_uid: str, *, lock: bool = False) -> list[Found]:
    """All occurrences of a series, by start."""
    statement = select(Booking).where(Booking.recurring_uid == recurring_uid)
    return await _found(session, statement, lock=lock)


async def by_seat(session: AsyncSession, seat_uid: str) -> Found | None:
    statement = (
        select(Booking)
        .join(BookingSeat, BookingSeat.booking_id == Booking.id)
        .where(BookingSeat.uid == seat_uid)
    )
    found = await _found(session, statement)
    return found[0] if found else None


async def _found(
    session: AsyncSession, statement: Select[Booking], *, lock: bool = False
) -> list[Found]:
    full = (
        statement.add_columns(EventType, User)
        .outerjoin(EventType, EventType.id == Booking.event_type_id)
        .outerjoin(User, User.id == Booking.organizer_id)
        .order_by(Booking.start_at, Booking.id)
    )
    if lock:
        # rows are locked in the order of ids, so that two series never wait for each other
        locked = statement.with_only_columns(Booking.id).order_by(Booking.id)
        await session.execute(locked.with_for_update(key_share=True))
        full = full.execution_options(populate_existing=True)
    rows = await session.execute(full)
    return [Found(booking, event_type, user) for booking, event_type, user in rows]


async def live_seated(session: AsyncSession, event_type_id: int, start: datetime) -> Found | None:
    """The accepted booking of a group meeting at that start, its row locked."""
    statement = select(Booking).where(
        Booking.event_type_id == event_type_id,
        Booking.start_at == start,
        Booking.seated,
        Booking.status == "accepted",
    )
    found = await _found(session, statement, lock=True)
    return found[0] if found else None


async def is_taken(
    session: AsyncSession,
    host_ids: Sequence[int],
    start: datetime,
    end: datetime,
    *,
    but: Iterable[int] = (),
) -> bool:
    """Whether a blocking booking of one of the hosts overlaps [start, end)."""
    during = literal(Range(start, end, bounds="[)"), TSTZRANGE)
    statement = (
        select(BookingHost.booking_id)
        .where(
            BookingHost.host_id.in_(host_ids),
            BookingHost.blocks,
            BookingHost.during.op("&&")(during),
            BookingHost.booking_id.not_in(list(but)),
        )
        .limit(1)
    )
    return (await session.scalar(statement)) is not None


async def hosts_of(session: AsyncSession, booking_ids: Sequence[int]) -> dict[int, list[int]]:
    """The hosts of bookings, the organiser among them."""
    found = await session.execute(
        select(BookingHost.booking_id, BookingHost.host_id)
        .where(BookingHost.booking_id.in_(booking_ids))
        .order_by(BookingHost.host_id)
    )
    out: dict[int, list[int]] = defaultdict(list)
    for booking_id, host_id in found:
        out[booking_id].append(host_id)
    return out


async def people(
    session: AsyncSession, booking_ids: Sequence[int]
) -> dict[int, tuple[AttendeeFacts, ...]]:
    """Attendees in the order they were added, with their seats."""
    found = await session.execute(
        select(Attendee, BookingSeat)
        .outerjoin(BookingSeat, BookingSeat.attendee_id == Attendee.id)
        .where(Attendee.booking_id.in_(booking_ids))
        .order_by(Attendee.id)
        .execution_options(populate_existing=True)
    )
    out: dict[int, list[AttendeeFacts]] = defaultdict(list)
    for attendee, seat in found:
        out[attendee.booking_id].append(facts.of_attendee(attendee, seat))
    return {booking_id: tuple(rows) for booking_id, rows in out.items()}


async def successors(session: AsyncSession, uids: Sequence[str]) -> dict[str, str]:
    """uid of a moved booking -> uid of the booking it was moved to."""
    if not uids:
        return {}
    found = await session.execute(
        select(Booking.from_reschedule, Booking.uid)
        .where(Booking.from_reschedule.in_(uids))
        .order_by(Booking.id)
    )
    return {old: new for old, new in found if old is not None}


async def snapshots(session: AsyncSession, found: Sequence[Found]) -> tuple[Snapshot, ...]:
    """Bookings with all that answers show, in the same order; two or three statements."""
    if not found:
        return ()
    attendees = await people(session, [item.booking.id for item in found])
    moved = await successors(session, [i.booking.uid for i in found if i.booking.rescheduled])
    type_of, person_of = cache(facts.of_event_type), cache(facts.of_user)  # most share theirs
    return tuple(
        Snapshot(
            booking=facts.of_booking(item.booking),
            event_type=type_of(item.event_type),
            organizer=person_of(item.organizer),
            attendees=attendees.get(item.booking.id, ()),
            successor_uid=moved.get(item.booking.uid),
        )
        for item in found
    )


async def audience(session: AsyncSession, found: Found) -> tuple[int | None, tuple[int, ...]]:
    """The organisation and the teams that hear of a booking: (organisation's id, teams' ids)."""
    kind, organizer_id = found.event_type, found.booking.organizer_id
    if kind is not None and (kind.team_id is not None or kind.parent_id is not None):
        parent_type = select(EventType.team_id).where(EventType.id == kind.parent_id)
        team = Team.id == kind.team_id if kind.team_id is not None else Team.id.in_(parent_type)
        row = (await session.execute(select(Team).where(team))).scalars().first()
        if row is not None:
            teams = tuple(i for i in (row.id, row.parent_id) if i is not None)
            return (row.id if row.is_organization else row.parent_id), teams
    if organizer_id is None:
        return None, ()
    return await session.scalar(organization_of(organizer_id)), ()


async def references(
    session: AsyncSession, booking_id: int, kind: str | None = None
) -> tuple[Reference, ...]:
    """What providers call the booking, deleted ones left out."""
    statement = (
        select(BookingReference)
        .where(BookingReference.booking_id == booking_id, BookingReference.deleted_at.is_(None))
        .order_by(BookingReference.id)
    )
    if kind is not None:
        statement = statement.where(BookingReference.type == kind)
    rows = (await session.execute(statement)).scalars()
    return tuple(
        Reference(row.id, row.type, row.external_uid, row.external_calendar_id) for row in rows
    )


async def active_of_attendee(
    session: AsyncSession, event_type_id: int, email: str, now: datetime
) -> list[str]:
    """uids of the attendee's accepted bookings of an event type that lie ahead, by start."""
    found = await session.scalars(
        select(Booking.uid)
        .join(Attendee, Attendee.booking_id == Booking.id)
        .where(
            Booking.event_type_id == event_type_id,
            Booking.status == "accepted",
            Booking.start_at > now,
            func.lower(Attendee.email) == email.lower(),
            Attendee.kind == "booker",
        )
        .order_by(Booking.start_at, Booking.id)
    )
    return list(found)


async def replay(
    session: AsyncSession,
    event_type_id: int,
    start: datetime,
    email: str,
    phone: str | None,
    status: str,
) -> Found | None:
    """A booking that the same person made already for the same time."""
    same = func.lower(Attendee.email) == email.lower()
    if phone is not None:
        same = or_(same, Attendee.phone_number == phone)
    statement = (
        select(Booking)
        .join(Attendee, and_(Attendee.booking_id == Booking.id, Attendee.kind == "booker"))
        .where(
            Booking.event_type_id == event_type_id,
            Booking.start_at == start,
            Booking.status == status,
            ~Booking.seated,
            same,
        )
        .limit(1)
    )
    found = await _found(session, statement)
    return found[0] if found else None
