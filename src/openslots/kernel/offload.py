"""Long pure computations in processes of their own, so that they never hold up the event loop."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.connection import wait
from typing import TypeVar

from openslots.kernel.errors import ServiceUnavailable
from openslots.kernel.logging import Log

T = TypeVar("T")

log = Log("offload")

# More than this many callers waiting means that the next one would wait too long.
WAITING = 32


class Overloaded(ServiceUnavailable):
    message = "Too many long computations are waiting. Please try again."


class Offload:
    """A few processes, started when first needed, and a bounded line in front of them.

    Threads would not do: a computation in pure Python keeps the interpreter lock, and every
    request would wait for it again and again.
    """

    def __init__(self, processes: int | None = None, waiting: int = WAITING) -> None:
        self._processes = processes or max(1, min(4, (os.cpu_count() or 2) // 2))
        self._limit = self._processes + waiting
        self._inside = 0
        self._pool: ProcessPoolExecutor | None = None

    @property
    def running(self) -> int:
        """How many computations run or wait."""
        return self._inside

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """`work(*arguments)` elsewhere; function, arguments and result must be picklable.

        Raises Overloaded when too many wait already.
        """
        if self._inside >= self._limit:
            raise Overloaded(headers={"Retry-After": "2"})
        self._inside += 1
        try:
            return await self._run(work, arguments)
        except BrokenProcessPool:
            # A process was killed from outside: once more with new ones.
            log.warning("offload.broken")
            self._discard()
            return await self._run(work, arguments)
        finally:
            self._inside -= 1

    async def _run(self, work: Callable[..., T], arguments: tuple[object, ...]) -> T:
        # Starting a process takes a while, so even that is done beside the loop.
        future = await asyncio.to_thread(lambda: self._ready().submit(work, *arguments))
        return await asyncio.wrap_future(future)

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_settle,
            )
        return self._pool

    def _discard(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    async def close(self) -> None:
        """Ends the processes; what still waits is cancelled, what runs is waited for a moment."""
        pool, self._pool = self._pool, None
        if pool is not None:
            ended = asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
            with suppress(TimeoutError):
                await asyncio.wait_for(ended, timeout=5)


def _settle() -> None:
    """In the new process: the interrupt key is the parent's business, and so is its own life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)
