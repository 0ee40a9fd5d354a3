"""The pause after a Redis that failed."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from openslots.kernel import settings as kernel
from openslots.kernel.redis import Redis, RedisAway

pytestmark = pytest.mark.anyio
LIMIT = 0.2  # seconds


@pytest.fixture
def redis(redis_url: str) -> Redis:
    if not redis_url:
        pytest.skip("there is no Redis here")
    return Redis(kernel.Redis(url=SecretStr(redis_url), timeout=timedelta(seconds=LIMIT)))


async def slow(client: Any) -> None:
    await client.blpop("nothing comes", timeout=5)


async def held(client: Any) -> None:
    """The loop of this process stands still while Redis would answer."""
    time.sleep(LIMIT * 2.5)  # noqa: ASYNC251  (it is what is tested)
    await client.ping()


async def test_a_redis_that_is_late_is_not_asked_for_a_while(redis: Redis) -> None:
    assert await redis.ping()
    with pytest.raises(RedisAway):
        await redis.call(slow)
    assert not await redis.ping()
    await redis.close()


async def test_a_loop_that_was_held_is_not_the_fault_of_redis(redis: Redis) -> None:
    assert await redis.ping()
    with pytest.raises(RedisAway):
        await redis.call(held)
    assert await redis.ping()
    await redis.close()
