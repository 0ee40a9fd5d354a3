"""When a time may be held (slots notes, section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from openslots.slots.errors import (
    AlreadyBooked,
    AlreadyReserved,
    FixedLength,
    LengthNotOffered,
    NoHostLeft,
    NoSeatsLeft,
)


@dataclass(frozen=True, slots=True)
class Place:
    """An event type as holds see it; hosts in its order, lengths in minutes, its own first."""

    id: int
    owner_id: int | None
    team_id: int | None
    organization_id: int | None
    round_robin: bool
    seats: int | None
    lengths: tuple[int, ...]
    variable: bool
    host_ids: tuple[int, ...]
    mandatory_ids: frozenset[int]

    @property
    def holder_id(self) -> int | None:
        """Under whom a hold is kept: the owner, or the first host of a team."""
        return self.host_ids[0] if self.host_ids else None


@dataclass(frozen=True, slots=True)
class Meeting:
    """A booking of the event type that overlaps the time asked for."""

    uid: str
    attendees: int
    host_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class LiveHold:
    """An unexpired hold of the event type that overlaps the time asked for."""

    uid: str
    start: datetime
    end: datetime
    until: datetime
    created: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What overlaps the time asked for: active bookings and live holds of the event type."""

    meetings: Sequence[Meeting]
    holds: int


def hold_length(place: Place, minutes: int | None) -> int:
    """The length of the slot to hold. Raises FixedLength or LengthNotOffered."""
    if not minutes:
        return place.lengths[0]
    if not place.variable:
        raise FixedLength
    if minutes not in place.lengths:
        raise LengthNotOffered(sorted(set(place.lengths)))
    return minutes


def may_hold(place: Place, taken: Taken, start_text: str) -> None:
    """Raises NoSeatsLeft, AlreadyBooked, AlreadyReserved or NoHostLeft."""
    if place.seats is not None:
        left = place.seats - max((one.attendees for one in taken.meetings), default=0)
        if left <= 0:
            raise NoSeatsLeft(place.id, start_text)
        if taken.holds >= left:
            raise AlreadyReserved
        return
    if not place.round_robin:
        if taken.meetings:
            raise AlreadyBooked
        if taken.holds:
            raise AlreadyReserved
        return
    busy = frozenset[int]().union(*(one.host_ids for one in taken.meetings))
    if place.mandatory_ids:
        if busy & place.mandatory_ids:
            raise AlreadyBooked
        if taken.holds:
            raise AlreadyReserved
    elif place.host_ids and taken.holds >= len(frozenset(place.host_ids) - busy):
        raise NoHostLeft
