"""Event types under their internal names: what 2024-04-15 and the published components see.

Answers are built from a row in stored form; `columns_of` reads the internal settings of a body.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Protocol

from openslots.event_types.rules import fields, internal_fields, options
from openslots.event_types.types import Stored
from openslots.kernel import clock

LIMITS = {"day": "PER_DAY", "week": "PER_WEEK", "month": "PER_MONTH", "year": "PER_YEAR"}
PERIODS = {
    "unlimited": "UNLIMITED",
    "rolling": "ROLLING",
    "rolling_window": "ROLLING_WINDOW",
    "range": "RANGE",
}
SCHEDULING = {"collective": "COLLECTIVE", "roundRobin": "ROUND_ROBIN", "managed": "MANAGED"}
EVERY_LAYOUT: Stored = {
    "defaultLayout": "month_view",
    "enabledLayouts": ["month_view", "week_view", "column_view"],
}


class Row(options.Settings, Protocol):
    """The columns read here."""

    id: Any
    title: Any
    slug: Any
    description: Any
    length: Any
    length_options: Any
    locations: Any
    booking_fields: Any
    schedule_id: Any
    hidden: Any
    owner_id: Any
    team_id: Any
    parent_id: Any
    scheduling_type: Any
    slot_interval: Any
    offset_start: Any
    minimum_booking_notice: Any
    before_buffer: Any
    after_buffer: Any
    only_show_first_slot: Any
    show_optimized_slots: Any
    booking_limits_count: Any
    booking_limits_duration: Any
    booker_layouts: Any
    colors: Any
    custom_name: Any
    success_redirect_url: Any
    interface_language: Any
    lock_time_zone_toggle: Any
    requires_email_verification: Any
    booking_requires_authentication: Any
    hide_calendar_notes: Any
    hide_calendar_event_details: Any
    hide_organizer_email: Any
    disable_cancelling: Any
    allow_rescheduling_past: Any
    allow_rescheduling_cancelled: Any
    use_destination_calendar_email: Any
    metadata_: Any
    price: Any
    currency: Any
    assign_all_team_members: Any
    reschedule_same_host: Any


def raw(row: Row) -> Stored:
    """Every internal column, nulls present (event type notes, 18)."""
    return {
        "id": row.id,
        "title": row.title,
        "slug": row.slug,
        "description": row.description,
        "length": row.length,
        "hidden": row.hidden,
        "locations": row.locations,
        "userId": row.owner_id,
        "teamId": row.team_id,
        "parentId": row.parent_id,
        "eventName": row.custom_name,
        "bookingFields": row.booking_fields,
        **_period(row),
        "requiresConfirmation": row.requires_confirmation,
        "requiresConfirmationWillBlockSlot": row.confirmation_blocks_slot,
        "requiresBookerEmailVerification": row.requires_email_verification,
        "bookingRequiresAuthentication": row.booking_requires_authentication,
        "recurringEvent": row.recurrence,
        "disableGuests": fields.guests_disabled(row.booking_fields),
        "hideCalendarNotes": row.hide_calendar_notes,
        "hideCalendarEventDetails": row.hide_calendar_event_details,
        "hideOrganizerEmail": row.hide_organizer_email,
        "minimumBookingNotice": row.minimum_booking_notice,
        "beforeEventBuffer": row.before_buffer,
        "afterEventBuffer": row.after_buffer,
        "seatsPerTimeSlot": row.seats_per_slot,
        "seatsShowAttendees": row.seats_show_attendees,
        "seatsShowAvailabilityCount": row.seats_show_availability,
        "schedulingType": SCHEDULING.get(row.scheduling_type or ""),
        "scheduleId": row.schedule_id,
        "price": row.price,
        "currency": row.currency,
        "slotInterval": row.slot_interval,
        "offsetStart": row.offset_start,
        "onlyShowFirstAvailableSlot": row.only_show_first_slot,
        "showOptimizedSlots": row.show_optimized_slots,
        "metadata": metadata(row),
        "successRedirectUrl": row.success_redirect_url,
        "forwardParamsSuccessRedirect": True,
        "bookingLimits": limits(row.booking_limits_count),
        "durationLimits": limits(row.booking_limits_duration),
        "isInstantEvent": False,
        "assignAllTeamMembers": row.assign_all_team_members,
        "rescheduleWithSameRoundRobinHost": row.reschedule_same_host,
        "eventTypeColor": colors(row.colors),
        "lockTimeZoneToggleOnBookingPage": row.lock_time_zone_toggle,
        "useEventTypeDestinationCalendarEmail": row.use_destination_calendar_email,
        "interfaceLanguage": row.interface_language,
        "maxActiveBookingsPerBooker": row.max_active_bookings,
        "maxActiveBookingPerBookerOfferReschedule": row.offer_reschedule,
        "disableCancelling": row.disable_cancelling,
        "disableRescheduling": row.disable_rescheduling,
        "minimumRescheduleNotice": row.disable_rescheduling_minutes,
        "allowReschedulingPastBookings": row.allow_rescheduling_past,
        "allowReschedulingCancelledBookings": row.allow_rescheduling_cancelled,
    }


def _period(row: Row) -> Stored:
    return {
        "periodType": PERIODS[row.period_type],
        "periodDays": row.period_days,
        "periodStartDate": midnight(row.period_start),
        "periodEndDate": midnight(row.period_end),
        "periodCountCalendarDays": row.period_calendar_days,
    }


def midnight(day: date | None) -> str | None:
    """A day as the instant of its UTC midnight."""
    if day is None:
        return None
    return clock.iso(datetime.combine(day, time(), UTC))


def limits(stored: Mapping[str, int] | None) -> Stored | None:
    """Limits under their internal names; None when there are none."""
    if not stored:
        return None
    return {LIMITS[period]: limit for period, limit in stored.items()}


def colors(stored: Mapping[str, Any] | None) -> Stored | None:
    if stored is None:
        return None
    return {
        "lightEventTypeColor": stored["lightThemeHex"],
        "darkEventTypeColor": stored["darkThemeHex"],
    }


def metadata(row: Row) -> Stored:
    """The internal metadata, with what the newer contract keeps under keys of their own."""
    out = options.api_metadata(row.metadata_, row.length_options)
    if row.confirmation_threshold_minutes is not None:
        threshold = options.api_confirmation(row).get("noticeThreshold") or {}
        if threshold:
            out["requiresConfirmationThreshold"] = {
                "unit": threshold["unit"],
                "time": threshold["count"],
            }
    if row.booker_layouts is not None:
        out["bookerLayouts"] = dict(row.booker_layouts)
    return out


def safe_html(text: str | None) -> str | None:
    """A description as HTML that shows exactly its text, with its line breaks."""
    if not text:
        return None
    paragraphs = [part for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    return "".join(
        f"<p>{html.escape(part.strip(chr(10))).replace(chr(10), '<br>')}</p>" for part in paragraphs
    )


def public_locations(stored: list[Stored]) -> list[Stored]:
    """Locations under their internal names without what is not public."""
    out = []
    for location in stored:
        shown = {"type": location.get("type")}
        public = bool(location.get("displayLocationPublicly"))
        if public:
            shown |= {
                key: location[key]
                for key in ("address", "link", "hostPhoneNumber", "displayLocationPublicly")
                if key in location
            }
        elif "displayLocationPublicly" in location:
            shown["displayLocationPublicly"] = False
        out.append(shown)
    return out


def completed_fields(row: Row) -> list[Stored]:
    return internal_fields.completed(row.booking_fields)
