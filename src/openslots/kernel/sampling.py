"""What is measured every second rather than at every event: the loop's lag, pools, what runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from openslots.kernel import metrics
from openslots.kernel.db import Pool
from openslots.kernel.ending import end
from openslots.kernel.uow import Units

EVERY = 1.0  # seconds


class Sampler:
    """Publishes numbers of the moment, every second and whenever somebody looks."""

    def __init__(self, units: Units, *more: Callable[[], None]) -> None:
        self._units, self._more = units, more

    def look(self) -> None:
        """Sets every gauge."""
        metrics.IN_FLIGHT.set(metrics.in_flight.value)
        metrics.OFFLOADED.set(self._units.offload.running)
        pools = [one.pool for one in self._units.engines if isinstance(one.pool, Pool)]
        metrics.POOL_SIZE.set(sum(pool.size() for pool in pools))
        metrics.POOL_USED.set(sum(pool.checkedout() for pool in pools))
        metrics.POOL_WAITING.set(sum(pool.waiting for pool in pools))
        for publish in self._more:
            publish()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Looks every second within the block, and measures how late the loop is."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            await end(task)

    async def _forever(self) -> None:
        await asyncio.to_thread(metrics.load)  # the library's import, beside the loop
        loop = asyncio.get_running_loop()
        while True:
            since = loop.time()
            await asyncio.sleep(EVERY)
            metrics.LOOP_LAG.observe(max(0.0, loop.time() - since - EVERY))
            self.look()
