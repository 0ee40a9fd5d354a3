"""Jobs of webhooks: one attempt of a delivery, triggers by the clock, and what is old."""

from __future__ import annotations

from datetime import timedelta

from openslots.jobs.queue import JobFacts, Retry
from openslots.jobs.runner import periodic
from openslots.kernel import outbound
from openslots.kernel.uow import Units
from openslots.webhooks.service import announcing, log, sending


async def deliver(units: Units, job: JobFacts) -> None:
    """Sends the delivery that the job's key names; running it twice is harmless."""
    async with units.begin(request_id=job.request_id) as uow:
        outgoing = await sending.prepare(uow, job.key)
        await uow.commit()
    if outgoing is None:
        return
    attempted = await sending.attempt(outbound.shared(units.settings), outgoing)
    async with units.begin(request_id=job.request_id) as uow:
        again = await sending.record(uow, outgoing, attempted)
        await uow.commit()
    if again is not None:
        raise Retry(again, attempted.error)


async def meeting(units: Units, job: JobFacts) -> None:
    """Tells that the booking that the job's key names started or ended."""
    async with units.begin(request_id=job.request_id) as uow:
        await announcing.fire(uow, int(job.key), str(job.payload["trigger"]))
        await uow.commit()


@periodic(timedelta(hours=1))
async def purge(units: Units, _: JobFacts) -> None:
    """Deletes deliveries that are older than the setting, in chunks."""
    gone = log.CHUNK
    while gone == log.CHUNK:
        async with units.begin() as uow:
            gone = await log.purge(uow)
            await uow.commit()
