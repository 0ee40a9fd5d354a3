"""What a request leaves for the worker: the facts of what happened, and when to remind of it."""

from __future__ import annotations

from openslots.events.bookings import (
    LIVE,
    BookingCancelled,
    BookingEvent,
    BookingFacts,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
)
from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel.clock import iso
from openslots.kernel.uow import UnitOfWork
from openslots.notifications import parcel
from openslots.notifications.rules import audience, reminders

BOOKING, REMINDER = "mail.booking", "mail.reminder"
WRITING = "mail"  # the lane of both: however many mails are to be written, others get their turn


async def tell(uow: UnitOfWork, event: BookingEvent) -> None:
    """Has the mails of an event written and sent after the transaction, where it has any.

    One row, whatever the number of mails: nothing is rendered and nothing read here.
    """
    if uow.settings.email.bookings and audience.messages(event):
        await queue.put(uow, BOOKING, audience.key(event), parcel.packed(event), lane=WRITING)


async def remind(uow: UnitOfWork, event: BookingEvent) -> None:
    """Plans what a booking is to be reminded of next, and forgets it for what is over.

    A booking has one such job, which plans the one after it. The hosts of a series are asked once
    for all of it, as they were when it was requested.
    """
    if not uow.settings.email.bookings:
        return
    over = _over(event)
    await queue.drop(uow, REMINDER, *(str(one) for one in sorted(over)))
    asked = event.silent and event.booking.status == "pending"
    job = None if asked or event.booking.id in over else next_job(uow, event.booking)
    if job is not None:
        await queue.put_many(uow, REMINDER, [job])


def next_job(uow: UnitOfWork, booking: BookingFacts) -> NewJob | None:
    """The next reminder of a meeting, or the next question to its hosts; None for no more.

    Its payload says of which start and status it speaks, and how many seconds before the start, or
    after the request, it was to be.
    """
    if booking.status == "accepted":
        lead = reminders.next_lead(uow.settings.email.reminders, booking.start, uow.now)
        at = None if lead is None else reminders.moment(booking.start, lead)
    elif booking.status == "pending":
        lead = reminders.next_question(booking.created_at, booking.start, uow.now)
        at = None if lead is None else booking.created_at + lead
    else:
        return None
    if lead is None:
        return None
    about = {"start": iso(booking.start), "status": booking.status}
    return NewJob(str(booking.id), {**about, "seconds": int(lead.total_seconds())}, run_at=at)


def _over(event: BookingEvent) -> set[int]:
    """The bookings that nobody is to be reminded of any more."""
    booking, found = event.booking, set[int]()
    if isinstance(event, BookingCancelled):
        found |= set(event.ended)
    if isinstance(event, BookingCancelled | BookingRejected) and booking.status not in LIVE:
        found.add(booking.id)
    if isinstance(event, BookingRequested | BookingRescheduled) and event.previous is not None:
        previous = event.previous
        if previous.id != booking.id and previous.status not in LIVE:
            found.add(previous.id)
    return found
