"""Events of bookings become mails: in the transaction only what has to be written, once."""

from __future__ import annotations

from openslots.events.bookings import BookingEvent
from openslots.kernel.uow import UnitOfWork
from openslots.notifications.service import announcing


async def on_booking(uow: UnitOfWork, event: BookingEvent) -> None:
    """Whatever happened, the people of the booking are told."""
    await announcing.tell(uow, event)
