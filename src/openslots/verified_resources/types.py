"""Whose addresses they are, and what is known of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["email", "phone"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a team: exactly one of the two."""

    user_id: int | None = None
    team_id: int | None = None

    @property
    def lock_id(self) -> int:
        """A number for advisory locks; a team and a user of one id may share it."""
        return self.user_id or self.team_id or 0


@dataclass(frozen=True, slots=True)
class Verified:
    """An address or number that its owner verified."""

    id: int
    address: str
    user_id: int | None
    team_id: int | None


@dataclass(frozen=True, slots=True)
class Page:
    take: int = 250
    skip: int = 0
