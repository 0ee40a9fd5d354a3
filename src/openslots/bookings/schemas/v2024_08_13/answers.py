"""Answers of 2024-08-13 and later."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openslots.bookings.schemas.common import (
    AttendeeBase,
    BookingStatus,
    Free,
    Iso,
    display_email,
    language_of,
)
from openslots.bookings.types import CalendarLink, Reference, Snapshot
from openslots.events.bookings import AttendeeFacts, BookingFacts, PersonFacts
from openslots.kernel.clock import iso
from openslots.kernel.http.envelope import Absent, Numeric, Out

UNKNOWN: Literal["unknown"] = "unknown"


class HostOut(Out):
    """The organiser; every value is "unknown" while there is none."""

    id: int | Literal["unknown"]
    name: str
    email: str
    display_email: str
    username: str
    time_zone: str

    @classmethod
    def of(cls, person: PersonFacts | None, *, hide_email: bool) -> HostOut:
        if person is None:
            return cls(
                id=UNKNOWN,
                name=UNKNOWN,
                email=UNKNOWN,
                display_email=UNKNOWN,
                username=UNKNOWN,
                time_zone=UNKNOWN,
            )
        email = "" if hide_email else person.email
        return cls(
            id=person.id,
            name=person.name,
            email=email,
            display_email=display_email(email),
            username=person.username or "",
            time_zone=person.time_zone,
        )


class EventTypeOut(Out):
    id: int
    slug: str


class AttendeeOut(AttendeeBase):
    """An attendee; the last three belong to the seats of a group meeting."""

    phone_number: Absent[str] = None
    seat_uid: Absent[str] = None
    booking_fields_responses: Absent[Free] = None
    metadata: Absent[Free] = None

    @classmethod
    def of(cls, attendee: AttendeeFacts, *, seated: bool) -> AttendeeOut:
        out = cls(
            name=attendee.name,
            email=attendee.email,
            display_email=display_email(attendee.email),
            time_zone=attendee.time_zone,
            language=language_of(attendee.locale),
            absent=attendee.absent,
            phone_number=attendee.phone_number,
        )
        if not seated or attendee.seat_uid is None:
            return out
        out.seat_uid = attendee.seat_uid
        out.booking_fields_responses = _seat_responses(attendee)
        out.metadata = dict(attendee.seat_metadata or {})
        return out


def _seat_responses(attendee: AttendeeFacts) -> Free:
    given = dict(attendee.seat_responses or {})
    given.pop("email", None)
    return {"name": attendee.name, "guests": [], **given}


class BookingOut(Out):
    """A booking. Which keys there are depends on its kind: regular and recurring bookings have
    answers and metadata of their own, in group meetings each seat has them."""

    id: int
    uid: str
    title: str
    description: str | None
    hosts: list[HostOut]
    status: BookingStatus
    cancellation_reason: str
    cancelled_by_email: str
    rescheduling_reason: Absent[str] = None
    rescheduled_by_email: str | None
    rescheduled_from_uid: Absent[str] = None
    rescheduled_to_uid: Absent[str] = None
    start: Iso
    end: Iso
    duration: Numeric
    event_type_id: Annotated[int | None, Field(json_schema_extra={"deprecated": True})]
    event_type: EventTypeOut | None
    meeting_url: Annotated[str | None, Field(json_schema_extra={"deprecated": True})]
    location: str | None
    absent_host: bool
    created_at: Iso
    updated_at: Iso
    metadata: Absent[Free] = None
    rating: int | None
    ics_uid: str
    attendees: list[AttendeeOut]
    guests: Absent[list[str]] = None
    booking_fields_responses: Absent[Free] = None
    recurring_booking_uid: Absent[str] = None
    seat_uid: Absent[str] = None

    @classmethod
    def of(cls, shown: Snapshot, *, since_2026: bool = True, public: bool = False) -> BookingOut:
        """`public`: the caller is nobody, so a hidden address of the host stays hidden."""
        booking, kind = shown.booking, shown.event_type
        hide_email = public and kind is not None and kind.hide_organizer_email
        minutes = (booking.end - booking.start).total_seconds() / 60
        location = booking.video_call_url or booking.location
        out = cls(
            id=booking.id,
            uid=booking.uid,
            title=booking.title,
            description=None if booking.seated else booking.description or "",
            hosts=[HostOut.of(shown.organizer, hide_email=hide_email)],
            status=booking.status,
            cancellation_reason=booking.cancellation_reason or "",
            cancelled_by_email=booking.cancelled_by or "",
            rescheduling_reason=None if booking.seated else booking.rescheduling_reason,
            rescheduled_by_email=booking.rescheduled_by,
            rescheduled_from_uid=booking.from_reschedule,
            rescheduled_to_uid=shown.successor_uid,
            start=iso(booking.start),
            end=iso(booking.end),
            duration=int(minutes) if minutes.is_integer() else minutes,
            event_type_id=booking.event_type_id,
            event_type=EventTypeOut(id=kind.id, slug=kind.slug) if kind else None,
            meeting_url=location,
            location=location,
            absent_host=booking.no_show_host,
            created_at=iso(booking.created_at),
            updated_at=iso(booking.updated_at),
            rating=booking.rating,
            ics_uid=booking.ics_uid,
            attendees=_attendees(shown, since_2026),
            recurring_booking_uid=booking.recurring_uid,
            seat_uid=shown.seat_uid,
        )
        if not booking.seated:
            out.metadata = dict(booking.metadata)
            out.guests = [a.email for a in shown.attendees if a.kind == "guest"] or None
            out.booking_fields_responses = _responses(booking)
        return out


def _attendees(shown: Snapshot, since_2026: bool) -> list[AttendeeOut]:
    booking = shown.booking
    if booking.seated and booking.status == "cancelled" and not since_2026:
        return []
    return [AttendeeOut.of(attendee, seated=booking.seated) for attendee in shown.attendees]


def _responses(booking: BookingFacts) -> Free:
    out = dict(booking.responses)
    email, guests = out.get("email"), out.get("guests")
    if isinstance(email, str):
        out["displayEmail"] = display_email(email)
    if isinstance(guests, list) and guests:
        out["displayGuests"] = [display_email(str(guest)) for guest in guests]
    return out


class AttendeeWithIdOut(AttendeeBase):
    """An attendee as the attendees' own operations show it."""

    id: int
    phone_number: Absent[str] = None

    @classmethod
    def of(cls, attendee: AttendeeFacts) -> AttendeeWithIdOut:
        return cls(
            id=attendee.id,
            name=attendee.name,
            email=attendee.email,
            display_email=display_email(attendee.email),
            time_zone=attendee.time_zone,
            language=language_of(attendee.locale),
            absent=attendee.absent,
            phone_number=attendee.phone_number,
        )


