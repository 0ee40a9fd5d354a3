"""API keys of the caller."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.accounts import service
from openslots.accounts.schemas import ApiKeyOut, RefreshKeyIn
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Write

router = Router(prefix="/v2/api-keys", tags=["API keys"])


@router.post("/refresh", status_code=200, summary="Refresh API key")
async def refresh(
    request: Request,
    caller: Annotated[Caller, requires()],
    uow: Write,
    body: RefreshKeyIn | None = None,
) -> Success[ApiKeyOut]:
    """Replaces the key that the request is made with. The new one keeps its note, its
    organisation and its own rate limits; the old one stops working at once."""
    command = (body or RefreshKeyIn()).to_command()
    key, replaced = await service.refresh_key(uow, caller, command)
    request.app.state.limiter.forget(replaced)
    return Success(data=ApiKeyOut(api_key=key))
