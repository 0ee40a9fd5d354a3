"""The alarm clock: arq carries a ring from the API to the worker, never any work.

`Alarm` rings without waiting or raising. `listen` is the other end: an arq worker whose only job
sets the runner's bell; it ends with Redis and is started again.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging as standard_logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from openslots.kernel import clock
from openslots.kernel.ending import end
from openslots.kernel.logging import Log
from openslots.kernel.redis import Redis, RedisAway

if TYPE_CHECKING:
    from redis.asyncio import Redis as Client

log = Log("alarm")
QUEUE = "openslots:alarm"
RING = "ring"
LOOK_SECONDS = 0.05  # how often arq looks into its queue
EXPIRES_SECONDS = 60
BACK_OFF = (1.0, 2.0, 5.0, 10.0)
WELL_SECONDS = 60.0  # a run that lasts as long was well
# Rings share this many ids, so that they do not pile up while no worker listens.
RING_IDS, RING_MS = 100, 20


class Alarm:
    """`wake()` never blocks and never raises; the worker polls anyway."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._ringing: asyncio.Task[None] | None = None
        self._again = False

    def wake(self) -> None:
        if not self._redis.configured:
            return
        if self._ringing is not None and not self._ringing.done():
            self._again = True
            return
        self._ringing = asyncio.get_running_loop().create_task(self._ring())

    async def rung(self) -> None:
        """Returns when the ring that is under way has reached Redis or given up."""
        if self._ringing is not None:
            await self._ringing

    async def _ring(self) -> None:
        connections: Any = await asyncio.to_thread(importlib.import_module, "arq.connections")

        async def enqueue(client: Client) -> object:
            arq = connections.ArqRedis(client.connection_pool, job_serializer=_dump)
            number = int(clock.now().timestamp() * 1000) // RING_MS % RING_IDS
            return await arq.enqueue_job(
                RING, _job_id=f"{QUEUE}:{number}", _queue_name=QUEUE, _expires=EXPIRES_SECONDS
            )

        self._again = True
        while self._again:
            self._again = False
            try:
                await self._redis.call(enqueue)
            except RedisAway:
                return


async def listen(url: str, ring: Callable[[], None]) -> None:
    """Calls `ring` whenever somebody woke the worker; runs until it is cancelled."""
    failures = 0
    while True:
        since, error = time.monotonic(), None
        try:
            await _run_arq(url, ring)
        except Exception as raised:
            error = type(raised).__name__
        failures = after(failures, time.monotonic() - since)
        if failures == 1 and error is not None:
            log.warning("alarm.silent", error=error)
        await asyncio.sleep(BACK_OFF[min(failures, len(BACK_OFF)) - 1])


def after(failures: int, lasted: float) -> int:
    """How many runs have failed in a row with this one, which lasted so many seconds."""
    return 1 if lasted >= WELL_SECONDS else failures + 1


async def _run_arq(url: str, ring: Callable[[], None]) -> None:
    from arq.connections import ArqRedis
    from arq.worker import Worker, func

    standard_logging.getLogger("arq").setLevel(standard_logging.ERROR)

    async def on_ring(_: object) -> None:
        ring()

    function: Any = on_ring  # Any: arq's protocol asks for arguments that a ring has not
    pool = ArqRedis.from_url(url, socket_connect_timeout=2, socket_timeout=5)
    worker = Worker(
        [func(function, name=RING, keep_result=0, max_tries=1)],
        queue_name=QUEUE,
        redis_pool=pool,
        handle_signals=False,
        poll_delay=LOOK_SECONDS,
        keep_result=0,
        job_timeout=10,
        job_serializer=_dump,
        job_deserializer=json.loads,
        log_results=False,
    )
    task = asyncio.create_task(worker.main())
    try:
        await asyncio.wait([task])
        task.result()
    finally:
        await end(task)
        if worker.tasks:
            await asyncio.wait(worker.tasks.values(), timeout=1)
        await pool.aclose()


def _dump(value: dict[str, Any]) -> bytes:  # Any: arq's own job document
    return json.dumps(value).encode()
