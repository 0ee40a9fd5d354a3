"""Rows of bookings as the plain values that answers and events are made of.

Several slices tell of bookings; here is the one place that knows both the tables and the events.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.events.bookings import AttendeeFacts, BookingFacts, EventTypeFacts, PersonFacts
from openslots.models import Attendee, Booking, BookingSeat, EventType, User


def of_user(row: User | None) -> PersonFacts | None:
    if row is None:
        return None
    return PersonFacts(
        id=row.id,
        email=row.email,
        name=row.name or row.username or "",
        username=row.username,
        time_zone=row.home_tz,
        locale=row.locale,
        time_format=row.time_format,
    )


def of_event_type(row: EventType | None) -> EventTypeFacts | None:
    if row is None:
        return None
    return EventTypeFacts(
        id=row.id,
        slug=row.slug,
        title=row.title,
        description=row.description,
        length=row.length,
        owner_id=row.owner_id,
        team_id=row.team_id,
        parent_id=row.parent_id,
        scheduling_type=row.scheduling_type,
        booking_fields=row.booking_fields,
        price=row.price,
        currency=row.currency,
        requires_confirmation=row.requires_confirmation,
        seats_per_slot=row.seats_per_slot,
        seats_show_attendees=row.seats_show_attendees,
        seats_show_availability=row.seats_show_availability,
        hide_calendar_notes=row.hide_calendar_notes,
        hide_calendar_event_details=row.hide_calendar_event_details,
        hide_organizer_email=row.hide_organizer_email,
        custom_reply_to_email=row.custom_reply_to_email,
        disable_rescheduling=row.disable_rescheduling,
        disable_cancelling=row.disable_cancelling,
        recurrence=row.recurrence,
        email_settings=row.email_settings,
        interface_language=row.interface_language,
    )


def of_booking(row: Booking) -> BookingFacts:
    return BookingFacts(
        id=row.id,
        uid=row.uid,
        title=row.title,
        description=row.description,
        status=row.status,
        start=row.start_at,
        end=row.end_at,
        event_type_id=row.event_type_id,
        organizer_id=row.organizer_id,
        location=row.location,
        video_call_url=row.video_call_url,
        responses=row.responses,
        metadata=row.metadata_,
        recurring_uid=row.recurring_uid,
        ics_uid=row.ics_uid,
        ics_sequence=row.ics_sequence,
        created_at=row.created_at,
        updated_at=row.updated_at,
        from_reschedule=row.from_reschedule,
        rescheduled=row.rescheduled,
        rescheduled_by=row.rescheduled_by,
        rescheduling_reason=row.rescheduling_reason,
        cancelled_by=row.cancelled_by,
        cancellation_reason=row.cancellation_reason,
        rejection_reason=row.rejection_reason,
        no_show_host=row.no_show_host,
        paid=row.paid,
        one_time_password=row.one_time_password,
        sms_reminder_number=row.sms_reminder_number,
        creation_source=row.creation_source,
        seated=row.seated,
        rating=row.rating,
        occurrence=row.occurrence_at,
    )


def of_attendee(row: Attendee, seat: BookingSeat | None = None) -> AttendeeFacts:
    return AttendeeFacts(
        id=row.id,
        kind=row.kind,
        email=row.email,
        name=row.name,
        phone_number=row.phone_number,
        time_zone=row.attendee_tz,
        locale=row.locale,
        absent=row.absent,
        seat_uid=seat.uid if seat else None,
        seat_responses=seat.responses if seat else None,
        seat_metadata=seat.metadata_ if seat else None,
    )


class Known(NamedTuple):
    """A booking as it is now, with its event type and its organiser."""

    booking: Booking
    event_type: EventType | None
    organizer: User | None


class Meeting(NamedTuple):
    """A booking as it is now, with its event type, its organiser and everybody who attends."""

    booking: Booking
    event_type: EventType | None
    organizer: User | None
    attendees: tuple[AttendeeFacts, ...]


async def bookings(session: AsyncSession, booking_ids: Collection[int]) -> dict[int, Known]:
    """Those of the bookings that there are, by id, in one statement."""
    rows = await session.execute(
        select(Booking, EventType, User)
        .outerjoin(EventType, EventType.id == Booking.event_type_id)
        .outerjoin(User, User.id == Booking.organizer_id)
        .where(Booking.id.in_(booking_ids))
    )
    return {booking.id: Known(booking, kind, organizer) for booking, kind, organizer in rows}


async def attendees(
    session: AsyncSession, booking_ids: Collection[int]
) -> dict[int, tuple[AttendeeFacts, ...]]:
    """Who attends each of the bookings, in the order they were added, in one statement."""
    rows = await session.execute(
        select(Attendee, BookingSeat)
        .outerjoin(BookingSeat, BookingSeat.attendee_id == Attendee.id)
        .where(Attendee.booking_id.in_(booking_ids))
        .order_by(Attendee.id)
    )
    found: dict[int, list[AttendeeFacts]] = {one: [] for one in booking_ids}
    for person, seat in rows:
        found[person.booking_id].append(of_attendee(person, seat))
    return {one: tuple(people) for one, people in found.items()}


async def meeting(session: AsyncSession, booking_id: int) -> Meeting | None:
    """One booking in two statements; None if there is no such."""
    known = (await bookings(session, [booking_id])).get(booking_id)
    if known is None:
        return None
    people = await attendees(session, [booking_id])
    return Meeting(*known, people[booking_id])
