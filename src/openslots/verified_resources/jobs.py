"""What the worker does with codes."""

from __future__ import annotations

from datetime import timedelta

from openslots.jobs.chunks import in_chunks
from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import periodic
from openslots.kernel.uow import Units
from openslots.verified_resources.service import codes


@periodic(timedelta(hours=1))
async def purge(units: Units, _: JobFacts) -> None:
    """Deletes the codes that are over."""
    await in_chunks(units, codes.purge, codes.CHUNK)
