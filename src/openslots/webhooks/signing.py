"""PURE. Signatures of a body: the documented one, and that of Standard Webhooks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

UNSIGNED = "no-secret-provided"
PREFIX = "whsec_"


def hexadecimal(secret: str | None, body: bytes) -> str:
    """HMAC-SHA256 of the exact body in lower-case hex; a fixed word without a secret."""
    if not secret:
        return UNSIGNED
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard(secret: str | None, message_id: str, timestamp: int, body: bytes) -> str | None:
    """`v1,<base64>` over `id.timestamp.body`; None without a secret.

    A secret with the `whsec_` prefix is base64, any other one is its UTF-8 bytes.
    """
    if not secret:
        return None
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    if secret.startswith(PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()
