"""What the worker does for slots."""

from __future__ import annotations

from datetime import timedelta

from openslots.jobs.chunks import in_chunks
from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import periodic
from openslots.kernel.uow import Units
from openslots.slots.service import holds


@periodic(timedelta(minutes=10))
async def purge_holds(units: Units, _: JobFacts) -> None:
    """Deletes the holds of a time that have run out."""
    await in_chunks(units, holds.purge, holds.CHUNK)
