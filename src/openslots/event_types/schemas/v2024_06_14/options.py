"""The structured options of a body: limits, window, layouts, confirmation, recurrence, seats...

`{"disabled": true}` switches an option off whatever stands beside it; `{"disabled": false}` alone
is refused (event type notes, 8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator, WrapValidator

from openslots.event_types.errors import InvalidEventType
from openslots.event_types.rules import options as rules
from openslots.event_types.types import Columns
from openslots.kernel.http.validation import (
    Body,
    Bool,
    Int,
    Text,
    Url,
    at_least,
    at_most,
    broken,
    matching,
    one_of,
    parse_day,
)

LONGEST = 5_256_000  # minutes in ten years: nothing here is longer
FARTHEST = 36_500  # days

Minutes = Annotated[Int, at_least(0), at_most(LONGEST)]
Length = Annotated[Int, at_least(1), at_most(LONGEST)]
ALONE = (
    "When disabled is false {disabled: false} at least one other property must be provided, "
    "because it means that the property is enabled but then other properties must be provided too."
)


class DisabledIn(Body):
    """Switches an option off."""

    disabled: Literal[True]


def _whole(value: object, most: int) -> int | None:
    """A whole JSON number from 1 to `most`, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 1 <= value <= most and value == int(value) else None


def _alone(value: object) -> bool:
    """Whether an option only says that it is not disabled."""
    return (
        isinstance(value, Mapping)
        and value.get("disabled") is False
        and all(item is None for key, item in value.items() if key != "disabled")
    )


def _off(model: type[Body]) -> WrapValidator:
    """`{"disabled": true}` as the model with nothing else in it."""

    def check(value: object, handler: Callable[[object], Any]) -> Any:  # Any: a body or null
        if isinstance(value, Mapping) and value.get("disabled") is True:
            return model.model_construct(disabled=True)
        if _alone(value):
            raise broken("isValidOption", f"={ALONE}")
        return handler(value)

    return WrapValidator(check)


# -- limits


class _Limits(Body):
    disabled: Bool | None = None

    def given_limits(self) -> dict[str, int]:
        """The limits that were sent; none when the option is off."""
        if self.disabled:
            return {}
        found = {period: getattr(self, period, None) for period in rules.PERIODS}
        return {period: limit for period, limit in found.items() if limit is not None}


Count = Annotated[Int, at_least(1)]
Duration = Annotated[Int, at_least(15)]


class BookingLimitsCountIn(_Limits):
    """How many bookings a period may hold."""

    day: Count | None = None
    week: Count | None = None
    month: Count | None = None
    year: Count | None = None


class BookingLimitsDurationIn(_Limits):
    """How many booked minutes a period may hold."""

    day: Duration | None = None
    week: Duration | None = None
    month: Duration | None = None
    year: Duration | None = None


def _ordered(name: str, measure: str) -> AfterValidator:
    def check(limits: _Limits | None) -> _Limits | None:
        pair = rules.exceeded(limits.given_limits()) if limits is not None else None
        if pair is not None:
            raise broken(
                f"{name}Validation",
                f"=Invalid {name}: The {measure} of bookings for {pair[0]} cannot exceed the "
                f"{measure} of bookings for {pair[1]}.",
            )
        return limits

    return AfterValidator(check)


BookingLimitsCount = Annotated[
    BookingLimitsCountIn | None,
    _off(BookingLimitsCountIn),
    _ordered("bookingLimitsCount", "number"),
]
BookingLimitsDuration = Annotated[
    BookingLimitsDurationIn | None,
    _off(BookingLimitsDurationIn),
    _ordered("bookingLimitsDuration", "duration"),
]


class BookerActiveBookingsLimitIn(Body):
    """How many accepted future bookings of this event type one booker may have."""

    maximum_active_bookings: Count | None = None
    offer_reschedule: Bool | None = None
    disabled: Bool | None = None

    @property
    def active(self) -> bool:
        return not self.disabled and bool(self.maximum_active_bookings or self.offer_reschedule)

    def to_columns(self) -> Columns:
        if self.disabled:
            return {"max_active_bookings": None, "offer_reschedule": False}
        return {
            "max_active_bookings": self.maximum_active_bookings,
            "offer_reschedule": bool(self.offer_reschedule),
        }


