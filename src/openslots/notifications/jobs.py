"""What the worker does with mails."""

from __future__ import annotations

from datetime import timedelta

from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import periodic
from openslots.kernel.uow import Units
from openslots.notifications import service

MOST_ATTEMPTS = 20  # some two days


async def send(units: Units, job: JobFacts) -> None:
    """Sends the mail whose id is the key of the job; one that was sent before is left alone."""
    async with units.begin(read_only=True) as uow:
        letter = await service.waiting(uow, job.key)
    if letter is None:
        return
    last = job.attempts >= MOST_ATTEMPTS
    error = await service.attempt(units.settings, letter, last=last)
    async with units.begin() as uow:
        await service.end(uow, letter.id, error)
        await uow.commit()


@periodic(timedelta(hours=1))
async def purge(units: Units, _: JobFacts) -> None:
    """Deletes old mails, in chunks."""
    more = True
    while more:
        async with units.begin() as uow:
            more = await service.purge(uow)
            await uow.commit()
