"""Bodies under internal names: 2024-04-15 event types and the settings form of the components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, cast

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator

from openslots.event_types.errors import InvalidEventType
from openslots.event_types.rules import internal, internal_fields, options
from openslots.event_types.schemas.v2024_06_14.body import LANGUAGES, Slug, Title
from openslots.event_types.schemas.v2024_06_14.options import (
    LONGEST,
    Hex,
    Length,
    Minutes,
    read_layouts,
)
from openslots.event_types.types import (
    Changes,
    Columns,
    CreateEventType,
    Stored,
    UpdateEventType,
    WantedLink,
)
from openslots.kernel import clock
from openslots.kernel.http.validation import (
    Body,
    BodyId,
    Bool,
    Day,
    Instant,
    Int,
    Text,
    Url,
    at_least,
    at_most,
    broken,
    matching,
    not_empty,
    one_of,
)


class LegacyLocationIn(Body):
    """A location under its internal name; any type is kept."""

    type: Annotated[Text, not_empty()]
    address: Text | None = None
    link: Text | None = None
    display_location_publicly: Bool | None = None
    host_phone_number: Text | None = None
    credential_id: Int | None = None
    team_name: Text | None = None

    def stored(self) -> Stored:
        return self.model_dump(by_alias=True, exclude_none=True)


class LegacyFieldIn(Body):
    """A booking field under its internal names; what is derived from them is not read."""

    model_config = ConfigDict(extra="allow")

    name: Annotated[Text, not_empty()]
    type: Annotated[Text, not_empty()]
    required: Bool | None = None
    hidden: Bool | None = None
    label: Text | None = None
    placeholder: Text | None = None
    options: list[dict[str, Any]] | None = None
    editable: Text | None = None
    sources: list[dict[str, Any]] | None = None


def _read_fields(given: list[LegacyFieldIn]) -> list[Stored]:
    return internal_fields.read(field.model_dump(by_alias=True) for field in given)


Seats = Annotated[Int, at_least(1), at_most(1000)]

# property -> column of what is stored as it was sent; null counts as not sent
_PLAIN = {
    "title": "title",
    "slug": "slug",
    "length": "length",
    "hidden": "hidden",
    "minimum_booking_notice": "minimum_booking_notice",
    "before_event_buffer": "before_buffer",
    "after_event_buffer": "after_buffer",
    "offset_start": "offset_start",
    "requires_confirmation_will_block_slot": "confirmation_blocks_slot",
    "requires_booker_email_verification": "requires_email_verification",
    "booking_requires_authentication": "booking_requires_authentication",
    "seats_show_attendees": "seats_show_attendees",
    "seats_show_availability_count": "seats_show_availability",
    "lock_time_zone_toggle_on_booking_page": "lock_time_zone_toggle",
    "hide_calendar_notes": "hide_calendar_notes",
    "hide_calendar_event_details": "hide_calendar_event_details",
    "hide_organizer_email": "hide_organizer_email",
    "only_show_first_available_slot": "only_show_first_slot",
    "show_optimized_slots": "show_optimized_slots",
    "max_active_booking_per_booker_offer_reschedule": "offer_reschedule",
    "disable_cancelling": "disable_cancelling",
    "disable_rescheduling": "disable_rescheduling",
    "allow_rescheduling_past_bookings": "allow_rescheduling_past",
    "allow_rescheduling_cancelled_bookings": "allow_rescheduling_cancelled",
}
# those that null clears
_CLEARABLE = {
    "description": "description",
    "slot_interval": "slot_interval",
    "schedule_id": "schedule_id",
    "schedule": "schedule_id",
    "event_name": "custom_name",
    "success_redirect_url": "success_redirect_url",
    "interface_language": "interface_language",
    "seats_per_time_slot": "seats_per_slot",
    "max_active_bookings_per_booker": "max_active_bookings",
    "minimum_reschedule_notice": "disable_rescheduling_minutes",
}


class _InternalIn(Body):
    _any_app: ClassVar[bool] = True  # the oldest contract takes locations of apps nobody installed

    description: Text | None = None
    hidden: Bool | None = None
    locations: list[LegacyLocationIn] | None = None
    disable_guests: Bool | None = None
    slot_interval: Minutes | None = None
    minimum_booking_notice: Minutes | None = None
    before_event_buffer: Minutes | None = None
    after_event_buffer: Minutes | None = None

    def to_changes(self) -> Changes:
        """The sent settings in stored form."""
        columns: dict[str, object] = {}
        for name, column in _PLAIN.items():
            if (value := getattr(self, name, None)) is not None:
                columns[column] = value
        for name, column in _CLEARABLE.items():
            if self.given(name):
                columns[column] = getattr(self, name, None) or None
        if self.locations is not None:
            columns["locations"] = [location.stored() for location in self.locations]
        columns.update(self._more())
        return Changes(
            columns=cast(Columns, columns),  # built by name from the tables above
            disable_guests=self.disable_guests,
            any_app=self._any_app,
        )

    def _more(self) -> Columns:
        return {}


class LegacyCreateIn(_InternalIn):
    """A new event type of the caller, contract 2024-04-15."""

    length: Length
    slug: Slug
    title: Title

    def to_command(self, owner_id: int) -> CreateEventType:
        changes = self.to_changes()
        changes.columns["booking_fields"] = None
        return CreateEventType(owner_id=owner_id, changes=changes)


class LegacyUpdateIn(_InternalIn):
    """Changes of an event type, contract 2024-04-15."""

    length: Length | None = None
    slug: Slug | None = None
    title: Title | None = None
    booking_fields: list[LegacyFieldIn] | None = None
    seats_per_time_slot: Seats | None = None

    def to_command(self, owner_id: int, event_type_id: int) -> UpdateEventType:
        return UpdateEventType(
            event_type_id=event_type_id, owner_id=owner_id, changes=self.to_changes()
        )

    def _more(self) -> Columns:
        if not self.booking_fields:
            return {}
        return {"booking_fields": _read_fields(self.booking_fields)}


# -- the settings form of the components


class RecurringEventIn(Body):
    interval: Annotated[Int, at_least(1)]
    count: Annotated[Int, at_least(1)]
    freq: Annotated[Int, *one_of([0, 1, 2])]


class InternalLimitsIn(Body):
    model_config = ConfigDict(alias_generator=None)

    PER_DAY: Annotated[Int, at_least(1)] | None = None
    PER_WEEK: Annotated[Int, at_least(1)] | None = None
    PER_MONTH: Annotated[Int, at_least(1)] | None = None
    PER_YEAR: Annotated[Int, at_least(1)] | None = None

    def stored(self) -> dict[str, int]:
        found = {period: getattr(self, name) for period, name in internal.LIMITS.items()}
        return {period: limit for period, limit in found.items() if limit is not None}


def _ordered(limits: InternalLimitsIn) -> InternalLimitsIn:
    pair = options.exceeded(limits.stored())
    if pair is not None:
        raise InvalidEventType(f"The limit for {pair[0]} cannot exceed the limit for {pair[1]}.")
    return limits


def _stored_limits(limits: InternalLimitsIn | None) -> dict[str, int] | None:
    return None if limits is None else limits.stored()


InternalLimits = Annotated[InternalLimitsIn, AfterValidator(_ordered)]


class InternalColorIn(Body):
    light_event_type_color: Hex
    dark_event_type_color: Hex

    def stored(self) -> dict[str, object]:
        return {
            "lightThemeHex": self.light_event_type_color,
            "darkThemeHex": self.dark_event_type_color,
        }


class ThresholdIn(Body):
    unit: Annotated[Text, *one_of(options.MINUTES_PER)]
    time: Annotated[Int, at_least(1), at_most(LONGEST // 60)]


class InternalLayoutsIn(Body):
    """Which views the booking page offers: `month_view`, `week_view`, `column_view`."""

    default_layout: str
    enabled_layouts: list[str]


def _layouts(value: object) -> dict[str, object] | None:
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    default, enabled = given.get("defaultLayout"), given.get("enabledLayouts")
    if isinstance(default, str) and isinstance(enabled, list):
        value = {
            "defaultLayout": default.removesuffix("_view"),
            "enabledLayouts": [str(layout).removesuffix("_view") for layout in enabled],
        }
    return read_layouts(value)


InternalLayouts = Annotated[
    dict[str, object] | None,
    PlainValidator(_layouts, json_schema_input_type=InternalLayoutsIn | None),
]


class ReadersIn(Body):
    """Whose mails of a kind are switched off."""

    host: Bool | None = None
    attendee: Bool | None = None


class DisabledEmailsIn(Body):
    """Mails that an event type does without. Ours: `reminder`, those before a meeting."""

    reminder: ReadersIn | None = None


class MetadataIn(Body):
    """The parts of the internal metadata that are settings; null switches one off."""

    disable_standard_emails: DisabledEmailsIn | None = None
    multiple_duration: list[Length] | None = None
    requires_confirmation_threshold: ThresholdIn | None = None
    booker_layouts: InternalLayouts = None


def _day(value: object) -> object:
    """Period dates are cut to the day that was written."""
    return value[:10] if isinstance(value, str) else value


PeriodDay = Annotated[Day, BeforeValidator(_day)]
_PERIOD_OF = {shown: stored for stored, shown in internal.PERIODS.items()}


def _redirect(value: object) -> object:
    return None if value == "" else value


def _link(value: object) -> object:
    return {"link": value} if isinstance(value, str) else value


class FormLinkIn(Body):
    """A private link; the form makes the text of a new one."""

    link: Annotated[
        Text, matching(r"[A-Za-z0-9_-]{16,64}", "must be 16 to 64 letters, digits, - or _")
    ]
    expires_at: Instant | None = None
    max_usage_count: Annotated[Int, at_least(1)] | None = None

    def wanted(self) -> WantedLink:
        expires = None if self.expires_at is None else clock.cut(self.expires_at)
        return WantedLink(self.link, expires, self.max_usage_count)


def _once(value: list[FormLinkIn]) -> list[FormLinkIn]:
    if len({one.link for one in value}) != len(value):
        raise broken("arrayUnique", "=All links must be unique")
    return value


FormLinks = Annotated[
    list[Annotated[FormLinkIn, BeforeValidator(_link)]],
    Field(max_length=100),
    AfterValidator(_once),
]


class SettingsFormIn(LegacyUpdateIn):
    """Any subset of the internal settings; others that the form sends are not read."""

    _any_app: ClassVar[bool] = False

    id: BodyId | None = None
    offset_start: Minutes | None = None
    schedule_id: BodyId | None = None
    schedule: BodyId | None = None
    metadata: MetadataIn | None = None
    recurring_event: RecurringEventIn | None = None
    requires_confirmation: Bool | None = None
    requires_confirmation_will_block_slot: Bool | None = None
    requires_booker_email_verification: Bool | None = None
    booking_requires_authentication: Bool | None = None
    seats_show_attendees: Bool | None = None
    seats_show_availability_count: Bool | None = None
    period_type: Annotated[Text, *one_of(_PERIOD_OF)] | None = None
    period_days: Annotated[Int, at_least(1), at_most(36_500)] | None = None
    period_count_calendar_days: Bool | None = None
    period_start_date: PeriodDay | None = None
    period_end_date: PeriodDay | None = None
    booking_limits: InternalLimits | None = None
    duration_limits: InternalLimits | None = None
    event_name: Text | None = None
    event_type_color: InternalColorIn | None = None
    success_redirect_url: Annotated[Url | None, BeforeValidator(_redirect)] = None
    lock_time_zone_toggle_on_booking_page: Bool | None = None
    hide_calendar_notes: Bool | None = None
    hide_calendar_event_details: Bool | None = None
    hide_organizer_email: Bool | None = None
    only_show_first_available_slot: Bool | None = None
    show_optimized_slots: Bool | None = None
    interface_language: Annotated[str | None, *one_of([*LANGUAGES, None])] = None
    max_active_bookings_per_booker: Annotated[Int, at_least(1)] | None = None
    max_active_booking_per_booker_offer_reschedule: Bool | None = None
    disable_cancelling: Bool | None = None
    disable_rescheduling: Bool | None = None
    minimum_reschedule_notice: Annotated[Int, at_least(0), at_most(LONGEST)] | None = None
    allow_rescheduling_past_bookings: Bool | None = None
    allow_rescheduling_cancelled_bookings: Bool | None = None
    multiple_private_links: FormLinks | None = None

    def to_command(self, owner_id: int, event_type_id: int) -> UpdateEventType:
        links = self.multiple_private_links
        return replace(
            super().to_command(owner_id, event_type_id),
            links=None if links is None else tuple(link.wanted() for link in links),
        )

    def _more(self) -> Columns:
        out = super()._more()
        out.update(self._period())
        out.update(self._confirmation())
        if self.given("recurring_event"):
            event = self.recurring_event
            out["recurrence"] = None if event is None else event.model_dump()
        if self.given("booking_limits"):
            out["booking_limits_count"] = _stored_limits(self.booking_limits)
        if self.given("duration_limits"):
            out["booking_limits_duration"] = _stored_limits(self.duration_limits)
        if self.given("event_type_color"):
            color = self.event_type_color
            out["colors"] = None if color is None else color.stored()
        return out

    def _period(self) -> Columns:
        if self.period_type is None:
            return {}
        kind = _PERIOD_OF[self.period_type]
        first, last = self.period_start_date, self.period_end_date
        if kind == "range" and first is not None and last is not None:
            return options.range_window(first, max(first, last))
        if kind.startswith("rolling") and self.period_days is not None:
            return options.rolling_window(
                self.period_days,
                calendar_days=bool(self.period_count_calendar_days),
                rolling=kind == "rolling_window",
            )
        if kind == "unlimited":
            return options.no_window()
        raise InvalidEventType("periodType needs periodDays, or periodStartDate and periodEndDate")

    def _confirmation(self) -> Columns:
        out: Columns = {}
        if self.requires_confirmation is not None:
            out["requires_confirmation"] = self.requires_confirmation
        if self.metadata is None:
            return out
        if self.metadata.given("requires_confirmation_threshold"):
            given = self.metadata.requires_confirmation_threshold
            found = None if given is None else (given.unit, given.time)
            threshold = options.confirmation(found, None)
            threshold.pop("requires_confirmation")
            out.update(threshold)
        if self.metadata.given("multiple_duration"):
            out["length_options"] = self.metadata.multiple_duration or None
        if self.metadata.given("booker_layouts"):
            out["booker_layouts"] = self.metadata.booker_layouts
        if self.metadata.given("disable_standard_emails"):
            off = self.metadata.disable_standard_emails or DisabledEmailsIn()
            out["metadata_"] = {"disableStandardEmails": off.model_dump(exclude_none=True)}
        return out


class DefaultLocationIn(Body):
    event_type_ids: Annotated[list[BodyId], Field(max_length=1000)]
