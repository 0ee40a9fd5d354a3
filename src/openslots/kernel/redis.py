"""A Redis that may be away: every call has a short limit, and a broken one gets a pause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from openslots.kernel import metrics
from openslots.kernel.logging import Log
from openslots.kernel.settings import Redis as RedisSettings

if TYPE_CHECKING:
    from redis.asyncio import Redis as Client

log = Log("redis")
T = TypeVar("T")
PAUSE = 5.0  # seconds for which a failing Redis is not asked again


class RedisAway(Exception):
    """Redis is not configured, does not answer in time, or failed a moment ago."""


class Redis:
    """A lazily connected client behind a circuit breaker."""

    def __init__(self, settings: RedisSettings) -> None:
        self._url = settings.url.get_secret_value()
        self._timeout = settings.timeout.total_seconds()
        self._client: Client | None = None
        self._closed_until = 0.0

    @property
    def configured(self) -> bool:
        return bool(self._url)

    @property
    def url(self) -> str:
        return self._url

    def _connected(self) -> Client:
        if self._client is None:
            from redis.asyncio import Redis as Client

            self._client = Client.from_url(
                self._url,
                socket_connect_timeout=self._timeout,
                socket_timeout=self._timeout,
                max_connections=64,
            )
        return self._client

    async def call(self, use: Callable[[Client], Awaitable[T]]) -> T:
        """The result of `use(client)`, or RedisAway after the time limit at the latest."""
        if not self._url or time.monotonic() < self._closed_until:
            raise RedisAway
        client = self._connected()  # the first time this imports the library: not on the clock
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                return await use(client)
        except Exception as error:
            ended = time.monotonic()
            # A limit that is noticed late is this process's own fault: something held its loop.
            if ended - started < 2 * self._timeout:
                self._closed_until = ended + PAUSE
            metrics.REDIS_FAILURES.inc()
            log.warning("redis.away", error=type(error).__name__)
            raise RedisAway from error

    async def ping(self) -> bool:
        try:
            await self.call(lambda client: client.ping())
        except RedisAway:
            return False
        return True

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None
