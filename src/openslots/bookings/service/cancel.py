"""Cancelling: one booking, the rest of a series, a whole series, one seat (section 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from openslots import facts
from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import access, changes, reads
from openslots.bookings.repository.reads import Found
from openslots.bookings.rules import states
from openslots.bookings.service import announce
from openslots.bookings.service.reads import snapshots_of, visible
from openslots.bookings.types import Cancel, Snapshot
from openslots.events.bookings import BookingCancelled
from openslots.kernel.uow import UnitOfWork

NO_SEAT = "Invalid seatUid: this seat does not exist or has already been cancelled."
OTHER_SEAT = "Invalid seatUid: this seat does not belong to this booking."
MESSAGES = {
    "subsequent_of_series": (
        "Cannot cancel subsequent bookings for recurring event - you have to provide uid of one "
        "of the individual bookings of a recurring booking."
    ),
}


async def cancel(
    uow: UnitOfWork, command: Cancel, caller: Caller | None
) -> Snapshot | tuple[Snapshot, ...]:
    """Cancels what the command names; a tuple is a whole series by start.

    Raises the refusals of section 11 in its order. Publishes one BookingCancelled.
    """
    if command.seat_uid is not None:
        return await _seat(uow, command, command.seat_uid, caller)
    found = await reads.by_uid(uow.session, command.uid)
    if not found:
        raise errors.BookingUnknown(f"Booking with uid={command.uid} not found")
    if found[0].booking.uid != command.uid:
        return await _series(uow, command, found, caller)
    if command.subsequent:
        return await _subsequent(uow, command, found[0], caller)
    one = await reads.one(uow.session, command.uid, lock=True)
    if one is None:
        raise errors.BookingUnknown(f"Booking with uid={command.uid} not found")
    if one.booking.seated:
        await _require_host_side(uow, one, caller)
    _require(uow, one, command, caller)
    ended = await _end(uow, [one], command, caller)
    await _tell(uow, ended, one, caller)
    return await visible(uow, ended[0], caller)


async def _require_host_side(uow: UnitOfWork, found: Found, caller: Caller | None) -> None:
    """A group meeting as a whole is for its host side alone."""
    booking = found.booking
    if caller is not None and (
        caller.is_system_admin
        or booking.organizer_id == caller.user_id
        or await access.has_access(uow.session, caller.user_id, booking.id)
    ):
        return
    raise errors.NotAHost


def _require(uow: UnitOfWork, found: Found, command: Cancel, caller: Caller | None) -> None:
    booking, kind = found.booking, found.event_type
    if states.move(booking.status, states.Act.CANCEL) is None:
        state = "cancelled" if booking.status == states.CANCELLED else booking.status
        raise errors.Invalid(
            f"Can't cancel booking with uid={booking.uid} because it has been {state} already. "
            f"Please provide uid of a booking that is not {state}."
        )
    if kind is not None and kind.disable_cancelling:
        raise errors.NotCancellable("This event type does not allow cancellations")
    by_host = caller is not None and caller.user_id == booking.organizer_id
    rule = kind.cancellation_reason_rule if kind is not None else None
    exempt = caller is not None and caller.kind == "client"
    needed = not exempt and states.needs_reason(rule, by_host=by_host)
    if needed and states.is_blank(command.reason):
        raise errors.NotCancellable("Cancellation reason is required")
    if booking.end_at < uow.now:
        raise errors.NotCancellable("Cannot cancel a booking that has already ended")


async def _end(
    uow: UnitOfWork, found: Sequence[Found], command: Cancel, caller: Caller | None
) -> tuple[Snapshot, ...]:
    rows = [item.booking for item in found]
    by = command.cancelled_by or (caller.email if caller is not None else None)
    await changes.release(uow.session, [row.id for row in rows])
    await changes.write(
        uow.session,
        rows,
        uow.now,
        status=states.CANCELLED,
        cancellation_reason=command.reason,
        cancelled_by=by,
    )
    await changes.next_sequence(uow.session, rows)
    return await snapshots_of(uow, found)


async def _tell(
    uow: UnitOfWork,
    ended: Sequence[Snapshot],
    named: Found,
    caller: Caller | None,
    *,
    whole_series: bool = False,
) -> None:
    """One event for everything that ended, about the booking that was named."""
    shown = next(item for item in ended if item.booking.id == named.booking.id)
    happened = announce.event(
        uow,
        BookingCancelled,
        shown,
        actor=caller,
        whole_series=whole_series,
        ended=tuple(item.booking.id for item in ended),
    )
    if len(ended) > 1:
        happened = replace(
            happened,
            occurrences=tuple(item.booking.start for item in ended),
            ended_occurrences=() if whole_series else _occurrences(ended),
        )
    await uow.publish(happened)


def _occurrences(ended: Sequence[Snapshot]) -> tuple[tuple[datetime, int], ...]:
    return tuple(
        (item.booking.occurrence, item.booking.ics_sequence)
        for item in ended
        if item.booking.occurrence is not None
    )


async def _series(
    uow: UnitOfWork, command: Cancel, found: Sequence[Found], caller: Caller | None
) -> tuple[Snapshot, ...]:
    """Every occurrence that has not begun."""
    if command.subsequent:
        raise errors.Invalid(MESSAGES["subsequent_of_series"])
    rows = await reads.series(uow.session, command.uid, lock=True)
    ahead = [row for row in rows if row.booking.start_at >= uow.now]
    open_ones = [row for row in ahead if states.move(row.booking.status, states.Act.CANCEL)]
    if not open_ones:
        _require(uow, (ahead or rows)[0], command, caller)
        raise errors.NotCancellable("Cannot cancel a booking that has already ended")
    return await _end_some(uow, command, open_ones, rows, caller, whole_series=True)


async def _subsequent(
    uow: UnitOfWork, command: Cancel, named: Found, caller: Caller | None
) -> tuple[Snapshot, ...]:
    """The named occurrence and all later ones; the answer is the whole series."""
    recurring_uid = named.booking.recurring_uid
    if recurring_uid is None:
        raise errors.Invalid(
            f"Booking with bookingUid={command.uid} is not part of a recurring booking."
        )
    rows = await reads.series(uow.session, recurring_uid, lock=True)
    one = next(row for row in rows if row.booking.id == named.booking.id)
    _require(uow, one, command, caller)
    later = [
        row
        for row in rows
        if row.booking.start_at >= one.booking.start_at
        and states.move(row.booking.status, states.Act.CANCEL)
    ]
    return await _end_some(uow, command, later, rows, caller)


async def _end_some(
    uow: UnitOfWork,
    command: Cancel,
    some: Sequence[Found],
    rows: Sequence[Found],
    caller: Caller | None,
    *,
    whole_series: bool = False,
) -> tuple[Snapshot, ...]:
    _require(uow, some[0], command, caller)
    ended = await _end(uow, some, command, caller)
    await _tell(uow, ended, some[0], caller, whole_series=whole_series)
    by_id = {item.booking.id: item for item in ended}
    kept = [row for row in rows if row.booking.id not in by_id]
    for item in await reads.snapshots(uow.session, kept):
        by_id[item.booking.id] = item
    return tuple(by_id[row.booking.id] for row in rows)


async def _seat(uow: UnitOfWork, command: Cancel, seat_uid: str, caller: Caller | None) -> Snapshot:
    """Gives one seat back; the last one ends the booking."""
    found = await reads.one(uow.session, command.uid, lock=True)
    if found is None:
        raise errors.BookingUnknown(f"Booking with uid={command.uid} not found")
    taken = await changes.seat(uow.session, seat_uid)
    if taken is None:
        raise errors.NotCancellable(NO_SEAT)
    seat, attendee = taken
    if seat.booking_id != found.booking.id:
        raise errors.NotCancellable(OTHER_SEAT)
    _require(uow, found, command, caller)
    before = (await snapshots_of(uow, [found]))[0]
    mine = [person for person in before.attendees if person.id == attendee.id]
    left = tuple(person for person in before.attendees if person.id != attendee.id)
    last = not any(person.seat_uid is not None for person in left)
    by = caller.email if caller is not None else attendee.email
    await changes.remove_attendee(uow.session, attendee.id)
    if last:
        # contract: the reason given with a seat is not kept
        await _end(uow, [found], replace(command, reason=None, cancelled_by=by), caller)
    else:
        await changes.write(uow.session, [found.booking], uow.now)
    told = announce.event(uow, BookingCancelled, before, actor=by, attendees=mine, seat=True)
    reason = replace(told.booking, cancellation_reason=command.reason, cancelled_by=by)
    await uow.publish(replace(told, booking=reason, ended=(found.booking.id,) if last else ()))
    after = replace(before, booking=facts.of_booking(found.booking), attendees=left)
    return await visible(uow, after, caller)
