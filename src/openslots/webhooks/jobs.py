"""Jobs of webhooks: one attempt of a delivery, triggers by the clock, and what is old or
deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary, proxy

from openslots.jobs.chunks import in_chunks
from openslots.jobs.queue import JobFacts, Retry
from openslots.jobs.runner import periodic
from openslots.kernel import clock, metrics, outbound, tracing
from openslots.kernel.batching import Batcher
from openslots.kernel.uow import Units
from openslots.providers.daily import DailyFailed
from openslots.webhooks.service import clocked, log, no_shows, sending
from openslots.webhooks.types import Attempted, Candidate, Cause, Firing

MOST_PATIENT = 3600  # seconds that a provider may ask to wait


class _Together:
    """What the jobs of one worker read and write at the same moment goes together."""

    def __init__(self, units: Units) -> None:
        self._units: Units = proxy(units)  # so that the table below forgets both together
        self.prepare = Batcher(self._prepare)
        self.delivered = Batcher(self._delivered)
        self.fire = Batcher(self._fire)

    async def _prepare(self, ids: Sequence[str]) -> Sequence[Candidate | Retry | None]:
        async with self._units.begin(autocommit=True) as uow:
            return await sending.prepare(uow, ids)

    async def _delivered(self, sent: Sequence[tuple[Candidate, Attempted]]) -> Sequence[None]:
        async with self._units.begin(autocommit=True) as uow:
            await sending.delivered(uow, sent)
        return [None] * len(sent)

    async def _fire(self, firings: Sequence[Firing]) -> Sequence[None]:
        async with self._units.begin() as uow:
            await clocked.fire(uow, firings)
            await uow.commit()
        return [None] * len(firings)


_batches: WeakKeyDictionary[Units, _Together] = WeakKeyDictionary()


def _together(units: Units) -> _Together:
    return _batches.get(units) or _batches.setdefault(units, _Together(units))


async def deliver(units: Units, job: JobFacts) -> None:
    """Sends the delivery that the job's key names; running it twice is harmless."""
    together = _together(units)
    found = await together.prepare(job.key)
    if isinstance(found, Retry):
        raise found
    if found is None:
        return
    attempted = await sending.attempt(outbound.shared(units.settings), found)
    if attempted.retrying is None:
        await together.delivered((found, attempted))
        metrics.DELIVERIES.inc("delivered")
        return
    async with units.begin(request_id=job.request_id) as uow:
        again = await sending.failed(uow, found, attempted)
        await uow.commit()
    metrics.DELIVERIES.inc("retried" if again is not None else "given_up")
    if again is not None:
        raise Retry(again, attempted.error)


async def meeting(units: Units, job: JobFacts) -> None:
    """Tells that the booking that the job's key names started or ended, or who did not come."""
    if job.payload["trigger"] == no_shows.LOOK:
        await _look(units, job)
        return
    cause = Cause(job.request_id, tracing.traceparent())
    firing = Firing(int(job.key), str(job.payload["trigger"]), cause)
    await _together(units).fire(firing)


async def _look(units: Units, job: JobFacts) -> None:
    """The provider is asked between two transactions."""
    booking_id = int(job.key.partition(":")[0])
    since = job.payload["since"]
    after = None if since is None else datetime.fromisoformat(str(since))
    async with units.begin(request_id=job.request_id) as uow:
        room = await no_shows.room_to_ask(uow, booking_id, after)
        await uow.commit()
    if room is None:
        return
    try:
        calls = await no_shows.calls_in(units.settings, room)
    except DailyFailed as failure:
        if failure.retry_after is None:
            raise
        wait = timedelta(seconds=min(failure.retry_after, MOST_PATIENT))
        raise Retry(clock.now() + wait, str(failure)) from None
    async with units.begin(request_id=job.request_id) as uow:
        await no_shows.tell(uow, booking_id, after, calls)
        await uow.commit()


@periodic(timedelta(hours=1))
async def purge(units: Units, _: JobFacts) -> None:
    """Deletes deliveries that are older than the setting, in chunks."""
    await in_chunks(units, log.purge, log.CHUNK)


async def remove(units: Units, job: JobFacts) -> None:
    """Deletes the deliveries of the deleted webhook that the job's key names, in chunks, and then
    itself."""
    await in_chunks(units, lambda uow: log.clear(uow, job.key), log.CHUNK)
    async with units.begin(request_id=job.request_id) as uow:
        await log.remove(uow, job.key)
        await uow.commit()
