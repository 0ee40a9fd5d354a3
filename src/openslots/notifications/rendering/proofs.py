"""What a link in a mail to a host proves: that whoever has it got that mail."""

from __future__ import annotations

from openslots.kernel import crypto


def decision(secret: str, booking_uid: str, host_email: str) -> str:
    """The proof in a link to decide on a booking; of this booking and this address alone."""
    return crypto.hmac_sha256(secret, f"decide:{booking_uid}:{host_email.lower()}".encode())
