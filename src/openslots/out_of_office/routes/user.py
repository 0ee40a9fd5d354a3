"""The caller's own absences."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import IntId
from openslots.out_of_office import service
from openslots.out_of_office.schemas import (
    AbsenceOut,
    AbsenceQuery,
    CreateAbsenceIn,
    UpdateAbsenceIn,
)

router = Router(prefix="/v2/me/ooo", tags=["Out of office"])

AbsenceId = Annotated[IntId, Path(alias="oooId")]
Reader = Annotated[Caller, requires(Scope.SCHEDULE_READ)]
Writer = Annotated[Caller, requires(Scope.SCHEDULE_WRITE)]


@router.post("", status_code=201, summary="Create my out-of-office entry")
async def create(caller: Writer, body: CreateAbsenceIn, uow: Write) -> Success[AbsenceOut]:
    """Makes the caller unavailable for whole UTC days. `toUserId` names somebody of a common team
    who is offered to bookers instead."""
    made = await service.create(uow, caller.user_id, body.to_command())
    return Success(data=AbsenceOut.of(made))


@router.get("", summary="Get my out-of-office entries")
async def list_all(
    caller: Reader, query: Annotated[AbsenceQuery, Query()], uow: Read
) -> Success[list[AbsenceOut]]:
    """The caller's absences, by id unless an order is asked for."""
    found = await service.list_of(uow, caller.user_id, query.to_page())
    return Success(data=[AbsenceOut.of(absence) for absence in found])


@router.patch("/{oooId}", summary="Update my out-of-office entry")
async def update(
    caller: Writer, absence_id: AbsenceId, body: UpdateAbsenceIn, uow: Write
) -> Success[AbsenceOut]:
    """Changes what the body names; `start` and `end` only together."""
    changed = await service.update(uow, caller.user_id, absence_id, body.to_command())
    return Success(data=AbsenceOut.of(changed))


@router.delete("/{oooId}", summary="Delete my out-of-office entry")
async def delete(caller: Writer, absence_id: AbsenceId, uow: Write) -> Success[AbsenceOut]:
    """Removes an absence and returns it as it was."""
    gone = await service.delete(uow, caller.user_id, absence_id)
    return Success(data=AbsenceOut.of(gone))
