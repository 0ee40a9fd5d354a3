"""Commands and facts of the users slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


class Unset:
    """The type of KEEP."""


KEEP: Final = Unset()  # a field that a partial update did not name


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to make; `email` and `username` in any case, `time_zone` an IANA name."""

    email: str
    username: str | None
    name: str | None
    time_zone: str
    password_hash: str | None = None
    role: str = "USER"
    verified: bool = True
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class ProfileChanges:
    """A partial update of a profile: KEEP leaves a field as it is."""

    email: str | Unset = KEEP
    name: str | Unset | None = KEEP
    bio: str | Unset | None = KEEP
    avatar_url: str | Unset | None = KEEP
    time_format: int | Unset = KEEP
    week_start: str | Unset = KEEP
    time_zone: str | Unset = KEEP
    locale: str | Unset = KEEP
    default_schedule_id: int | Unset = KEEP
    metadata: Mapping[str, object] | Unset = KEEP


Period = Literal["perDay", "perWeek", "perMonth", "perYear"]
PERIODS: tuple[Period, ...] = ("perDay", "perWeek", "perMonth", "perYear")


@dataclass(frozen=True, slots=True)
class Profile:
    """A user as `GET /v2/me` shows them."""

    id: int
    username: str | None
    email: str
    name: str | None
    avatar_url: str | None
    bio: str | None
    time_format: int
    default_schedule_id: int | None
    week_start: str
    time_zone: str
    booking_limits: Mapping[str, int | None]
    organization_id: int | None = None
    organization_is_platform: bool = False
