"""Which state of a booking may move to which, and who may move it: the one table.

Whatever is not in `MOVES` is refused (bookings notes, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

ACCEPTED, PENDING = "accepted", "pending"
CANCELLED, REJECTED, AWAITING_HOST = "cancelled", "rejected", "awaiting_host"


class Act(StrEnum):
    CONFIRM = "confirm"
    DECLINE = "decline"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    REASSIGN = "reassign"
    REQUEST_RESCHEDULE = "request-reschedule"
    MARK_ABSENT = "mark-absent"
    ADD_PEOPLE = "add-people"
    RELOCATE = "relocate"


class By(StrEnum):
    """Who: whoever knows the uid; who has access to the booking; its organiser; who administers
    the event type; a participant or the organiser."""

    ANYONE = "anyone"
    ACCESS = "access"
    ORGANIZER = "organizer"
    ADMIN = "admin"
    PARTICIPANT = "participant"


class Move(NamedTuple):
    """`to` is the state the booking ends in; a reschedule ends the old one and makes a new one."""

    to: str
    by: By


MOVES: Mapping[tuple[str, Act], Move] = {
    (PENDING, Act.CONFIRM): Move(ACCEPTED, By.ACCESS),
    (PENDING, Act.DECLINE): Move(REJECTED, By.ACCESS),
    (PENDING, Act.CANCEL): Move(CANCELLED, By.ANYONE),
    (PENDING, Act.RESCHEDULE): Move(CANCELLED, By.ANYONE),
    (PENDING, Act.REASSIGN): Move(PENDING, By.ADMIN),
    (PENDING, Act.REQUEST_RESCHEDULE): Move(CANCELLED, By.ORGANIZER),
    (PENDING, Act.MARK_ABSENT): Move(PENDING, By.ACCESS),
    (PENDING, Act.ADD_PEOPLE): Move(PENDING, By.PARTICIPANT),
    (PENDING, Act.RELOCATE): Move(PENDING, By.ADMIN),
    (ACCEPTED, Act.CANCEL): Move(CANCELLED, By.ANYONE),
    (ACCEPTED, Act.RESCHEDULE): Move(CANCELLED, By.ANYONE),
    (ACCEPTED, Act.REASSIGN): Move(ACCEPTED, By.ADMIN),
    (ACCEPTED, Act.REQUEST_RESCHEDULE): Move(CANCELLED, By.ORGANIZER),
    (ACCEPTED, Act.MARK_ABSENT): Move(ACCEPTED, By.ACCESS),
    (ACCEPTED, Act.ADD_PEOPLE): Move(ACCEPTED, By.PARTICIPANT),
    (ACCEPTED, Act.RELOCATE): Move(ACCEPTED, By.ADMIN),
    (AWAITING_HOST, Act.CANCEL): Move(CANCELLED, By.ANYONE),
}


def move(status: str, act: Act) -> Move | None:
    """What the act does to a booking in that state; None where it is refused."""
    return MOVES.get((status, act))


def reschedulable(status: str, *, rescheduled: bool, has_successor: bool) -> bool:
    """Whether a booking may be moved: also one that its host asked to move, until it has been."""
    if status == CANCELLED:
        return rescheduled and not has_successor
    return move(status, Act.RESCHEDULE) is not None


class ReasonRule(StrEnum):
    """Who must say why a booking is cancelled."""

    HOST = "MANDATORY_HOST_ONLY"
    ATTENDEE = "MANDATORY_ATTENDEE_ONLY"
    BOTH = "MANDATORY_BOTH"
    NOBODY = "OPTIONAL_BOTH"


def needs_reason(rule: str | None, *, by_host: bool) -> bool:
    """Whether a cancellation must carry a reason (section 11)."""
    if rule == ReasonRule.BOTH:
        return True
    if rule == ReasonRule.NOBODY:
        return False
    return by_host is (rule != ReasonRule.ATTENDEE)


def is_blank(reason: str | None) -> bool:
    return reason is None or not reason.strip()


def inside_notice(start: datetime, now: datetime, minutes: int | None) -> bool:
    """Whether `now` is less than `minutes` before the start."""
    return bool(minutes) and start - now < timedelta(minutes=minutes or 0)


def needs_confirmation(
    *, required: bool, threshold: int | None, price: int, start: datetime, now: datetime
) -> bool:
    """Whether a new booking waits for its host. `threshold` minutes: only starts nearer than
    that wait. A price waits for payment whatever the rest says."""
    if price > 0:
        return True
    if not required:
        return False
    return threshold is None or start - now <= timedelta(minutes=threshold)


def end_of(start: datetime, minutes: int) -> datetime | None:
    """The end of a booking; None beyond the calendar."""
    try:
        return start + timedelta(minutes=minutes)
    except OverflowError:
        return None
