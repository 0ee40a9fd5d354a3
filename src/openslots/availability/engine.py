"""The two entry points: `compute_slots` lists what can be booked, `check_slot` decides one booking.

The spans of `needs`, given here too, tell a loader what a query needs.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from openslots.availability import assign, civil, limits, reasons, team
from openslots.availability.busy import booked_seats, has_open_seats
from openslots.availability.grid import Grid
from openslots.availability.grid import starts as grid_starts
from openslots.availability.hours import working
from openslots.availability.inputs import (
    Booking,
    BookingFact,
    HostInput,
    Reservation,
    SlotQuery,
)
from openslots.availability.needs import busy_span, calendar_span, fact_span, needed_span
from openslots.availability.reasons import Reason, TeamReasons
from openslots.availability.spans import DAY, MINUTE, Span, covers

__all__ = [
    "Outlook",
    "Seats",
    "SlotList",
    "Verdict",
    "busy_span",
    "calendar_span",
    "check_series",
    "check_slot",
    "compute_slots",
    "fact_span",
    "needed_span",
]


class Seats(NamedTuple):
    """Seats of one start; `booking_uid` only when there is a booking to join."""

    booked: int
    remaining: int
    total: int
    booking_uid: str | None = None


@dataclass(frozen=True, slots=True)
class SlotList:
    """Ascending starts (UTC seconds) of slots of `minutes` length.

    `seats_total` is None when the event type has no seats; `seats` holds the starts with any taken.
    """

    starts: Sequence[int]
    minutes: int
    seats_total: int | None = None
    seats: Mapping[int, Seats] = field(default_factory=dict)

    def seats_at(self, start: int) -> Seats | None:
        """Seats of a start; None when the event type has none."""
        if self.seats_total is None:
            return None
        return self.seats.get(start) or Seats(0, self.seats_total, self.seats_total)


class Verdict(NamedTuple):
    """Whether a booking may be made, and who takes it.

    `host_ids` are all who take part, the organiser first (empty when refused); `available_ids` the
    considered hosts who are free, also when others are not. `reasons` is empty if and only if `ok`.
    `seats` are those of a group meeting at this start.
    """

    ok: bool
    reasons: tuple[Reason, ...]
    host_ids: tuple[int, ...] = ()
    available_ids: tuple[int, ...] = ()
    seats: Seats | None = None

    @property
    def organizer_id(self) -> int | None:
        return self.host_ids[0] if self.host_ids else None


class Outlook(NamedTuple):
    """Everything computed on the way to the answer, for explanations."""

    window: Span  # [from, to) of rule 7, empty when nothing can be offered
    bounds: limits.Bounds  # the booking window, a rolling one ended
    team: team.Team
    board: team.Board
    before_first: tuple[int, ...]  # the starts before `only_first_slot` and the cut to the query
    starts: list[int]


def compute_slots(query: SlotQuery) -> SlotList:
    """Every start that can be offered in [query.start, query.end). Raises `civil.UnknownZone`.

    Ranges that are reversed, past or absurd give no starts; see `limits.MAX_DAYS`.
    """
    found = outlook(query)
    total = query.event.seats_per_slot or None
    if total is None:
        return SlotList(found.starts, query.minutes)
    seats = _seats(query, found.team.hosts, total, query.reservations)
    return SlotList(found.starts, query.minutes, total, seats)


def outlook(query: SlotQuery) -> Outlook:
    """Steps A to H of section 6."""
    bounds = limits.window_bounds(query)
    window = window_of(query, bounds)
    considered, board = team.decide(query, window.start, window.end)
    if window.start >= window.end:
        return Outlook(window, bounds, considered, board, (), [])
    starts = _candidates(query, considered, board)
    if limits.is_rolling(query):
        bounds = limits.Bounds(bounds.start, limits.rolling_end(query, starts))
    starts = _between(starts, bounds.start, bounds.end)
    before_first: tuple[int, ...] = ()
    if query.event.only_first_slot:
        before_first = tuple(starts)
        day = limits.viewer_zone(query, window.start, window.end).day
        starts = list({day(start): start for start in reversed(starts)}.values())[::-1]
    starts = _between(starts, query.start, window.end)
    return Outlook(window, bounds, considered, board, before_first, starts)


def _candidates(query: SlotQuery, considered: team.Team, board: team.Board) -> list[int]:
    """Steps F and G, and H as far as reservations: what a rolling window counts days of."""
    viewer = limits.viewer_zone(query, board.start, board.end)
    starts = grid_starts(board.ranges(considered), _grid(query), viewer)
    starts = _restricted(query, board, starts)
    return unreserved(query, considered, board, starts)


def window_of(query: SlotQuery, bounds: limits.Bounds) -> Span:
    """Rule 7: what is computed. A rolling window is computed from now and cut afterwards."""
    first = limits.earliest(query)
    start = max(first, query.start, civil.EARLIEST)
    end = min(limits.end_of(query), start + limits.MAX_DAYS * DAY, civil.LATEST)
    beyond = start >= bounds.end or end <= bounds.start
    if start >= end or beyond or query.minutes > limits.MAX_MINUTES:
        return Span(start, start)
    if not query.event.show_optimized:
        # Later time cannot matter, except where the end of a range moves its first start.
        end = min(end, bounds.end + query.minutes * MINUTE + 2 * DAY)
    return Span(first if limits.is_rolling(query) else start, end)


def _grid(query: SlotQuery) -> Grid:
    event = query.event
    return Grid(
        length=query.minutes,
        frequency=max(event.slot_interval or query.minutes, 1),
        offset=max(event.offset_start, 0),
        optimized=event.show_optimized,
        earliest=query.now + max(event.minimum_notice, 0) * MINUTE,
    )


def _between(starts: list[int], low: int, high: int) -> list[int]:
    first, last = bisect_left(starts, low), bisect_left(starts, high)
    return starts if first == 0 and last == len(starts) else starts[first:last]


def _restricted(query: SlotQuery, board: team.Board, starts: list[int]) -> list[int]:
    plan = reasons.restriction_plan(query)
    if plan is None:
        return starts
    allowed, length = working(plan, board.start, board.end), query.minutes * MINUTE
    return [start for start in starts if covers(allowed, start, start + length)]


def holding(query: SlotQuery, considered: team.Team) -> list[Reservation]:
    """The reservations that may hide a start: of considered hosts, no seats, not the caller's."""
    ids = {host.id for host in considered.hosts}
    return [
        held
        for held in query.reservations
        if held.host_id in ids and not held.is_seat and held.uid != query.own_reservation_uid
    ]


