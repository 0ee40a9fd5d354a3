"""Credits of the caller's account."""

from __future__ import annotations

from typing import Annotated

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.billing import service
from openslots.billing.schemas import AvailableOut, ChargedOut, ChargeIn
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write

router = Router(prefix="/v2/credits", tags=["Credits"])


@router.get("/available", summary="Check available credits")
async def available(
    caller: Annotated[Caller, requires(Scope.CREDITS_READ)], uow: Read
) -> Success[AvailableOut]:
    """What is left on the account that a charge would be taken from: the first team or
    organisation of the caller that has credits, else the caller's own."""
    return Success(data=AvailableOut.of(await service.available(uow, caller.user_id)))


@router.post("/charge", status_code=200, summary="Charge credits")
async def charge(
    caller: Annotated[Caller, requires(Scope.CREDITS_WRITE)], body: ChargeIn, uow: Write
) -> Success[ChargedOut]:
    """Takes credits, this month's first and never more than there are. A repeated `externalRef`
    takes nothing."""
    charged = await service.charge(uow, caller.user_id, body.to_command())
    return Success(data=ChargedOut.of(charged))
