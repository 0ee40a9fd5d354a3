"""What bounds a start apart from busy time: notice, booking windows, and limits per period."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from openslots.availability import civil
from openslots.availability.hours import plan_of
from openslots.availability.inputs import (
    BookingFact,
    DaysWindow,
    HostInput,
    Limits,
    RangeWindow,
    SlotQuery,
)
from openslots.availability.spans import DAY, MINUTE, Span

Unit: TypeAlias = Literal["year", "month", "week", "day"]
Scope: TypeAlias = Literal["event_type", "user", "team"]
Measure: TypeAlias = Literal["count", "minutes"]

UNITS: tuple[Unit, ...] = ("year", "month", "week", "day")
# A query is answered for at most so many days from its first bookable instant; what lies beyond is
# not offered. It keeps a range up to the year 9999 as cheap as one of two years.
MAX_DAYS = 732

# No longer slot is offered or booked.
MAX_MINUTES = 366 * 24 * 60

ROLLING_DAYS = 61  # contract: a rolling window looks at no more dates than this
_YEAR = 366 * DAY


class LimitHit(NamedTuple):
    """A period closed by a limit; `limit` is in bookings or minutes, `used` what counts already."""

    period: Span
    scope: Scope
    measure: Measure
    unit: Unit
    limit: int
    used: int


def earliest(query: SlotQuery) -> int:
    """The first instant at which a slot may be offered: now plus the notice, at least a minute."""
    return query.now + max(query.event.minimum_notice, 1) * MINUTE


def end_of(query: SlotQuery) -> int:
    """contract: a range that ends at 23:59:59 ends at midnight."""
    return query.end + 1 if query.end % MINUTE == MINUTE - 1 else query.end


def is_rolling(query: SlotQuery) -> bool:
    """Whether the booking window counts only days that still have a slot."""
    window = query.event.window
    return isinstance(window, DaysWindow) and window.rolling


def window_zone(query: SlotQuery) -> str:
    """The zone of the dates of a range window: by default that of the first host's schedule."""
    if query.event.window_zone:
        return query.event.window_zone
    return plan_of(query.hosts[0], query.event).zone if query.hosts else "UTC"


def limit_zone(query: SlotQuery) -> str:
    """Whose dates limits are cut by: the event's own schedule, else the first host's profile."""
    if query.event.own_schedule_zone:
        return query.event.own_schedule_zone
    return query.hosts[0].profile_zone if query.hosts else "UTC"


def event_hits(query: SlotQuery, start: int, end: int) -> list[LimitHit]:
    """The periods touching [start, end) that the event type's own limits close for everybody."""
    event = query.event
    if not event.count_limits and not event.minute_limits:
        return []
    local = civil.zone(limit_zone(query), start - _YEAR, end + _YEAR)
    facts = without(query.event_facts, query.reschedule_uid)
    found = _hits("event_type", "count", event.count_limits, facts, 0, local, start, end)
    found += _hits(
        "event_type", "minutes", event.minute_limits, facts, query.minutes, local, start, end
    )
    return found


def host_hits(query: SlotQuery, host: HostInput, start: int, end: int) -> list[LimitHit]:
    """The periods that the user's own limits, or the team's per member, close for one host."""
    found: list[LimitHit] = []
    if host.limits:
        local = civil.zone(host.profile_zone, start - _YEAR, end + _YEAR)
        facts = without(host.facts, query.reschedule_uid)
        found += _hits("user", "count", host.limits, facts, 0, local, start, end)
    if query.event.team_limits:
        local = civil.zone(limit_zone(query), start - _YEAR, end + _YEAR)
        facts = without(host.team_facts, query.reschedule_uid)
        found += _hits("team", "count", query.event.team_limits, facts, 0, local, start, end)
    return found


def without(facts: Iterable[BookingFact], uid: str | None) -> list[BookingFact]:
    """The facts but those of one booking; the same booking given twice counts once."""
    return list({fact.uid: fact for fact in facts if fact.uid != uid}.values())


def _hits(
    scope: Scope,
    measure: Measure,
    limits: Limits,
    facts: Sequence[BookingFact],
    extra: int,
    local: civil.Zone,
    start: int,
    end: int,
) -> list[LimitHit]:
    """`extra` minutes come on top of each period (the new booking); counts close when reached."""
    found: list[LimitHit] = []
    oldest = max(start - _YEAR - DAY, civil.EARLIEST)
    newest = min(end + _YEAR + DAY, civil.LATEST)
    for unit in UNITS:
        limit: int | None = getattr(limits, unit)
        if limit is None:
            continue
        by_minutes = measure == "minutes"
        full = extra > limit if by_minutes else limit <= 0
        if full:
            found.append(LimitHit(Span(start, end), scope, measure, unit, limit, 0))
            continue
        used: dict[tuple[int, int], int] = {}
        for fact in facts:
            if not oldest <= fact.start <= newest:
                continue
            days = _period(unit, local.day(fact.start))
            used[days] = used.get(days, 0) + (fact.minutes if by_minutes else 1)
        for (first, last), total in used.items():
            if (total + extra > limit) if by_minutes else (total >= limit):
                period = local.days(first, last)
                if period.start < end and period.end > start:
                    found.append(LimitHit(period, scope, measure, unit, limit, total))
    return found


