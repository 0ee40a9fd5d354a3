"""One host, one event type, one booking, as the events tell them; tests change what matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from openslots.event_types.rules.fields import defaults
from openslots.events.bookings import AttendeeFacts, BookingFacts, EventTypeFacts, PersonFacts
from openslots.webhooks.payload.bookings import Around

AT = datetime(2026, 6, 1, 8, 30, 15, 120_000, UTC)
AROUND = Around("https://book.example.org")


def host(**changes: Any) -> PersonFacts:
    one = PersonFacts(
        id=11,
        email="hannah@example.org",
        name="Hannah Host",
        username="hannah",
        time_zone="Europe/London",
        locale="en",
        time_format=12,
    )
    return replace(one, **changes)


def guest(**changes: Any) -> AttendeeFacts:
    one = AttendeeFacts(
        id=501,
        kind="booker",
        email="gus@example.net",
        name="Gus Guest",
        phone_number=None,
        time_zone="Asia/Kolkata",
        locale="de",
    )
    return replace(one, **changes)


FRIEND = guest(id=502, kind="guest", email="fay@example.net", name="", locale="en")
TEAM_QUESTION: dict[str, Any] = {
    "name": "team-size",
    "type": "number",
    "required": False,
    "label": "How big is your team?",
}


def event_type(**changes: Any) -> EventTypeFacts:
    one = EventTypeFacts(
        id=77,
        slug="intro",
        title="Intro call",
        description=None,
        length=30,
        owner_id=11,
        team_id=None,
        parent_id=None,
        scheduling_type=None,
        booking_fields=[*defaults()[:3], TEAM_QUESTION, *defaults()[3:]],
        price=0,
        currency="usd",
        requires_confirmation=False,
        seats_per_slot=None,
        seats_show_attendees=False,
        seats_show_availability=True,
        hide_calendar_notes=False,
        hide_calendar_event_details=False,
        hide_organizer_email=False,
        custom_reply_to_email=None,
        disable_rescheduling=False,
        disable_cancelling=False,
        recurrence=None,
    )
    return replace(one, **changes)


def booking(**changes: Any) -> BookingFacts:
    one = BookingFacts(
        id=900,
        uid="7Fx2bKq9LmT4vWc8RnY1Zs",
        title="Intro call between Hannah Host and Gus Guest",
        description="Bring the plan",
        status="accepted",
        start=datetime(2026, 6, 8, 9, 0, tzinfo=UTC),
        end=datetime(2026, 6, 8, 9, 30, tzinfo=UTC),
        event_type_id=77,
        organizer_id=11,
        location="integrations:daily",
        video_call_url=None,
        responses={
            "name": "Gus Guest",
            "email": "gus@example.net",
            "location": {"value": "integrations:daily", "optionValue": ""},
            "notes": "Bring the plan",
            "guests": ["fay@example.net"],
            "team-size": 4,
        },
        metadata={"order": "A-17"},
        recurring_uid=None,
        ics_uid="7Fx2bKq9LmT4vWc8RnY1Zs@Cal.com",
        ics_sequence=0,
        created_at=AT,
        updated_at=AT,
    )
    return replace(one, **changes)


def told(**changes: Any) -> dict[str, Any]:
    """The members that every booking event has."""
    return {
        "at": AT,
        "booking": booking(),
        "event_type": event_type(),
        "organizer": host(),
        "attendees": (guest(), FRIEND),
        **changes,
    }
