"""Commands and facts of absences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Order = Literal["asc", "desc"]

# reason -> its number in the public system
REASONS = {"unspecified": 1, "vacation": 2, "travel": 3, "sick": 4, "public_holiday": 5}


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """`start` and `end` are any instants of the first and last day."""

    start: datetime
    end: datetime
    reason: str = "unspecified"
    notes: str | None = None
    to_user_id: int | None = None


@dataclass(frozen=True, slots=True)
class AbsenceChanges:
    """A partial update: None leaves a field as it is, but for what `clears` names."""

    start: datetime | None = None
    end: datetime | None = None
    reason: str | None = None
    notes: str | None = None
    to_user_id: int | None = None
    clears: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AbsenceFacts:
    id: int
    uuid: str
    user_id: int
    to_user_id: int | None
    start: datetime
    end: datetime
    reason: str
    notes: str | None


@dataclass(frozen=True, slots=True)
class AbsencePage:
    """Which entries are listed, and how; without an order by id. `by_end` wins."""

    take: int = 250
    skip: int = 0
    by_start: Order | None = None
    by_end: Order | None = None
