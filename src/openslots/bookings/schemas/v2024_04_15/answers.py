"""Answers of 2024-04-15: bookings in their internal shape."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from openslots.bookings.schemas.v2024_04_15.bodies import MarkNoShowIn
from openslots.bookings.types import (
    Reference,
    SeriesFacts,
    Snapshot,
)
from openslots.events.bookings import AttendeeFacts, PersonFacts
from openslots.kernel.clock import iso
from openslots.kernel.http.envelope import Absent, Out

Free = dict[str, Any]  # Any: JSON that clients stored


class UserOut(Out):
    """The organiser; the address is never shown here."""

    email: None = None
    name: str | None
    time_zone: str
    username: str | None

    @classmethod
    def of(cls, person: PersonFacts | None) -> UserOut | None:
        if person is None:
            return None
        return cls(name=person.name, time_zone=person.time_zone, username=person.username)


class AttendeeOut(Out):
    id: int
    name: str
    email: str
    time_zone: str
    phone_number: str | None
    locale: str
    booking_id: int
    no_show: bool

    @classmethod
    def of(cls, person: AttendeeFacts, booking_id: int) -> AttendeeOut:
        return cls(
            id=person.id,
            name=person.name,
            email=person.email,
            time_zone=person.time_zone,
            phone_number=person.phone_number,
            locale=person.locale,
            booking_id=booking_id,
            no_show=person.absent,
        )


class EventTypeOut(Out):
    id: int
    title: str
    slug: str
    length: int
    price: int
    currency: str
    scheduling_type: str | None
    recurring_event: dict[str, int] | None
    seats_per_time_slot: int | None
    seats_show_attendees: bool


class ReferenceOut(Out):
    type: str
    uid: str
    external_calendar_id: str | None

    @classmethod
    def of(cls, reference: Reference) -> ReferenceOut:
        return cls(
            type=reference.type,
            uid=reference.external_uid,
            external_calendar_id=reference.external_calendar_id,
        )


class BookingOut(Out):
    """A booking in its internal shape: status in upper case, times in UTC."""

    id: int
    uid: str
    title: str
    description: str | None
    start_time: str
    end_time: str
    status: str
    user_id: int | None
    user_primary_email: str | None
    user: UserOut | None
    event_type_id: int | None
    event_type: EventTypeOut | None
    responses: Free
    metadata: Free
    attendees: list[AttendeeOut]
    references: list[ReferenceOut]
    location: str | None
    recurring_event_id: str | None
    rescheduled: bool
    from_reschedule: str | None
    cancellation_reason: str | None
    rejection_reason: str | None
    no_show_host: bool
    paid: bool
    payment_required: bool
    i_cal_uid: Annotated[str, Field(alias="iCalUID")]
    i_cal_sequence: int
    created_at: str
    updated_at: str
    rating: int | None
    lucky_users: list[int]
    seat_reference_uid: Absent[str] = None
    is_dry_run: Absent[bool] = None

    @classmethod
    def of(
        cls, shown: Snapshot, references: tuple[Reference, ...] = (), *, dry_run: bool = False
    ) -> BookingOut:
        booking, kind = shown.booking, shown.event_type
        video = {"videoCallUrl": booking.video_call_url} if booking.video_call_url else {}
        return cls(
            id=booking.id,
            uid=booking.uid,
            title=booking.title,
            description=booking.description,
            start_time=iso(booking.start),
            end_time=iso(booking.end),
            status=booking.status.upper(),
            user_id=booking.organizer_id,
            user_primary_email=_primary_email(shown),
            user=UserOut.of(shown.organizer),
            event_type_id=booking.event_type_id,
            event_type=_event_type(shown),
            responses=dict(booking.responses),
            metadata={**booking.metadata, **video},
            attendees=[AttendeeOut.of(person, booking.id) for person in shown.attendees],
            references=[ReferenceOut.of(reference) for reference in references],
            location=booking.location,
            recurring_event_id=booking.recurring_uid,
            rescheduled=booking.rescheduled,
            from_reschedule=booking.from_reschedule,
            cancellation_reason=booking.cancellation_reason,
            rejection_reason=booking.rejection_reason,
            no_show_host=booking.no_show_host,
            paid=booking.paid,
            payment_required=bool(kind and kind.price > 0 and not booking.paid),
            i_cal_uid=booking.ics_uid,
            i_cal_sequence=booking.ics_sequence,
            created_at=iso(booking.created_at),
            updated_at=iso(booking.updated_at),
            rating=booking.rating,
            lucky_users=[],
            seat_reference_uid=shown.seat_uid,
            is_dry_run=True if dry_run else None,
        )


def _primary_email(shown: Snapshot) -> str | None:
    if shown.organizer is None:
        return None
    hidden = shown.event_type is not None and shown.event_type.hide_organizer_email
    return None if hidden else shown.organizer.email


def _event_type(shown: Snapshot) -> EventTypeOut | None:
    kind = shown.event_type
    if kind is None:
        return None
    return EventTypeOut(
        id=kind.id,
        title=kind.title,
        slug=kind.slug,
        length=kind.length,
        price=kind.price,
        currency=kind.currency,
        scheduling_type=_SCHEDULING.get(kind.scheduling_type or ""),
        recurring_event=dict(kind.recurrence) if kind.recurrence else None,
        seats_per_time_slot=kind.seats_per_slot,
        seats_show_attendees=kind.seats_show_attendees,
    )


_SCHEDULING = {"collective": "COLLECTIVE", "roundRobin": "ROUND_ROBIN", "managed": "MANAGED"}


class RescheduleOut(Out):
    """What a booking form needs to move a booking."""

    uid: str
    start_time: str
    end_time: str
    title: str
    description: str | None
    location: str | None
    responses: Free
    attendees: list[AttendeeOut]
    user: UserOut | None
    event_type: EventTypeOut | None
    seat_reference_uid: Absent[str] = None
    booking_id: int

    @classmethod
    def of(cls, shown: Snapshot) -> RescheduleOut:
        booking = shown.booking
        people = [
            person
            for person in shown.attendees
            if shown.seat_uid is None or person.seat_uid == shown.seat_uid
        ]
        seat = people[0].seat_responses if shown.seat_uid and people else None
        return cls(
            uid=booking.uid,
            start_time=iso(booking.start),
            end_time=iso(booking.end),
            title=booking.title,
            description=booking.description,
            location=booking.location,
            responses=dict(seat if seat is not None else booking.responses),
            attendees=[AttendeeOut.of(person, booking.id) for person in people],
            user=UserOut.of(shown.organizer),
            event_type=_event_type(shown),
            seat_reference_uid=shown.seat_uid,
            booking_id=booking.id,
        )


class CancelledOut(Out):
    booking_id: int
    booking_uid: str
    only_removed_attendee: bool


class NoShowOut(Out):
    message: str
    no_show_host: bool
    attendees: list[dict[str, str | bool]]

    @classmethod
    def of(cls, shown: Snapshot, body: MarkNoShowIn) -> NoShowOut:
        named = {item.email.lower() for item in body.attendees or ()}
        return cls(
            message="No-show status updated",
            no_show_host=shown.booking.no_show_host,
            attendees=[
                {"email": person.email, "noShow": person.absent}
                for person in shown.attendees
                if person.email.lower() in named
            ],
        )


class RecurringInfoOut(Out):
    """How a series stands: the starts of its bookings by status."""

    recurring_event_id: str
    count: int
    first_date: str
    bookings: dict[str, list[str]]

    @classmethod
    def of(cls, series: SeriesFacts) -> RecurringInfoOut:
        return cls(
            recurring_event_id=series.recurring_uid,
            count=series.count,
            first_date=iso(series.first),
            bookings={
                status.upper(): [iso(start) for start in starts]
                for status, starts in series.starts.items()
            },
        )


class BookingsOut(Out):
    bookings: list[BookingOut]
    recurring_info: list[RecurringInfoOut]
    total_count: int
    next_cursor: int | None
