"""Tasks that are ended are over, whatever they do with the first cancellations."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from openslots.kernel.ending import end

pytestmark = pytest.mark.anyio


async def stubborn(times: int) -> None:
    """Loses so many cancellations, as a client does whose answer comes just then."""
    for _ in range(times):
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
    await asyncio.sleep(60)


async def begun(task: asyncio.Task[None]) -> asyncio.Task[None]:
    await asyncio.sleep(0)
    return task


async def test_a_task_that_loses_cancellations_is_over() -> None:
    task = await begun(asyncio.create_task(stubborn(3)))
    async with asyncio.timeout(10):
        await end(task)
    assert task.cancelled()


async def test_what_a_task_ends_in_turn_does_not_outlive_it() -> None:
    inner = await begun(asyncio.create_task(stubborn(3)))

    async def outer() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await end(inner)

    task = await begun(asyncio.create_task(outer()))
    async with asyncio.timeout(10):
        await end(task)
    assert task.cancelled()
    assert inner.cancelled()


async def test_who_is_cancelled_while_ending_others_is_cancelled() -> None:
    inner = await begun(asyncio.create_task(stubborn(1)))
    task = await begun(asyncio.create_task(end(inner)))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert inner.cancelled()
