"""The authenticated principal of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["api_key", "access_token", "client", "session"]


@dataclass(frozen=True, slots=True)
class Caller:
    """A person, however they proved it.

    `scopes` is None for an unrestricted credential. `organization_id` is what the credential is
    bound to, else the user's main organisation (auth notes, section 5.2).
    """

    kind: Kind
    user_id: int
    email: str
    username: str | None
    name: str | None
    time_zone: str
    locale: str
    is_system_admin: bool = False
    organization_id: int | None = None
    scopes: frozenset[str] | None = None
    api_key_id: str | None = None
    oauth_client_id: str | None = None
