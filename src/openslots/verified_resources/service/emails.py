"""Verifying e-mail addresses."""

from __future__ import annotations

from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork
from openslots.models import VerifiedEmail
from openslots.notifications import service as notifications
from openslots.verified_resources import repository, rules
from openslots.verified_resources.errors import (
    EmailNotVerified,
    NotInTeam,
    VerifiedEmailNotFound,
)
from openslots.verified_resources.service import codes
from openslots.verified_resources.types import Page, Principal, Verified


async def request_email(uow: UnitOfWork, principal: Principal, address: str) -> None:
    """Mails a code, also to an address that is verified already. Raises EmailNotVerified for one
    that the operator bars."""
    address = address.lower()
    if rules.is_barred(address, uow.settings.bookings.blacklisted_emails):
        raise EmailNotVerified
    code = codes.fresh()
    await codes.keep(uow, principal, "email", address, code)
    await notifications.send_notice(
        uow,
        address,
        "Your verification code",
        [
            f"your verification code is {code}. It is valid for 15 minutes.",
            "If you did not ask for it, you can ignore this mail.",
        ],
        expires_at=uow.now + rules.VALID_FOR,
    )


async def verify_email(uow: UnitOfWork, principal: Principal, address: str, code: str) -> Verified:
    """The verified address; verifying it twice gives the same row. Raises EmailNotVerified."""
    address = address.lower()
    await uow.lock(locks.VERIFICATION, principal.lock_id)
    if not await codes.redeem(uow, principal, "email", address, code):
        raise EmailNotVerified
    return await repository.add_email(uow.session, principal, address)


async def emails(uow: UnitOfWork, principal: Principal, page: Page) -> list[Verified]:
    return await repository.page_of(uow.session, VerifiedEmail, principal, page)


async def email(uow: UnitOfWork, principal: Principal, number: int) -> Verified:
    """Raises VerifiedEmailNotFound, also for somebody else's."""
    found = await repository.owned(uow.session, VerifiedEmail, principal, number)
    if found is None:
        raise VerifiedEmailNotFound(number)
    return found


async def addresses(uow: UnitOfWork, user_id: int, *, team_id: int | None = None) -> list[str]:
    """The verified addresses of a user, or of a team that they belong to. Raises NotInTeam."""
    if team_id is None:
        principal = Principal(user_id=user_id)
    else:
        if not await repository.is_member(uow.session, team_id, user_id):
            raise NotInTeam(team_id)
        principal = Principal(team_id=team_id)
    return [one.address for one in await emails(uow, principal, Page())]


async def add_own_email(uow: UnitOfWork, user_id: int, own: str, address: str) -> Verified:
    """Counts the address of the account itself as verified; any other only when it already is.
    Raises EmailNotVerified."""
    address, principal = address.lower(), Principal(user_id=user_id)
    await uow.lock(locks.VERIFICATION, principal.lock_id)
    if address == own.lower():
        return await repository.add_email(uow.session, principal, address)
    found = await repository.find_email(uow.session, principal, address)
    if found is None:
        raise EmailNotVerified
    return found
