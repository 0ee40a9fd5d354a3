"""Writing the mails about bookings, in the worker: from facts to rows of mails."""

from __future__ import annotations

import asyncio

from openslots.jobs.queue import JobFacts
from openslots.kernel.uow import Units
from openslots.notifications import parcel
from openslots.notifications.rendering import letters
from openslots.notifications.rules import audience
from openslots.notifications.service import mails


async def of_event(units: Units, job: JobFacts) -> None:
    """Writes the mails of an event, all that can be written in one transaction.

    Raises what kept the others from being written, after that; doing it again writes only those.
    """
    if not units.settings.email.bookings:
        return
    event = parcel.unpacked(job.payload)
    webapp = units.settings.web.base
    written, failures = await asyncio.to_thread(
        letters.written, event, audience.messages(event), webapp, audience.key(event)
    )
    async with units.begin(request_id=job.request_id) as uow:
        await mails.send_mails(uow, written)
        await uow.commit()
    if failures:
        raise failures[0]
