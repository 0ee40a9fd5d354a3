"""What a request leaves for the worker: the facts of what happened, and when to remind of it."""

from __future__ import annotations

from openslots.events.bookings import BookingEvent
from openslots.jobs import queue
from openslots.kernel.uow import UnitOfWork
from openslots.notifications import parcel
from openslots.notifications.rules import audience

BOOKING = "mail.booking"


async def tell(uow: UnitOfWork, event: BookingEvent) -> None:
    """Has the mails of an event written and sent after the transaction, where it has any.

    One row, whatever the number of mails: nothing is rendered and nothing read here.
    """
    if uow.settings.email.bookings and audience.messages(event):
        await queue.put(uow, BOOKING, audience.key(event), parcel.packed(event))
