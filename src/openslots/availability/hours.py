"""One host's working time: weekly hours, date overrides, travel and out-of-office to open spans."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from openslots.availability import civil
from openslots.availability.inputs import (
    FALLBACK_SCHEDULE,
    Away,
    EventRules,
    HostInput,
    Schedule,
    Travel,
)
from openslots.availability.spans import DAY, MINUTE, Pair, clip, merge

_LAST_MINUTE = 1439
# A travel zone may lie a day away from the host's own, so one more day on either side is looked at.
_TRAVEL_MARGIN = 1

Week: TypeAlias = tuple[tuple[Pair, ...], ...]


class Plan(NamedTuple):
    """All that decides working time: equal plans have equal hours, worked out once."""

    schedule: Schedule
    zone: str
    travel: tuple[Travel, ...] = ()
    away: tuple[Away, ...] = ()


def plan_of(host: HostInput, event: EventRules) -> Plan:
    """Rule 9.1: the host's schedule; its zone, else the event's legacy one, else the profile's."""
    schedule = host.schedule or FALLBACK_SCHEDULE
    name = schedule.zone or event.legacy_zone or host.profile_zone
    return Plan(schedule, name, host.travel if schedule.is_default else (), host.away)


def working(plan: Plan, start: int, end: int) -> list[Pair]:
    """Rule 9.2: the plan's open spans inside [start, end), sorted, touching ones joined."""
    if start >= end:
        return []
    local = civil.zone(plan.zone, start, end)
    margin = 1 + (_TRAVEL_MARGIN if plan.travel else 0)
    first, last = local.day(start) - margin, local.day(end) + margin
    overrides = _overrides(plan.schedule, first, last)
    if overrides or plan.away or plan.travel:
        spans = _by_day(plan, local, overrides, first, last)
    else:
        spans = _by_week(_week(plan.schedule), local, first, last)
    # Joined last: overrides and absences act on single dates.
    return clip(merge(spans), start, end)


def _items(start: int, end: int) -> Pair:
    """contract: an end of 23:59 is the next midnight."""
    return start * MINUTE, DAY if end == _LAST_MINUTE else end * MINUTE


def _week(schedule: Schedule) -> Week:
    week: list[list[Pair]] = [[] for _ in range(7)]
    for hours in schedule.weekly:
        item = _items(hours.start, hours.end)
        if item[0] < item[1]:
            for day in set(hours.days):
                if 0 <= day < 7:
                    week[day].append(item)
    return tuple(tuple(sorted(items)) for items in week)


def _overrides(schedule: Schedule, first: int, last: int) -> dict[int, list[Pair]]:
    found: dict[int, list[Pair]] = {}
    for override in schedule.overrides:
        day = civil.day_number(override.day)
        if first <= day <= last:
            found.setdefault(day, []).append(_items(override.start, override.end))
    return found


def _by_week(week: Week, local: civil.Zone, first: int, last: int) -> list[Pair]:
    out: list[Pair] = []
    walls, offsets = local.walls, local.offsets
    weekday = civil.weekday(first)
    for day in range(first, last + 1):
        items = week[weekday]
        weekday = weekday + 1 if weekday < 6 else 0
        if not items:
            continue
        midnight = day * DAY
        at = bisect_right(walls, midnight)
        if at == len(walls) or midnight + DAY < walls[at]:
            base = midnight - offsets[at]
            for start, end in items:
                out.append((base + start, base + end))
        else:
            out += _local_items(local, day, items)
    return out


def _by_day(
    plan: Plan, local: civil.Zone, overrides: dict[int, list[Pair]], first: int, last: int
) -> list[Pair]:
    out: list[Pair] = []
    week = _week(plan.schedule)
    away = _away_days(plan.away, first, last)
    for day in range(first, last + 1):
        if day in away:
            continue
        items = overrides[day] if day in overrides else week[civil.weekday(day)]
        if items:
            here = _zone_of_day(plan.travel, local, day) if plan.travel else local
            out += _local_items(here, day, items)
    return out


def _local_items(local: civil.Zone, day: int, items: Sequence[Pair]) -> list[Pair]:
    """Wall-clock hours of one day as instants; a date the zone skips whole has none."""
    base = day * DAY
    low, high = local.days(day, day)
    spans = [(local.instant(base + start), local.instant(base + end)) for start, end in items]
    return clip([span for span in spans if span[0] < span[1]], low, high)


def _away_days(away: Sequence[Away], first: int, last: int) -> set[int]:
    days: set[int] = set()
    for entry in away:
        # The UTC dates of the entry are read as dates in the host's zone.
        days.update(range(max(entry.start // DAY, first), min(entry.end // DAY, last) + 1))
    return days


def _zone_of_day(travel: Sequence[Travel], local: civil.Zone, day: int) -> civil.Zone:
    trip = _trip(travel, local.midnight(day))
    if trip is None:
        return local
    midnight = day * DAY
    return civil.zone(trip.zone, midnight - 2 * DAY, midnight + 2 * DAY)


def _trip(travel: Sequence[Travel], midnight: int) -> Travel | None:
    for trip in travel:
        if trip.start <= midnight and (trip.end is None or midnight <= trip.end):
            return trip
    return None


class ClosedDay(NamedTuple):
    """Why a stretch of one local day is not open: `kind` of the rule that decided, and its id."""

    kind: str
    ref: int | str | None
    day: int


def why_closed(plan: Plan, start: int, end: int) -> list[ClosedDay]:
    """Each local day of a [start, end) outside `working` that is closed there, and why.

    Kinds: `out_of_office` (ref: the entry's id), `override` and `outside_hours` (ref: the
    schedule's).
    """
    local = civil.zone(plan.zone, start, end)
    margin = 1 + (_TRAVEL_MARGIN if plan.travel else 0)
    found: list[ClosedDay] = []
    for day in range(local.day(start) - margin, local.day(end - 1) + margin + 1):
        here = _zone_of_day(plan.travel, local, day)
        low, high = here.days(day, day)
        low, high = max(low, start), min(high, end)
        if low >= high:
            continue
        overrides = _overrides(plan.schedule, day, day)
        away = next((a for a in plan.away if day in _away_days((a,), day, day)), None)
        items = overrides.get(day, _week(plan.schedule)[civil.weekday(day)])
        if away is not None:
            found.append(ClosedDay("out_of_office", away.id, day))
        elif (low, high) not in clip(merge(_local_items(here, day, items)), low, high):
            kind = "override" if day in overrides else "outside_hours"
            found.append(ClosedDay(kind, plan.schedule.id, day))
    # Days of different travel zones may leave a hole that belongs to no day.
    return found or [ClosedDay("outside_hours", plan.schedule.id, local.day(start))]
