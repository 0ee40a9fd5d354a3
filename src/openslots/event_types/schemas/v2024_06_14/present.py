"""Event types as the 2024-06-14 contract shows them: plain JSON values, built once per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openslots.event_types.rules import fields, initial, locations, options
from openslots.event_types.types import HostFacts, Person, TeamFacts
from openslots.models import EventType

Json = dict[str, Any]  # Any: JSON values

_PRIORITIES = ("lowest", "low", "medium", "high", "highest")


def personal(
    row: EventType, owner: Person, *, hidden_fields: bool = True, private: bool = True
) -> Json:
    """The answer for an event type of one person.

    `hidden_fields`: with the booking fields that are hidden (lists go without). `private`: with
    the addresses, links and numbers that are not public.
    """
    shared = _shared(row, hidden_fields=hidden_fields, private=private)
    return {
        "id": row.id,
        "ownerId": row.owner_id,
        **shared,
        "users": [person(owner)],
        "bookingUrl": owner.page(row.slug),
    }


def team(
    row: EventType, hosts: Sequence[HostFacts], of: TeamFacts | None, *, private: bool = True
) -> Json:
    """The answer for an event type of a team (event type notes, 12.4)."""
    out: Json = {
        "id": row.id,
        "teamId": row.team_id,
        "ownerId": row.owner_id,
        "parentEventTypeId": row.parent_id,
        "schedulingType": row.scheduling_type,
        **_shared(row, hidden_fields=True, private=private),
        "hosts": [_host(row.scheduling_type, host) for host in hosts],
        "rescheduleWithSameRoundRobinHost": row.reschedule_same_host,
        "team": _team(of),
        "bookingUrl": of.page(row.slug) if of is not None else "",
    }
    if row.parent_id is None:
        out["assignAllTeamMembers"] = row.assign_all_team_members
    if row.email_settings:
        out["emailSettings"] = {
            "disableEmailsToAttendees": bool(row.email_settings.get("attendee")),
            "disableEmailsToHosts": bool(row.email_settings.get("host")),
        }
    return out


def deleted(row: EventType) -> Json:
    return {"id": row.id, "lengthInMinutes": row.length, "slug": row.slug, "title": row.title}


def person(user: Person) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "avatarUrl": user.avatar_url,
        "brandColor": user.brand_color,
        "darkBrandColor": user.dark_brand_color,
        "weekStart": user.week_start,
        "metadata": dict(user.metadata),
    }


def _shared(row: EventType, *, hidden_fields: bool, private: bool) -> Json:
    places = row.locations if private else locations.without_private(row.locations)
    out: Json = {
        "lengthInMinutes": row.length,
        "title": row.title,
        "slug": row.slug,
        "description": row.description or "",
        "locations": locations.api_locations(places),
        "bookingFields": fields.api_fields(row.booking_fields, hidden=hidden_fields),
        "recurrence": options.api_recurrence(row),
        "disableGuests": fields.guests_disabled(row.booking_fields),
        "slotInterval": row.slot_interval,
        "minimumBookingNotice": row.minimum_booking_notice,
        "beforeEventBuffer": row.before_buffer,
        "afterEventBuffer": row.after_buffer,
        "metadata": options.api_metadata(row.metadata_, row.length_options),
        "price": row.price,
        "currency": row.currency,
        "lockTimeZoneToggleOnBookingPage": row.lock_time_zone_toggle,
        "forwardParamsSuccessRedirect": True,
        "successRedirectUrl": row.success_redirect_url,
        "isInstantEvent": False,
        "scheduleId": row.schedule_id,
        "onlyShowFirstAvailableSlot": row.only_show_first_slot,
        "offsetStart": row.offset_start,
        "bookingWindow": options.api_window(row),
        "confirmationPolicy": options.api_confirmation(row),
        "requiresBookerEmailVerification": row.requires_email_verification,
        "hideCalendarNotes": row.hide_calendar_notes,
        "seats": options.api_seats(row),
        "useDestinationCalendarEmail": row.use_destination_calendar_email,
        "hideCalendarEventDetails": row.hide_calendar_event_details,
        "hideOrganizerEmail": row.hide_organizer_email,
        "calVideoSettings": options.api_video(row),
        "hidden": row.hidden,
        "bookingRequiresAuthentication": row.booking_requires_authentication,
        "bookerActiveBookingsLimit": options.api_active_limit(row),
        "disableCancelling": {"disabled": row.disable_cancelling},
        "disableRescheduling": options.api_rescheduling(row),
        "interfaceLanguage": row.interface_language,
        "allowReschedulingPastBookings": row.allow_rescheduling_past,
        "allowReschedulingCancelledBookings": row.allow_rescheduling_cancelled,
        "showOptimizedSlots": row.show_optimized_slots,
    }
    out.update(_when_set(row))
    return out


def _when_set(row: EventType) -> Json:
    """The keys that are absent until they were set."""
    layouts = row.booker_layouts
    found = {
        "lengthInMinutesOptions": row.length_options,
        "bookingLimitsCount": row.booking_limits_count,
        "bookingLimitsDuration": row.booking_limits_duration,
        "bookerLayouts": options.api_layouts(layouts) if layouts is not None else None,
        "color": row.colors,
        "customName": row.custom_name,
        "destinationCalendar": row.destination_calendar,
    }
    return {key: value for key, value in found.items() if value is not None}


def _host(scheduling_type: str | None, host: HostFacts) -> Json:
    out: Json = {
        "userId": host.user_id,
        "name": host.name,
        "username": host.username,
        "avatarUrl": host.avatar_url,
    }
    if scheduling_type == "roundRobin":
        priority = 2 if host.priority is None else min(max(host.priority, 0), 4)
        out |= {"mandatory": host.mandatory, "priority": _PRIORITIES[priority]}
    return out


def _team(of: TeamFacts | None) -> Json | None:
    if of is None:
        return None
    return {
        "id": of.id,
        "name": of.name,
        "slug": of.slug,
        "bannerUrl": None,
        "logoUrl": of.logo_url,
        "weekStart": of.week_start,
        "brandColor": None,
        "darkBrandColor": None,
        "theme": None,
    }


def dynamic(people: Sequence[Person]) -> Json:
    """The event type that several people share for the moment (event type notes, 10.3)."""
    row = EventType(**initial.dynamic())
    shared = _shared(row, hidden_fields=True, private=True)
    return {
        "id": 0,
        "ownerId": 0,
        **shared,
        "bookingFields": [],
        "disableGuests": True,
        "successRedirectUrl": "",
        "users": [person(user) for user in people],
        "bookingUrl": people[0].page("dynamic"),
    }
