"""Many hosts to one answer: who is considered, when each is free, and when enough of them are."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from openslots.availability import assign, limits
from openslots.availability.busy import booking_spans, calendar_spans
from openslots.availability.hours import Plan, plan_of, working
from openslots.availability.inputs import BusyUnknown, HostInput, SlotQuery
from openslots.availability.spans import (
    DAY,
    MINUTE,
    Pair,
    common,
    covers,
    intersect,
    maximal,
    subtract,
)

FALLBACK_DAYS = 14
_BATCH = 256  # busy spans gathered before they are taken from the open time


class Team(NamedTuple):
    """The considered hosts: all of `fixed`, and one of each group of `pool`.

    `closed` is a team nobody can be booked with (a managed parent, no hosts, an empty subset).
    """

    fixed: tuple[HostInput, ...]
    pool: tuple[HostInput, ...] = ()
    closed: bool = False

    @property
    def hosts(self) -> tuple[HostInput, ...]:
        return self.fixed + self.pool

    def groups(self) -> list[list[HostInput]]:
        """The pool by group, in order of first appearance; hosts without a group form one."""
        found: dict[str | None, list[HostInput]] = {}
        for host in self.pool:
            found.setdefault(host.group, []).append(host)
        return list(found.values())


class Narrowed(NamedTuple):
    """The team after rule 8.2, and the wider one to fall back on when it has no time."""

    team: Team
    fallback: Team | None = None


def consider(query: SlotQuery) -> Narrowed:
    """Rules 8.1 and 8.2: the hosts of the question. Fixed hosts are never narrowed."""
    hosts = tuple({host.id: host for host in query.hosts}.values())
    if query.event.kind == "managed" or not hosts:
        return Narrowed(Team((), closed=True))
    if query.event.kind != "round_robin":
        return Narrowed(Team(hosts))
    fixed = tuple(host for host in hosts if host.fixed)
    pool = [host for host in hosts if not host.fixed]
    subset = query.narrowing.subset_ids
    if subset is not None and pool:
        pool = [host for host in pool if host.id in subset]
        if not pool:
            return Narrowed(Team((), closed=True))
    narrow, wide = _narrow(query, pool)
    fallback = None if wide is None else Team(fixed, tuple(wide))
    return Narrowed(Team(fixed, tuple(narrow)), fallback)


def _narrow(
    query: SlotQuery, pool: list[HostInput]
) -> tuple[list[HostInput], list[HostInput] | None]:
    by = query.narrowing
    left = pool
    if query.reschedule_uid is not None and not by.routed_ids:
        left = _among(left, by.original_host_ids)
        if len(left) == 1 and by.original_host_ids:
            return left, None
    left = _among(left, by.segment_ids)
    if len(left) == 1 and by.segment_ids:
        return left, None
    left = _among(left, by.routed_ids)
    wide = left
    left = assign.within_lead(wide, query.assignment, query.now, query.start) or wide
    owner = contact_owner(query, pool)
    if owner is not None:
        left = [owner]
        if all(host.id != owner.id for host in wide):
            wide = [*wide, owner]
    return left, wide if len(left) < len(wide) else None


def _among(pool: list[HostInput], ids: Iterable[int] | None) -> list[HostInput]:
    """A filter that would leave nobody is skipped."""
    wanted = set(ids or ())
    return [host for host in pool if host.id in wanted] or pool


def contact_owner(query: SlotQuery, pool: Iterable[HostInput]) -> HostInput | None:
    """The host with the contact owner's address."""
    email = (query.narrowing.contact_owner_email or "").lower()
    return next((host for host in pool if email and host.email.lower() == email), None)


