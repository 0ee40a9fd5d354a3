"""Work on many rows in small transactions, so that no lock, dead row or undo grows with them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from openslots.jobs.queue import Retry
from openslots.kernel import clock
from openslots.kernel.uow import UnitOfWork, Units

LONGEST = 120.0  # seconds; what is left then is done by the job's next run
PAUSE = timedelta(seconds=5)


async def in_chunks(units: Units, step: Callable[[UnitOfWork], Awaitable[int]], size: int) -> int:
    """Does `step`, which works on up to `size` rows and returns how many they were, in one
    transaction after the other until a chunk is not full; returns how many rows there were.

    Raises Retry where that takes long: a job has a time limit, and other jobs want its place.
    """
    done, end = 0, time.monotonic() + LONGEST
    while True:
        async with units.begin() as uow:
            count = await step(uow)
            await uow.commit()
        done += count
        if count < size:
            return done
        if time.monotonic() > end:
            raise Retry(clock.now() + PAUSE, counted=False)
