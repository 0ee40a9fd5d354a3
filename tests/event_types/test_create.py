"""Creating event types of a person under 2024-06-14."""

from __future__ import annotations

from typing import Any

import pytest

from tests.event_types.conftest import Host, HostMaker, constraints, message


async def test_a_new_event_type_answers_with_every_documented_default(host: Host) -> None:
    created = await host.create(title="Intro", slug="intro")
    assert created == {
        "id": created["id"],
        "ownerId": host.id,
        "lengthInMinutes": 30,
        "title": "Intro",
        "slug": "intro",
        "description": "",
        "locations": [{"type": "integration", "integration": "cal-video"}],
        "bookingFields": created["bookingFields"],
        "recurrence": None,
        "disableGuests": False,
        "slotInterval": None,
        "minimumBookingNotice": 120,
        "beforeEventBuffer": 0,
        "afterEventBuffer": 0,
        "metadata": {},
        "price": 0,
        "currency": "usd",
        "lockTimeZoneToggleOnBookingPage": False,
        "forwardParamsSuccessRedirect": True,
        "successRedirectUrl": None,
        "isInstantEvent": False,
        "users": [
            {
                "id": host.id,
                "name": host.person.name,
                "username": host.person.username,
                "avatarUrl": None,
                "brandColor": None,
                "darkBrandColor": None,
                "weekStart": "Sunday",
                "metadata": {},
            }
        ],
        "scheduleId": None,
        "onlyShowFirstAvailableSlot": False,
        "offsetStart": 0,
        "bookingWindow": {"disabled": True},
        "confirmationPolicy": {"disabled": True},
        "requiresBookerEmailVerification": False,
        "hideCalendarNotes": False,
        "seats": {"disabled": True},
        "useDestinationCalendarEmail": False,
        "hideCalendarEventDetails": False,
        "hideOrganizerEmail": False,
        "calVideoSettings": {"sendTranscriptionEmails": True},
        "hidden": False,
        "bookingRequiresAuthentication": False,
        "bookerActiveBookingsLimit": {"disabled": True},
        "bookingUrl": f"http://test/{host.person.username}/intro",
        "disableCancelling": {"disabled": False},
        "disableRescheduling": {"disabled": False},
        "interfaceLanguage": None,
        "allowReschedulingPastBookings": False,
        "allowReschedulingCancelledBookings": False,
        "showOptimizedSlots": False,
    }
    assert await host.read(created["id"]) == created
