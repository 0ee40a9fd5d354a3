"""What happened to a user's profile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeZoneChanged:
    """The user lives in another zone from now on (IANA name)."""

    user_id: int
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultScheduleChosen:
    """The user named one of their own schedules as the default."""

    user_id: int
    schedule_id: int
