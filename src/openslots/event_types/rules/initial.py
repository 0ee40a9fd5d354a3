"""The values of a new event type before anything was chosen, and the event types made for people.

Every column stands here, so that a row answers without being read back.
"""

from __future__ import annotations

from typing import Any

from openslots.event_types.rules import locations
from openslots.event_types.types import Columns


def columns() -> dict[str, Any]:  # Any: values of columns
    """Every column but title, slug, length and whom it belongs to."""
    return {
        "owner_id": None,
        "team_id": None,
        "parent_id": None,
        "scheduling_type": None,
        "description": None,
        "length_options": None,
        "locations": [locations.cal_video()],
        "booking_fields": None,
        "schedule_id": None,
        "hidden": False,
        "slot_interval": None,
        "offset_start": 0,
        "minimum_booking_notice": 120,
        "before_buffer": 0,
        "after_buffer": 0,
        "only_show_first_slot": False,
        "show_optimized_slots": False,
        "period_type": "unlimited",
        "period_days": None,
        "period_calendar_days": False,
        "period_start": None,
        "period_end": None,
        "booking_limits_count": None,
        "booking_limits_duration": None,
        "max_active_bookings": None,
        "offer_reschedule": False,
        "requires_confirmation": False,
        "confirmation_blocks_slot": False,
        "confirmation_threshold_minutes": None,
        "confirmation_threshold_unit": None,
        "recurrence": None,
        "seats_per_slot": None,
        "seats_show_attendees": False,
        "seats_show_availability": True,
        "booker_layouts": None,
        "colors": None,
        "custom_name": None,
        "success_redirect_url": None,
        "interface_language": None,
        "locked_tz": None,
        "lock_time_zone_toggle": False,
        "requires_email_verification": False,
        "booking_requires_authentication": False,
        "hide_calendar_notes": False,
        "hide_calendar_event_details": False,
        "hide_organizer_email": False,
        "custom_reply_to_email": None,
        "disable_cancelling": False,
        "disable_rescheduling": False,
        "disable_rescheduling_minutes": None,
        "allow_rescheduling_past": False,
        "allow_rescheduling_cancelled": False,
        "cancellation_reason_rule": "MANDATORY_HOST_ONLY",
        "destination_calendar": None,
        "use_destination_calendar_email": False,
        "cal_video_settings": None,
        "send_transcription_emails": True,
        "email_settings": {},
        "metadata_": {},
        "price": 0,
        "currency": "usd",
        "assign_all_team_members": False,
        "reschedule_same_host": False,
        "weights_enabled": False,
    }


def dynamic() -> dict[str, Any]:  # Any: values of columns
    """The event type that several people share for the moment (event type notes, 10.3)."""
    lengths = [15, 30, 45, 60, 90]
    return {
        **columns(),
        "title": "Group Meeting",
        "slug": "dynamic",
        "description": "Join us for a meeting with multiple people",
        "custom_name": "Group Meeting",
        "length": 30,
        "length_options": lengths,
    }


# what a person has after signing up (event type notes, 19)
SIGN_UP: tuple[Columns, ...] = (
    {"title": "15 Min Meeting", "slug": "15min", "length": 15},
    {"title": "30 Min Meeting", "slug": "30min", "length": 30},
    {"title": "Secret Meeting", "slug": "secret", "length": 15, "hidden": True},
)
# what a user managed by a platform client has, where the client wants it
MANAGED_USER: tuple[Columns, ...] = (
    {"title": "30 Minutes", "slug": "thirty-minutes", "length": 30, "locations": []},
    {"title": "60 Minutes", "slug": "sixty-minutes", "length": 60, "locations": []},
    {"title": "30 Minutes", "slug": "thirty-minutes-video", "length": 30},
    {"title": "60 Minutes", "slug": "sixty-minutes-video", "length": 60},
)
