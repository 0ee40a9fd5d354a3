"""The occurrences of a recurring booking: wall-clock time kept in the booker's zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

YEARLY, MONTHLY, WEEKLY = 0, 1, 2
MOST = 500  # occurrences of one series, whatever an event type says


def starts(first: datetime, zone: str, *, freq: int, interval: int, count: int) -> list[datetime]:
    """`count` instants (UTC), each `interval` weeks, months or years after the one before.

    A day that a month lacks becomes its last day. Raises OverflowError beyond the calendar.
    """
    local = first.astimezone(ZoneInfo(zone)).replace(fold=0)
    return [first, *(_step(local, freq, interval * number) for number in range(1, count))]


def _step(local: datetime, freq: int, steps: int) -> datetime:
    if freq == WEEKLY:
        moved = local.replace(tzinfo=None) + timedelta(weeks=steps)
    else:
        months = local.month - 1 + (steps if freq == MONTHLY else steps * 12)
        year, month = local.year + months // 12, months % 12 + 1
        if year > 9999:
            raise OverflowError("date value out of range")
        day = min(local.day, monthrange(year, month)[1])
        moved = local.replace(tzinfo=None, year=year, month=month, day=day)
    return moved.replace(tzinfo=local.tzinfo).astimezone(UTC)
