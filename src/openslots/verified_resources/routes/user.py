"""The caller's own verified addresses and numbers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.ratelimit import limited
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Done, Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import IntId
from openslots.verified_resources import service
from openslots.verified_resources.schemas import (
    EmailCodeIn,
    EmailIn,
    PageQuery,
    PhoneCodeIn,
    PhoneIn,
    VerifiedEmailOut,
    VerifiedPhoneOut,
)
from openslots.verified_resources.types import Principal

router = Router(prefix="/v2/verified-resources", tags=["Verified resources"])

Number = Annotated[IntId, Path(alias="id")]
Paging = Annotated[PageQuery, Query()]
Reader = Annotated[Caller, requires(Scope.VERIFIED_RESOURCES_READ)]
Writer = Annotated[Caller, requires(Scope.VERIFIED_RESOURCES_WRITE)]


def _me(caller: Caller) -> Principal:
    return Principal(user_id=caller.user_id)


@router.post("/emails/verification-code/request", status_code=200, summary="Request an e-mail code")
@limited(5)
async def request_email(caller: Writer, body: EmailIn, uow: Write) -> Done:
    """Mails a code of six digits to the address. It is valid for 15 minutes and five tries."""
    await service.request_email(uow, _me(caller), body.email)
    return Done()


@router.post("/emails/verification-code/verify", status_code=200, summary="Verify an address")
@limited(3)
async def verify_email(caller: Writer, body: EmailCodeIn, uow: Write) -> Success[VerifiedEmailOut]:
    """Adds the address to those that workflows may write to, if the code is the one that was
    mailed to it last."""
    found = await service.verify_email(uow, _me(caller), body.email, body.code)
    return Success(data=VerifiedEmailOut.of(found))


@router.get("/emails", summary="Get verified addresses")
async def list_emails(caller: Reader, query: Paging, uow: Read) -> Success[list[VerifiedEmailOut]]:
    """The caller's verified addresses, oldest first."""
    found = await service.emails(uow, _me(caller), query.to_page())
    return Success(data=[VerifiedEmailOut.of(one) for one in found])


@router.get("/emails/{id}", summary="Get a verified address")
async def get_email(caller: Reader, number: Number, uow: Read) -> Success[VerifiedEmailOut]:
    """One verified address of the caller."""
    return Success(data=VerifiedEmailOut.of(await service.email(uow, _me(caller), number)))


@router.post("/phones/verification-code/request", status_code=200, summary="Request a phone code")
@limited(3)
async def request_phone(caller: Writer, body: PhoneIn, uow: Write) -> Done:
    """Sends a code by SMS to the number."""
    await service.request_phone(uow, _me(caller), body.phone)
    return Done()


@router.post("/phones/verification-code/verify", status_code=200, summary="Verify a number")
@limited(3)
async def verify_phone(caller: Writer, body: PhoneCodeIn, uow: Write) -> Success[VerifiedPhoneOut]:
    """Adds the number to those that workflows may write to, if the code is the one that was sent
    to it."""
    found = await service.verify_phone(uow, _me(caller), body.phone, body.code)
    return Success(data=VerifiedPhoneOut.of(found))


@router.get("/phones", summary="Get verified numbers")
async def list_phones(caller: Reader, query: Paging, uow: Read) -> Success[list[VerifiedPhoneOut]]:
    """The caller's verified numbers, oldest first."""
    found = await service.phones(uow, _me(caller), query.to_page())
    return Success(data=[VerifiedPhoneOut.of(one) for one in found])


@router.get("/phones/{id}", summary="Get a verified number")
async def get_phone(caller: Reader, number: Number, uow: Read) -> Success[VerifiedPhoneOut]:
    """One verified number of the caller."""
    return Success(data=VerifiedPhoneOut.of(await service.phone(uow, _me(caller), number)))
