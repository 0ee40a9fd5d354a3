"""Bodies of creating and updating an event type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from openslots.event_types.rules import conflicts, names
from openslots.event_types.schemas.v2024_06_14 import options
from openslots.event_types.schemas.v2024_06_14.fields import BookingFieldIn, read_fields
from openslots.event_types.schemas.v2024_06_14.locations import LocationIn, read_locations
from openslots.event_types.types import (
    Changes,
    Columns,
    CreateEventType,
    Stored,
    UpdateEventType,
)
from openslots.kernel.http.validation import (
    Body,
    BodyId,
    Bool,
    Text,
    Url,
    broken,
    not_empty,
    one_of,
)

Language = Literal[
    "", "en", "ar", "az", "bg", "bn", "ca", "cs", "da", "de", "el", "es", "es-419", "eu", "et",
    "fi", "fr", "he", "hu", "it", "ja", "km", "ko", "nl", "no", "pl", "pt-BR", "pt", "ro", "ru",
    "sk-SK", "sr", "sv", "tr", "uk", "vi", "zh-CN", "zh-TW",
]  # fmt: skip
LANGUAGES: tuple[str, ...] = Language.__args__  # type: ignore[attr-defined]  # a Literal has them


def _slug(value: str) -> str:
    cleaned = names.clean_slug(value)
    if not cleaned:
        raise broken("isNotEmpty", "should not be empty")
    if len(cleaned) > names.LONGEST_SLUG:
        raise broken(
            "maxLength", f"must be shorter than or equal to {names.LONGEST_SLUG} characters"
        )
    return cleaned


def _several(value: list[int]) -> list[int]:
    if not value:
        raise broken("arrayNotEmpty", "should not be empty")
    if len(set(value)) != len(value):
        raise broken("arrayUnique", "=All lengthInMinutesOptions's elements must be unique")
    return value


def _nothing_for_empty(value: object) -> object:
    return None if value == "" else value


Title = Annotated[Text, not_empty()]
Slug = Annotated[Text, AfterValidator(_slug)]
Lengths = Annotated[list[options.Length], AfterValidator(_several)]

# property -> column of what is stored as it was sent; null counts as not sent
_PLAIN = {
    "title": "title",
    "slug": "slug",
    "length_in_minutes": "length",
    "length_in_minutes_options": "length_options",
    "locations": "locations",
    "booking_fields": "booking_fields",
    "minimum_booking_notice": "minimum_booking_notice",
    "before_event_buffer": "before_buffer",
    "after_event_buffer": "after_buffer",
    "only_show_first_available_slot": "only_show_first_slot",
    "offset_start": "offset_start",
    "booker_layouts": "booker_layouts",
    "requires_booker_email_verification": "requires_email_verification",
    "hide_calendar_notes": "hide_calendar_notes",
    "hide_calendar_event_details": "hide_calendar_event_details",
    "hide_organizer_email": "hide_organizer_email",
    "lock_time_zone_toggle_on_booking_page": "lock_time_zone_toggle",
    "hidden": "hidden",
    "booking_requires_authentication": "booking_requires_authentication",
    "use_destination_calendar_email": "use_destination_calendar_email",
    "allow_rescheduling_past_bookings": "allow_rescheduling_past",
    "allow_rescheduling_cancelled_bookings": "allow_rescheduling_cancelled",
    "show_optimized_slots": "show_optimized_slots",
}
# those that null, and an empty text, clear
_CLEARABLE = {
    "description": "description",
    "slot_interval": "slot_interval",
    "schedule_id": "schedule_id",
    "custom_name": "custom_name",
    "success_redirect_url": "success_redirect_url",
    "interface_language": "interface_language",
}


class SettingsIn(Body):
    """Every setting that a create and an update share; null is the same as absent, except where
    it clears."""

    length_in_minutes_options: Lengths | None = Field(
        None, description="Other lengths that a booker may pick."
    )
    description: Text | None = None
    booking_fields: Annotated[
        list[Stored] | None,
        PlainValidator(read_fields, json_schema_input_type=list[BookingFieldIn] | None),
    ] = Field(None, description="Questions of the booking form; the default ones need no mention.")
    disable_guests: Bool | None = Field(None, description="Hides the guests field.")
    slot_interval: options.Minutes | None = Field(
        None, description="Minutes between starts; null uses the length."
    )
    minimum_booking_notice: options.Minutes | None = None
    before_event_buffer: options.Minutes | None = None
    after_event_buffer: options.Minutes | None = None
    schedule_id: BodyId | None = Field(None, description="Null uses the owner's default schedule.")
    booking_limits_count: options.BookingLimitsCount = None
    booker_active_bookings_limit: options.BookerActiveBookingsLimit = None
    only_show_first_available_slot: Bool | None = None
    booking_limits_duration: options.BookingLimitsDuration = None
    booking_window: options.BookingWindow = None
    offset_start: options.Minutes | None = None
    booker_layouts: options.BookerLayouts = None
    confirmation_policy: options.ConfirmationPolicy = None
    recurrence: options.Recurrence = None
    requires_booker_email_verification: Bool | None = None
    hide_calendar_notes: Bool | None = None
    lock_time_zone_toggle_on_booking_page: Bool | None = None
    color: options.EventTypeColorIn | None = None
    seats: options.Seats = None
    custom_name: Text | None = Field(
        None, description="Title of the bookings, with variables such as {Organiser}."
    )
    destination_calendar: options.DestinationCalendarIn | None = None
    use_destination_calendar_email: Bool | None = None
    hide_calendar_event_details: Bool | None = None
    success_redirect_url: Annotated[Url | None, BeforeValidator(_nothing_for_empty)] = None
    hide_organizer_email: Bool | None = None
    cal_video_settings: options.CalVideoSettingsIn | None = None
    hidden: Bool | None = None
    booking_requires_authentication: Bool | None = None
    disable_cancelling: options.DisableCancellingIn | None = None
    disable_rescheduling: options.DisableReschedulingIn | None = None
    interface_language: Annotated[Language | None, *one_of([*LANGUAGES, None])] = None
    allow_rescheduling_past_bookings: Bool | None = None
    allow_rescheduling_cancelled_bookings: Bool | None = None
    show_optimized_slots: Bool | None = None

    def to_changes(self) -> Changes:
        """The sent settings in stored form. Raises InvalidEventType when the body contradicts
        itself."""
        limit = self.booker_active_bookings_limit
        conflicts.check_sent(
            recurrence=self.recurrence is not None and not self.recurrence.disabled,
            active_limit=limit is not None and limit.active,
        )
        columns: dict[str, object] = {}
        for name, column in _PLAIN.items():
            if (value := getattr(self, name, None)) is not None:
                columns[column] = value
        for name, column in _CLEARABLE.items():
            if self.given(name):
                columns[column] = getattr(self, name) or None
        columns.update(self._options())
        video = self.cal_video_settings
        return Changes(
            columns=cast(Columns, columns),  # built by name from the tables above
            disable_guests=self.disable_guests,
            cal_video=None
            if video is None
            else video.model_dump(by_alias=True, exclude_unset=True),
        )

    def _options(self) -> Columns:
        out: Columns = {}
        for option in (self.booking_window, self.confirmation_policy):
            out.update(cast(Columns, option or {}))  # what read_window and the like gave
        for settings in (self.booker_active_bookings_limit, self.seats, self.disable_rescheduling):
            if settings is not None:
                out.update(settings.to_columns())
        if self.booking_limits_count is not None:
            out["booking_limits_count"] = self.booking_limits_count.given_limits()
        if self.booking_limits_duration is not None:
            out["booking_limits_duration"] = self.booking_limits_duration.given_limits()
        if self.recurrence is not None:
            out["recurrence"] = self.recurrence.stored()
        if self.color is not None:
            out["colors"] = self.color.model_dump(by_alias=True)
        if self.disable_cancelling is not None:
            out["disable_cancelling"] = bool(self.disable_cancelling.disabled)
        if self.destination_calendar is not None:
            out["destination_calendar"] = self.destination_calendar.model_dump(by_alias=True)
        return out


class CreateEventTypeIn(SettingsIn):
    """A new event type of the caller."""

    length_in_minutes: options.Length = Field(examples=[30])
    title: Title = Field(examples=["Learn to paint"])
    slug: Slug = Field(examples=["learn-to-paint"])
    locations: Annotated[
        list[Stored] | None,
        PlainValidator(read_locations, json_schema_input_type=list[LocationIn] | None),
    ] = Field(None, description="Where it takes place; the first is the default. None: Cal Video.")

    def to_command(self, owner_id: int) -> CreateEventType:
        return CreateEventType(owner_id=owner_id, changes=self.to_changes())


class UpdateEventTypeIn(SettingsIn):
    """Changes of an event type; what is not named stays as it is."""

    length_in_minutes: options.Length | None = None
    title: Title | None = None
    slug: Slug | None = None
    locations: Annotated[
        list[Stored] | None,
        PlainValidator(read_locations, json_schema_input_type=list[LocationIn] | None),
    ] = None
    team_id: BodyId | None = Field(None, description="Cannot change; accepted when equal.")
    parent_id: BodyId | None = Field(None, description="Cannot change; accepted when equal.")

    def to_command(self, owner_id: int, event_type_id: int) -> UpdateEventType:
        fixed: Mapping[str, Any] = {
            name: getattr(self, name) for name in ("team_id", "parent_id") if self.given(name)
        }
        return UpdateEventType(
            event_type_id=event_type_id,
            owner_id=owner_id,
            changes=self.to_changes(),
            fixed=fixed,
        )
