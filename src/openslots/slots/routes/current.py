"""Slots and holds, 2024-09-04, and why a start is not offered."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from openslots.access.guards import Anyone, Recognised, public
from openslots.kernel.http.envelope import Done, Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, ReadAnywhere, Write
from openslots.kernel.http.versions import serves
from openslots.slots import service
from openslots.slots.schemas import v2024_09_04 as schemas

router = Router(prefix="/v2/slots", tags=["Slots"])

TAKEN: dict[int | str, dict[str, Any]] = {  # as FastAPI has it
    422: {"description": "The time is taken: booked, reserved, without a seat or a host"}
}

AT = {
    "name": "at",
    "in": "query",
    "required": True,
    "schema": {"type": "string", "examples": ["2050-09-05T09:00:00Z"]},
    "description": "The start in question, ISO 8601; UTC unless it says otherwise.",
}


@router.get(
    "",
    summary="Get available time slots for an event type",
    response_model=Success[dict[str, list[schemas.SlotOut]]],
    dependencies=[public()],
    openapi_extra=schemas.parameters(),
)
@serves("2024-09-04")
async def list_2024_09_04(request: Request, uow: ReadAnywhere) -> Response:
    """Lists the starts that can be booked, by day of `timeZone`.

    An event type is named by `eventTypeId`, by `eventTypeSlug` with `username`, or by
    `eventTypeSlug` with `teamSlug`; add `organizationSlug` where the name is one inside an
    organization. `usernames` asks when several people are free at once. A managed event type has
    no slots of its own: ask with the id of a member's copy. Days without a slot are left out.
    """
    slots = await service.listing(uow, schemas.listing_of(request.query_params))
    return success(slots)


@router.get(
    "/explain",
    summary="Explain why a start time is or is not offered",
    response_model=Success[schemas.ExplanationOut],
    openapi_extra=schemas.parameters(AT),
)
async def explain(request: Request, caller: Anyone, uow: Read) -> Success[schemas.ExplanationOut]:
    """Gives every reason why `GET /v2/slots` does not offer a start; none means that it does.

    Event type and range are named as there; without a range it is the UTC day of `at` and the one
    after. Hosts and administrators of the event type read what exactly is in the way, everybody
    else the kinds of reasons only.
    """
    ask, at = schemas.explain_of(request.query_params)
    found = await service.explanation(
        uow,
        ask,
        at,
        caller_id=caller.user_id if caller else None,
        is_admin=bool(caller and caller.is_system_admin),
    )
    return Success(data=schemas.ExplanationOut.of(at, found.reasons, found.detailed))


@router.post("/reservations", status_code=201, summary="Reserve a slot", responses=TAKEN)
@serves("2024-09-04")
async def reserve(body: schemas.ReserveIn, caller: Anyone, uow: Write) -> Success[schemas.HoldOut]:
    """Holds a time for five minutes, so that others are not offered it.

    Whoever owns the event type, shares a team or organization with its owner, or belongs to its
    team may say how long with `reservationDuration`.
    """
    hold = await service.reserve(uow, body.to_command(caller.user_id if caller else None))
    return Success(data=schemas.HoldOut.of(hold))


@router.get("/reservations/{uid}", summary="Get reserved slot", dependencies=[public()])
@serves("2024-09-04")
async def read_hold(uid: str, uow: Read) -> Success[schemas.HoldRead | None]:
    """Reads a hold. One that is unknown or has run out is null."""
    hold = await service.read(uow, uid)
    return Success(data=schemas.HoldRead.of(hold) if hold else None)


@router.patch("/reservations/{uid}", summary="Update a reserved slot", responses=TAKEN)
@serves("2024-09-04")
async def move_hold(
    uid: str, body: schemas.ReserveIn, caller: Recognised, uow: Write
) -> Success[schemas.HoldOut]:
    """Moves a hold to another time; it lasts anew from now. Its own old time is not in the way."""
    hold = await service.move(uow, uid, body.to_command(caller.user_id if caller else None))
    return Success(data=schemas.HoldOut.of(hold))


@router.delete("/reservations/{uid}", summary="Delete a reserved slot", dependencies=[public()])
@serves("2024-09-04")
async def drop_hold(uid: str, uow: Write) -> Done:
    """Ends a hold. An unknown uid is no error."""
    await service.drop(uow, uid)
    return Done()


def success(data: bytes) -> Response:
    """A success answer around JSON text."""
    return Response(b'{"status":"success","data":' + data + b"}", media_type="application/json")
