"""What the worker does for users."""

from __future__ import annotations

from datetime import timedelta

from openslots.jobs.chunks import in_chunks
from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import periodic
from openslots.kernel.uow import Units
from openslots.users.service import email


@periodic(timedelta(hours=1))
async def purge_changes(units: Units, _: JobFacts) -> None:
    """Deletes changes of an address that nobody consented to in time."""
    await in_chunks(units, email.purge, email.CHUNK)