def unreserved(
    query: SlotQuery, considered: team.Team, board: team.Board, starts: list[int]
) -> list[int]:
    """Rule 14.2: without starts that as many reservations overlap as could be held at once."""
    length = query.minutes * MINUTE
    holds: dict[int, int] = {}
    for held in holding(query, considered):
        first = bisect_left(starts, held.start - length + 1)
        for start in starts[first : bisect_left(starts, held.end)]:
            holds[start] = holds.get(start, 0) + 1
    if not holds:
        return starts
    joinable = booked_seats(query, considered.hosts)
    hidden = {
        start
        for start, count in holds.items()
        if start not in joinable and count >= board.capacity(considered, start, start + length)
    }
    return [start for start in starts if start not in hidden]


def _seats(
    query: SlotQuery,
    hosts: Sequence[HostInput],
    total: int,
    reservations: Sequence[Reservation],
) -> dict[int, Seats]:
    """Seats taken per start: of the booking there, and one for each seat held by somebody else."""
    bookings = booked_seats(query, hosts)
    booked = {start: booking.seats_taken for start, booking in bookings.items()}
    for held in reservations:
        own = held.uid == query.own_reservation_uid
        if held.is_seat and held.event_type_id == query.event.id and not own:
            booked[held.start] = booked.get(held.start, 0) + 1
    return {
        start: Seats(
            count,
            max(total - count, 0),
            total,
            bookings[start].uid if start in bookings else None,
        )
        for start, count in booked.items()
    }


