"""PURE. What of a booking must still hold for a late mail about it to be sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from openslots.events.bookings import BookingEvent
from openslots.notifications.rules.audience import Reader
from openslots.notifications.types import Standing


def told(event: BookingEvent, reader: Reader) -> Standing:
    """What a mail to the reader about the event depends on."""
    booking = event.booking
    if booking.seated:
        return Standing(booking.uid, booking.start, reader.seat_uid)
    series = booking.recurring_uid if len(event.occurrences) > 1 else None
    return Standing(series or booking.uid)


def facts(of: Standing) -> dict[str, object]:
    """As a row of a mail has it."""
    start = None if of.start is None else of.start.isoformat()
    return {"uid": of.uid, "start": start, "seat_uid": of.seat_uid}


def of_facts(stored: Mapping[str, object]) -> Standing:
    start, seat_uid = stored["start"], stored["seat_uid"]
    return Standing(
        str(stored["uid"]),
        None if start is None else datetime.fromisoformat(str(start)),
        None if seat_uid is None else str(seat_uid),
    )
