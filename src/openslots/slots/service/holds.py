"""Holds of a time: made, moved, read and dropped; and what a booking does with them."""

from __future__ import annotations

from datetime import datetime, timedelta

from openslots.kernel import ids, locks
from openslots.kernel.uow import UnitOfWork
from openslots.slots.errors import (
    DurationNeedsCaller,
    DurationNotAllowed,
    EventTypeNotFound,
    HeldByAnother,
    HoldNotFound,
    InvalidStart,
    NoHosts,
    UnknownEventType,
)
from openslots.slots.repository import holds
from openslots.slots.rules.holds import hold_length, may_hold
from openslots.slots.types import Hold, OldReserve, Reserve

CHUNK = 1000

DEFAULT_MINUTES = 5
# No slot is longer than this, unless its event type says so.
LONGEST_HOURS = 24


async def reserve(uow: UnitOfWork, command: Reserve) -> Hold:
    """Holds a time. The checks and their order are those of the slots notes, section 4.2."""
    _needs_caller(command)
    return await _write(uow, command, ids.uuid4())


async def move(uow: UnitOfWork, uid: str, command: Reserve) -> Hold:
    """Moves a live hold to another time, or event type, under the same uid. Raises HoldNotFound and
    what `reserve` raises; the hold itself is in nobody's way."""
    if await holds.read(uow.session, uid, now=uow.now) is None:
        raise HoldNotFound(uid)
    _needs_caller(command)
    return await _write(uow, command, uid, moving=True)


async def read(uow: UnitOfWork, uid: str) -> Hold | None:
    """A hold that has not run out."""
    return await holds.read(uow.session, uid, now=uow.now)


async def drop(uow: UnitOfWork, uid: str) -> None:
    """Ends a hold; an unknown uid is no error."""
    await holds.drop(uow.session, uid)


def _needs_caller(command: Reserve) -> None:
    if command.minutes and command.caller_id is None:
        raise DurationNeedsCaller


async def _write(uow: UnitOfWork, command: Reserve, uid: str, *, moving: bool = False) -> Hold:
    place = await holds.place(uow.session, command.event_type_id)
    if place is None:
        raise UnknownEventType(command.event_type_id)
    if command.minutes and not await holds.entitled(uow.session, command.caller_id or 0, place):
        raise DurationNotAllowed
    if command.start is None:
        raise InvalidStart
    start = command.start.replace(microsecond=0)
    length = hold_length(place, command.slot_minutes)
    try:
        end = start + timedelta(minutes=length)
    except OverflowError:
        raise InvalidStart from None
    # Two requests for one time: the second waits here and then sees the first one's row.
    await uow.lock(locks.RESERVATION, place.id)
    taken = await holds.taken(uow.session, place, start, end, now=uow.now, besides=uid)
    may_hold(place, taken, command.start_text)
    if place.holder_id is None:
        raise NoHosts
    minutes = command.minutes or DEFAULT_MINUTES
    hold = Hold(uid, place.id, start, end, uow.now + timedelta(minutes=minutes), minutes)
    if moving:
        await holds.drop(uow.session, uid)
    await holds.sweep(uow.session, place.id, now=uow.now)
    await holds.insert(uow.session, hold, [place.holder_id], is_seat=place.seats is not None)
    return hold


async def reserve_old(uow: UnitOfWork, command: OldReserve) -> str:
    """Holds a time as the older contract does: for every host, for five minutes, under the booker's
    uid, without a check of overlap. Answers the uid. Raises EventTypeNotFound."""
    place = await holds.place(uow.session, command.event_type_id)
    if place is None:
        raise EventTypeNotFound
    uid = command.uid or ids.uuid4()
    if command.dry_run or not place.host_ids:
        return uid
    longest = max(timedelta(hours=LONGEST_HOURS), timedelta(minutes=max(place.lengths)))
    start = command.start.replace(microsecond=0)
    end = min(command.end.replace(microsecond=0), start + longest)
    await uow.lock(locks.RESERVATION, place.id)
    await holds.sweep(uow.session, place.id, now=uow.now)
    seated = place.seats is not None
    if seated and not await holds.seat_left(uow.session, command.booking_uid or "", place):
        return uid
    until = uow.now + timedelta(minutes=DEFAULT_MINUTES)
    hold = Hold(uid, place.id, start, end, until)
    await holds.insert(uow.session, hold, place.host_ids, is_seat=seated)
    return uid


async def consume(
    uow: UnitOfWork,
    event_type_id: int,
    start: datetime,
    end: datetime,
    *,
    own_uid: str | None = None,
    strict: bool = False,
) -> None:
    """What a booking of [start, end) does with holds, in its transaction (bookings notes, end of
    5.9).

    With `own_uid` the caller's hold is dropped, unless an older live hold of somebody else overlaps
    it: HeldByAnother. Without one, the holds of exactly this time are dropped; `strict` refuses as
    long as somebody holds it. A seated event type loses one hold only, the caller's or the oldest.
    """
    # nearly always nobody holds the time: one statement then
    if not await holds.live(uow.session, event_type_id, start, end, now=uow.now):
        return
    place = await holds.place(uow.session, event_type_id)
    if place is None:
        return
    await uow.lock(locks.RESERVATION, place.id)
    live = await holds.live(uow.session, place.id, start, end, now=uow.now)
    own = next((held for held in live if held.uid == own_uid), None)
    others = [held for held in live if held.uid != own_uid]
    if place.seats is not None:
        spent = own or next((held for held in others if held.start == start), None)
        if spent is not None:
            await holds.drop(uow.session, spent.uid)
        return
    first = others[0] if others else None
    older = own is not None and first is not None and first.created < own.created
    if first is not None and (older or (strict and own is None)):
        raise HeldByAnother(int((first.until - uow.now).total_seconds()) + 1)
    if own is not None:
        await holds.drop(uow.session, own.uid)
        return
    for held in others:
        if (held.start, held.end) == (start, end):
            await holds.drop(uow.session, held.uid)


async def purge(uow: UnitOfWork) -> int:
    """Deletes up to CHUNK rows of holds that have run out; returns how many."""
    return await holds.purge(uow.session, now=uow.now, limit=CHUNK)
