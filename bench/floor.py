"""The floor: the real application plus one bare route with the same limits and access rule and a
single `SELECT 1`. Nothing that asks the database can be faster in this frame."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI
from sqlalchemy import text

from openslots.access.caller import Caller
from openslots.access.guards import Anyone, public, requires
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Done
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.main import create_app

router = Router(prefix="/v2/floor")


@router.get("/public", dependencies=[public()])
async def public_floor(uow: Read) -> Done:
    await uow.session.execute(text("SELECT 1"))
    return Done()


@router.post("/optional", status_code=201)
async def optional_floor(uow: Write, caller: Anyone) -> Done:
    await uow.session.execute(text("SELECT 1"))
    return Done()


@router.get("/required")
async def required_floor(
    uow: Read, caller: Annotated[Caller, requires(Scope.BOOKING_READ)]
) -> Done:
    await uow.session.execute(text("SELECT 1"))
    return Done()


def create() -> FastAPI:
    return create_app(routers=[router])
