"""Codes that prove an e-mail address before a booking: made from the address, valid 15 minutes."""

from __future__ import annotations

from datetime import datetime

from openslots.bookings.errors import VerificationRequired, VerificationWrong
from openslots.kernel import crypto
from openslots.kernel.settings import Settings
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType

STEP = 900  # seconds


def code(settings: Settings, email: str, now: datetime, *, back: int = 0) -> str:
    """The six digits for an address; `back` counts steps of 15 minutes into the past."""
    window = int(now.timestamp()) // STEP - back
    secret = settings.security.encryption_key.get_secret_value()
    digest = crypto.hmac_sha256(secret, f"booking-email:{email.lower()}:{window}".encode())
    return f"{int(digest[:12], 16) % 1_000_000:06d}"


def is_valid(settings: Settings, email: str, given: str, now: datetime) -> bool:
    """Whether the code was sent to the address within the last 15 to 30 minutes."""
    return any(crypto.same(given, code(settings, email, now, back=back)) for back in (0, 1))


def require(uow: UnitOfWork, event_type: EventType, email: str, given: str | None) -> None:
    """Raises VerificationRequired or VerificationWrong where the event type wants a code."""
    if not event_type.requires_email_verification:
        return
    if not given:
        raise VerificationRequired
    if not is_valid(uow.settings, email, given, uow.now):
        raise VerificationWrong
