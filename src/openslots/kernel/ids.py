"""Identifiers that leave the server, all from the operating system's randomness."""

from __future__ import annotations

import secrets
import uuid

BASE58 = "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"


def booking_uid() -> str:
    """22 characters of Flickr's base58, about 128 bits (bookings notes, section 6.1)."""
    return "".join(secrets.choice(BASE58) for _ in range(22))


def uuid4() -> str:
    return str(uuid.uuid4())


def token(size: int = 32) -> str:
    """URL-safe text of `size` random bytes."""
    return secrets.token_urlsafe(size)


def hex_token(size: int = 16) -> str:
    return secrets.token_hex(size)


def digits(count: int = 6) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))


def ordered_uuid(milliseconds: int) -> uuid.UUID:
    """A version-7 UUID whose leading 48 bits are `milliseconds` since 1970; the rest is random."""
    value = (max(0, milliseconds) & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)
