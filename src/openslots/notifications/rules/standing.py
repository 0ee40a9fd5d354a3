"""PURE. What of a booking must still hold for a late mail about it to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from openslots.events.bookings import BookingEvent
from openslots.notifications.rules.audience import Reader


@dataclass(frozen=True, slots=True)
class Standing:
    """`uid` is that of a booking, or of a series where a mail tells of all of it. A group meeting
    keeps its uid when it is moved, and stays when a seat is given back: of one, the start that was
    told and the seat of who reads it are added."""

    uid: str
    start: datetime | None = None
    seat_uid: str | None = None

    def text(self) -> str:
        """As a row of a mail has it."""
        if self.start is None:
            return self.uid
        return " ".join((self.uid, self.start.isoformat(), self.seat_uid or "")).strip()


def of_text(text: str) -> Standing:
    uid, *more = text.split(" ")
    if not more:
        return Standing(uid)
    return Standing(uid, datetime.fromisoformat(more[0]), more[1] if len(more) > 1 else None)


def told(event: BookingEvent, reader: Reader) -> Standing:
    """What a mail to the reader about the event depends on."""
    booking = event.booking
    if booking.seated:
        return Standing(booking.uid, booking.start, reader.seat_uid)
    series = booking.recurring_uid if len(event.occurrences) > 1 else None
    return Standing(series or booking.uid)
