"""Codes of the booking page: a booker proves an address before they book."""

from __future__ import annotations

from openslots.bookings.service import verification
from openslots.kernel.uow import UnitOfWork
from openslots.notifications import service as notifications
from openslots.verified_resources import rules
from openslots.verified_resources.errors import WrongCode


def must_verify(uow: UnitOfWork, address: str, session_address: str | None) -> bool:
    """Whether an address may book only after it was verified: one that the operator protects,
    unless the booker is signed in with it."""
    address = address.lower()
    if session_address is not None and session_address.lower() == address:
        return False
    return rules.is_barred(address, uow.settings.bookings.blacklisted_emails)


async def send_code(uow: UnitOfWork, address: str) -> None:
    """Mails the code that a booking of this address takes now."""
    code = verification.code(uow.settings, address, uow.now)
    await notifications.send_notice(
        uow,
        address.lower(),
        "Your verification code",
        [
            f"your code to confirm a booking is {code}. It is valid for 15 minutes.",
            "If you did not ask for it, you can ignore this mail.",
        ],
        expires_at=uow.now + rules.VALID_FOR,
    )


def verify_code(uow: UnitOfWork, address: str, code: str) -> None:
    """Raises WrongCode; a right code stays good for the booking that follows."""
    if not verification.is_valid(uow.settings, address, code.strip(), uow.now):
        raise WrongCode
