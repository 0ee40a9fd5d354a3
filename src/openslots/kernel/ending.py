"""Ending tasks for certain."""

from __future__ import annotations

import asyncio
from typing import Any


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancels until every task is over: a cancellation that meets an answer just then gets lost in
    the time limits of database clients. Whoever is cancelled meanwhile hears of it afterwards, so
    that no task of theirs outlives them."""
    cancelled = None
    while open_ones := [task for task in tasks if not task.done()]:
        for task in open_ones:
            task.cancel()
        try:
            await asyncio.wait(open_ones, timeout=0.1)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
