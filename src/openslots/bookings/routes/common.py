"""What several routes need: the contract's additions of 2026, the caller's reservation, keys."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import Cookie, Depends, Header, Path, Request, Response
from pydantic import BaseModel

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.bookings.errors import Invalid
from openslots.bookings.service import idempotency
from openslots.bookings.types import StoredAnswer
from openslots.kernel import crypto
from openslots.kernel.http.transaction import Write
from openslots.kernel.http.versions import requested
from openslots.kernel.uow import UnitOfWork

M = TypeVar("M", bound=BaseModel)

Uid = Annotated[str, Path(alias="bookingUid")]
Reader = Annotated[Caller, requires(Scope.BOOKING_READ)]
Writer = Annotated[Caller, requires(Scope.BOOKING_WRITE)]


async def _since_2026(request: Request) -> bool:
    return requested(request.scope["headers"]) >= "2026-02-25"


Since2026 = Annotated[bool, Depends(_since_2026)]


async def _reservation(
    uid: Annotated[str | None, Cookie(include_in_schema=False)] = None,
) -> str | None:
    return uid if uid is not None and re.fullmatch(r"[\w-]{1,64}", uid) else None


ReservationCookie = Annotated[str | None, Depends(_reservation)]


class Once:
    """Answers a request once per Idempotency-Key; without the header it just answers."""

    def __init__(self, request: Request, uow: UnitOfWork, key: str | None) -> None:
        self._request, self._uow, self._key = request, uow, key

    async def answer(self, status: int, make: Callable[[], Awaitable[M]]) -> M | Response:
        """What `make` gives, or what it gave to the same request before."""
        if self._key is None:
            return await make()
        if not 0 < len(self._key) <= 255:
            raise Invalid("Idempotency-Key must be 1 to 255 characters long.")
        request, uow = self._request, self._uow
        caller: Caller | None = request.scope.get("openslots.caller")
        who = f"user:{caller.user_id}" if caller is not None else "anonymous"
        scope = f"{who} {request.method} {request.url.path}"
        body = (await request.body()).decode(errors="replace")
        fingerprint = crypto.sha256(f"{requested(request.scope['headers'])}\n{body}")
        stored = await idempotency.earlier(uow, scope, self._key, fingerprint)
        if stored is None:
            made = await make()
            stored = StoredAnswer(status, made.model_dump_json(by_alias=True))
            await idempotency.remember(uow, scope, self._key, fingerprint, stored)
        return Response(stored.body, status_code=stored.status, media_type="application/json")


# dependencies are coroutines: FastAPI sends plain functions to a thread each
async def _once(
    request: Request,
    uow: Write,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Any text of up to 255 characters. The same key with the same body "
            "within 24 hours gives the first answer again; with another body it is refused.",
        ),
    ] = None,
) -> Once:
    return Once(request, uow, key)


OnceOnly = Annotated[Once, Depends(_once)]
