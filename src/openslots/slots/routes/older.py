"""Slots and holds, 2024-04-15 to 2024-08-13."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Cookie, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from openslots.access.guards import public
from openslots.kernel.http.envelope import Done, Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import ReadAnywhere, Write
from openslots.kernel.http.versions import serves
from openslots.slots import service
from openslots.slots.routes.current import success
from openslots.slots.schemas import v2024_04_15 as schemas

router = Router(prefix="/v2/slots", tags=["Slots"])

DATES = ("2024-04-15", "2024-06-11", "2024-06-14", "2024-08-13")
Booker = Annotated[str | None, Cookie(alias="uid", description="Marks the booker's own holds.")]


def lists_only(request: Request) -> None:
    """contract: one username without brackets is refused as no array."""
    raw: bytes = request.scope.get("openslots.query") or request.scope["query_string"]
    plain = re.findall(rb"(?:^|&)usernameList=", raw)
    if len(plain) == 1 and b"usernameList%5B" not in raw and b"usernameList[" not in raw:
        wrong = {
            "type": "isArray",
            "loc": ("query", "usernameList"),
            "ctx": {"text": "must be an array"},
        }
        raise RequestValidationError([wrong])


@router.get(
    "/available",
    summary="Get available slots",
    response_model=Success[schemas.OldSlots],
    dependencies=[public(), Depends(lists_only)],
)
@serves(*DATES, carried=False)
async def available(
    query: Annotated[schemas.OldQuery, Query()], uow: ReadAnywhere, uid: Booker = None
) -> Response:
    """Lists the starts that can be booked, by day of `timeZone`.

    An event type is named by `eventTypeId`, or by `eventTypeSlug` with one name in `usernameList`;
    two or more names ask when these people are free at once. Holds under the uid in the cookie do
    not hide anything.
    """
    slots = await service.old_listing(uow, query.to_command(uid))
    return success(b'{"slots":' + slots + b"}")


@router.get(
    "",
    summary="Get available slots (older shape)",
    response_model=Success[schemas.OldSlots],
    dependencies=[public(), Depends(lists_only)],
)
@serves(*DATES)
async def list_older(
    query: Annotated[schemas.AliasQuery, Query()], uow: ReadAnywhere, uid: Booker = None
) -> Response:
    """The same as `/v2/slots/available`; `start`, `end`, `eventSlug` and `username` are understood,
    too."""
    slots = await service.old_listing(uow, query.to_command(uid))
    return success(b'{"slots":' + slots + b"}")


@router.post("/reserve", status_code=201, summary="Reserve a slot", dependencies=[public()])
@serves(*DATES, carried=False)
async def reserve(
    body: schemas.OldReserveIn, uow: Write, response: Response, uid: Booker = None
) -> Success[str]:
    """Holds a time for five minutes under the booker's uid, which the cookie `uid` remembers."""
    known = uid if uid and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", uid) else None
    made = await service.reserve_old(uow, body.to_command(known))
    response.headers.append("Set-Cookie", f"uid={made}; Path=/")
    return Success(data=made)


@router.delete("/selected-slot", summary="Release a reserved slot", dependencies=[public()])
@serves(*DATES, carried=False)
async def release(
    uow: Write,
    uid: Annotated[str | None, Query(description="The hold to end, without a cookie.")] = None,
    booker: Booker = None,
) -> Done:
    """Ends the holds of the cookie's uid, else of the query's. There is always success."""
    if booker or uid:
        await service.drop(uow, booker or uid or "")
    return Done()
