"""A database of the test's own: the jobs table is global."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from openslots.jobs.runner import Runner
from openslots.kernel import db, settings
from openslots.kernel.bus import Bus
from openslots.kernel.settings import Settings
from openslots.kernel.uow import Units
from openslots.models import Job

PATIENCE = 10


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:  # Any: whatever is waited for
    """The first true result of `condition`, asked again and again."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await condition()):  # noqa: ASYNC110  (the database has no event)
            await asyncio.sleep(0.01)
    return found


async def job(units: Units, kind: str, key: str = "") -> Job | None:
    async with units.begin() as uow:
        return await uow.session.scalar(select(Job).where(Job.kind == kind, Job.key == key))


async def the_job(units: Units, kind: str, key: str = "") -> Job:
    found = await job(units, kind, key)
    assert found is not None
    return found


@pytest.fixture
async def alone(fresh_settings: Settings) -> AsyncIterator[Units]:
    """Units of work on a database that only this test uses."""
    quick = settings.Jobs(poll=timedelta(seconds=0.05), concurrency=4)
    quick = quick.model_copy(update={"lease": timedelta(seconds=0.6)})  # less than one may set
    made = fresh_settings.model_copy(update={"jobs": quick})
    units = Units(db.create_engine(made.db), made, Bus())
    yield units
    await units.close()


class Served:
    """A runner that works beside the test."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.task = asyncio.create_task(runner.serve(drain=5))

    async def stop(self) -> None:
        self.runner.stop()
        await self.task
