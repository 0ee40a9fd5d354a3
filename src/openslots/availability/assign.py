"""Which round-robin host takes a booking: weights, priority, least recently booked (section 17)."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from openslots.availability import civil
from openslots.availability.inputs import Assignment, HostBooking, HostInput
from openslots.availability.spans import DAY, Span, merge

DEFAULT_WEIGHT = 100
DEFAULT_PRIORITY = 2


def interval(rules: Assignment, now: int, start: int) -> Span:
    """The reset interval bookings are counted in, in UTC.

    Basis created: from the start of the current day or month up to now. Basis start: the whole day
    or month the meeting starts in.
    """
    around = start if rules.basis == "start" else now
    day = around // DAY
    if rules.interval == "DAY":
        first, following = day, day + 1
    else:
        here = civil.calendar_date(day)
        first = civil.day_number(here.replace(day=1))
        following = civil.day_number(_next_month(here))
    if rules.basis == "start":
        return Span(first * DAY, following * DAY)
    return Span(first * DAY, now + 1)


def _next_month(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return day.replace(year=year, month=month, day=1)


def history_span(rules: Assignment, now: int, start: int) -> Span | None:
    """What `HostInput.history` must cover for a choice: by creation time, or by start for basis
    start. None when only `last_booked` is read."""
    if rules.weights or rules.lead_threshold is not None:
        return interval(rules, now, start)
    return None


class Standing(NamedTuple):
    """Where a host stands in the interval; exact, so that equal shares are seen as equal."""

    bookings: int
    calibration: Fraction
    shortfall: Fraction


def standings(
    pool: Sequence[HostInput], rules: Assignment, now: int, start: int
) -> dict[int, Standing]:
    """Each round-robin host's count, calibration and shortfall, by host id."""
    within = interval(rules, now, start)
    counted = {host.id: _counted(host.history, rules, within) for host in pool}
    calibrations = {host.id: _calibration(host, pool, counted, within) for host in pool}
    total = len({booking.uid for own in counted.values() for booking in own})
    total_weight = sum(_weight(host) for host in pool)
    everything = total + sum(calibrations.values())
    found: dict[int, Standing] = {}
    for host in pool:
        share = Fraction(_weight(host), total_weight) if total_weight else Fraction(0)
        own = len(counted[host.id])
        shortfall = everything * share - (own + calibrations[host.id])
        found[host.id] = Standing(own, calibrations[host.id], shortfall)
    return found


def _weight(host: HostInput) -> int:
    return DEFAULT_WEIGHT if host.weight is None else host.weight


def _counted(history: Sequence[HostBooking], rules: Assignment, within: Span) -> list[HostBooking]:
    by_start = rules.basis == "start"
    return [
        booking
        for booking in history
        if within.start <= (booking.start if by_start else booking.created) < within.end
        and (rules.include_no_shows or not booking.no_show)
    ]


def _calibration(
    host: HostInput,
    pool: Sequence[HostInput],
    counted: Mapping[int, Sequence[HostBooking]],
    within: Span,
) -> Fraction:
    """Bookings a host could not have had, counted as if they were theirs."""
    others = [other for other in pool if other.id != host.id]
    if not others:
        return Fraction(0)
    created = sorted({b.uid: b.created for other in others for b in counted[other.id]}.values())
    total = Fraction(0)
    added = host.added_at
    if added is not None and within.start <= added < within.end:
        earlier = sum(1 for other in others if other.added_at is None or other.added_at < added)
        before = bisect_left(created, added)
        if earlier and before:
            total += Fraction(before, earlier)
    for start, end in merge(host.absences):
        during = bisect_left(created, end) - bisect_left(created, start)
        total += Fraction(during, len(others))
    return total


def within_lead(
    pool: Sequence[HostInput], rules: Assignment, now: int, start: int
) -> list[HostInput]:
    """Rule 17.5: without the hosts who lead the others by more than the threshold."""
    threshold = rules.lead_threshold
    if threshold is None or rules.basis == "start" or not pool:
        return list(pool)
    standing = standings(pool, rules, now, start)
    if rules.weights:
        most = max(standing[host.id].shortfall for host in pool)
        return [h for h in pool if round(most - standing[h.id].shortfall, 2) <= threshold]
    least = min(standing[host.id].bookings for host in pool)
    return [host for host in pool if standing[host.id].bookings - least <= threshold]


def choose(
    available: Sequence[HostInput],
    pool: Sequence[HostInput],
    rules: Assignment,
    now: int,
    start: int,
    preferred: Collection[int] = (),
) -> HostInput:
    """The host of a group to take the meeting at `start`; `available` must not be empty.

    `pool` are all round-robin hosts, whose bookings set the targets. A `preferred` host (the
    contact owner) wins while available.
    """
    wanted = [host for host in available if host.id in preferred]
    left = wanted or list(available)
    if rules.weights and len(left) > 1:
        standing = standings(pool, rules, now, start)
        most = max(standing[host.id].shortfall for host in left)
        left = [host for host in left if standing[host.id].shortfall == most]
        heaviest = max(_weight(host) for host in left)
        left = [host for host in left if _weight(host) == heaviest]
    highest = max(_priority(host) for host in left)
    left = [host for host in left if _priority(host) == highest]
    return min(left, key=lambda host: (_last_booked(host), host.id))


def _priority(host: HostInput) -> int:
    return DEFAULT_PRIORITY if host.priority is None else host.priority


def _last_booked(host: HostInput) -> int:
    """Never booked counts as longest ago."""
    times = [booking.created for booking in host.history]
    if host.last_booked is not None:
        times.append(host.last_booked)
    return max(times, default=civil.EARLIEST)
