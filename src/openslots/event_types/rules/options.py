"""The structured options: limits, windows, confirmation, seats and the like, stored <-> API.

Every `api_*` function takes an event type in stored form (its columns as attributes) and gives
the documented object, "off" included (event type notes, 8 and 11). Every `*_columns` function
takes validated values and gives the columns to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from openslots.event_types.types import Columns

Shown = dict[str, Any]  # Any: JSON values of one option

OFF: Shown = {"disabled": True}
PERIODS = ("day", "week", "month", "year")
FREQUENCIES = {"yearly": 0, "monthly": 1, "weekly": 2}
_FREQUENCY_OF = {number: name for name, number in FREQUENCIES.items()}
MINUTES_PER = {"minutes": 1, "hours": 60}
VIDEO_FLAGS = (
    "disableRecordingForOrganizer",
    "disableRecordingForGuests",
    "enableAutomaticRecordingForOrganizer",
    "enableAutomaticTranscription",
    "disableTranscriptionForGuests",
    "disableTranscriptionForOrganizer",
)
VIDEO_REST = (*VIDEO_FLAGS, "redirectUrlOnExit")


class Settings(Protocol):
    """The columns read here."""

    period_type: Any
    period_days: Any
    period_calendar_days: Any
    period_start: Any
    period_end: Any
    max_active_bookings: Any
    offer_reschedule: Any
    requires_confirmation: Any
    confirmation_blocks_slot: Any
    confirmation_threshold_minutes: Any
    confirmation_threshold_unit: Any
    recurrence: Any
    seats_per_slot: Any
    seats_show_attendees: Any
    seats_show_availability: Any
    disable_rescheduling: Any
    disable_rescheduling_minutes: Any
    cal_video_settings: Any
    send_transcription_emails: Any


# -- limits


def exceeded(limits: Mapping[str, int]) -> tuple[str, str] | None:
    """The first (smaller, larger) pair of periods whose limits contradict each other."""
    given = [period for period in PERIODS if period in limits]
    for at, smaller in enumerate(given):
        for larger in given[at + 1 :]:
            if limits[smaller] > limits[larger]:
                return smaller, larger
    return None


def api_active_limit(row: Settings) -> Shown:
    if row.max_active_bookings is None and not row.offer_reschedule:
        return dict(OFF)
    out: Shown = {"offerReschedule": row.offer_reschedule}
    if row.max_active_bookings is not None:
        out = {"maximumActiveBookings": row.max_active_bookings, **out}
    return out


# -- booking window


def no_window() -> Columns:
    return {
        "period_type": "unlimited",
        "period_days": None,
        "period_calendar_days": False,
        "period_start": None,
        "period_end": None,
    }


def rolling_window(days: int, *, calendar_days: bool, rolling: bool) -> Columns:
    """`rolling` keeps that many bookable days open; else a fixed horizon of that many days."""
    return {
        "period_type": "rolling_window" if rolling else "rolling",
        "period_days": days,
        "period_calendar_days": calendar_days,
        "period_start": None,
        "period_end": None,
    }


def range_window(first: date, last: date) -> Columns:
    return {
        "period_type": "range",
        "period_days": None,
        "period_calendar_days": False,
        "period_start": first,
        "period_end": last,
    }


def api_window(row: Settings) -> Shown:
    if row.period_type == "range" and row.period_start and row.period_end:
        return {
            "type": "range",
            "value": [row.period_start.isoformat(), row.period_end.isoformat()],
        }
    if row.period_type in ("rolling", "rolling_window") and row.period_days is not None:
        return {
            "type": "calendarDays" if row.period_calendar_days else "businessDays",
            "value": row.period_days,
            "rolling": row.period_type == "rolling_window",
        }
    return dict(OFF)


# -- confirmation


def no_confirmation() -> Columns:
    return {
        "requires_confirmation": False,
        "confirmation_blocks_slot": False,
        "confirmation_threshold_minutes": None,
        "confirmation_threshold_unit": None,
    }


def confirmation(threshold: tuple[str, int] | None, blocks_slot: bool | None) -> Columns:
    """`threshold` is (unit, count) or None for always; `blocks_slot` None keeps what is stored."""
    out: Columns = {
        "requires_confirmation": True,
        "confirmation_threshold_minutes": None,
        "confirmation_threshold_unit": None,
    }
    if threshold is not None:
        out["confirmation_threshold_unit"] = threshold[0]
        out["confirmation_threshold_minutes"] = threshold[1] * MINUTES_PER[threshold[0]]
    if blocks_slot is not None:
        out["confirmation_blocks_slot"] = blocks_slot
    return out


def api_confirmation(row: Settings) -> Shown:
    if not row.requires_confirmation:
        return dict(OFF)
    blocks = {"blockUnconfirmedBookingsInBooker": row.confirmation_blocks_slot}
    if row.confirmation_threshold_minutes is None:
        return {"type": "always", **blocks}
    unit = row.confirmation_threshold_unit or "minutes"
    count = row.confirmation_threshold_minutes // MINUTES_PER[unit]
    return {"type": "time", "noticeThreshold": {"unit": unit, "count": count}, **blocks}


# -- recurrence and seats


def api_recurrence(row: Settings) -> Shown | None:
    if row.recurrence is None:
        return None
    return {
        "interval": row.recurrence["interval"],
        "occurrences": row.recurrence["count"],
        "frequency": _FREQUENCY_OF[row.recurrence["freq"]],
        "disabled": False,
    }


def no_seats() -> Columns:
    return {
        "seats_per_slot": None,
        "seats_show_attendees": False,
        "seats_show_availability": True,
    }


def api_seats(row: Settings) -> Shown:
    if row.seats_per_slot is None:
        return dict(OFF)
    return {
        "disabled": False,
        "seatsPerTimeSlot": row.seats_per_slot,
        "showAttendeeInfo": row.seats_show_attendees,
        "showAvailabilityCount": row.seats_show_availability,
    }


# -- layouts, rescheduling, video


def stored_layouts(default: str, enabled: list[str]) -> dict[str, object]:
    return {
        "defaultLayout": f"{default}_view",
        "enabledLayouts": [f"{layout}_view" for layout in enabled],
    }


def api_layouts(stored: Mapping[str, Any]) -> Shown:
    return {
        "defaultLayout": str(stored["defaultLayout"]).removesuffix("_view"),
        "enabledLayouts": [
            str(layout).removesuffix("_view") for layout in stored["enabledLayouts"]
        ],
    }


def api_rescheduling(row: Settings) -> Shown:
    if row.disable_rescheduling:
        return {"disabled": True}
    if row.disable_rescheduling_minutes is not None:
        return {"disabled": False, "minutesBefore": row.disable_rescheduling_minutes}
    return {"disabled": False}


def video_settings(given: Mapping[str, object]) -> Columns:
    """The columns of sent calVideoSettings: any key but sendTranscriptionEmails replaces the rest
    as a whole."""
    out: Columns = {}
    emails = given.get("sendTranscriptionEmails")
    if isinstance(emails, bool):
        out["send_transcription_emails"] = emails
    if any(key in given for key in VIDEO_REST):
        rest: dict[str, object] = {flag: bool(given.get(flag)) for flag in VIDEO_FLAGS}
        rest["redirectUrlOnExit"] = given.get("redirectUrlOnExit")
        out["cal_video_settings"] = rest
    return out


def api_video(row: Settings) -> Shown:
    return {
        **(row.cal_video_settings or {}),
        "sendTranscriptionEmails": row.send_transcription_emails,
    }


# -- metadata and defaults

_SHOWN_METADATA = ("managedEventConfig", "disableStandardEmails", "apps")


def api_metadata(stored: Mapping[str, Any], lengths: list[int] | None) -> Shown:
    """What an answer's metadata holds; layouts and the notice threshold have their own keys."""
    out = {key: stored[key] for key in _SHOWN_METADATA if key in stored}
    return {"multipleDuration": lengths, **out} if lengths else out
