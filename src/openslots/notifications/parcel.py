"""Events of bookings as JSON, on their way to the worker that writes the mails of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter

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

_KINDS = {
    kind.__name__: kind
    for kind in (
        BookingCancelled,
        BookingCreated,
        BookingGuestsAdded,
        BookingLocationUpdated,
        BookingRejected,
        BookingRequested,
        BookingRescheduled,
    )
}


@cache
def _adapter(name: str) -> TypeAdapter[Any]:  # Any: an event of the class of that name
    return TypeAdapter(_KINDS[name])


def packed(event: BookingEvent) -> dict[str, Any]:  # Any: JSON
    """All that the event tells, for `unpacked`."""
    name = type(event).__name__
    if event.everyone == event.attendees:
        event = replace(event, everyone=())
    facts = _adapter(name).dump_python(event, mode="json", exclude_defaults=True)
    return {"event": name, "facts": facts}


def unpacked(parcel: Mapping[str, Any]) -> BookingEvent:
    """The event that was packed."""
    event: BookingEvent = _adapter(str(parcel["event"])).validate_python(parcel["facts"])
    return event if event.everyone else replace(event, everyone=event.attendees)
