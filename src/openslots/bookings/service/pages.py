"""What the pages behind the links in mails show of a booking, and what they offer to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import changes, reads
from openslots.bookings.repository.reads import Found
from openslots.bookings.rules import states
from openslots.bookings.service import access
from openslots.bookings.service import reschedule as moving
from openslots.bookings.service.reads import visible
from openslots.bookings.types import Snapshot
from openslots.events.bookings import AttendeeFacts
from openslots.kernel.errors import DomainError
from openslots.kernel.uow import UnitOfWork

# whether a link proves that it went to this address
Proof = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Offered:
    """What the page of a booking offers. `reason_needed` and `later_too` belong to `cancel`: why
    must be said, and the later occurrences of its series may be cancelled with it. `decide` is for
    hosts."""

    cancel: bool
    reason_needed: bool
    later_too: bool
    move: bool
    decide: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """`seat` is the one that the link names, `host` who proved to be one."""

    shown: Snapshot
    offered: Offered
    seat: AttendeeFacts | None = None
    host: Caller | None = None


async def opened(
    uow: UnitOfWork,
    uid: str,
    *,
    seat_uid: str | None = None,
    by: str | None = None,
    proof: Proof | None = None,
) -> Opened:
    """A booking as the holder of a link may see it: nobody in particular, somebody with a seat, or
    a host.

    What comes back is another booking where the link is one of a series (its next occurrence) or
    of a seat that was moved. `by` is the e-mail address that the link names; a host's `proof`
    holds until the start, and for the booking that the link names alone. Raises BookingNotFound.
    """
    found = await reads.by_uid(uow.session, uid)
    if not found:
        raise errors.BookingNotFound(uid)
    named = found[0] if found[0].booking.uid == uid else _next(found, uow.now)
    seat_of = None if seat_uid is None else await reads.by_seat(uow.session, seat_uid)
    named = seat_of or named
    whole = (await reads.snapshots(uow.session, [named]))[0]
    seat = next((p for p in whole.attendees if p.seat_uid and p.seat_uid == seat_uid), None)
    holds = named.booking.uid == uid and named.booking.start_at > uow.now
    host = await _host(uow, named, whole, proof) if proof is not None and holds else None
    seen = whole if host is not None else await _seen(uow, whole, seat)
    return Opened(seen, _offered(uow, named, whole, seat, by), seat, host)


def _next(series: Sequence[Found], now: datetime) -> Found:
    """The next occurrence that stands, of a series by start; else the last of all."""
    ended = (states.CANCELLED, states.REJECTED)
    ahead = (one for one in series if one.booking.end_at >= now)
    return next((one for one in ahead if one.booking.status not in ended), series[-1])


async def _seen(uow: UnitOfWork, whole: Snapshot, seat: AttendeeFacts | None) -> Snapshot:
    seen = await visible(uow, whole, None)
    if not seen.attendees and seat is not None:
        return replace(seen, attendees=(seat,))
    return seen


async def _host(uow: UnitOfWork, found: Found, whole: Snapshot, proof: Proof) -> Caller | None:
    """The host of the booking who was sent the link, if they still may decide on it."""
    first = [] if whole.organizer is None else [whole.organizer.email]
    emails = [*first, *(person.email for person in whole.attendees if person.kind == "host")]
    mine = next((email for email in emails if proof(email)), None)
    user = None if mine is None else await changes.user_by_email(uow.session, mine)
    if user is None or user.locked_at is not None:
        return None
    caller = Caller(
        kind="session",
        user_id=user.id,
        email=user.email,
        username=user.username,
        name=user.name,
        time_zone=user.home_tz,
        locale=user.locale,
    )
    return caller if await access.has_access(uow, found, caller) else None


def _offered(
    uow: UnitOfWork, found: Found, whole: Snapshot, seat: AttendeeFacts | None, by: str | None
) -> Offered:
    """What will not be refused by the rules of sections 10 and 11, for somebody without
    credentials."""
    booking, kind = found.booking, found.event_type
    whose = not booking.seated or seat is not None
    over = booking.end_at < uow.now
    cancel = (
        whose
        and not over
        and states.move(booking.status, states.Act.CANCEL) is not None
        and not (kind is not None and kind.disable_cancelling)
    )
    movable = states.reschedulable(
        booking.status,
        rescheduled=booking.rescheduled,
        has_successor=whole.successor_uid is not None,
    )
    rule = kind.cancellation_reason_rule if kind is not None else None
    return Offered(
        cancel=cancel,
        reason_needed=states.needs_reason(rule, by_host=False),
        later_too=cancel and booking.recurring_uid is not None and not booking.seated,
        move=whose and movable and _movable_by(uow, found, by),
        decide=booking.status == states.PENDING,
    )


def _movable_by(uow: UnitOfWork, found: Found, by: str | None) -> bool:
    organizer = found.organizer
    if found.event_type is None or organizer is None:
        return False
    organizes = by is not None and by.lower() == organizer.email.lower()
    try:
        moving.require_allowed(uow, found, moving.Mover(by, organizes, admin=False))
    except DomainError:
        return False
    return True
