"""The unit of work of a request, as a dependency."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from openslots.kernel.uow import UnitOfWork


async def _unit_of_work(request: Request) -> AsyncIterator[UnitOfWork]:
    """One per request, shared by authentication, access rule and route. It commits after the
    answer is serialised and before it is sent; then the worker is woken."""
    read_only = request.method in ("GET", "HEAD")
    state = request.app.state
    async with state.units.begin(
        read_only=read_only, request_id=request.scope.get("openslots.request_id")
    ) as uow:
        yield uow
        await uow.commit()
    if uow.wakeups:
        state.alarm.wake()


Write = Annotated[UnitOfWork, Depends(_unit_of_work, scope="function")]
Read = Write
