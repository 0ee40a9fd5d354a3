"""The caller's own booking limits; members of an organisation only."""

from __future__ import annotations

from typing import Annotated

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.users import service
from openslots.users.schemas.limits import BookingLimitsIn
from openslots.users.schemas.me import BookingLimitsOut

router = Router(prefix="/v2/me/booking-limits", tags=["Me"])

Reader = Annotated[Caller, requires(Scope.PROFILE_READ)]
Writer = Annotated[Caller, requires(Scope.PROFILE_WRITE)]


@router.get("", summary="Get my booking limits")
async def get(caller: Reader, uow: Read) -> Success[BookingLimitsOut]:
    """How often the caller can be booked in a day, week, month and year of their own time zone,
    over all event types."""
    found = await service.booking_limits(uow, caller.user_id)
    return Success(data=BookingLimitsOut.model_validate(found))


@router.patch("", summary="Update my booking limits")
async def update(caller: Writer, body: BookingLimitsIn, uow: Write) -> Success[BookingLimitsOut]:
    """Changes the limits that the body names; null removes one."""
    changed = await service.change_booking_limits(uow, caller.user_id, body.to_command())
    return Success(data=BookingLimitsOut.model_validate(changed))


@router.delete("", status_code=204, summary="Clear my booking limits")
async def clear(caller: Writer, uow: Write) -> None:
    """Removes all limits."""
    await service.clear_booking_limits(uow, caller.user_id)
