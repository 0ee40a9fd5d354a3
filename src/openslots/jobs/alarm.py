"""The alarm clock of the API: tells the worker that a job was committed, and never waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from openslots.kernel.redis import Redis, RedisAway

if TYPE_CHECKING:
    from redis.asyncio import Redis as Client

CHANNEL = "openslots:jobs"


class Alarm:
    """`wake()` never blocks and never raises; the worker polls anyway."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._ringing: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        if not self._redis.configured or self._ringing:
            return
        task = asyncio.get_running_loop().create_task(self._ring())
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def _ring(self) -> None:
        async def publish(client: Client) -> int:
            return int(await client.publish(CHANNEL, "1"))

        try:
            await self._redis.call(publish)
        except RedisAway:
            return
