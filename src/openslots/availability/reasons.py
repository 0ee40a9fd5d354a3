"""Why one start is not available: the same rules as the listing, asked for a single slot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from openslots.availability import civil, hours, limits
from openslots.availability.busy import booking_spans, calendar_spans
from openslots.availability.inputs import (
    BusyUnknown,
    HostInput,
    Reservation,
    SlotQuery,
)
from openslots.availability.limits import LimitHit
from openslots.availability.spans import MINUTE, Pair, Span
from openslots.availability.team import Team


class ReasonKind(StrEnum):
    """What stands in the way; the values are part of the API."""

    PAST = "past"
    NOTICE = "notice"
    WINDOW = "window"
    RANGE = "range"
    GRID = "grid"
    NOT_FIRST = "not_first"
    RESTRICTION = "restriction"
    RESERVATION = "reservation"
    LIMIT = "limit"
    SEATS_FULL = "seats_full"
    OUTSIDE_HOURS = "outside_hours"
    OVERRIDE = "override"
    OUT_OF_OFFICE = "out_of_office"
    BOOKING = "booking"
    CALENDAR = "calendar"
    CALENDAR_UNKNOWN = "calendar_unknown"
    HOST_UNAVAILABLE = "host_unavailable"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with the ids of what caused it; unset where it does not apply.

    `host_id` is set when the reason concerns one host only. `buffer` says which part of a booking
    or calendar entry is in the way: none (the time itself), or only its time before or after.
    `limit` names the period, unit, scope and measure of a limit. `span` is what is taken, or the
    day closed.
    """

    kind: ReasonKind
    text: str
    host_id: int | None = None
    schedule_id: int | None = None
    booking_uid: str | None = None
    reservation_uid: str | None = None
    away_id: int | str | None = None
    source: str | None = None
    buffer: Literal["none", "before", "after"] | None = None
    limit: LimitHit | None = None
    span: Span | None = None


def time_reasons(query: SlotQuery, host: HostInput, start: int, end: int) -> list[Reason]:
    """Everything but limits that keeps a host from [start, end): empty if and only if free."""
    found: list[Reason] = []
    if isinstance(host.calendar, BusyUnknown):
        text = "A calendar of the host could not be read."
        source = host.calendar.source or None
        found.append(Reason(ReasonKind.CALENDAR_UNKNOWN, text, host.id, source=source))
    found += _hours_reasons(query, host, start, end)
    found += _booking_reasons(query, host, start, end)
    found += _calendar_reasons(query, host, start, end)
    return found


def _hours_reasons(query: SlotQuery, host: HostInput, start: int, end: int) -> list[Reason]:
    plan = hours.plan_of(host, query.event)
    if hours.working(plan, start, end) == [(start, end)]:
        return []
    found: list[Reason] = []
    for closed in hours.why_closed(plan, start, end):
        day = civil.calendar_date(closed.day).isoformat()
        kind = ReasonKind(closed.kind)
        if kind is ReasonKind.OUT_OF_OFFICE:
            text = f"The host is out of office on {day}."
            found.append(Reason(kind, text, host.id, away_id=closed.ref))
            continue
        text = (
            f"Outside the hours set for {day} alone."
            if kind is ReasonKind.OVERRIDE
            else f"Outside the working hours of {day}."
        )
        found.append(Reason(kind, text, host.id, schedule_id=plan.schedule.id))
    return found


def _booking_reasons(query: SlotQuery, host: HostInput, start: int, end: int) -> list[Reason]:
    if not _overlaps(booking_spans(query, host.bookings), start, end):
        return []
    found: list[Reason] = []
    for booking in host.bookings:
        if _overlaps(booking_spans(query, (booking,)), start, end):
            buffer = _buffer(booking.start, booking.end, start, end)
            text = _taken_text("A booking", booking.start, booking.end, buffer)
            found.append(
                Reason(
                    ReasonKind.BOOKING,
                    text,
                    host.id,
                    booking_uid=booking.uid,
                    buffer=buffer,
                    span=Span(booking.start, booking.end),
                )
            )
    return found


def _calendar_reasons(query: SlotQuery, host: HostInput, start: int, end: int) -> list[Reason]:
    if isinstance(host.calendar, BusyUnknown):
        return []
    if not _overlaps(calendar_spans(query, host, host.calendar), start, end):
        return []
    found: list[Reason] = []
    for entry in host.calendar:
        if _overlaps(calendar_spans(query, host, (entry,)), start, end):
            buffer = _buffer(entry.start, entry.end, start, end)
            text = _taken_text("A calendar entry", entry.start, entry.end, buffer)
            found.append(
                Reason(
                    ReasonKind.CALENDAR,
                    text,
                    host.id,
                    source=entry.source or None,
                    buffer=buffer,
                    span=Span(entry.start, entry.end),
                )
            )
    return found


def _overlaps(spans: Iterable[Pair], start: int, end: int) -> bool:
    return any(low < end and high > start and low < high for low, high in spans)


def _buffer(low: int, high: int, start: int, end: int) -> Literal["none", "before", "after"]:
    if end <= low:
        return "before"
    return "after" if start >= high else "none"


