"""What the engine is told: one query with its event type, hosts and everything that takes time.

Instants are whole UTC seconds, durations are minutes, dates are `datetime.date`, zones are names
of the tz database in any case. Loaders fill these from rows; `civil.seconds` turns a datetime into
seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["personal", "collective", "round_robin", "dynamic", "managed"]
BookingStatus: TypeAlias = Literal["accepted", "pending", "cancelled", "rejected", "awaiting_host"]


class WeeklyHours(NamedTuple):
    """Hours repeated on weekdays (0 = Sunday ... 6 = Saturday), in minutes since local midnight.

    An end of 23:59 (1439) means the next midnight. An end at or before the start opens nothing.
    """

    days: tuple[int, ...]
    start: int
    end: int

    @classmethod
    def of(cls, days: Iterable[int], start: time, end: time) -> "WeeklyHours":
        return cls(tuple(days), start.hour * 60 + start.minute, end.hour * 60 + end.minute)


class Override(NamedTuple):
    """Hours of one date; all overrides of a date together replace its weekly hours.

    00:00-00:00 opens nothing and so closes the day. Minutes as in `WeeklyHours`.
    """

    day: date
    start: int
    end: int

    @classmethod
    def of(cls, day: date, start: time, end: time) -> "Override":
        return cls(day, start.hour * 60 + start.minute, end.hour * 60 + end.minute)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Weekly hours and date overrides. Without a zone the next one of rule 9.1 is used."""

    weekly: tuple[WeeklyHours, ...]
    overrides: tuple[Override, ...] = ()
    zone: str | None = None
    id: int | None = None
    # The user's default schedule: only this one follows the user's travel schedules.
    is_default: bool = True


# contract: a user without any schedule is offered Monday to Friday, 9 to 17.
FALLBACK_SCHEDULE = Schedule(weekly=(WeeklyHours((1, 2, 3, 4, 5), 540, 1020),))


class Travel(NamedTuple):
    """Local days whose midnight lies in [start, end] (instants; None = open) use `zone` instead."""

    zone: str
    start: int
    end: int | None = None


class Away(NamedTuple):
    """Out of office: blocks every date from the UTC date of `start` to that of `end`, inclusive."""

    start: int
    end: int
    id: int | str | None = None


class Booking(NamedTuple):
    """A booking the host organises or attends; the buffers are those of its own event type.

    `seats_taken` is the number of attendees who are not hosts (0 for types without seats). Statuses
    other than accepted and pending never count.
    """

    uid: str
    start: int
    end: int
    event_type_id: int | None = None
    before_buffer: int = 0
    after_buffer: int = 0
    seats_taken: int = 0
    status: BookingStatus = "accepted"


class Busy(NamedTuple):
    """Time taken in an outside calendar; `source` names the calendar for explanations."""

    start: int
    end: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class BusyUnknown:
    """A calendar could not be read. Unknown is not free: the host has no availability."""

    reason: str = ""
    source: str = ""


class BookingFact(NamedTuple):
    """A booking as limits see it: when it starts and how long it is, wherever it lies.

    Only accepted ones are given, each booking once, over the whole of `engine.fact_span`.
    """

    uid: str
    start: int
    minutes: int


class HostBooking(NamedTuple):
    """An accepted booking of the asked event type by one round-robin host, in any role."""

    uid: str
    created: int
    start: int
    no_show: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so many (bookings or minutes) per period; weeks run Sunday to Saturday."""

    day: int | None = None
    week: int | None = None
    month: int | None = None
    year: int | None = None

    def __bool__(self) -> bool:
        return not (self.day is self.week is self.month is self.year is None)


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class DaysWindow:
    """Bookable for so many days from today, in the viewer's zone.

    `rolling` counts only days that still have a slot; `business` counts weekdays only.
    """

    days: int
    business: bool = False
    rolling: bool = False


@dataclass(frozen=True, slots=True)
class RangeWindow:
    """Bookable from the first to the last date, both whole, in the event's zone."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class EventRules:
    """The settings of the event type asked for; durations in minutes.

    `pending_blocks` is "requires confirmation and blocks unconfirmed bookings in the booker".
    `own_schedule_zone` is the zone of the event type's own schedule, if it has one; `legacy_zone`
    its old `timeZone` column. `restriction` keeps slots wholly inside another schedule.
    `window_zone` is the zone of the dates of a `RangeWindow`: by default that of the first host's
    schedule. `team_limits` bind each member's bookings of the team's types
    (`HostInput.team_facts`).
    """

    id: int | None
    length: int
    kind: Kind = "personal"
    slot_interval: int | None = None
    offset_start: int = 0
    minimum_notice: int = 0
    before_buffer: int = 0
    after_buffer: int = 0
    seats_per_slot: int | None = None
    window: DaysWindow | RangeWindow | None = None
    count_limits: Limits = NO_LIMITS
    minute_limits: Limits = NO_LIMITS
    team_limits: Limits = NO_LIMITS
    only_first_slot: bool = False
    show_optimized: bool = False
    pending_blocks: bool = False
    restriction: Schedule | None = None
    own_schedule_zone: str | None = None
    legacy_zone: str | None = None
    window_zone: str | None = None


