"""Requests that wait for a lock which another transaction holds."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
from sqlalchemy import text

from openslots.kernel.uow import Units

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def started(
    units: Units, request: Coroutine[Any, Any, httpx.Response]
) -> asyncio.Task[httpx.Response]:
    """The request, which by now waits for a lock, or is done if it needs none."""
    task = asyncio.create_task(request)
    async with asyncio.timeout(30), units.begin(autocommit=True) as uow:
        while not task.done() and not await uow.session.scalar(_WAITING):
            await asyncio.wait([task], timeout=0.01)
    return task


async def somebody_waits(units: Units) -> None:
    """Returns once a session of the database, in whatever process, waits for a lock."""
    async with asyncio.timeout(30), units.begin(autocommit=True) as uow:
        found = 0
        while not found:
            found = await uow.session.scalar(_WAITING) or 0
            await uow.session.execute(text("SELECT pg_sleep(0.01)"))
