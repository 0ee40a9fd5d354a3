"""Bodies of 2024-04-15: internal names, unknown properties ignored, many nulls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, field_validator

from openslots.bookings.schemas.common import MetadataObject, StoredLocationIn, free_object
from openslots.bookings.types import (
    Booker,
    Cancel,
    CancelOld,
    CreateBooking,
    CreateOld,
    Locator,
    MarkAbsent,
    Routing,
    StoredLocation,
)
from openslots.kernel.http.validation import (
    IS_OBJECT,
    Body,
    BodyId,
    Bool,
    Instant,
    Text,
    TimeZone,
)

Free = dict[str, Any]  # Any: JSON that clients stored


class SplitNameIn(Body):
    first_name: Text
    last_name: Text | None = None


class ResponsesIn(Body):
    """The answers of a booking form; the event type's own questions beside them."""

    model_config = ConfigDict(extra="allow")

    name: Text | SplitNameIn | None = None
    email: Text | None = None
    guests: list[Text] | None = None
    location: StoredLocationIn | None = None

    @field_validator("location", mode="before")
    @classmethod
    def _no_text(cls, value: object) -> object:
        return None if isinstance(value, str) else value

    def own(self) -> Free:
        """The answers that have no place of their own here."""
        return dict(self.model_extra or {})


class CreateBookingIn(Body):
    """A booking as the booking form of the components makes it; with `rescheduleUid` (of a
    booking or a seat) it moves one."""

    start: Instant
    event_type_id: BodyId
    time_zone: TimeZone
    language: Text
    metadata: MetadataObject
    end: Instant | None = None
    responses: Annotated[ResponsesIn, BeforeValidator(free_object), IS_OBJECT] | None = None
    reschedule_uid: Text | None = None
    rescheduled_by: Text | None = None
    booking_uid: Text | None = None
    recurring_event_id: Text | None = None
    has_hashed_booking_link: Bool | None = None
    hashed_link: Text | None = None
    location_url: Text | None = None
    org_slug: Text | None = None
    verification_code: Text | None = None
    reserved_slot_uid: Text | None = None
    routed_team_member_ids: list[BodyId] | None = None
    is_dry_run: Annotated[Bool | None, Field(alias="_isDryRun")] = None

    def to_command(self, *, reservation_cookie: str | None) -> CreateOld:
        given = self.responses or ResponsesIn()
        name, split = _name(given)
        own = given.own()
        phone = own.get("attendeePhoneNumber")
        where = given.location.to_choice() if given.location else None
        if where is None and self.location_url:
            where = StoredLocation("link", self.location_url)
        reason = own.pop("rescheduleReason", None)
        start = self.start.replace(microsecond=0)
        return CreateOld(
            create=CreateBooking(
                start=start,
                booker=Booker(
                    name=name,
                    time_zone=self.time_zone,
                    email=given.email or None,
                    phone_number=phone if isinstance(phone, str) and phone else None,
                    language=self.language or "en",
                ),
                event_type=Locator(event_type_id=self.event_type_id),
                answers={key: value for key, value in own.items() if value is not None},
                guests=given.guests or None,
                metadata=self.metadata,
                location=where,
                routing=self._routing(),
                verification_code=self.verification_code,
                reservation_uid=self.reserved_slot_uid or reservation_cookie,
                private_link=self.hashed_link if self.has_hashed_booking_link else None,
                split_name=split,
            ),
            minutes=self._minutes(start),
            reschedule_uid=self.reschedule_uid,
            rescheduled_by=self.rescheduled_by,
            reason=reason if isinstance(reason, str) and reason else None,
            dry_run=bool(self.is_dry_run),
        )

    def _routing(self) -> Routing | None:
        ids = self.routed_team_member_ids
        return Routing(team_member_ids=tuple(ids)) if ids else None

    def _minutes(self, start: datetime) -> int | None:
        if self.end is None:
            return None
        return int((self.end.replace(microsecond=0) - start).total_seconds()) // 60


def _name(given: ResponsesIn) -> tuple[str, tuple[str, str] | None]:
    if isinstance(given.name, SplitNameIn):
        first, last = given.name.first_name, given.name.last_name or ""
        return f"{first} {last}".strip(), (first, last)
    return given.name or "", None


class CancelBookingIn(Body):
    uid: Text | None = None
    all_remaining_bookings: Bool | None = None
    cancel_subsequent_bookings: Bool | None = None
    cancellation_reason: Text | None = None
    seat_reference_uid: Text | None = None
    cancelled_by: Text | None = None

    def to_command(self, uid: str) -> CancelOld:
        return CancelOld(
            cancel=Cancel(
                uid=uid,
                reason=self.cancellation_reason,
                subsequent=bool(self.cancel_subsequent_bookings),
                seat_uid=self.seat_reference_uid,
                cancelled_by=self.cancelled_by,
            ),
            all_remaining=bool(self.all_remaining_bookings),
        )


class NoShowAttendeeIn(Body):
    email: Text
    no_show: Bool


class MarkNoShowIn(Body):
    no_show_host: Bool | None = None
    attendees: list[NoShowAttendeeIn] | None = None

    def to_command(self, uid: str) -> MarkAbsent:
        return MarkAbsent(
            uid=uid,
            host=self.no_show_host,
            attendees=tuple((a.email, a.no_show) for a in self.attendees or ()),
        )