class Board:
    """The free time of hosts inside [start, end), worked out once per host and per plan."""

    def __init__(self, query: SlotQuery, start: int, end: int) -> None:
        self.query = query
        self.start = start
        self.end = end
        self._closed: list[Pair] = sorted(
            (hit.period.start, hit.period.end) for hit in limits.event_hits(query, start, end)
        )
        self._open: dict[Plan, list[Pair]] = {}
        self._free: dict[int, list[Pair]] = {}

    def open(self, host: HostInput) -> list[Pair]:
        """Working time without the periods that the event type's limits close."""
        plan = plan_of(host, self.query.event)
        found = self._open.get(plan)
        if found is None:
            found = subtract(working(plan, self.start, self.end), self._closed)
            self._open[plan] = found
        return found

    def busy(self, host: HostInput) -> list[Pair] | None:
        """The host's busy spans, unsorted; None when they are unknown."""
        if isinstance(host.calendar, BusyUnknown):
            return None
        busy = booking_spans(self.query, host.bookings)
        if host.calendar:
            busy += calendar_spans(self.query, host, host.calendar)
        if host.limits or self.query.event.team_limits:
            hits = limits.host_hits(self.query, host, self.start, self.end)
            busy += [(hit.period.start, hit.period.end) for hit in hits]
        return busy

    def free(self, host: HostInput) -> list[Pair]:
        """The host's free spans that are long enough for a slot."""
        found = self._free.get(host.id)
        if found is None:
            busy = self.busy(host)
            found = [] if busy is None else self._left(self.open(host), busy)
            self._free[host.id] = found
        return found

    def _left(self, opened: list[Pair], busy: list[Pair]) -> list[Pair]:
        busy.sort()
        length = self.query.minutes * MINUTE
        return [span for span in subtract(opened, busy) if span[1] - span[0] >= length]

    def shared(self, hosts: Sequence[HostInput]) -> list[Pair]:
        """When all of the hosts are free: what all have open, less what any has busy."""
        opened: list[Pair] | None = None
        busy: list[Pair] = []
        seen: set[int] = set()
        for host in hosts:
            own = self.busy(host)
            if own is None:
                return []
            busy += own
            spans = self.open(host)
            if id(spans) not in seen:
                seen.add(id(spans))
                opened = spans if opened is None else intersect(opened, spans)
            # Many small sorts are faster than a big one, and what is left soon gets short.
            if opened and len(busy) > _BATCH + 2 * len(opened):
                opened, busy = self._left(opened, busy), []
            if not opened:
                return []
        return self._left(opened or [], busy)

    def ranges(self, team: Team) -> list[Pair]:
        """Rule 12: maximal spans in which a slot has all fixed hosts and one host of each group."""
        if team.closed:
            return []
        found: list[Pair] | None = None
        if team.fixed:
            found = self.free(team.fixed[0]) if len(team.fixed) == 1 else self.shared(team.fixed)
            if not found:
                return []
        for group in team.groups():
            spans = self.free(group[0])
            if len(group) > 1:
                spans = maximal([span for host in group for span in self.free(host)])
            found = spans if found is None else common(found, spans)
            if not found:
                return []
        return found or []

    def capacity(self, team: Team, start: int, end: int) -> int:
        """How many meetings the team could hold at once in a slot offered at [start, end)."""
        if team.fixed or not team.pool:
            return 1
        return min(
            sum(covers(self.free(host), start, end) for host in group) for group in team.groups()
        )


def decide(query: SlotQuery, start: int, end: int) -> tuple[Team, Board]:
    """The team that answers a query for [start, end), with a board for that window (rule 8.2.6)."""
    narrow, fallback = consider(query)
    board = Board(query, start, end)
    if fallback is None:
        return narrow, board
    first = limits.earliest(query)
    horizon = query.now + FALLBACK_DAYS * DAY
    if query.start <= horizon:
        ranges = Board(query, first, max(end, horizon)).ranges(narrow)
        enough = bool(ranges) and ranges[0][0] < horizon + DAY
    else:
        enough = bool(board.ranges(narrow)) or bool(Board(query, first, horizon).ranges(narrow))
    return (narrow if enough else fallback), board
