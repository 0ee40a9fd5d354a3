"""The only place that reads the wall clock; tests pin it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_pinned: datetime | None = None


def cut(moment: datetime) -> datetime:
    """The same instant in UTC without what is finer than a millisecond."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def now() -> datetime:
    """The present instant, UTC, cut to milliseconds."""
    if _pinned is not None:
        return _pinned
    return cut(datetime.now(UTC))  # noqa: TID251


@contextmanager
def pinned(moment: datetime) -> Iterator[None]:
    """Within the block `now()` is `moment` for the whole process; for tests."""
    global _pinned
    before, _pinned = _pinned, cut(moment)
    try:
        yield
    finally:
        _pinned = before


def iso(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:mm:ss.SSSZ`, the form of every instant in an answer."""
    moment = moment.astimezone(UTC)
    return f"{moment.year:04d}{moment:-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
