"""Batches: each caller gets its own result, and one bad item spoils nothing for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from openslots.kernel.batching import Batcher


class Doubling:
    """Doubles numbers; refuses batches that hold a negative one. Opens its gate per batch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        await self.gate.wait()
        if any(item < 0 for item in items):
            raise ValueError("negative")
        return [2 * item for item in items]


async def test_items_of_one_moment_go_together() -> None:
    doubling = Doubling()
    batcher = Batcher(doubling)
    assert await asyncio.gather(*(batcher(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert doubling.batches == [[0, 1, 2, 3, 4]]
    assert await batcher(7) == 14
    assert doubling.batches[1:] == [[7]]


async def test_items_that_come_meanwhile_form_the_next_batch() -> None:
    doubling = Doubling()
    doubling.gate.clear()
    batcher = Batcher(doubling)
    first = asyncio.create_task(batcher(1))
    for _ in range(5):
        await asyncio.sleep(0)
    later = [asyncio.create_task(batcher(number)) for number in (2, 3)]
    for _ in range(5):
        await asyncio.sleep(0)
    doubling.gate.set()
    assert await asyncio.gather(first, *later) == [2, 4, 6]
    assert doubling.batches == [[1], [2, 3]]


async def test_a_batch_has_a_largest_size() -> None:
    doubling = Doubling()
    batcher = Batcher(doubling, most=2)
    await asyncio.gather(*(batcher(number) for number in range(5)))
    assert doubling.batches == [[0, 1], [2, 3], [4]]


async def test_only_the_bad_item_fails() -> None:
    doubling = Doubling()
    batcher = Batcher(doubling)
    good, bad, other = await asyncio.gather(
        batcher(1), batcher(-1), batcher(2), return_exceptions=True
    )
    assert (good, other) == (2, 4)
    assert isinstance(bad, ValueError)
    with pytest.raises(ValueError, match="negative"):
        await batcher(-5)


async def test_a_caller_that_gave_up_does_not_disturb_the_others() -> None:
    doubling = Doubling()
    doubling.gate.clear()
    batcher = Batcher(doubling)
    leaving, staying = asyncio.create_task(batcher(1)), asyncio.create_task(batcher(2))
    for _ in range(5):
        await asyncio.sleep(0)
    leaving.cancel()
    doubling.gate.set()
    assert await staying == 4
