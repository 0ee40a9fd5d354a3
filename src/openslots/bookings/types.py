"""Commands and values of the bookings slice: frozen, without any framework.

Instants are aware UTC datetimes, lengths are minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from openslots.events.bookings import AttendeeFacts, BookingFacts, EventTypeFacts, PersonFacts

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Booker:
    """Who books. At least one of e-mail and phone number is there."""

    name: str
    time_zone: str
    email: str | None = None
    phone_number: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Locator:
    """One of: an id; a slug and a username; a slug and a team's slug."""

    event_type_id: int | None = None
    event_type_slug: str | None = None
    username: str | None = None
    team_slug: str | None = None
    organization_slug: str | None = None


@dataclass(frozen=True, slots=True)
class LocationChoice:
    """What the booker chose: a typed object, or the old plain text (`text`).

    `type` is None when an object came without one; `detail` is the address, phone or text that the
    attendee fills in.
    """

    type: str | None = None
    detail: str | None = None
    integration: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class StoredLocation:
    """A location as an old body writes it: already internal."""

    value: str
    option_value: str = ""


@dataclass(frozen=True, slots=True)
class HostFlags:
    """What a host may switch off for one booking; ignored for anybody else."""

    conflicts: bool = False
    bounds: bool = False
    limits: bool = False

    def __bool__(self) -> bool:
        return self.conflicts or self.bounds or self.limits


NO_FLAGS = HostFlags()


@dataclass(frozen=True, slots=True)
class Routing:
    """How a routing form sent the booker here."""

    team_member_ids: tuple[int, ...] = ()
    team_member_email: str | None = None
    skip_contact_owner: bool = False


@dataclass(frozen=True, slots=True)
class CreateBooking:
    """A new booking, or a seat of one.

    `answers` are those to the event type's own fields. `length` and `recurrence_count` are None
    when not chosen. `reservation_uid` is the caller's own, `private_link` the link it came by.
    """

    start: datetime
    booker: Booker
    event_type: Locator
    answers: Json = field(default_factory=dict)
    guests: Sequence[str] | None = None
    metadata: Json = field(default_factory=dict)
    location: LocationChoice | StoredLocation | None = None
    length: int | None = None
    recurrence_count: int | None = None
    instant: bool = False
    flags: HostFlags = NO_FLAGS
    routing: Routing | None = None
    verification_code: str | None = None
    reservation_uid: str | None = None
    private_link: str | None = None
    split_name: tuple[str, str] | None = None
    occurrences: tuple[datetime, ...] | None = None  # chosen by the client instead of the rule
    creation_source: str = "API_V2"


@dataclass(frozen=True, slots=True)
class Reschedule:
    """Moves a booking, or one seat of it, to another start."""

    uid: str
    start: datetime
    rescheduled_by: str | None = None
    reason: str | None = None
    seat_uid: str | None = None
    flags: HostFlags = NO_FLAGS
    same_host: bool | None = None
    private_link: str | None = None
    answers: Json | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    uid: str
    reason: str | None = None
    subsequent: bool = False
    seat_uid: str | None = None
    cancelled_by: str | None = None


@dataclass(frozen=True, slots=True)
class CreateOld:
    """A booking as the 2024-04-15 family asks for it: with `reschedule_uid` (of a booking or a
    seat) it moves one. `minutes` is what lies between its start and end. A dry run checks
    everything and keeps nothing."""

    create: CreateBooking
    minutes: int | None = None
    reschedule_uid: str | None = None
    rescheduled_by: str | None = None
    reason: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class CancelOld:
    """`all_remaining` ends everything of the booking's series that has not begun."""

    cancel: Cancel
    all_remaining: bool = False


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """A recurring booking as a whole: the starts of its occurrences by status."""

    recurring_uid: str
    count: int
    first: datetime
    starts: Mapping[str, Sequence[datetime]]


@dataclass(frozen=True, slots=True)
class MarkAbsent:
    uid: str
    host: bool | None = None
    attendees: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class NewGuest:
    email: str
    name: str | None = None
    time_zone: str | None = None
    phone_number: str | None = None
    language: str | None = None


SortKey = Literal["start", "end", "created", "updated"]
Status = Literal["upcoming", "recurring", "past", "cancelled", "unconfirmed"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; everything is combined with AND, statuses with OR."""

    statuses: tuple[Status, ...] = ()
    attendee_email: str | None = None
    attendee_name: str | None = None
    booking_uid: str | None = None
    event_type_ids: tuple[int, ...] | None = None
    team_ids: tuple[int, ...] | None = None
    after_start: datetime | None = None
    before_end: datetime | None = None
    after_created: datetime | None = None
    before_created: datetime | None = None
    after_updated: datetime | None = None
    before_updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class OffsetList:
    filters: Filters
    take: int
    skip: int
    sort: tuple[SortKey, bool] | None = None  # (key, descending)


@dataclass(frozen=True, slots=True)
class CursorList:
    filters: Filters
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Offset:
    """One page and how many there are in all."""

    items: tuple[Snapshot, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Cursor:
    items: tuple[Snapshot, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A booking with everything an answer or an event shows of it.

    `successor_uid` is the booking it was moved to. `seat_uid` is the seat that this request made
    or moved. `attendees` may be fewer than there are, where the caller may not see all.
    """

    booking: BookingFacts
    event_type: EventTypeFacts | None
    organizer: PersonFacts | None
    attendees: tuple[AttendeeFacts, ...]
    successor_uid: str | None = None
    seat_uid: str | None = None
    organization_id: int | None = None
    team_ids: tuple[int, ...] = ()

    @property
    def booker(self) -> AttendeeFacts | None:
        return self.attendees[0] if self.attendees else None


@dataclass(frozen=True, slots=True)
class Reference:
    id: int
    type: str
    external_uid: str
    external_calendar_id: str | None


@dataclass(frozen=True, slots=True)
class CalendarLink:
    label: str
    id: str
    link: str


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a request with this Idempotency-Key was answered before."""

    status: int
    body: str