def check_slot(
    query: SlotQuery,
    start: int,
    *,
    ignore_conflicts: bool = False,
    ignore_bounds: bool = False,
    ignore_limits: bool = False,
    prefer: Collection[int] = (),
) -> Verdict:
    """Whether a booking may start at `start` (section 18), by the rules of the listing.

    The grid, reservations and `only_first_slot` are not looked at, nor are `query.start` and
    `query.end`. `ignore_conflicts` skips whether hosts are free, `ignore_bounds` past, notice and
    booking window, `ignore_limits` every limit. Where hosts were narrowed and the narrow set
    cannot, the fallback set may. Of the free hosts of a round-robin group those in `prefer` go
    first.
    """
    end = start + query.minutes * MINUTE
    beyond = reasons.outside_calendar(start, end)
    if beyond:
        return Verdict(False, tuple(beyond))
    asked = replace(query, start=start, end=end)
    found: list[Reason] = []
    if not ignore_bounds:
        found += _bound_reasons(query, start)
    if not ignore_limits:
        found += reasons.limit_reasons(limits.event_hits(query, start, end), start, end)
    if not ignore_conflicts:
        found += reasons.outside_restriction(query, start, end)
    slot = TeamReasons(
        query, start, end, ignore_conflicts=ignore_conflicts, ignore_limits=ignore_limits
    )
    considered, fallback = team.consider(asked)
    blocking = slot.blocking(considered)
    if blocking and fallback is not None and not slot.blocking(fallback):
        considered, blocking = fallback, []
    found += blocking
    seats = _seats(query, considered.hosts, query.event.seats_per_slot or 0, ()).get(start)
    if seats is not None and has_open_seats(query) and not seats.remaining:
        found.append(reasons.seats_full(seats.total))
    available = slot.available(considered.hosts)
    ids = tuple(host.id for host in available)
    if found:
        return Verdict(False, tuple(found), (), ids, seats)
    return Verdict(True, (), _taking(asked, considered, available, prefer), ids, seats)


def _bound_reasons(query: SlotQuery, start: int) -> list[Reason]:
    notice = max(query.event.minimum_notice, 0) * MINUTE
    found = reasons.too_soon(query, start, query.now + notice)
    bounds = limits.window_bounds(query)
    if limits.is_rolling(query) and start < bounds.end:
        # Only the days before the start's own can have used up the window.
        local = limits.viewer_zone(query, start, start)
        end = min(local.midnight(local.day(start)), start)
        earlier = replace(query, start=limits.earliest(query), end=end)
        starts: list[int] = []
        if earlier.start < earlier.end:
            starts = _candidates(earlier, *team.decide(earlier, earlier.start, earlier.end))
        bounds = limits.Bounds(bounds.start, limits.rolling_end(query, starts))
    return found + reasons.outside_window(start, bounds.start, bounds.end)


def _taking(
    query: SlotQuery,
    considered: team.Team,
    available: Sequence[HostInput],
    prefer: Collection[int],
) -> tuple[int, ...]:
    """Rule 17: all fixed hosts and one of each group, the organiser first."""
    owner = team.contact_owner(query, considered.hosts)
    preferred = () if owner is None else (owner.id,)
    free = {host.id for host in available}
    taking = [host.id for host in considered.fixed]
    for group in considered.groups():
        among = [host for host in group if host.id in free]
        among = [host for host in among if host.id in prefer] or among
        chosen = assign.choose(
            among, considered.pool, query.assignment, query.now, query.start, preferred
        )
        taking.append(chosen.id)
    if owner is not None and owner.id in taking:
        taking.remove(owner.id)
        taking.insert(0, owner.id)
    return tuple(taking)


def check_series(
    query: SlotQuery,
    starts: Sequence[int],
    *,
    ignore_conflicts: bool = False,
    ignore_bounds: bool = False,
    ignore_limits: bool = False,
) -> tuple[Verdict, ...]:
    """One verdict per occurrence of a recurring booking, in order; every one must be `ok`.

    Each occurrence counts for the limits, and takes the time, of those after it. The hosts who can
    take every occurrence take them all; in a group without such a host each is chosen for by
    itself.
    """
    check = partial(
        check_slot,
        ignore_conflicts=ignore_conflicts,
        ignore_bounds=ignore_bounds,
        ignore_limits=ignore_limits,
    )
    first = [check(query, start) for start in starts]
    always = set(first[0].available_ids) if first else set()
    always.intersection_update(*(verdict.available_ids for verdict in first))
    verdicts: list[Verdict] = []
    for number, start in enumerate(starts):
        verdict = check(query, start, prefer=always)
        verdicts.append(verdict)
        if verdict.ok:
            query = _with_occurrence(query, f"occurrence {number}", start, verdict.host_ids)
    return tuple(verdicts)


def _with_occurrence(query: SlotQuery, uid: str, start: int, host_ids: Sequence[int]) -> SlotQuery:
    """The query as it stands once a booking at `start` is made."""
    event, fact = query.event, BookingFact(uid, start, query.minutes)
    booking = Booking(
        uid,
        start,
        start + query.minutes * MINUTE,
        event.id,
        event.before_buffer,
        event.after_buffer,
    )
    hosts = tuple(
        replace(
            host,
            bookings=(*host.bookings, booking),
            facts=(*host.facts, fact),
            team_facts=(*host.team_facts, fact),
        )
        if host.id in host_ids
        else host
        for host in query.hosts
    )
    return replace(query, hosts=hosts, event_facts=(*query.event_facts, fact))
