"""Hashes, signatures and passwords; the only file that knows passlib, jose and cryptography."""

from __future__ import annotations

import hashlib
import hmac
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from passlib.context import CryptContext


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def same(one: str, other: str) -> bool:
    """Compares without telling by time where two texts differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def hmac_sha256(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Passwords:
    """argon2id through passlib; `cheap` parameters are for tests only."""

    def __init__(self, *, cheap: bool = False) -> None:
        self._cheap = cheap
        self._made: CryptContext | None = None
        self._dummy_is_made = False

    @property
    def _context(self) -> CryptContext:
        if self._made is None:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "'crypt' is deprecated", DeprecationWarning)
                warnings.filterwarnings("ignore", "Accessing argon2", DeprecationWarning)
                from passlib.context import CryptContext

                self._made = CryptContext(schemes=["argon2"])
                if self._cheap:
                    self._made.update(argon2__time_cost=1, argon2__memory_cost=64)
        return self._made

    def hash(self, password: str) -> str:
        return str(self._context.hash(password))

    def verify(self, password: str, hashed: str | None) -> bool:
        """False for a wrong password; takes as long when there is no hash at all."""
        if not self._dummy_is_made:
            self._context.dummy_verify()  # the first one takes longer: not when it would tell
            self._dummy_is_made = True
        if hashed is None:
            self._context.dummy_verify()
            return False
        return bool(self._context.verify(password, hashed))
