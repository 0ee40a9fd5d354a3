"""What happened to absences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AbsentPerson:
    """The one who is away, or the one who takes over."""

    id: int
    email: str
    name: str | None
    username: str | None
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfOfficeCreated:
    """An absence was entered; `start` and `end` span whole UTC days, the last millisecond
    included. `reason` is one of unspecified, vacation, travel, sick, public_holiday."""

    id: int
    uuid: str
    user: AbsentPerson
    to_user: AbsentPerson | None
    start: datetime
    end: datetime
    reason: str
    notes: str | None
    created_at: datetime
    updated_at: datetime
