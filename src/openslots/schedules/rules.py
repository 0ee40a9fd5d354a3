"""What hours may look like, and the two ways in which clients write a week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from openslots.schedules.types import DayHours, WeeklyHours

MOST_SCHEDULES = 500  # of one user
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
# the order in which the contract lists the names
DAY_NAMES = (*DAYS[1:], DAYS[0])


def backwards(start: int, end: int) -> bool:
    """Whether hours end before they start; equal times are no time at all, which is allowed."""
    return end < start


def minute(text: str) -> int:
    """Minutes since midnight of a valid `HH:MM`."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def clock_text(minute: int) -> str:
    """`HH:MM` of minutes since midnight."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def week_of(hours: Iterable[WeeklyHours]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Seven lists of (start, end), Sunday first, each in the order of the day."""
    week: list[list[tuple[int, int]]] = [[] for _ in DAYS]
    for item in hours:
        for day in item.days:
            week[day].append((item.start, item.end))
    return tuple(tuple(sorted(day)) for day in week)


def hours_of(week: Sequence[Iterable[tuple[int, int]]]) -> tuple[WeeklyHours, ...]:
    """The fewest weekly hours that say the same as seven lists of (start, end), Sunday first."""
    days: dict[tuple[int, int], list[int]] = {}
    for day, ranges in enumerate(week):
        for times in ranges:
            sharing = days.setdefault(times, [])
            if day not in sharing:
                sharing.append(day)
    return tuple(
        WeeklyHours(days=tuple(sharing), start=start, end=end)
        for (start, end), sharing in days.items()
    )


def days_from(overrides: Iterable[DayHours], today: date) -> dict[date, list[DayHours]]:
    """Overrides of today and later by day, earliest first."""
    found: dict[date, list[DayHours]] = {}
    for item in sorted(overrides, key=lambda item: (item.day, item.start)):
        if item.day >= today:
            found.setdefault(item.day, []).append(item)
    return found
