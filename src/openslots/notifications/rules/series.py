"""How calendars are told when a series takes place: by a rule, where one gives its occurrences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from openslots.availability import civil

YEARLY, MONTHLY, WEEKLY = 0, 1, 2
_NAMES = {YEARLY: "YEARLY", MONTHLY: "MONTHLY", WEEKLY: "WEEKLY"}


class Plan(NamedTuple):
    """`rule` as icalendar takes it, None where only a list does; `zone` is the one whose clock
    the rule follows."""

    rule: Mapping[str, object] | None
    zone: ZoneInfo | None = None

    def shown(self, moment: datetime) -> datetime:
        """The start or the end of the first occurrence, in the form that goes with the rule."""
        return moment if self.zone is None else moment.astimezone(self.zone)


def plan(occurrences: Sequence[datetime], rule: tuple[int, int] | None, zone: str) -> Plan:
    """The shortest way to tell these starts, in their order: a rule in UTC, a rule by the clock of
    `zone` (the booker's, which occurrences keep), or no rule.

    `rule` is (frequency, interval) of the event type, which need not give these occurrences.
    """
    if rule is None:
        return Plan(None)
    freq, interval = rule
    told = {"freq": _NAMES[freq], "interval": interval, "count": len(occurrences)}
    if _follow(occurrences, freq, interval, UTC):
        return Plan(told)
    known = civil.canonical_zone(zone)
    clock = None if known is None else ZoneInfo(known)
    if clock is not None and _follow(occurrences, freq, interval, clock):
        return Plan(told, clock)
    return Plan(None)


def _follow(occurrences: Sequence[datetime], freq: int, interval: int, zone: tzinfo) -> bool:
    """Whether the rule, from the first one on, gives exactly these. One that falls on a day that a
    month lacks never does: calendars leave that month out."""
    first = occurrences[0].astimezone(zone).replace(tzinfo=None)
    try:
        local = (_step(first, freq, interval * number) for number in range(len(occurrences)))
        return all(
            one.replace(tzinfo=zone).astimezone(UTC) == start
            for one, start in zip(local, occurrences, strict=True)
        )
    except (ValueError, OverflowError):
        return False


def _step(local: datetime, freq: int, steps: int) -> datetime:
    if freq == WEEKLY:
        return local + timedelta(weeks=steps)
    months = local.month - 1 + (steps if freq == MONTHLY else steps * 12)
    return local.replace(year=local.year + months // 12, month=months % 12 + 1)
