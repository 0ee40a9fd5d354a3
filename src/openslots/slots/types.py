"""Questions about the time of an event type's hosts, and the holds of a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from openslots.availability.engine import Verdict
from openslots.availability.reasons import Reason, ReasonKind

__all__ = [
    "CheckRequest",
    "Hold",
    "Listing",
    "OldReserve",
    "Reason",
    "ReasonKind",
    "Reserve",
    "Shape",
    "Target",
    "Verdict",
    "reason_kinds",
]


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """May these starts be booked, each for `minutes`, as one series?

    `starts` are aware datetimes (whole seconds count). The booking named by `reschedule_uid` takes
    no time and counts for no limit. `host_ids` leaves only these round-robin hosts (fixed ones
    always take part). `ignore_conflicts` skips whether hosts are free, `ignore_bounds` past, notice
    and booking window, `ignore_limits` every limit. `viewer_zone` is the zone whose dates count the
    days of a booking window (None: UTC). `same_host` keeps the hosts of the rescheduled booking
    whatever the event type says; `contact_owner_email` names the host who goes first.
    """

    event_type_id: int
    starts: tuple[datetime, ...]
    minutes: int
    reschedule_uid: str | None = None
    host_ids: tuple[int, ...] | None = None
    ignore_conflicts: bool = False
    ignore_bounds: bool = False
    ignore_limits: bool = False
    own_reservation: str | None = None
    viewer_zone: str | None = None
    same_host: bool = False
    contact_owner_email: str | None = None
    routed_ids: tuple[int, ...] | None = None


def reason_kinds(reasons: Iterable[Reason]) -> list[str]:
    """The kinds of reasons, each once, in order: what anybody may know of a refusal."""
    return list(dict.fromkeys(str(reason.kind) for reason in reasons))


class Shape(StrEnum):
    """How a slot is written: names of its members by contract and format."""

    TIME = "time"  # {"start"}
    RANGE = "range"  # {"start", "end"}
    OLD_TIME = "old_time"  # {"time"}
    OLD_RANGE = "old_range"  # {"startTime", "endTime"}


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked about: an event type by id, by slug and owner, or several people.

    Exactly one of the four ways is filled: `event_type_id`; `slug` with `username`; `slug` with
    `team_slug`; `usernames`.
    """

    event_type_id: int | None = None
    slug: str | None = None
    username: str | None = None
    team_slug: str | None = None
    usernames: tuple[str, ...] = ()
    organization_slug: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A question for slots. `start` and `end` are UTC seconds, `duration` minutes (at least 1);
    `zone` is the viewer's, in the tz database's spelling; `own_reservation` hides nothing."""

    target: Target
    start: int
    end: int
    zone: str | None = None
    duration: int | None = None
    shape: Shape = Shape.TIME
    reschedule_uid: str | None = None
    subset_ids: frozenset[int] | None = None
    routed_ids: frozenset[int] | None = None
    contact_owner_email: str | None = None
    own_reservation: str | None = None


@dataclass(frozen=True, slots=True)
class Reserve:
    """Hold a time. `start` is None where the text named no real moment (`start_text` is what was
    sent); durations are minutes; `minutes` is how long the hold lasts, None or 0 for the default.
    """

    event_type_id: int
    start: datetime | None
    start_text: str
    slot_minutes: int | None = None
    minutes: int | None = None
    caller_id: int | None = None


@dataclass(frozen=True, slots=True)
class OldReserve:
    """Hold a time as the older contract does: under the booker's uid, with no check of overlap."""

    event_type_id: int
    start: datetime
    end: datetime
    uid: str | None = None
    booking_uid: str | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """A reservation as it is answered."""

    uid: str
    event_type_id: int
    start: datetime
    end: datetime
    until: datetime
    minutes: int | None = None  # how long it was made for; unknown when read
