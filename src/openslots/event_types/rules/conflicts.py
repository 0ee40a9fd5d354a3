"""Settings that cannot be active together, judged on the state that would result."""

from __future__ import annotations

from typing import Any, Protocol

from openslots.event_types.errors import InvalidEventType


class Merged(Protocol):
    """The columns that contradict each other; Any: as the table types them."""

    seats_per_slot: Any
    locations: Any
    requires_confirmation: Any
    recurrence: Any
    max_active_bookings: Any
    offer_reschedule: Any


def check(merged: Merged) -> None:
    """Raises InvalidEventType for the first contradiction (event type notes, 8.2 and 8.7)."""
    if merged.seats_per_slot is not None:
        if len(merged.locations) > 1:
            raise InvalidEventType(
                "Seats Validation failed: Seats are enabled but more than one location provided."
            )
        if merged.requires_confirmation:
            raise InvalidEventType(
                "Seats Validation failed: Seats are enabled but requiresConfirmation is true."
            )
        if merged.recurrence is not None:
            raise InvalidEventType(
                "Recurring Events and Offer Seats cannot be active at the same time."
            )
    limited = merged.max_active_bookings is not None or merged.offer_reschedule
    if limited and merged.recurrence is not None:
        raise InvalidEventType(
            "Recurring Events and booker active bookings limit cannot be active at the same time."
        )


def check_sent(*, recurrence: bool, active_limit: bool) -> None:
    """Raises InvalidEventType when one body switches both on."""
    if recurrence and active_limit:
        raise InvalidEventType(
            "Can't have `recurrence` and `bookerActiveBookingsLimit` enabled at the same time - "
            "recurring events do not support maximum active bookings limit setting."
        )
