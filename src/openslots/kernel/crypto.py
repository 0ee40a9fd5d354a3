"""Hashes, signatures, passwords and encryption at rest; the only file that knows passlib and
cryptography."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from passlib.context import CryptContext

    from openslots.kernel.settings import Security

SEALED = "sealed:1:"
_FORM = re.compile(rf"{SEALED}(?P<key>[0-9a-f]{{8}}):(?P<box>[A-Za-z0-9_-]+)")
_NONCE = 12


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


class Unreadable(Exception):
    """A sealed text that no key of the keyring opens; `key` is the id of the one it wants."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no key here opens what the key {key} encrypted")
        self.key = key


def place(table: str, column: str, row: object) -> str:
    """Where a sealed text is kept; it can be opened at no other place."""
    return f"{table}.{column}:{row}"


def key_of(stored: str) -> str | None:
    """The id of the key that sealed a stored text; None for one that is stored in clear."""
    found = _FORM.fullmatch(stored)
    return found["key"] if found else None


class Keyring:
    """Encrypts texts for the database with AES-256-GCM: one key to write, any number to read.

    A sealed text reads `sealed:1:KEY:BOX`: KEY is the id of the key, BOX is nonce, ciphertext and
    tag in unpadded base64url. Keys come from texts of any length by HKDF-SHA256, which does not
    stretch them: the texts have to be random (decision record 0018). White space around them, as
    files have it, does not count.
    """

    def __init__(self, current: str, old: Iterable[str] = ()) -> None:
        if not current.strip():
            raise ValueError("a keyring needs a key to write with")
        made = [_derived(text) for text in dict.fromkeys(map(str.strip, (current, *old)))]
        self.current = made[0][0]
        self._keys: dict[str, list[AESGCM]] = {}
        for name, key in made:  # ids are short: two keys may share one
            self._keys.setdefault(name, []).append(key)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys; they tell nothing about the keys."""
        return frozenset(self._keys)

    def seal(self, text: str, place: str) -> str:
        """Encrypts with the current key, bound to the place where it will be kept."""
        nonce = secrets.token_bytes(_NONCE)
        box = self._keys[self.current][0].encrypt(nonce, text.encode(), place.encode())
        coded = base64.urlsafe_b64encode(nonce + box).rstrip(b"=").decode()
        return f"{SEALED}{self.current}:{coded}"

    def open(self, stored: str, place: str) -> str:
        """The text in clear; what is stored in clear stays as it is. Raises Unreadable."""
        from cryptography.exceptions import InvalidTag

        found = _FORM.fullmatch(stored)
        if found is None:
            return stored
        for key in self._keys.get(found["key"], ()):
            try:
                box = base64.urlsafe_b64decode(found["box"] + "=" * (-len(found["box"]) % 4))
                return key.decrypt(box[:_NONCE], box[_NONCE:], place.encode()).decode()
            except (InvalidTag, ValueError, binascii.Error):
                continue
        raise Unreadable(found["key"])


def _derived(text: str) -> tuple[str, AESGCM]:
    """(id, key) of a secret text."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    made = HKDF(SHA256(), 36, salt=None, info=b"openslots columns 1").derive(text.encode())
    return made[32:].hex(), AESGCM(made[:32])


@lru_cache(maxsize=16)
def keyring(security: Security) -> Keyring:
    """The keyring of the settings, made once."""
    return Keyring(
        security.encryption_key.get_secret_value(),
        [key.get_secret_value() for key in security.old_keys],
    )
