"""PURE. What version 2026-07-27 adds to payloads: the calendar messages of a booking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openslots.events.bookings import BookingCancelled, BookingEvent
from openslots.notifications.rules.invitation import invitation
from openslots.webhooks.payload import parts
from openslots.webhooks.payload.parts import Json

VERSION = "2026-07-27"
TRIGGERS = frozenset(
    {
        "BOOKING_CREATED",
        "BOOKING_RESCHEDULED",
        "BOOKING_REASSIGNED",
        "BOOKING_CANCELLED",
        "BOOKING_PAID",
    }
)


def belong(trigger: str, event: BookingEvent) -> bool:
    """Whether the newer version of a payload carries them: not while a booking waits."""
    return trigger in TRIGGERS and event.booking.status in ("accepted", "cancelled")


def added(payload: Mapping[str, Any], event: BookingEvent, webapp: str) -> Json:  # Any: JSON
    """The payload with `attendeeIcsContent` and `organizerIcsContent`, the texts that calendars
    of the one concerned (the booker, or who has the seat) and of the organiser take."""
    return {
        **payload,
        **_attendee(event, webapp),
        "organizerIcsContent": _organizer(event, webapp),
    }


def _attendee(event: BookingEvent, webapp: str) -> Json:
    concerned = parts.guests(event.attendees)
    if not concerned:
        return {}
    over = isinstance(event, BookingCancelled)
    text = invitation(event, webapp=webapp, reader=concerned[0].email, cancelled=over)
    return {"attendeeIcsContent": text}


def _organizer(event: BookingEvent, webapp: str) -> str:
    """A seat given back leaves the meeting in the organiser's calendar, with those who stay."""
    if isinstance(event, BookingCancelled) and event.seat and not event.ended:
        gone = {person.id for person in event.attendees}
        left = tuple(person for person in event.everyone if person.id not in gone)
        return invitation(replace(event, attendees=left, everyone=left), webapp=webapp)
    return invitation(event, webapp=webapp, cancelled=isinstance(event, BookingCancelled))
