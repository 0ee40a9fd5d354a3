"""Commands and answers of the accounts slice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CreateUser:
    """A new account. Without a password nobody can sign in to the pages; the API key works."""

    email: str
    username: str
    name: str
    password: str | None
    time_zone: str
    role: str = "USER"
    with_defaults: bool = False


@dataclass(frozen=True, slots=True)
class CreatedUser:
    """`api_key` is shown this once and never expires."""

    id: int
    email: str
    username: str
    api_key: str


@dataclass(frozen=True, slots=True)
class RefreshKey:
    """`days_valid` from now (None: the default), or a key that never expires."""

    days_valid: int | None = None
    never_expires: bool | None = None
