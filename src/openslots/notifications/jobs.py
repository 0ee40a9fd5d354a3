"""What the worker does with mails."""

from __future__ import annotations

from datetime import timedelta

from openslots.jobs.chunks import in_chunks
from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import periodic
from openslots.kernel.uow import Units
from openslots.notifications.service import mails, writing

MOST_ATTEMPTS = 20  # some two days


async def send(units: Units, job: JobFacts) -> None:
    """Sends the mail whose id is the key of the job; one that was sent before is left alone."""
    async with units.begin(read_only=True) as uow:
        mail = await mails.waiting(uow, job.key, again=job.attempts > 1)
    if mail is None:
        return
    if isinstance(mail, mails.Outdated):
        error: str | None = mails.leave(mail)
    else:
        last = job.attempts >= MOST_ATTEMPTS
        error = await mails.attempt(units.settings, mail, last=last)
    async with units.begin() as uow:
        await mails.end(uow, mail.id, error)
        await uow.commit()


async def booking(units: Units, job: JobFacts) -> None:
    """Writes the mails about what happened to a booking; running it twice writes them once."""
    await writing.of_event(units, job)


async def reminder(units: Units, job: JobFacts) -> None:
    """Reminds of the booking whose id is the job's key, if it still stands as it did."""
    await writing.of_clock(units, job)


@periodic(timedelta(hours=1))
async def purge(units: Units, _: JobFacts) -> None:
    """Deletes old mails, in chunks."""
    await in_chunks(units, mails.purge, mails.CHUNK)
