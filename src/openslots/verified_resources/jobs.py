"""What the worker does with codes."""

from __future__ import annotations

from datetime import timedelta

from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import periodic
from openslots.kernel.uow import Units
from openslots.verified_resources import service


@periodic(timedelta(hours=1))
async def purge(units: Units, _: JobFacts) -> None:
    """Deletes the codes that are over."""
    async with units.begin() as uow:
        await service.purge(uow)
        await uow.commit()
