"""Tasks that ignore a cancellation end all the same."""

from __future__ import annotations

import asyncio

import pytest

from openslots.kernel.ending import end


async def deaf(times: int) -> None:
    """Loses the first cancellations, as a client's time limit may."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            times -= 1
            if times < 0:
                raise


async def test_every_task_is_over_afterwards() -> None:
    tasks = [asyncio.create_task(deaf(times)) for times in (0, 1, 3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end(*tasks)
    assert all(task.cancelled() for task in tasks)


async def test_nothing_to_end() -> None:
    await end()


async def test_what_a_task_ends_in_turn_does_not_outlive_it() -> None:
    inner = asyncio.create_task(deaf(3))

    async def around() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await end(inner)

    outer = asyncio.create_task(around())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end(outer)
    assert outer.cancelled()
    assert inner.cancelled()


async def test_who_is_cancelled_while_ending_others_hears_of_it_afterwards() -> None:
    inner = asyncio.create_task(deaf(1))
    task = asyncio.create_task(end(inner))
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert inner.cancelled()
