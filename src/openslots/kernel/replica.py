"""Reads on a standby of Postgres that are as fresh as reads on the primary.

Before it reads, a caller asks the primary how far its log reaches, which takes microseconds, and
then reads on the standby once that has replayed so far. So whatever was committed before a request
came is in its answer, whoever wrote it. A standby that is away or too far behind is left alone for
a moment, and reads go to the primary.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Literal

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from openslots.kernel import metrics
from openslots.kernel.batching import Batcher
from openslots.kernel.logging import Log

log = Log("replica")
Failure = DBAPIError | PoolTimeout | OSError
FAILURES = (DBAPIError, PoolTimeout, OSError)

AWAY_FOR, BEHIND_FOR = 5.0, 0.5  # seconds for which a standby is not asked again
GLANCE = 0.002  # seconds between two looks at a standby that is behind
SILENT = 1.0  # seconds beyond the patience after which a standby that says nothing counts as away

# What a caller was told is committed has been flushed, unless synchronous_commit is off.
_REACHED = text("SELECT CAST(pg_current_wal_flush_lsn() AS text)")
_REPLAYED = text(
    "SELECT pg_is_in_recovery() "
    "AND pg_last_wal_replay_lsn() >= CAST(CAST(:reached AS text) AS pg_lsn)"
)


class Replica:
    """`session()` gives a read-only session on the standby, or None where the primary has to do."""

    def __init__(self, standby: AsyncEngine, primary: AsyncEngine, *, patience: timedelta) -> None:
        self._standby, self._primary = standby, primary
        self._patience = patience.total_seconds()
        self._reached = Batcher(self._ask_primary)
        self._not_before = 0.0

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession | None]:
        """For the block; an error of the standby within it keeps the next callers away from it."""
        async with AsyncExitStack() as stack:
            session = await self._open(stack)
            try:
                yield session
            except FAILURES as error:
                if session is not None:
                    self._rest("away", AWAY_FOR, error)
                raise

    @property
    def engine(self) -> AsyncEngine:
        return self._standby

    async def close(self) -> None:
        await self._standby.dispose()

    async def _open(self, stack: AsyncExitStack) -> AsyncSession | None:
        if time.monotonic() < self._not_before:
            metrics.REPLICA_READS.inc("resting")
            return None
        reached = await self._reached(None)
        if not isinstance(reached, str):
            raise reached
        session = AsyncSession(self._standby, expire_on_commit=False, autoflush=False)
        stack.push_async_callback(session.close)
        try:
            async with asyncio.timeout(self._patience + SILENT):
                await session.connection(execution_options={"postgresql_readonly": True})
                fresh = await self._catches_up(session, reached)
        except FAILURES as error:
            await session.close()
            self._rest("away", AWAY_FOR, error)
            return None
        if not fresh:
            await session.close()
            self._rest("behind", BEHIND_FOR)
            return None
        metrics.REPLICA_READS.inc("replica")
        return session

    async def _ask_primary(self, askers: Sequence[None]) -> Sequence[str | Failure]:
        """How far the log reaches now: one look for all who ask at the same moment, who share the
        failure, too, instead of waiting for it one after the other."""
        try:
            async with self._primary.connect() as connection:
                reached: str | Failure = str(await connection.scalar(_REACHED))
        except FAILURES as error:
            reached = error
        return [reached] * len(askers)

    async def _catches_up(self, session: AsyncSession, reached: str) -> bool:
        end = time.monotonic() + self._patience
        while not await session.scalar(_REPLAYED, {"reached": reached}):
            if time.monotonic() > end:
                return False
            await asyncio.sleep(GLANCE)
        return True

    def _rest(
        self, why: Literal["away", "behind"], seconds: float, error: Failure | None = None
    ) -> None:
        self._not_before = time.monotonic() + seconds
        metrics.REPLICA_READS.inc(why)
        log.warning(
            f"replica.{why}", seconds=seconds, error=type(error).__name__ if error else None
        )
