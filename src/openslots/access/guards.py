"""Access rules as data in an endpoint's signature; a test reads them back from every route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Request

from openslots.access import keys, scopes
from openslots.access.caller import Caller
from openslots.access.credentials import bearer, header
from openslots.access.scopes import Scope
from openslots.kernel.errors import Unauthorized
from openslots.kernel.http.transaction import Write

Access = Literal["public", "optional", "required"]

NO_METHOD = (
    "ApiAuthStrategy - No authentication method provided. Either pass an API key as 'Bearer' "
    "header or OAuth client credentials as 'x-cal-secret-key' and 'x-cal-client-id' headers"
)
ONLY_ONE = (
    "ApiAuthStrategy - Only '{}' header provided. Please also provide '{}' header or Auth bearer "
    "token as 'Authentication' header"
)
CLIENT_ID, SECRET = "x-cal-client-id", "x-cal-secret-key"


class NotAuthenticated(Unauthorized):
    message = NO_METHOD


async def current_caller(request: Request, uow: Write) -> Caller | None:
    """Who calls; None without a credential that could prove it.

    Raises Unauthorized for a credential that is present but wrong. The order is that of the auth
    notes, section 5.1.
    """
    scope = request.scope
    client, secret, token = (
        header(scope, CLIENT_ID.encode()),
        header(scope, SECRET.encode()),
        bearer(scope),
    )
    if client and secret:
        raise Unauthorized(f"ApiAuthStrategy - oAuth client - Client with ID {client} not found")
    if not token:
        return None
    prefix = uow.settings.security.api_key_prefix
    if not token.startswith(prefix):
        raise Unauthorized("Invalid Access Token.")
    caller = await keys.authenticate(uow.session, token, prefix=prefix, now=uow.now)
    request.app.state.key_uses.note(caller.api_key_id, uow.now)
    scope["openslots.caller"] = caller
    return caller


MaybeCaller = Annotated[Caller | None, Depends(current_caller)]


@dataclass(frozen=True)
class AccessRule:
    """What an endpoint asks of its caller. As a dependency it yields the caller.

    `required`: 401 without one. `optional`: None without one, 401 for a wrong one. `public`:
    credentials are not looked at.
    """

    access: Access
    scopes: tuple[str, ...] = ()
    role: str | None = None
    permission: str | None = None
    any_token: bool = False  # an OAuth token needs no scope here

    async def __call__(self, request: Request, caller: MaybeCaller) -> Caller | None:
        if caller is None:
            if self.access == "required":
                raise _unauthenticated(request)
            return None
        if self.access == "required" and not self.any_token:
            scopes.check(caller.scopes, self.scopes)
        return caller


@dataclass(frozen=True)
class PublicRule(AccessRule):
    """A rule that never looks at credentials."""

    async def __call__(self) -> None:  # type: ignore[override]
        return None


@dataclass(frozen=True)
class RecognisedRule(AccessRule):
    """A public rule that yields the caller where credentials prove one; wrong ones do no harm."""

    async def __call__(self, request: Request, uow: Write) -> Caller | None:  # type: ignore[override]
        try:
            return await current_caller(request, uow)
        except Unauthorized:
            return None


def _unauthenticated(request: Request) -> Unauthorized:
    client, secret = (header(request.scope, name.encode()) for name in (CLIENT_ID, SECRET))
    if client:
        return Unauthorized(ONLY_ONE.format(CLIENT_ID, SECRET))
    if secret:
        return Unauthorized(ONLY_ONE.format(SECRET, CLIENT_ID))
    return NotAuthenticated()


def requires(
    *needed: Scope, role: str | None = None, permission: str | None = None, any_token: bool = False
) -> Any:  # Any: what FastAPI's Depends gives
    """`Annotated[Caller, requires(Scope.BOOKING_READ)]`: an authenticated caller."""
    rule = AccessRule(
        access="required",
        scopes=tuple(str(scope) for scope in needed),
        role=role,
        permission=permission,
        any_token=any_token,
    )
    return Depends(rule)


def optional() -> Any:  # Any: what FastAPI's Depends gives
    """`Annotated[Caller | None, optional()]`: a caller if there is one."""
    return Depends(AccessRule(access="optional"))


def public() -> Any:  # Any: what FastAPI's Depends gives
    """`dependencies=[public()]`: anybody."""
    return Depends(PublicRule(access="public"))


Anyone = Annotated[Caller | None, optional()]
Recognised = Annotated[Caller | None, Depends(RecognisedRule(access="public"))]
Authenticated = Annotated[Caller, requires(any_token=True)]
