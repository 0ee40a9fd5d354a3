"""The 2024-04-15 family: the same operations under older names and refusals (section 21)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import lists, offers, reads
from openslots.bookings.service import cancel as cancelling
from openslots.bookings.service import create as creating
from openslots.bookings.service import reschedule as moving
from openslots.bookings.service.reads import list_offset, visible
from openslots.bookings.types import (
    CancelOld,
    CreateOld,
    OffsetList,
    Reference,
    Reschedule,
    SeriesFacts,
    Snapshot,
)
from openslots.kernel.errors import DomainError
from openslots.kernel.uow import UnitOfWork

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OldPage:
    bookings: tuple[Snapshot, ...]
    series: tuple[SeriesFacts, ...]
    total: int


class _DryRun(Exception):
    """Carries the result of a dry run out of what is rolled back."""

    def __init__(self, made: tuple[Snapshot, ...]) -> None:
        self.made = made


async def _as_codes(work: Awaitable[T]) -> T:
    """Refusals of a booking in this family's form."""
    try:
        return await work
    except errors.AuthenticationRequired:
        raise errors.LegacyAuthenticationRequired from None
    except errors.NotEntitled:
        raise errors.LegacyNotEntitled from None
    except DomainError as error:
        raw = getattr(error, "raw", None) or (error.message if error.doubled else None)
        if raw is None or error.status not in (400, 409):
            raise
        raise errors.LegacyRefusal(raw) from error


async def create(uow: UnitOfWork, command: CreateOld, caller: Caller | None) -> Snapshot:
    """Makes or moves one booking."""
    if not command.create.booker.name:
        raise errors.LegacyRefusal("responses - {name}error_required_field, ")
    if command.reschedule_uid is not None:
        uid = command.reschedule_uid
        made = await _perhaps_dry(uow, command, lambda: _move(uow, command, uid, caller))
    else:
        made = await _perhaps_dry(uow, command, lambda: _make(uow, command, caller))
    return made[0]


async def _perhaps_dry(
    uow: UnitOfWork, command: CreateOld, work: Callable[[], Awaitable[tuple[Snapshot, ...]]]
) -> tuple[Snapshot, ...]:
    if not command.dry_run:
        return await _as_codes(work())
    try:
        async with uow.session.begin_nested():
            raise _DryRun(await _as_codes(work()))
    except _DryRun as dry:
        uow.forget()
        return dry.made


async def _make(uow: UnitOfWork, command: CreateOld, caller: Caller | None) -> tuple[Snapshot, ...]:
    wanted = command.create
    if command.minutes is not None:
        found = await offers.by_id(uow.session, wanted.event_type.event_type_id or 0, uow.now)
        if found is not None and command.minutes != found.event_type.length:
            if command.minutes not in (found.event_type.length_options or ()):
                raise errors.LegacyRefusal("Invalid event length")
            wanted = replace(wanted, length=command.minutes)
    made = await creating.create(uow, wanted, caller)
    return made.bookings


async def _move(
    uow: UnitOfWork, command: CreateOld, uid: str, caller: Caller | None
) -> tuple[Snapshot, ...]:
    seat = await reads.by_seat(uow.session, uid)
    order = Reschedule(
        uid=seat.booking.uid if seat is not None else uid,
        start=command.create.start,
        rescheduled_by=command.rescheduled_by,
        reason=command.reason,
        seat_uid=uid if seat is not None else None,
        private_link=command.create.private_link,
        answers=command.create.answers,
    )
    return (await moving.reschedule(uow, order, caller),)


async def create_series(
    uow: UnitOfWork, commands: Sequence[CreateOld], caller: Caller | None
) -> tuple[Snapshot, ...]:
    """Makes all occurrences of one series, whose starts the client chose."""
    if not commands:
        raise errors.Invalid("At least one booking is needed")
    first = commands[0]
    starts = tuple(command.create.start for command in commands)
    wanted = replace(first, create=replace(first.create, start=min(starts), occurrences=starts))
    return await _perhaps_dry(uow, wanted, lambda: _make(uow, wanted, caller))


async def create_instant(uow: UnitOfWork, command: CreateOld, caller: Caller | None) -> Snapshot:
    """Refused on personal event types, as everywhere."""
    wanted = replace(command, create=replace(command.create, instant=True))
    return (await _as_codes(_make(uow, wanted, caller)))[0]


async def get(
    uow: UnitOfWork, uid: str, caller: Caller | None
) -> tuple[Snapshot, tuple[Reference, ...]]:
    """A booking and what providers call it. Raises BookingUnknown."""
    found = await reads.one(uow.session, uid)
    if found is None:
        raise errors.BookingUnknown(f"Booking with UID={uid} does not exist.")
    shown = (await reads.snapshots(uow.session, [found]))[0]
    known = await reads.references(uow.session, found.booking.id)
    return await visible(uow, shown, caller), known


async def for_reschedule(uow: UnitOfWork, uid: str) -> Snapshot:
    """What moving a booking, or one seat, needs; the seat's own uid is among it."""
    found = await reads.one(uow.session, uid)
    seat_uid = None
    if found is None:
        found = await reads.by_seat(uow.session, uid)
        seat_uid = uid
    if found is None:
        raise errors.BookingUnknown(f"Booking with UID={uid} does not exist.")
    shown = (await reads.snapshots(uow.session, [found]))[0]
    if seat_uid is None:
        return await visible(uow, shown, None)
    return replace(shown, seat_uid=seat_uid)


async def list_page(uow: UnitOfWork, wanted: OffsetList, caller: Caller) -> OldPage:
    page = await list_offset(uow, wanted, caller)
    uids = {item.booking.recurring_uid for item in page.items}
    series = await lists.series_of(uow.session, sorted(uid for uid in uids if uid is not None))
    return OldPage(page.items, series, page.total)


async def cancel(
    uow: UnitOfWork, command: CancelOld, caller: Caller | None
) -> tuple[Snapshot, bool]:
    """Cancels; gives the booking and whether only a seat of it was given back."""
    uid = command.cancel.uid
    if uid.isdigit():
        raise errors.Invalid("Please provide booking uid instead of booking id.")
    found = await reads.one(uow.session, uid)
    if found is None:
        raise errors.BookingUnknown(f"Booking with UID={uid} does not exist.")
    order = command.cancel
    recurring_uid = found.booking.recurring_uid
    if command.all_remaining and recurring_uid is not None:
        order = replace(order, uid=recurring_uid, subsequent=False)
    ended = await cancelling.cancel(uow, order, caller)
    if isinstance(ended, tuple):
        ended = next(item for item in ended if item.booking.uid == uid)
    return ended, order.seat_uid is not None and ended.booking.status != "cancelled"
