"""Bodies of 2024-08-13 and later."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from openslots.bookings.schemas.common import (
    FreeObject,
    GuestIn,
    Language,
    LocationIn,
    MetadataObject,
    location_choice,
)
from openslots.bookings.types import (
    Booker,
    Cancel,
    CreateBooking,
    HostFlags,
    LocationChoice,
    Locator,
    MarkAbsent,
    NewGuest,
    Reschedule,
    Routing,
)
from openslots.kernel.http.validation import (
    Body,
    BodyId,
    Bool,
    Email,
    Instant,
    Int,
    StrictBody,
    Text,
    TimeZone,
    Url,
    at_least,
    broken,
)

NO_CONTACT = "=Attendee must have at least one contact method (email or phone number)"


class AttendeeIn(StrictBody):
    """Who books; an e-mail address or a phone number is needed."""

    name: Text
    time_zone: TimeZone
    email: Text | None = None
    phone_number: Text | None = None
    language: Language | None = None

    @model_validator(mode="after")
    def _reachable(self) -> AttendeeIn:
        if not self.email and not self.phone_number:
            raise broken("hasContactMethod", NO_CONTACT)
        return self

    def to_booker(self) -> Booker:
        return Booker(
            name=self.name,
            time_zone=self.time_zone,
            email=self.email or None,
            phone_number=self.phone_number or None,
            language=self.language or "en",
        )


class RoutingIn(Body):
    """How a routing form led here."""

    team_member_ids: list[BodyId]
    response_id: Int | None = None
    queued_response_id: Text | None = None
    team_member_email: Text | None = None
    skip_contact_owner: Bool | None = None
    crm_app_slug: Text | None = None
    crm_owner_record_type: Text | None = None
    crm_record_owner_fallback_team_member_ids: list[BodyId] | None = None
    crm_record_owner_fallback_mode: Text | None = None

    def to_routing(self) -> Routing:
        return Routing(
            team_member_ids=tuple(self.team_member_ids),
            team_member_email=self.team_member_email,
            skip_contact_owner=bool(self.skip_contact_owner),
        )


class Flags(StrictBody):
    """What a host may switch off; ignored for other callers. From 2026-02-25 on, but for
    `allowConflicts`, which every date honours."""

    allow_conflicts: Bool | None = None
    allow_booking_out_of_bounds: Bool | None = None
    skip_booking_limits: Bool | None = None

    def to_flags(self, *, since_2026: bool) -> HostFlags:
        return HostFlags(
            conflicts=bool(self.allow_conflicts),
            bounds=since_2026 and bool(self.allow_booking_out_of_bounds),
            limits=since_2026 and bool(self.skip_booking_limits),
        )


class CreateBookingIn(Flags):
    """A booking: regular, recurring (`recurrenceCount`), instant (`instant`), or a seat, as the
    event type decides."""

    start: Instant
    attendee: AttendeeIn
    booking_fields_responses: FreeObject | None = None
    event_type_id: BodyId | None = None
    event_type_slug: Text | None = None
    username: Text | None = None
    team_slug: Text | None = None
    organization_slug: Text | None = None
    guests: list[Text] | None = None
    meeting_url: Annotated[Url | None, Field(json_schema_extra={"deprecated": True})] = None
    location: LocationIn | Text | None = None
    metadata: MetadataObject | None = None
    length_in_minutes: Annotated[Int, at_least(1)] | None = None
    routing: RoutingIn | None = None
    email_verification_code: Text | None = None
    instant: Bool | None = None
    recurrence_count: Annotated[Int, at_least(1)] | None = None
    reserved_slot_uid: Text | None = None

    def to_command(self, *, since_2026: bool, reservation_cookie: str | None) -> CreateBooking:
        return CreateBooking(
            start=self.start.replace(microsecond=0),
            booker=self.attendee.to_booker(),
            event_type=Locator(
                event_type_id=self.event_type_id,
                event_type_slug=self.event_type_slug,
                username=self.username,
                team_slug=self.team_slug,
                organization_slug=self.organization_slug,
            ),
            answers=self.booking_fields_responses or {},
            guests=self.guests,
            metadata=self.metadata or {},
            location=location_choice(self.location, self.meeting_url),
            length=self.length_in_minutes,
            recurrence_count=self.recurrence_count,
            instant=bool(self.instant),
            flags=self.to_flags(since_2026=since_2026),
            routing=self.routing.to_routing() if self.routing else None,
            verification_code=self.email_verification_code,
            reservation_uid=self.reserved_slot_uid or reservation_cookie,
        )


class RescheduleIn(Flags):
    """A new start; with `seatUid` only that seat moves."""

    start: Instant
    rescheduled_by: Text | None = None
    rescheduling_reason: Text | None = None
    email_verification_code: Text | None = None
    seat_uid: Text | None = None
    reschedule_with_same_host: Bool | None = None

    def to_command(self, uid: str, *, since_2026: bool) -> Reschedule:
        return Reschedule(
            uid=uid,
            start=self.start.replace(microsecond=0),
            rescheduled_by=self.rescheduled_by,
            reason=self.rescheduling_reason,
            seat_uid=self.seat_uid,
            flags=self.to_flags(since_2026=since_2026),
            same_host=self.reschedule_with_same_host,
        )


class CancelIn(StrictBody):
    """Why; with `seatUid` only that seat, with `cancelSubsequentBookings` the rest of a series."""

    cancellation_reason: Text | None = None
    cancel_subsequent_bookings: Bool | None = None
    seat_uid: Text | None = None

    def to_command(self, uid: str) -> Cancel:
        return Cancel(
            uid=uid,
            reason=self.cancellation_reason,
            subsequent=bool(self.cancel_subsequent_bookings),
            seat_uid=self.seat_uid,
        )


class DeclineIn(Body):
    reason: Text | None = None


class RequestRescheduleIn(Body):
    reschedule_reason: Text | None = None


class AbsentAttendeeIn(Body):
    email: Email
    absent: Bool


class MarkAbsentIn(Body):
    """`host` says whether the host was absent, `attendees` which attendees were."""

    host: Bool | None = None
    attendees: Annotated[list[AbsentAttendeeIn], Field(min_length=1, max_length=1000)] | None = None

    def to_command(self, uid: str) -> MarkAbsent:
        return MarkAbsent(
            uid=uid,
            host=self.host,
            attendees=tuple((a.email, a.absent) for a in self.attendees or ()),
        )


class AddAttendeeIn(Body):
    """Somebody who joins a booking that exists."""

    name: Text
    time_zone: TimeZone
    email: Email
    phone_number: Text | None = None
    language: Language | None = None

    def to_guest(self) -> NewGuest:
        return NewGuest(
            email=self.email,
            name=self.name,
            time_zone=self.time_zone,
            phone_number=self.phone_number,
            language=self.language,
        )


def _at_most_ten(guests: list[GuestIn]) -> list[GuestIn]:
    if len(guests) > 10:
        raise broken("arrayMaxSize", "=Cannot add more than 10 guests at a time")
    return guests


class AddGuestsIn(Body):
    """At most ten guests at a time."""

    guests: Annotated[list[GuestIn], Field(min_length=1), AfterValidator(_at_most_ten)]


class UpdateLocationIn(Body):
    """The new location; the plain text is the old form."""

    location: LocationIn | Text | None = None

    def to_choice(self) -> LocationChoice | None:
        return location_choice(self.location)
