"""Absences are whole UTC days."""

from __future__ import annotations

from datetime import UTC, datetime, time


def whole_days(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """From the first millisecond of the day of `start` to the last of the day of `end`."""
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    return (
        datetime.combine(first, time(), UTC),
        datetime.combine(last, time(23, 59, 59, 999000), UTC),
    )