@dataclass(frozen=True, slots=True)
class HostInput:
    """One host and what takes the host's time.

    `fixed` is "mandatory" and matters for round robin only: every host of another kind is fixed.
    `schedule` is the one rule 9.1 chooses (None: Monday to Friday, 9 to 17). `bookings` cover
    `engine.busy_span`. `calendar` covers `engine.calendar_span`, or is `BusyUnknown`. `limits` are
    the user's own booking limits over `facts` (accepted bookings they host, of every event type);
    `team_facts` those of the team's types. The last block is read only by the choice among round-
    robin hosts: `history` over `assign.history_span`, `last_booked` the creation time of the
    latest accepted booking of this event type, `absences` past ones.
    """

    id: int
    email: str = ""
    fixed: bool = True
    group: str | None = None
    profile_zone: str = "UTC"
    schedule: Schedule | None = None
    travel: tuple[Travel, ...] = ()
    away: tuple[Away, ...] = ()
    bookings: tuple[Booking, ...] = ()
    calendar: tuple[Busy, ...] | BusyUnknown = ()
    limits: Limits = NO_LIMITS
    facts: tuple[BookingFact, ...] = ()
    team_facts: tuple[BookingFact, ...] = ()
    priority: int | None = None
    weight: int | None = None
    added_at: int | None = None
    last_booked: int | None = None
    history: tuple[HostBooking, ...] = ()
    absences: tuple[tuple[int, int], ...] = ()


class Reservation(NamedTuple):
    """An unexpired hold of a time; `host_id` is the user it is stored under."""

    uid: str
    start: int
    end: int
    event_type_id: int | None = None
    host_id: int | None = None
    is_seat: bool = False


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What narrows the round-robin hosts (rule 8.2), in the order it is applied.

    `subset_ids` (`rrHostSubsetIds`) restricts before all else. `original_host_ids` are those who
    organise or attend the booking being rescheduled, given only when the event type (or the
    request) asks for the same host. Contact owner: leave the email empty when skipped or
    rerouting.
    """

    subset_ids: frozenset[int] | None = None
    original_host_ids: frozenset[int] | None = None
    segment_ids: frozenset[int] | None = None
    routed_ids: frozenset[int] | None = None
    contact_owner_email: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """How a round robin chooses (rule 17): weights, their reset interval and the lead threshold."""

    weights: bool = False
    interval: Literal["MONTH", "DAY"] = "MONTH"
    basis: Literal["created", "start"] = "created"
    include_no_shows: bool = False
    lead_threshold: int | None = None


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """One question. `start` and `end` bound the starts asked for; `viewer_zone` None means UTC.

    `duration` (minutes, at least 1) replaces the event's length. The booking named by
    `reschedule_uid` takes no time and counts for no limit. `reservations` are those of the hosts,
    unexpired, without the caller's own (`own_reservation_uid` is skipped too). `event_facts` are
    the accepted bookings of the event type, all hosts together, each once. Hosts come in the event
    type's order: the first one's zone decides the dates of limits and range windows.
    """

    now: int
    start: int
    end: int
    event: EventRules
    hosts: tuple[HostInput, ...] = ()
    viewer_zone: str | None = None
    duration: int | None = None
    reschedule_uid: str | None = None
    reservations: tuple[Reservation, ...] = ()
    own_reservation_uid: str | None = None
    event_facts: tuple[BookingFact, ...] = ()
    narrowing: Narrowing = Narrowing()
    assignment: Assignment = Assignment()

    @property
    def minutes(self) -> int:
        """The length of a slot in minutes."""
        return max(self.duration or self.event.length, 1)
