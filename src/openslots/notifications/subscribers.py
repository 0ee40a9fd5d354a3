"""Events of bookings become mails: in the transaction only what has to be written, once."""

from __future__ import annotations

from openslots.events.bookings import BookingEvent
from openslots.kernel.uow import UnitOfWork
from openslots.notifications.service import announcing


async def on_booking(uow: UnitOfWork, event: BookingEvent) -> None:
    """The people of the booking are told what happened."""
    await announcing.tell(uow, event)


async def on_standing(uow: UnitOfWork, event: BookingEvent) -> None:
    """The same; the event also decides whether, and when, there is a meeting to remind of."""
    await announcing.tell(uow, event)
    await announcing.remind(uow, event)