def _active_limit(value: object, handler: Callable[[object], Any]) -> Any:  # Any: body or null
    if isinstance(value, Mapping) and value.get("disabled") is True:
        return BookerActiveBookingsLimitIn.model_construct(
            disabled=True, maximum_active_bookings=None, offer_reschedule=None
        )
    if _alone(value):
        raise InvalidEventType(ALONE)
    return handler(value)


BookerActiveBookingsLimit = Annotated[
    BookerActiveBookingsLimitIn | None, WrapValidator(_active_limit)
]


# -- booking window


class BusinessDaysWindowIn(Body):
    """The next `value` working days; `rolling` keeps as many bookable days open."""

    type: Literal["businessDays"]
    value: int
    rolling: bool | None = None


class CalendarDaysWindowIn(Body):
    type: Literal["calendarDays"]
    value: int
    rolling: bool | None = None


class RangeWindowIn(Body):
    """From the first to the last day; only the dates as written count."""

    type: Literal["range"]
    value: Annotated[list[str], Field(min_length=2, max_length=2)]


BookingWindowIn = BusinessDaysWindowIn | CalendarDaysWindowIn | RangeWindowIn | DisabledIn
_BAD_WINDOW = "=Invalid bookingWindow structure."


def _window_day(value: object) -> date:
    text = value[:10] if isinstance(value, str) else ""
    day = parse_day(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    if day is None:
        raise broken("isValidWindow", _BAD_WINDOW)
    return day


def read_window(value: object) -> Columns | None:
    """The columns of a body's bookingWindow; null is not sent."""
    if value is None:
        return None
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    if given.get("disabled") is True:
        return rules.no_window()
    kind, amount, rolling = given.get("type"), given.get("value"), given.get("rolling")
    if kind == "range" and isinstance(amount, list) and len(amount) == 2:
        first, last = _window_day(amount[0]), _window_day(amount[1])
        if first <= last:
            return rules.range_window(first, last)
    elif kind in ("businessDays", "calendarDays") and isinstance(rolling, bool | None):
        days = _whole(amount, FARTHEST)
        if days is not None:
            return rules.rolling_window(
                days, calendar_days=kind == "calendarDays", rolling=bool(rolling)
            )
    raise broken("isValidWindow", _BAD_WINDOW)


# Any: the values of Columns, which pydantic cannot read on every Python
Stored = dict[str, Any]

BookingWindow = Annotated[
    Stored | None, PlainValidator(read_window, json_schema_input_type=BookingWindowIn | None)
]


# -- layouts, colours


class BookerLayoutsIn(Body):
    """Which views the booking page offers and which one it opens with."""

    default_layout: Literal["month", "week", "column"]
    enabled_layouts: list[Literal["month", "week", "column"]]


_LAYOUTS = ("month", "week", "column")


def read_layouts(value: object) -> dict[str, object] | None:
    if value is None:
        return None
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    default, enabled = given.get("defaultLayout"), given.get("enabledLayouts")
    if (
        not isinstance(enabled, list)
        or any(layout not in _LAYOUTS for layout in enabled)
        or not isinstance(default, str)
        or default not in enabled
    ):
        raise broken(
            "isValidLayouts",
            "=If you pass the optional 'bookerLayouts' property, you must provide both "
            "'defaultLayout' and 'enabledLayouts' with values of month, week and column, and the "
            "default must be one of the enabled.",
        )
    return rules.stored_layouts(default, enabled)


BookerLayouts = Annotated[
    dict[str, object] | None,
    PlainValidator(read_layouts, json_schema_input_type=BookerLayoutsIn | None),
]

Hex = Annotated[
    Text,
    matching(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})", "must be a hexadecimal color", "isHexColor"),
]


class EventTypeColorIn(Body):
    """The colour of the event type on light and dark pages."""

    light_theme_hex: Hex
    dark_theme_hex: Hex


# -- confirmation


class NoticeThresholdIn(Body):
    unit: Literal["minutes", "hours"]
    count: int


