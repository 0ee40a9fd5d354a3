"""Dated contracts: which date a request asks for and which handler answers it.

The rules are those of section 1 of the auth notes: a date is the name of one resource's contract,
an absent or unreadable header is the oldest one, and a handler that no longer changed answers the
dates after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

BASE = "2024-04-15"
KNOWN = (
    BASE,
    "2024-06-11",
    "2024-06-14",
    "2024-08-13",
    "2024-09-04",
    "2026-02-25",
    "2026-05-01",
)
HEADER = b"cal-api-version"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

F = TypeVar("F", bound=Callable[..., Any])  # Any: any endpoint
T = TypeVar("T")


def known_date(text: str) -> str:
    """The contract date that a header value stands for.

    A known date is itself; another well-formed date is the newest known one before it; a date
    before all, or any other text, is the oldest.
    """
    if text in KNOWN:
        return text
    if _DATE.fullmatch(text):
        return max((date for date in KNOWN if date < text), default=BASE)
    return BASE


def requested(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The contract date of a request, from its raw headers."""
    for name, value in headers:
        if name == HEADER:
            return known_date(value.decode("latin-1").strip())
    return BASE


def serves(*dates: str, carried: bool = True) -> Callable[[F], F]:
    """Declares the dates that an endpoint answers; without it an endpoint answers every date.

    An endpoint also answers the later dates that nothing else declares, unless `carried` is false:
    then its family went on without it, and later dates are a 404.
    """
    unknown = set(dates) - set(KNOWN)
    if unknown or not dates:
        raise ValueError(f"unknown contract dates: {sorted(unknown)}")

    def mark(endpoint: F) -> F:
        endpoint.__dict__["api_dates"] = tuple(sorted(dates))
        endpoint.__dict__["api_carried"] = carried
        return endpoint

    return mark


def dates_of(endpoint: Callable[..., Any]) -> tuple[str, ...]:
    """The declared dates of an endpoint; every known one when it declares none."""
    declared: tuple[str, ...] = getattr(endpoint, "api_dates", KNOWN)
    return declared


def is_carried(endpoint: Callable[..., Any]) -> bool:
    """Whether an endpoint answers the dates after its own that nothing else declares."""
    return bool(getattr(endpoint, "api_carried", True))


def expand(declared: Mapping[str, T], carried: Callable[[T], bool]) -> dict[str, T]:
    """Every known date -> what answers it: itself if declared, else the nearest older declared
    that is `carried` on."""
    out: dict[str, T] = {}
    current: T | None = None
    for date in KNOWN:
        if date in declared:
            current = declared[date]
        elif current is not None and not carried(current):
            current = None
        if current is not None:
            out[date] = current
    return out
