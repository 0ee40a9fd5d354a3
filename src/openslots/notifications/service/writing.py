"""Writing the mails about bookings, in the worker: from facts to rows of mails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from openslots.events.bookings import BookingEvent, BookingFacts
from openslots.jobs import queue
from openslots.jobs.queue import JobFacts
from openslots.kernel.clock import iso
from openslots.kernel.uow import Units
from openslots.notifications import parcel
from openslots.notifications.rendering import letters
from openslots.notifications.repository import meetings
from openslots.notifications.repository.meetings import Meeting
from openslots.notifications.rules import audience, reminders
from openslots.notifications.rules.audience import Message
from openslots.notifications.service import mails
from openslots.notifications.service.announcing import REMINDER, next_job
from openslots.notifications.types import NewMail


async def of_event(units: Units, job: JobFacts) -> None:
    """Writes the mails of an event, all that can be written in one transaction.

    Raises what kept the others from being written, after that; doing it again writes only those.
    """
    if not units.settings.email.bookings:
        return
    event = parcel.unpacked(job.payload)
    written, failures = await _written(units, event, audience.messages(event), audience.key(event))
    async with units.begin(request_id=job.request_id) as uow:
        await mails.send_mails(uow, written, since=job.created_at)
        await uow.commit()
    if failures:
        raise failures[0]


async def of_clock(units: Units, job: JobFacts) -> None:
    """Reminds of a meeting, or of a request that waits, and plans the next time.

    What was cancelled or moved meanwhile is not told of, and nothing after the start: a reminder
    that comes late comes once, for all the times that were missed. What happens to the booking
    while the mails are written plans anew, and these are not sent.
    """
    if not units.settings.email.bookings:
        return
    async with units.begin(read_only=True) as uow:
        found = await meetings.meeting(uow.session, int(job.key), uow.now)
    if found is None or not _holds(found, job):
        return
    event, booking = found.event, found.event.booking
    written, _ = await _written(units, event, _due(found), _key(booking, job))
    async with units.begin(request_id=job.request_id) as uow:
        if not await meetings.still(uow.session, booking):
            return
        await mails.send_mails(uow, written)
        following = next_job(uow, booking)
        if following is not None:
            await queue.put_many(uow, REMINDER, [following])
        await uow.commit()


async def _written(
    units: Units, event: BookingEvent, messages: Sequence[Message], key: str
) -> tuple[list[NewMail], list[Exception]]:
    """The mails, made in a thread: the loop goes on meanwhile, however many they are."""
    webapp = units.settings.web.base
    secret = units.settings.security.session_secret.get_secret_value()
    return await asyncio.to_thread(letters.written, event, messages, webapp, key, secret)


def _holds(found: Meeting, job: JobFacts) -> bool:
    """Whether the booking is as it was when the job was planned, and still ahead."""
    booking = found.event.booking
    then = job.payload.get("start"), job.payload.get("status")
    return then == (iso(booking.start), booking.status) and booking.start > found.event.at


def _due(found: Meeting) -> list[Message]:
    if found.event.booking.status == "pending":
        return audience.still_pending(found.event)
    off = reminders.switched_off(found.metadata)
    return [one for one in audience.reminders(found.event) if one.reader.role not in off]


def _key(booking: BookingFacts, job: JobFacts) -> str:
    """Tells each reminder from those of other times; the same however often the job runs."""
    facts = (
        booking.uid,
        "clock",
        booking.ics_sequence,
        *(value for _, value in sorted(job.payload.items())),
    )
    return ":".join(str(one) for one in facts)
