"""Commands and facts of the schedules slice. Times are minutes since local midnight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours of some weekdays, 0 = Sunday; `id` is 0 until stored."""

    days: tuple[int, ...]
    start: int
    end: int
    id: int = 0


@dataclass(frozen=True, slots=True)
class DayHours:
    """Hours that replace the weekly ones on one calendar day; 0 to 0 is a day off."""

    day: date
    start: int
    end: int
    id: int = 0


WORKING_WEEK = (WeeklyHours(days=(1, 2, 3, 4, 5), start=9 * 60, end=17 * 60),)
DEFAULT_NAME = "Working Hours"


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """A schedule to make; `hours` None stands for Monday to Friday, 9 to 17."""

    name: str
    time_zone: str
    is_default: bool
    hours: tuple[WeeklyHours, ...] | None = None
    overrides: tuple[DayHours, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleChanges:
    """A partial update: None leaves a field as it is, an empty tuple clears it."""

    name: str | None = None
    time_zone: str | None = None
    make_default: bool = False
    hours: tuple[WeeklyHours, ...] | None = None
    overrides: tuple[DayHours, ...] | None = None


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """A stored schedule; hours and overrides in the order they were sent."""

    id: int
    owner_id: int
    name: str
    time_zone: str
    is_default: bool
    hours: tuple[WeeklyHours, ...]
    overrides: tuple[DayHours, ...]


@dataclass(frozen=True, slots=True)
class City:
    """A place, its IANA zone, and its people."""

    city: str
    timezone: str
    pop: int
