"""Tasks that ignore a cancellation end all the same."""

from __future__ import annotations

import asyncio

from openslots.jobs.ending import end


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