def _period(unit: Unit, day: int) -> tuple[int, int]:
    """The first and last day of the period a day lies in."""
    if unit == "day":
        return day, day
    if unit == "week":
        first = day - civil.weekday(day)
        return first, first + 6
    date = civil.calendar_date(day)
    if unit == "month":
        first_date = date.replace(day=1)
        following = (
            first_date.replace(year=date.year + 1, month=1)
            if date.month == 12
            else first_date.replace(month=date.month + 1)
        )
    else:
        first_date = date.replace(month=1, day=1)
        following = first_date.replace(year=date.year + 1)
    return civil.day_number(first_date), civil.day_number(following) - 1


def fact_span(query: SlotQuery, span: Span) -> Span:
    """All whole periods, in any zone, that a limit may count for a slot in `span`."""
    event = query.event
    sets = [event.count_limits, event.minute_limits, event.team_limits]
    sets += [host.limits for host in query.hosts]
    low, high = span.start // DAY - 2, span.end // DAY + 2
    for unit in UNITS:
        if any(getattr(limits, unit) is not None for limits in sets):
            return Span(_period(unit, low)[0] * DAY, (_period(unit, high)[1] + 1) * DAY)
    return span


class Bounds(NamedTuple):
    """Starts allowed by the booking window: in [start, end)."""

    start: int
    end: int


UNBOUNDED = Bounds(civil.EARLIEST, civil.LATEST)


def window_bounds(query: SlotQuery) -> Bounds:
    """The booking window as far as slots do not matter (a rolling one: the dates looked at).

    Days from today are the viewer's, those of a range the event's (`window_zone`).
    """
    window = query.event.window
    if window is None:
        return UNBOUNDED
    if isinstance(window, RangeWindow):
        first, last = civil.day_number(window.first), civil.day_number(window.last)
        name = window_zone(query)
        return Bounds(_midnight(name, first), _midnight(name, last + 1))
    today = viewer_zone(query, query.now, query.now).day(query.now)
    last = _looked_at(window, today)[-1] if window.rolling else _last_day(window, today)
    return Bounds(civil.EARLIEST, _midnight(query.viewer_zone or "UTC", last + 1))


def _midnight(name: str, day: int) -> int:
    return civil.zone(name, day * DAY, day * DAY).midnight(day)


def _last_day(window: DaysWindow, today: int) -> int:
    days = min(max(window.days, 0), 36_500)
    if not window.business or days == 0:
        return today + days
    # Whole weeks first: seven days always hold five weekdays. The last weekday is stepped to.
    day = today + 7 * ((days - 1) // 5)
    left = (days - 1) % 5 + 1
    while left:
        day += 1
        left -= 0 < civil.weekday(day) < 6
    return day


def _looked_at(window: DaysWindow, today: int) -> list[int]:
    days = [today]
    while len(days) < ROLLING_DAYS:
        day = days[-1] + 1
        while window.business and not 0 < civil.weekday(day) < 6:
            day += 1
        days.append(day)
    return days


def rolling_end(query: SlotQuery, starts: Sequence[int]) -> int:
    """The end of a rolling window: of the Nth date looked at that has one of `starts`.

    `starts` are all starts left from today on, as far as the caller cares: where they hold too few
    dates, the end is that of the last date looked at.
    """
    window = query.event.window
    if not isinstance(window, DaysWindow) or not window.rolling:
        raise ValueError("the event type has no rolling window")
    today = viewer_zone(query, query.now, query.now).day(query.now)
    days = _looked_at(window, today)
    local = viewer_zone(query, query.now, days[-1] * DAY)
    with_slots = {local.day(start) for start in starts}
    found = [day for day in days if day in with_slots]
    wanted = max(window.days, 0)
    if wanted == 0:
        return local.midnight(today)
    last = found[wanted - 1] if len(found) >= wanted else days[-1]
    return local.midnight(last + 1)


def viewer_zone(query: SlotQuery, start: int, end: int) -> civil.Zone:
    """The viewer's zone over a stretch of time."""
    return civil.zone(query.viewer_zone or "UTC", start, end)
