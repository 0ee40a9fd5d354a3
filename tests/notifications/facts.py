"""Events of one booking that mails are written of; tests change what matters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from openslots.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingGuestsAdded,
    BookingLocationUpdated,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
)
from openslots.notifications.rendering import letters
from openslots.notifications.rules import audience
from openslots.notifications.rules.audience import Kind, Message
from openslots.notifications.types import NewMail
from tests.webhooks.facts import FRIEND, booking, event_type, guest, host, told

WEBAPP = "https://book.example.org"
COLLEAGUE = guest(
    id=503, kind="host", email="ivo@example.org", name="Ivo Inge", time_zone="Europe/Berlin"
)


def facts(**changes: Any) -> dict[str, Any]:
    made = told(**changes)
    return {"everyone": made["attendees"], **made}


def created(**changes: Any) -> BookingCreated:
    return BookingCreated(**facts(**changes))


def every_event(**changes: Any) -> Iterator[BookingEvent]:
    """One event of each class, and of each kind of mail."""
    before = booking(start=booking().start - timedelta(days=1), end=booking().end)
    over = booking(status="cancelled", cancellation_reason="I am ill", ics_sequence=1)
    asked = booking(status="pending")
    moved = booking(rescheduling_reason="A train is late", ics_sequence=1)
    yield created(**changes)
    yield BookingRequested(**facts(booking=asked, **changes))
    yield BookingRescheduled(
        **facts(booking=moved, **changes),
        previous=replace(before, end=before.start + timedelta(minutes=30)),
        previous_organizer=host(),
        previous_hosts=(COLLEAGUE,),
    )
    yield BookingCancelled(**facts(booking=over, **changes))
    yield BookingCancelled(**facts(booking=over, **changes), request_reschedule=True)
    yield BookingCancelled(**facts(booking=over, **changes), seat=True)
    refused = booking(status="rejected", rejection_reason="No time that week")
    yield BookingRejected(**facts(booking=refused, **changes))
    place = booking(location="12 Long Lane, London", ics_sequence=1)
    yield BookingLocationUpdated(**facts(booking=place, **changes), previous_location=None)
    yield BookingGuestsAdded(**facts(**changes), added=(FRIEND,))


def every_message(**changes: Any) -> Iterator[tuple[BookingEvent, Message]]:
    """Each kind of mail to each role, once."""
    seen = set()
    for event, message in _messages(**changes):
        if message.topic not in seen:
            seen.add(message.topic)
            yield event, message


def _messages(**changes: Any) -> Iterator[tuple[BookingEvent, Message]]:
    for event in every_event(**changes):
        for message in audience.messages(event):
            yield event, message
    plain = created(**changes)
    for message in audience.reminders(plain):
        yield plain, message
    waiting = created(**{**changes, "booking": booking(status="pending")})
    for message in audience.still_pending(waiting):
        yield waiting, message
    for message in audience.messages(plain):
        if message.reader.role == audience.HOST:
            yield plain, replace(message, kind=Kind.SEAT_TAKEN)


def mail_to(event: BookingEvent, address: str) -> NewMail:
    """The mail of an event to one address."""
    [message] = [one for one in audience.messages(event) if one.reader.email == address]
    return letters.mail(event, message, WEBAPP, audience.key(event))


__all__ = [
    "COLLEAGUE",
    "FRIEND",
    "WEBAPP",
    "booking",
    "created",
    "event_type",
    "every_event",
    "every_message",
    "facts",
    "guest",
    "host",
    "mail_to",
]
