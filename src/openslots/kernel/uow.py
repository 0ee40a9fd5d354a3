"""The unit of work: one session, one transaction, one moment, for a request or a job."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol, TypeVar, cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from openslots.kernel import clock
from openslots.kernel.bus import Bus
from openslots.kernel.offload import Offload
from openslots.kernel.replica import Replica
from openslots.kernel.settings import Settings

_LOCK = text(
    "SELECT pg_advisory_xact_lock(:space, k) "
    "FROM unnest(CAST(:keys AS int[])) WITH ORDINALITY AS t(k, n) ORDER BY n"
)


class Late(Protocol):
    """Rows that are collected during a transaction and written together at its end."""

    async def write(self, uow: UnitOfWork) -> None: ...


L = TypeVar("L", bound=Late)


class UnitOfWork:
    """What a service needs: the session, the moment of the request, and where to tell what
    happened. Only the request frame and the job runner commit."""

    def __init__(
        self,
        session: AsyncSession,
        bus: Bus,
        settings: Settings,
        *,
        request_id: str | None = None,
        offload: Offload | None = None,
    ) -> None:
        self.session = session
        self.settings = settings
        self.offload = offload or Offload()
        self.request_id = request_id
        self.now: datetime = clock.now()
        self.wakeups: set[str] = set()  # kinds of jobs written; the worker is woken after commit
        self._bus = bus
        self._late: dict[type[Late], Late] = {}

    def late(self, kind: type[L]) -> L:
        """The one collection of that class in this transaction; its `write` runs at the commit."""
        return cast("L", self._late.setdefault(kind, kind()))

    def forget(self) -> None:
        """Drops what was collected for the commit: for a dry run."""
        self._late.clear()
        self.wakeups.clear()

    async def publish(self, event: object) -> None:
        """Runs every subscriber of the event now, in this transaction."""
        for subscriber in self._bus.of(event):
            await subscriber(self, event)

    async def lock(self, space: int, *ids: int) -> None:
        """Takes transaction-level advisory locks in ascending order, in one round trip.

        `space` is one of kernel.locks; ids beyond 32 bits fold, which can only make two things
        wait for each other needlessly.
        """
        if not ids:
            return
        keys = sorted({(i & 0x7FFFFFFF) for i in ids})
        await self.session.execute(
            _LOCK,
            {"space": space, "keys": keys},
        )

    async def commit(self) -> None:
        await self.write_late()
        await self.session.commit()

    async def write_late(self) -> None:
        for rows in self._late.values():
            await rows.write(self)
        self._late.clear()

    async def release(self) -> None:
        """Ends a transaction that only read, so that nobody waits for its connection while a long
        computation runs."""
        await self.session.close()


class Units:
    """Makes units of work on one engine."""

    def __init__(
        self, engine: AsyncEngine, settings: Settings, bus: Bus, replica: Replica | None = None
    ) -> None:
        self.engine = engine
        self.replica = replica
        self.settings = settings
        self.bus = bus
        # whatever statements run on
        self.engines = [engine] if replica is None else [engine, replica.engine]
        self.offload = Offload()
        self._behind_pgbouncer = settings.db.behind_pgbouncer()

    @asynccontextmanager
    async def begin(
        self,
        *,
        read_only: bool = False,
        autocommit: bool = False,
        request_id: str | None = None,
    ) -> AsyncIterator[UnitOfWork]:
        """Opens a unit of work; what was not committed at the end is rolled back.

        A read-only one is a READ ONLY transaction: a write in it fails. With `autocommit` every
        statement stands for itself, which saves two round trips where there is only one; behind
        PgBouncer it is a transaction as well, because one statement takes several messages.
        """
        alone = autocommit and not self._behind_pgbouncer
        session = AsyncSession(self.engine, expire_on_commit=False, autoflush=False)
        try:
            if read_only:
                await session.connection(execution_options={"postgresql_readonly": True})
            elif alone:
                await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            uow = self._made(session, request_id)
            yield uow
            if autocommit:
                await uow.write_late()
            if autocommit and not alone:
                await session.commit()
        finally:
            await session.close()

    @asynccontextmanager
    async def begin_anywhere(self, *, request_id: str | None = None) -> AsyncIterator[UnitOfWork]:
        """A read-only unit of work, on the replica where there is one that knows all that was
        committed by now."""
        if self.replica is not None:
            async with self.replica.session() as session:
                if session is not None:
                    yield self._made(session, request_id)
                    return
        async with self.begin(read_only=True, request_id=request_id) as uow:
            yield uow

    def _made(self, session: AsyncSession, request_id: str | None) -> UnitOfWork:
        return UnitOfWork(
            session, self.bus, self.settings, request_id=request_id, offload=self.offload
        )

    async def close(self) -> None:
        await self.offload.close()
        if self.replica is not None:
            await self.replica.close()
        await self.engine.dispose()
