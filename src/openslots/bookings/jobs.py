"""What the worker does for bookings."""

from __future__ import annotations

from datetime import timedelta

from openslots.bookings.service import idempotency
from openslots.jobs.chunks import in_chunks
from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import periodic
from openslots.kernel.uow import Units


@periodic(timedelta(hours=1))
async def purge_answers(units: Units, _: JobFacts) -> None:
    """Deletes the answers whose Idempotency-Key has run out."""
    await in_chunks(units, idempotency.purge, idempotency.CHUNK)
