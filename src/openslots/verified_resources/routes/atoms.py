"""`/v2/atoms/verification` and `/v2/atoms/emails`: what the published React components ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from openslots.access.guards import public
from openslots.access.ratelimit import limited
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import QueryInt
from openslots.verified_resources import service
from openslots.verified_resources.routes.user import Reader, Writer
from openslots.verified_resources.schemas import (
    BookerEmailIn,
    EmailCodeIn,
    EmailIn,
    SentOut,
    VerifiedOut,
)
from openslots.verified_resources.service import bookers

router = Router(prefix="/v2/atoms", tags=["Atoms"])

TeamId = Annotated[QueryInt | None, Query(alias="teamId")]


@router.get(
    "/verification/email/check",
    summary="Ask whether an address must be verified before booking",
    dependencies=[public()],
)
async def must_verify(
    uow: Read,
    email: str = "",
    session_email: Annotated[str | None, Query(alias="userSessionEmail")] = None,
) -> Success[bool]:
    """True for an address that the operator protects, unless the booker is signed in with it."""
    return Success(data=bookers.must_verify(uow, email, session_email))


@router.post(
    "/verification/email/send-code",
    status_code=200,
    summary="Send an e-mail verification code",
    dependencies=[public()],
)
@limited(3)
async def send_code(body: BookerEmailIn, uow: Write) -> Success[SentOut]:
    """Mails a code of six digits, which a booking with this address can then name."""
    await bookers.send_code(uow, body.email)
    return Success(data=SentOut())


@router.post(
    "/verification/email/verify-code",
    status_code=200,
    summary="Verify an e-mail code",
    dependencies=[public()],
)
@limited(10)
async def verify_code(body: EmailCodeIn, uow: Read) -> Success[VerifiedOut]:
    """Says whether the code is the one that was mailed to the address."""
    bookers.verify_code(uow, body.email, body.code)
    return Success(data=VerifiedOut())


@router.post(
    "/verification/email/verify-code-authenticated",
    status_code=200,
    summary="Verify an e-mail code of the caller",
)
@limited(10)
async def verify_own_code(caller: Writer, body: EmailCodeIn, uow: Read) -> Success[VerifiedOut]:
    """The same for a booker who is signed in."""
    bookers.verify_code(uow, body.email, body.code)
    return Success(data=VerifiedOut())


@router.get("/emails/verified-emails", summary="Get verified addresses")
async def list_emails(caller: Reader, uow: Read, team_id: TeamId = None) -> Success[list[str]]:
    """The verified addresses of the caller, or of a team of theirs."""
    found = await service.addresses(uow, caller.user_id, team_id=team_id)
    return Success(data=found)


@router.post("/emails/verified-emails", status_code=201, summary="Add a verified address")
async def add_email(caller: Writer, body: EmailIn, uow: Write) -> Success[list[str]]:
    """Adds the caller's own address to the verified ones; any other must be verified by a code
    first."""
    await service.add_own_email(uow, caller.user_id, caller.email, body.email)
    return Success(data=await service.addresses(uow, caller.user_id))
