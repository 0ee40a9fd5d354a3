"""The unit of work of a request, as a dependency."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request

from openslots.kernel.errors import DomainError
from openslots.kernel.uow import UnitOfWork, Units


@asynccontextmanager
async def opened(request: Request, *, read_only: bool) -> AsyncIterator[UnitOfWork]:
    """A unit of work that commits at its end and then wakes the worker. For pages alone, which
    read again after a refusal; an operation of the API takes Write or Read."""
    state = request.app.state
    async with state.units.begin(
        read_only=read_only, request_id=request.scope.get("openslots.request_id")
    ) as uow:
        try:
            yield uow
        except DomainError as error:
            if error.keeps:
                await uow.commit()
            raise
        await uow.commit()
    if uow.wakeups:
        state.alarm.wake()


async def _unit_of_work(request: Request) -> AsyncIterator[UnitOfWork]:
    """One per request, shared by authentication, access rule and route. It commits after the
    answer is serialised and before it is sent; then the worker is woken."""
    async with opened(request, read_only=request.method in ("GET", "HEAD")) as uow:
        yield uow


async def _of_a_link(request: Request) -> AsyncIterator[UnitOfWork]:
    """The same for links in mails, which act when they are opened; public routes only, so that
    there is no second one."""
    async with opened(request, read_only=request.method == "HEAD") as uow:
        yield uow


async def _read_anywhere(request: Request) -> AsyncIterator[UnitOfWork]:
    """For public reads that cost much: the replica may do them."""
    units: Units = request.app.state.units
    request_id = request.scope.get("openslots.request_id")
    async with units.begin_anywhere(request_id=request_id) as uow:
        yield uow


Write = Annotated[UnitOfWork, Depends(_unit_of_work, scope="function")]
Read = Write
Link = Annotated[UnitOfWork, Depends(_of_a_link, scope="function")]
ReadAnywhere = Annotated[UnitOfWork, Depends(_read_anywhere, scope="function")]
