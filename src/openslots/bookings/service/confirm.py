"""The host's yes or no to bookings that wait for it (section 12)."""

from __future__ import annotations

from collections.abc import Sequence

from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import access, changes, reads
from openslots.bookings.repository.reads import Found
from openslots.bookings.rules import states
from openslots.bookings.service import announce, checks
from openslots.bookings.service.reads import snapshots_of, visible
from openslots.bookings.types import HostFlags, Snapshot
from openslots.events.bookings import BookingCreated, BookingRejected
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType

CONFIRMED = "Booking already confirmed"
# what a host's own yes overrides: the booking was asked for while these still held
_SETTLED = HostFlags(bounds=True)


async def confirm(uow: UnitOfWork, uid: str, caller: Caller) -> Snapshot:
    """Accepts a pending booking, of a series all that wait.

    The time is checked again under the hosts' locks: of two requests for one time only the first
    can be confirmed. Publishes BookingCreated per occurrence.
    """
    named = await _named(uow, uid, caller, states.Act.CONFIRM)
    taken = await reads.hosts_of(uow.session, [named.booking.id])
    host_ids = taken.get(named.booking.id) or [named.booking.organizer_id or 0]
    if named.event_type is not None:
        await checks.hold(uow, named.event_type, host_ids)
    rows = await _waiting(uow, named, states.Act.CONFIRM)
    if named.event_type is not None:
        await _require_free(uow, named.event_type, rows, host_ids)
    paid_later = [row for row in rows if _unpaid(row)]
    bookings = [row.booking for row in rows]
    await changes.block(uow.session, [booking.id for booking in bookings])
    await changes.write(uow.session, bookings, uow.now, status=states.ACCEPTED)
    accepted = await snapshots_of(uow, rows)
    if not paid_later:
        await announce.publish_series(uow, BookingCreated, accepted, actor=caller, confirmed=True)
    return await visible(uow, _one(accepted, named), caller)


async def decline(uow: UnitOfWork, uid: str, reason: str | None, caller: Caller) -> Snapshot:
    """Rejects a pending booking, of a series all that wait. Publishes one BookingRejected."""
    named = await _named(uow, uid, caller, states.Act.DECLINE)
    rows = await _waiting(uow, named, states.Act.DECLINE)
    bookings = [row.booking for row in rows]
    await changes.write(
        uow.session, bookings, uow.now, status=states.REJECTED, rejection_reason=reason
    )
    shown = await snapshots_of(uow, rows)
    one = _one(shown, named)
    starts = tuple(item.booking.start for item in shown) if len(shown) > 1 else ()
    await uow.publish(announce.event(uow, BookingRejected, one, actor=caller, occurrences=starts))
    return await visible(uow, one, caller)


def _unpaid(row: Found) -> bool:
    """Accepted, but nobody is told before it is paid (section 4)."""
    return row.event_type is not None and row.event_type.price > 0 and not row.booking.paid


def _one(shown: Sequence[Snapshot], named: Found) -> Snapshot:
    return next(item for item in shown if item.booking.id == named.booking.id)


async def _named(uow: UnitOfWork, uid: str, caller: Caller, act: states.Act) -> Found:
    found = await reads.one(uow.session, uid)
    if found is None:
        raise errors.BookingNotFound(uid)
    booking = found.booking
    allowed = caller.is_system_admin or booking.organizer_id == caller.user_id
    if not allowed and not await access.has_access(uow.session, caller.user_id, booking.id):
        raise errors.MayNotConfirm
    _require_waiting(found, act)
    return found


def _require_waiting(found: Found, act: states.Act) -> None:
    status = found.booking.status
    if states.move(status, act) is not None:
        return
    if status == states.ACCEPTED:
        raise errors.NotConfirmable(CONFIRMED)
    raise errors.NotConfirmable(
        f"Booking with uid={found.booking.uid} is {status.replace('_', ' ')}, so it can't be "
        "confirmed or declined."
    )


async def _waiting(uow: UnitOfWork, named: Found, act: states.Act) -> list[Found]:
    """The named booking and the rest of its series that waits, rows locked."""
    booking = named.booking
    if booking.recurring_uid is not None:
        rows = await reads.series(uow.session, booking.recurring_uid, lock=True)
    else:
        one = await reads.one(uow.session, booking.uid, lock=True)
        rows = [one] if one is not None else []
    now = next((row for row in rows if row.booking.id == booking.id), None)
    if now is None:
        raise errors.BookingNotFound(booking.uid)
    _require_waiting(now, act)
    return [row for row in rows if states.move(row.booking.status, act) is not None]


async def _require_free(
    uow: UnitOfWork, event_type: EventType, rows: Sequence[Found], host_ids: Sequence[int]
) -> None:
    """Raises HostBusy where a host has another booking at one of the times, limits included."""
    first = rows[0].booking
    minutes = int((first.end_at - first.start_at).total_seconds()) // 60
    question = checks.request(
        event_type,
        [row.booking.start_at for row in rows],
        minutes,
        _SETTLED,
        zone="UTC",
        host_ids=host_ids,
    )
    own = {row.booking.uid for row in rows}
    await checks.require_confirmable(uow, question, host_ids, own)
