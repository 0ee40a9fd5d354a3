"""The worker's side of mails, run in the test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import delete

from openslots.jobs.runner import Runner
from openslots.kernel.uow import Units
from openslots.models import Job
from openslots.notifications import jobs

HANDLERS = {"mail.booking": jobs.booking, "mail.reminder": jobs.reminder}
Work = Callable[[], Awaitable[int]]


@pytest.fixture
async def work(units: Units) -> Work:
    """Writes the mails of what happens in this test; what other tests left to do is dropped."""
    async with units.begin() as uow:
        await uow.session.execute(delete(Job).where(Job.kind.in_(HANDLERS)))
        await uow.commit()
    return lambda: Runner(units, HANDLERS).run_until_idle()
