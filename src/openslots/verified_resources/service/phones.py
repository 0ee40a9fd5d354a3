"""Verifying phone numbers."""

from __future__ import annotations

from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork
from openslots.models import VerifiedPhone
from openslots.providers import sms
from openslots.providers.sms import SmsFailed, SmsProvider
from openslots.verified_resources import repository, rules
from openslots.verified_resources.errors import (
    PhoneNotReached,
    PhoneNotVerified,
    VerifiedPhoneNotFound,
)
from openslots.verified_resources.service import codes
from openslots.verified_resources.types import Page, Principal, Verified


async def request_phone(uow: UnitOfWork, principal: Principal, text: str) -> None:
    """Sends a code to the number. Raises PhoneNotReached when there is no such number, no
    provider, or the provider refuses."""
    number, provider = rules.e164(text), sms.provider(uow.settings)
    if number is None or provider is None:
        raise PhoneNotReached
    code = codes.fresh()
    await uow.release()  # the provider is asked with no transaction open
    try:
        ours = await provider.start(number, code)
    except SmsFailed:
        raise PhoneNotReached from None
    if ours:
        await codes.keep(uow, principal, "phone", number, code)


async def verify_phone(uow: UnitOfWork, principal: Principal, text: str, code: str) -> Verified:
    """The verified number; verifying it twice gives the same row. Raises PhoneNotVerified."""
    number, provider = rules.e164(text), sms.provider(uow.settings)
    if number is None or provider is None:
        raise PhoneNotVerified
    right = await _asked(uow, provider, number, code)
    await uow.lock(locks.VERIFICATION, principal.lock_id)
    if right is None:
        right = await codes.redeem(uow, principal, "phone", number, code)
    if not right:
        raise PhoneNotVerified
    return await repository.add_phone(uow.session, principal, number)


async def _asked(uow: UnitOfWork, provider: SmsProvider, number: str, code: str) -> bool | None:
    """What the provider says of the code, asked with no transaction open."""
    await uow.release()
    try:
        return await provider.check(number, code)
    except SmsFailed:
        raise PhoneNotVerified from None


async def phones(uow: UnitOfWork, principal: Principal, page: Page) -> list[Verified]:
    return await repository.page_of(uow.session, VerifiedPhone, principal, page)


async def phone(uow: UnitOfWork, principal: Principal, number: int) -> Verified:
    """Raises VerifiedPhoneNotFound, also for somebody else's."""
    found = await repository.owned(uow.session, VerifiedPhone, principal, number)
    if found is None:
        raise VerifiedPhoneNotFound(number)
    return found