class ConfirmationPolicyIn(Body):
    """`time`: confirmation only when the start is nearer than the threshold."""

    type: Literal["always", "time"]
    notice_threshold: NoticeThresholdIn | None = None
    block_unconfirmed_bookings_in_booker: bool | None = None


def read_confirmation(value: object) -> Columns | None:
    """The columns of a body's confirmationPolicy; null is not sent."""
    if value is None:
        return None
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    if given.get("disabled") is True:
        return rules.no_confirmation()
    blocks = given.get("blockUnconfirmedBookingsInBooker")
    if isinstance(blocks, bool | None):
        if given.get("type") == "always":
            return rules.confirmation(None, blocks)
        threshold = _threshold(given.get("noticeThreshold"))
        if given.get("type") == "time" and threshold is not None:
            return rules.confirmation(threshold, blocks)
    raise broken(
        "isValidConfirmationPolicy",
        '=Invalid requiresConfirmation structure. Use "type": "always" or provide a valid time and '
        'unit in "noticeThreshold" for "type": "time".',
    )


def _threshold(value: object) -> tuple[str, int] | None:
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    unit = given.get("unit")
    if not isinstance(unit, str) or unit not in rules.MINUTES_PER:
        return None
    count = _whole(given.get("count"), LONGEST // rules.MINUTES_PER[unit])
    return None if count is None else (unit, count)


ConfirmationPolicy = Annotated[
    Stored | None,
    PlainValidator(
        read_confirmation, json_schema_input_type=ConfirmationPolicyIn | DisabledIn | None
    ),
]


# -- recurrence, seats


class RecurrenceIn(Body):
    """Every `interval` weeks, months or years, `occurrences` times."""

    interval: Annotated[Int, at_least(1)]
    occurrences: Annotated[Int, at_least(1)]
    frequency: Annotated[
        Literal["yearly", "monthly", "weekly"], *one_of(["yearly", "monthly", "weekly"])
    ]
    disabled: Bool | None = None

    def stored(self) -> dict[str, int] | None:
        if self.disabled:
            return None
        return {
            "interval": self.interval,
            "count": self.occurrences,
            "freq": rules.FREQUENCIES[self.frequency],
        }


Recurrence = Annotated[RecurrenceIn | None, _off(RecurrenceIn)]


class SeatsIn(Body):
    """Several people may book one slot."""

    seats_per_time_slot: Annotated[Int, at_least(1), at_most(1000)]
    show_attendee_info: Bool
    show_availability_count: Bool
    disabled: Bool | None = None

    def to_columns(self) -> Columns:
        if self.disabled:
            return rules.no_seats()
        return {
            "seats_per_slot": self.seats_per_time_slot,
            "seats_show_attendees": self.show_attendee_info,
            "seats_show_availability": self.show_availability_count,
        }


Seats = Annotated[SeatsIn | None, _off(SeatsIn)]


# -- the rest


class DestinationCalendarIn(Body):
    """A connected calendar that bookings are written to."""

    integration: Text
    external_id: Text


def _url_or_nothing(value: object) -> object:
    return None if value == "" else value


class CalVideoSettingsIn(Body):
    """Settings of the built-in video meetings."""

    disable_recording_for_organizer: Bool | None = None
    disable_recording_for_guests: Bool | None = None
    redirect_url_on_exit: Annotated[
        Url | None, WrapValidator(lambda v, h: h(_url_or_nothing(v)))
    ] = None
    enable_automatic_recording_for_organizer: Bool | None = None
    enable_automatic_transcription: Bool | None = None
    disable_transcription_for_guests: Bool | None = None
    disable_transcription_for_organizer: Bool | None = None
    send_transcription_emails: Bool | None = None


class DisableCancellingIn(Body):
    disabled: Bool | None = None


class DisableReschedulingIn(Body):
    """Never, or not when fewer minutes than this are left."""

    disabled: Bool | None = None
    minutes_before: Annotated[Int, at_least(1), at_most(LONGEST)] | None = None

    def to_columns(self) -> Columns:
        disabled = bool(self.disabled)
        return {
            "disable_rescheduling": disabled,
            "disable_rescheduling_minutes": None if disabled else self.minutes_before,
        }
