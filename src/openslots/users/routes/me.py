"""The caller's own profile."""

from __future__ import annotations

from typing import Annotated

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.users import service
from openslots.users.schemas.me import MeOut, UpdateMeIn

router = Router(prefix="/v2/me", tags=["Me"])


@router.get("", summary="Get my profile")
async def get(caller: Annotated[Caller, requires(Scope.PROFILE_READ)], uow: Read) -> Success[MeOut]:
    """The profile of the person whose credential is used, and their main organisation."""
    found = await service.profile(uow, caller.user_id)
    return Success(data=MeOut.of(found, with_organization=True))


@router.patch("", summary="Update my profile")
async def update(
    caller: Annotated[Caller, requires(Scope.PROFILE_WRITE)], body: UpdateMeIn, uow: Write
) -> Success[MeOut]:
    """Changes what the body names. A new time zone also moves the default schedule; a new e-mail
    address is used after the link in the mail to it was opened."""
    changed = await service.update(uow, caller.user_id, body.to_command())
    return Success(data=MeOut.of(changed))
