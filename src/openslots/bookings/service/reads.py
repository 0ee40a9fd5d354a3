"""Reading single bookings and lists (sections 8 and 9)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import lists, reads
from openslots.bookings.repository.list_statements import Order
from openslots.bookings.repository.lists import Audience
from openslots.bookings.service import offers
from openslots.bookings.types import (
    Cursor,
    CursorList,
    Filters,
    Offset,
    OffsetList,
    Snapshot,
)
from openslots.kernel.uow import UnitOfWork

ASCENDING = {"upcoming", "recurring", "unconfirmed"}
FAR = datetime.fromisoformat("2100-01-01T00:00:00+00:00")


async def get(uow: UnitOfWork, uid: str, caller: Caller | None) -> Snapshot | tuple[Snapshot, ...]:
    """One booking; for the uid of a series all its occurrences by start. Raises BookingNotFound."""
    found = await reads.by_uid(uow.session, uid)
    if not found:
        raise errors.BookingNotFound(uid)
    shown = await reads.snapshots(uow.session, found)
    shown = tuple([await visible(uow, item, caller) for item in shown])
    if found[0].booking.uid == uid:
        return shown[0]
    return shown


async def by_seat(uow: UnitOfWork, seat_uid: str, caller: Caller | None) -> Snapshot:
    """The group meeting of a seat; whoever may not see all attendees sees that seat's."""
    found = await reads.by_seat(uow.session, seat_uid)
    if found is None:
        raise errors.SeatNotFound(seat_uid)
    shown = (await reads.snapshots(uow.session, [found]))[0]
    seen = await visible(uow, shown, caller)
    if not seen.attendees:
        own = tuple(person for person in shown.attendees if person.seat_uid == seat_uid)
        seen = replace(seen, attendees=own)
    return seen


async def visible(uow: UnitOfWork, shown: Snapshot, caller: Caller | None) -> Snapshot:
    """The booking without the attendees that the caller may not see (section 7.3); whether others
    may is not known any more where the event type is gone: its organiser alone does."""
    kind, booking = shown.event_type, shown.booking
    if not booking.seated or (kind is not None and kind.seats_show_attendees):
        return shown
    if kind is not None:
        may = await offers.administers(uow, caller, kind.id)
    else:
        own = caller is not None and caller.user_id == booking.organizer_id
        may = own or (caller is not None and caller.is_system_admin)
    return shown if may else replace(shown, attendees=())


async def of_uid(uow: UnitOfWork, uid: str, caller: Caller | None) -> Snapshot:
    """A booking as it is after a change. Raises BookingNotFound."""
    found = await reads.one(uow.session, uid)
    if found is None:
        raise errors.BookingNotFound(uid)
    return await visible(uow, (await reads.snapshots(uow.session, [found]))[0], caller)


async def list_offset(uow: UnitOfWork, wanted: OffsetList, caller: Caller) -> Offset:
    """A page of what the caller may see, and the number of all matching bookings."""
    audience = await _audience(uow, caller)
    return await list_for(uow, wanted, audience)


async def list_for(uow: UnitOfWork, wanted: OffsetList, audience: Audience) -> Offset:
    """A page of the bookings of the given people and teams."""
    await _check_event_types(uow, wanted.filters)
    total = await lists.count(uow.session, audience, wanted.filters, uow.now)
    found = []
    if wanted.skip < total:
        found = await lists.offset_page(
            uow.session,
            audience,
            wanted.filters,
            _order(wanted),
            now=uow.now,
            take=wanted.take,
            skip=wanted.skip,
        )
    return Offset(await reads.snapshots(uow.session, found), total)


def _order(wanted: OffsetList) -> Order:
    if wanted.sort is not None:
        return Order(*wanted.sort)
    statuses = wanted.filters.statuses
    return Order("start", len(statuses) == 1 and statuses[0] not in ASCENDING)


async def _audience(uow: UnitOfWork, caller: Caller) -> Audience:
    own = Audience((caller.user_id,), (caller.email,))
    teams = await lists.administered(uow.session, caller.user_id)
    if not teams:
        return own
    people = {caller.user_id: caller.email, **dict(await lists.members(uow.session, teams))}
    return Audience(tuple(people), tuple(people.values()), teams)


async def _check_event_types(uow: UnitOfWork, filters: Filters) -> None:
    asked = filters.event_type_ids
    if asked is not None and await lists.missing_event_types(uow.session, asked):
        raise errors.ListRefused("The requested event-types do not exist.")


async def list_cursor(uow: UnitOfWork, wanted: CursorList, caller: Caller) -> Cursor:
    """A page of the walk by start (section 9.4). Raises Invalid for a cursor that is none, or of
    another walk, and for more than one status."""
    statuses = wanted.filters.statuses
    if len(statuses) > 1:
        raise errors.Invalid("Only one status can be asked for with cursor pagination.")
    status = statuses[0] if statuses else None
    order = Order("start", status not in ASCENDING)
    walk = _fingerprint(wanted.filters)
    after = None if wanted.cursor is None else _decode(wanted.cursor, walk)
    await _check_event_types(uow, wanted.filters)
    found = await lists.cursor_page(
        uow.session,
        await _audience(uow, caller),
        wanted.filters,
        order,
        now=uow.now,
        take=wanted.limit + 1,
        anchor=None if after is not None else _anchor(status, uow.now),
        after=after,
    )
    page = found[: wanted.limit]
    more = len(found) > wanted.limit
    last = page[-1].booking if more else None
    return Cursor(
        await reads.snapshots(uow.session, page),
        None if last is None else _encode(last.start_at, last.id, walk),
    )


def _anchor(status: str | None, now: datetime) -> datetime:
    if status in ASCENDING:
        return now - timedelta(hours=1)
    return now if status == "past" else FAR


def _fingerprint(filters: Filters) -> str:
    return hashlib.sha256(repr(filters).encode()).hexdigest()[:12]


def _encode(start: datetime, booking_id: int, walk: str) -> str:
    text = json.dumps({"v": 1, "start": start.isoformat(), "id": booking_id, "of": walk})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, walk: str) -> tuple[datetime, int]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        value = json.loads(raw)
        start, booking_id = datetime.fromisoformat(value["start"]), value["id"]
        good = value["v"] == 1 and start.tzinfo is not None and type(booking_id) is int
    except (ValueError, KeyError, TypeError):
        raise errors.Invalid("Invalid cursor") from None
    if not good or not 0 <= booking_id < 2**63:
        raise errors.Invalid("Invalid cursor")
    if value.get("of") != walk:
        raise errors.Invalid("Invalid cursor: it belongs to a list with other filters")
    return start, booking_id


async def snapshots_of(uow: UnitOfWork, found: Sequence[reads.Found]) -> tuple[Snapshot, ...]:
    """Snapshots that events may carry: with the organisation and teams of each booking."""
    shown = await reads.snapshots(uow.session, found)
    out, known = [], {}
    for row, item in zip(found, shown, strict=True):
        # the occurrences of a series have one audience
        key = (row.booking.event_type_id, row.booking.organizer_id)
        if key not in known:
            known[key] = await reads.audience(uow.session, row)
        organization_id, team_ids = known[key]
        out.append(replace(item, organization_id=organization_id, team_ids=team_ids))
    return tuple(out)
