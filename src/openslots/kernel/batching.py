"""Many small things done at the same moment, handled together in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Batcher(Generic[A, B]):
    """`await batcher(item)` gives the item's own result of `handle(items)`.

    Items that come while a batch is under way form the next one, so a single item waits for
    nothing. When a batch fails its items are tried one by one, and each gets its own error.
    Belongs to one event loop.
    """

    def __init__(
        self, handle: Callable[[Sequence[A]], Awaitable[Sequence[B]]], *, most: int = 100
    ) -> None:
        self._handle = handle
        self._most = most
        self._waiting: list[tuple[A, asyncio.Future[B]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, item: A) -> B:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[B] = loop.create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        await asyncio.sleep(0)  # those of the same moment come along
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._together(batch)
        finally:
            self._running = None

    async def _together(self, batch: Sequence[tuple[A, asyncio.Future[B]]]) -> None:
        try:
            results = await self._handle([item for item, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                _fail(batch[0][1], error)
                return
            for pair in batch:
                await self._together([pair])
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)


def _fail(future: asyncio.Future[B], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
