"""A small application over the real frame, with routes that only the frame's tests need."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict
from sqlalchemy import text

from openslots.access.caller import Caller
from openslots.access.guards import Anyone, public, requires
from openslots.access.ratelimit import limited
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Done, Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import (
    Body,
    Bool,
    Email,
    Int,
    IntId,
    StrictBody,
    Text,
    TimeZone,
    at_least,
    comma_list,
    joined_errors,
    one_of,
    query_int,
)
from openslots.kernel.http.versions import serves
from openslots.kernel.settings import Settings
from openslots.main import create_app

router = Router(prefix="/v2/frame")


class Item(Body):
    name: Text
    size: Annotated[Int, at_least(1)]


class Thing(Body):
    title: Text
    count: Annotated[Int, at_least(1)]
    flag: Bool = False
    time_zone: TimeZone | None = None
    kind: Annotated[str, *one_of(["small", "large"])] = "small"
    contact: Email | None = None
    items: list[Item] = []


class StrictThing(StrictBody):
    title: Text


class Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")
    start: str
    zones: Annotated[list[str] | None, BeforeValidator(comma_list)] = None


@router.post("/things", status_code=201, dependencies=[public()])
async def make_thing(body: Thing) -> Success[dict[str, object]]:
    return Success(data=body.model_dump(by_alias=True))


@router.post("/strict", dependencies=[public()])
@joined_errors
async def make_strict(body: StrictThing) -> Success[str]:
    return Success(data=body.title)


@router.get("/filters", dependencies=[public()])
@joined_errors
async def filtered(filters: Annotated[Filters, Query()]) -> Success[list[str] | None]:
    return Success(data=filters.zones)


@router.get("/pages", dependencies=[public()])
async def paged(take: Annotated[int, *query_int(1, 250)] = 250) -> Success[int]:
    return Success(data=take)


@router.get("/things/{thingId}")
async def one(
    thingId: IntId,
    caller: Annotated[Caller, requires(Scope.BOOKING_READ)],
) -> Success[int]:
    return Success(data=thingId)


@router.get("/who")
async def who(caller: Anyone) -> Success[int | None]:
    return Success(data=caller.user_id if caller else None)


@router.get("/dated", dependencies=[public()])
@serves("2024-06-14")
async def dated_old() -> Success[str]:
    return Success(data="2024-06-14")


@router.get("/dated", dependencies=[public()])
@serves("2024-09-04")
async def dated_new() -> Success[str]:
    return Success(data="2024-09-04")


@router.post("/limited", dependencies=[public()])
@limited(2)
async def few() -> Done:
    return Done()


@router.get("/write-in-get", dependencies=[public()])
async def write_in_get(uow: Read) -> Done:
    await uow.session.execute(text("UPDATE users SET name = 'x' WHERE id = 0"))
    return Done()


@router.post("/unserialisable", dependencies=[public()])
async def unserialisable(uow: Write) -> Success[int]:
    await uow.session.execute(
        text(
            "INSERT INTO teams (name, slug, is_organization, is_platform, pbac_enabled, home_tz,"
            " settings, metadata, created_at, updated_at) VALUES ('lost', 'lost-team', false,"
            " false, false, 'UTC', '{}', '{}', now(), now())"
        )
    )
    return Success[int].model_construct(status="success", data=object())  # type: ignore[arg-type]


@router.post("/fails", dependencies=[public()])
async def fails() -> Done:
    raise RuntimeError("a secret of the implementation")


@asynccontextmanager
async def frame(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that also has the routes above."""
    app = create_app(settings, routers=[router])
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
