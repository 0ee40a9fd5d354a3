"""A question to something slow, asked once at a time and never waited for longer than allowed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Glance(Generic[T]):
    """Asks `work` and remembers its answer for `keep` seconds.

    Everybody who comes while a question is under way waits for that one, at most `limit` seconds:
    then the answer is `late`. What hangs is not cancelled, so that it never becomes many.
    """

    def __init__(
        self, work: Callable[[], Awaitable[T]], *, late: T, keep: float, limit: float
    ) -> None:
        self._work, self._late, self._keep, self._limit = work, late, keep, limit
        self._asking: asyncio.Task[T] | None = None
        self._until = 0.0

    async def __call__(self) -> T:
        asking = self._asking
        if asking is None or (asking.done() and time.monotonic() >= self._until):
            asking = self._asking = asyncio.create_task(self._ask())
        await asyncio.wait({asking}, timeout=self._limit)
        return asking.result() if asking.done() else self._late

    async def _ask(self) -> T:
        try:
            return await self._work()
        finally:
            self._until = time.monotonic() + self._keep
