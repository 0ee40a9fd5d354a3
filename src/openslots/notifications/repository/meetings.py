"""What reminders need of bookings; the tables are other slices'."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from openslots import facts
from openslots.events.bookings import BookingEvent, BookingFacts
from openslots.models import Booking


class Meeting(NamedTuple):
    """A booking as it is now, and the metadata of its event type."""

    event: BookingEvent
    metadata: Mapping[str, object]


async def meeting(session: AsyncSession, booking_id: int, now: datetime) -> Meeting | None:
    """A booking with everybody who attends, in two queries; None if there is no such."""
    found = await facts.meeting(session, booking_id)
    if found is None:
        return None
    event = BookingEvent(
        at=now,
        booking=facts.of_booking(found.booking),
        event_type=facts.of_event_type(found.event_type),
        organizer=facts.of_user(found.organizer),
        attendees=found.attendees,
        everyone=found.attendees,
    )
    kind = found.event_type
    return Meeting(event, {} if kind is None else kind.metadata_)


async def still(session: AsyncSession, known: BookingFacts) -> bool:
    """Whether a booking has the start and the status it had; nobody changes it in the rest of the
    transaction."""
    statement = select(Booking.id).where(
        Booking.id == known.id, Booking.start_at == known.start, Booking.status == known.status
    )
    locked = statement.with_for_update(read=True)
    return await session.scalar(locked) is not None
