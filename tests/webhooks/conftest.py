"""A receiver, and a worker that runs in the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from openslots.jobs.runner import Runner
from openslots.kernel.uow import Units
from openslots.webhooks import jobs
from tests.webhooks.receiver import Receiver, receiving

HANDLERS = {
    "webhooks.deliver": jobs.deliver,
    "webhooks.meeting": jobs.meeting,
    "webhooks.remove": jobs.remove,
}
Work = Callable[[], Awaitable[int]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
def work(units: Units) -> Work:
    """Runs every job of webhooks that is due; returns how many attempts that took."""
    return lambda: Runner(units, HANDLERS).run_until_idle()
