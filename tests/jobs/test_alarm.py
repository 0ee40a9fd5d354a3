"""The alarm: a ring of the API reaches the worker through arq, and a broken Redis hurts nobody."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import timedelta

import pytest
from pydantic import SecretStr

from openslots.jobs import alarm
from openslots.jobs.alarm import Alarm
from openslots.kernel import settings as kernel
from openslots.kernel.redis import Redis
from tests.jobs.conftest import PATIENCE


def redis_at(url: str, *, seconds: float = 0.1) -> Redis:
    return Redis(kernel.Redis(url=SecretStr(url), timeout=timedelta(seconds=seconds)))


@pytest.fixture
def needs_redis(redis_url: str) -> str:
    if not redis_url:
        pytest.skip("no Redis on this machine")
    return redis_url


async def test_a_wake_rings_the_bell_of_a_listener(needs_redis: str) -> None:
    rung = asyncio.Event()
    listening = asyncio.create_task(alarm.listen(needs_redis, rung.set))
    redis = redis_at(needs_redis)
    ringing = Alarm(redis)
    try:
        for _ in range(3):
            rung.clear()
            async with asyncio.timeout(PATIENCE):
                while not rung.is_set():  # one that takes longer than it may is given up
                    ringing.wake()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(rung.wait(), 1)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await redis.close()


async def test_a_listener_can_be_stopped_at_any_moment(needs_redis: str) -> None:
    for step in range(25):
        listening = asyncio.create_task(alarm.listen(needs_redis, lambda: None))
        await asyncio.wait([listening], timeout=0.011 * step)
        listening.cancel()
        done, _ = await asyncio.wait([listening], timeout=PATIENCE)
        assert done


async def test_rings_that_nobody_hears_do_not_pile_up(needs_redis: str) -> None:
    redis = redis_at(needs_redis, seconds=PATIENCE)
    ringing = Alarm(redis)
    for _ in range(300):
        ringing.wake()
        await asyncio.sleep(0)
    await asyncio.wait_for(ringing.rung(), PATIENCE)
    waiting = await redis.call(lambda client: client.zcard(alarm.QUEUE))
    assert 1 <= waiting <= alarm.RING_IDS
    await redis.call(lambda client: client.delete(alarm.QUEUE))
    await redis.close()


async def test_without_redis_waking_does_nothing() -> None:
    ringing = Alarm(redis_at(""))
    ringing.wake()
    await ringing.rung()


async def test_a_frozen_redis_costs_the_caller_nothing() -> None:
    async def swallow(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    redis = redis_at(f"redis://127.0.0.1:{port}/0", seconds=2)
    ringing = Alarm(redis)
    since = time.monotonic()
    ringing.wake()
    assert time.monotonic() - since < 1
    await asyncio.wait_for(ringing.rung(), 5)
    await redis.close()
    server.close()


async def test_a_listener_whose_redis_is_away_keeps_trying() -> None:
    listening = asyncio.create_task(alarm.listen("redis://127.0.0.1:1/0", lambda: None))
    done, _ = await asyncio.wait([listening], timeout=0.2)
    assert not done
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


def test_a_listener_that_worked_for_long_begins_anew() -> None:
    failures, pauses = 0, []
    for lasted in (0, 1, 9, 0, 120, 0):
        failures = alarm.after(failures, lasted)
        pauses.append(alarm.BACK_OFF[min(failures, len(alarm.BACK_OFF)) - 1])
    assert pauses == [1, 2, 5, 10, 1, 2]