class AddedAttendeeOut(AttendeeWithIdOut):
    booking_id: int

    @classmethod
    def added(cls, attendee: AttendeeFacts, booking_id: int) -> AddedAttendeeOut:
        return cls(booking_id=booking_id, **AttendeeWithIdOut.of(attendee).model_dump())


class RemovedAttendeeOut(Out):
    id: int
    booking_id: int
    name: str
    email: str
    time_zone: str

    @classmethod
    def of(cls, attendee: AttendeeFacts, booking_id: int) -> RemovedAttendeeOut:
        return cls(
            id=attendee.id,
            booking_id=booking_id,
            name=attendee.name,
            email=attendee.email,
            time_zone=attendee.time_zone,
        )


class CalendarLinkOut(Out):
    label: str
    id: str
    link: str

    @classmethod
    def of(cls, link: CalendarLink) -> CalendarLinkOut:
        return cls(label=link.label, id=link.id, link=link.link)


class ReferenceOut(Out):
    """`eventUid` is what the provider calls the event."""

    type: str
    event_uid: str
    id: int
    destination_calendar_id: str | None

    @classmethod
    def of(cls, reference: Reference) -> ReferenceOut:
        return cls(
            type=reference.type,
            event_uid=reference.external_uid,
            id=reference.id,
            destination_calendar_id=reference.external_calendar_id,
        )


class RecordingOut(Out):
    """A recording of a Cal Video meeting; `downloadLink` is null where `error` says why."""

    id: str
    room_name: str
    start_ts: Numeric
    status: str
    max_participants: Absent[int] = None
    duration: Numeric
    share_token: str
    download_link: str | None
    error: Absent[str] = None


class ParticipantOut(Out):
    user_id: str | None
    user_name: str | None
    join_time: Numeric
    duration: Numeric


class SessionOut(Out):
    """One meeting in a Cal Video room."""

    id: str
    room: str
    start_time: Numeric
    duration: Numeric
    ongoing: bool
    max_participants: int
    participants: list[ParticipantOut]