def _taken_text(what: str, start: int, end: int, buffer: str) -> str:
    times = f"from {_text(start)} to {_text(end)}"
    return (
        f"{what} {times}." if buffer == "none" else f"The buffer {buffer} {what.lower()} {times}."
    )


def _text(instant: int) -> str:
    return civil.format_instants([min(max(instant, civil.EARLIEST), civil.LATEST)])[0]


_SCOPES = {"event_type": "event type", "user": "host", "team": "team"}


def limit_reasons(
    hits: Iterable[LimitHit], start: int, end: int, host_id: int | None = None
) -> list[Reason]:
    """The closed periods that overlap [start, end)."""
    return [
        Reason(
            ReasonKind.LIMIT,
            f"The limit of the {_SCOPES[hit.scope]} of {hit.limit} "
            f"{'bookings' if hit.measure == 'count' else 'minutes'} per {hit.unit} is reached.",
            host_id,
            limit=hit,
            span=hit.period,
        )
        for hit in hits
        if hit.period.start < end and hit.period.end > start
    ]


def too_soon(query: SlotQuery, start: int, earliest: int) -> list[Reason]:
    """A start in the past, or before `earliest`, the end of the minimum notice."""
    if start < query.now:
        return [Reason(ReasonKind.PAST, "The start is in the past.")]
    if start < earliest:
        text = f"Too soon: the first start possible is {_text(earliest)}."
        return [Reason(ReasonKind.NOTICE, text)]
    return []


def outside_window(start: int, low: int, high: int) -> list[Reason]:
    """A start outside the booking window [low, high)."""
    if low <= start < high:
        return []
    return [Reason(ReasonKind.WINDOW, "Outside the booking window of the event type.")]


def outside_calendar(start: int, end: int) -> list[Reason]:
    """A slot the engine does not deal in (see `civil.LATEST` and `limits.MAX_MINUTES`)."""
    longest = limits.MAX_MINUTES * MINUTE
    if civil.EARLIEST <= start < end <= civil.LATEST and end - start <= longest:
        return []
    return [Reason(ReasonKind.WINDOW, "Outside the years that can be booked, or too long.")]


def outside_restriction(query: SlotQuery, start: int, end: int) -> list[Reason]:
    """A slot that does not lie wholly inside the restriction schedule."""
    plan = restriction_plan(query)
    if plan is None or hours.working(plan, start, end) == [(start, end)]:
        return []
    text = "Outside the restriction schedule of the event type."
    return [Reason(ReasonKind.RESTRICTION, text, schedule_id=plan.schedule.id)]


def restriction_plan(query: SlotQuery) -> hours.Plan | None:
    """The restriction schedule, in its own zone or else the viewer's."""
    schedule = query.event.restriction
    if schedule is None:
        return None
    return hours.Plan(schedule, schedule.zone or query.viewer_zone or "UTC")


def reservation_reasons(held: Sequence[Reservation]) -> list[Reason]:
    """The reservations that hide a start."""
    return [
        Reason(
            ReasonKind.RESERVATION,
            f"Reserved from {_text(one.start)} to {_text(one.end)}.",
            one.host_id,
            reservation_uid=one.uid,
            span=Span(one.start, one.end),
        )
        for one in held
    ]


class TeamReasons:
    """The reasons of each host for one slot, kept per host, and what they mean for the team.

    `ignore_conflicts` leaves only limits, `ignore_limits` all but limits.
    """

    def __init__(
        self,
        query: SlotQuery,
        start: int,
        end: int,
        *,
        ignore_conflicts: bool = False,
        ignore_limits: bool = False,
    ) -> None:
        self._query = query
        self._span = Span(start, end)
        self._ignore_conflicts = ignore_conflicts
        self._ignore_limits = ignore_limits
        self._found: dict[int, list[Reason]] = {}

    def of(self, host: HostInput) -> list[Reason]:
        """What keeps a host from the slot; nothing when free."""
        found = self._found.get(host.id)
        if found is None:
            start, end = self._span
            found = []
            if not self._ignore_conflicts:
                found += time_reasons(self._query, host, start, end)
            if not self._ignore_limits:
                hits = limits.host_hits(self._query, host, start, end)
                found += limit_reasons(hits, start, end, host.id)
            self._found[host.id] = found
        return found

    def blocking(self, team: Team) -> list[Reason]:
        """Reasons of every fixed host, and of a group's hosts where none of the group is free."""
        if team.closed:
            return [_no_host()]
        found = [reason for host in team.fixed for reason in self.of(host)]
        for group in team.groups():
            if all(self.of(host) for host in group):
                found += [reason for host in group for reason in self.of(host)]
        return found

    def available(self, hosts: Iterable[HostInput]) -> list[HostInput]:
        """Those who are free."""
        return [host for host in hosts if not self.of(host)]


def _no_host() -> Reason:
    """Nobody can take a booking of the event type at all."""
    return Reason(ReasonKind.HOST_UNAVAILABLE, "The event type has no host who can be booked.")


def seats_full(total: int) -> Reason:
    """A group meeting that can take no more."""
    return Reason(ReasonKind.SEATS_FULL, f"All {total} seats are taken.")
