"""Bookings for whoever may see them, contract 2024-08-13 and later."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from openslots.access.guards import Anyone
from openslots.bookings.routes.common import (
    OnceOnly,
    Reader,
    ReservationCookie,
    Since2026,
    Uid,
)
from openslots.bookings.schemas import v2026_05_01
from openslots.bookings.schemas.common import Answer
from openslots.bookings.schemas.queries import CursorQuery, OffsetQuery
from openslots.bookings.schemas.v2024_08_13.answers import BookingOut
from openslots.bookings.schemas.v2024_08_13.bodies import (
    CancelIn,
    CreateBookingIn,
    RescheduleIn,
)
from openslots.bookings.service import cancel as cancelling
from openslots.bookings.service import create as creating
from openslots.bookings.service import reads
from openslots.bookings.service import reschedule as moving
from openslots.bookings.types import Snapshot
from openslots.kernel.http.envelope import CursorPage, Page, Pagination, Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import joined_errors
from openslots.kernel.http.versions import serves

router = Router(prefix="/v2/bookings", tags=["Bookings"])

One = Success[BookingOut]
OneOrSeries = Success[BookingOut | list[BookingOut]]
Found = Answer[BookingOut]
FoundAny = Answer[BookingOut | list[BookingOut]]


def shown(
    found: Snapshot | tuple[Snapshot, ...], since_2026: bool, public: bool
) -> BookingOut | list[BookingOut]:
    """One booking, or a list for a series."""
    if isinstance(found, tuple):
        return [BookingOut.of(item, since_2026=since_2026, public=public) for item in found]
    return BookingOut.of(found, since_2026=since_2026, public=public)


@router.post("", status_code=201, summary="Create a booking", response_model=OneOrSeries)
@serves("2024-08-13")
@joined_errors
async def create(
    caller: Anyone,
    body: CreateBookingIn,
    uow: Write,
    once: OnceOnly,
    since_2026: Since2026,
    reservation: ReservationCookie,
) -> OneOrSeries | Response:
    """Books a time of an event type, named by its id or by its slug with a user or a team.

    The event type decides what is made: one booking, a seat of a group meeting, or for a recurring
    event type all occurrences at once, which come back as a list. It waits for its host
    (`pending`) where the event type wants that.
    """

    async def make() -> OneOrSeries:
        command = body.to_command(since_2026=since_2026, reservation_cookie=reservation)
        made = await creating.create(uow, command, caller)
        shown = [
            BookingOut.of(item, since_2026=since_2026, public=caller is None)
            for item in made.bookings
        ]
        return OneOrSeries(data=shown if made.series else shown[0])

    return await once.answer(201, make)


@router.get("", summary="Get all bookings")
@serves("2024-08-13", "2026-02-25")
async def list_2024_08_13(
    caller: Reader, query: Annotated[OffsetQuery, Query()], uow: Read, since_2026: Since2026
) -> Page[BookingOut]:
    """Bookings that the caller organises or attends, and for administrators those of their
    members and teams."""
    wanted = query.to_query()
    found = await reads.list_offset(uow, wanted, caller)
    return Page(
        data=[BookingOut.of(item, since_2026=since_2026) for item in found.items],
        pagination=Pagination.of(total=found.total, skip=wanted.skip, take=wanted.take),
    )


@router.get("", summary="Get all bookings")
@serves("2026-05-01")
async def list_2026_05_01(
    caller: Reader, query: Annotated[CursorQuery, Query()], uow: Read
) -> CursorPage[BookingOut]:
    """The same bookings, walked by start with a cursor. `upcoming`, `recurring` and `unconfirmed`
    go forward from an hour ago, everything else backward. At most one status; repeat the filters
    on every page."""
    return v2026_05_01.page(await reads.list_cursor(uow, query.to_query(), caller))


@router.get("/by-seat/{seatUid}", summary="Get a booking by seat UID")
@serves("2024-08-13")
async def by_seat(
    caller: Anyone,
    seat_uid: Annotated[str, Path(alias="seatUid")],
    uow: Read,
    since_2026: Since2026,
) -> Found:
    """The group meeting that a seat belongs to. Where attendees are hidden, only the one of that
    seat is shown."""
    found = await reads.by_seat(uow, seat_uid, caller)
    return Found(data=BookingOut.of(found, since_2026=since_2026, public=caller is None))


@router.get("/{bookingUid}", summary="Get a booking", response_model=FoundAny)
@serves("2024-08-13")
async def get(caller: Anyone, uid: Uid, uow: Read, since_2026: Since2026) -> FoundAny:
    """One booking; with the uid of a series all its occurrences by start."""
    found = await reads.get(uow, uid, caller)
    return FoundAny(data=shown(found, since_2026, caller is None))


@router.post(
    "/{bookingUid}/reschedule",
    status_code=201,
    summary="Reschedule a booking",
    response_model=One,
)
@serves("2024-08-13")
@joined_errors
async def reschedule(
    caller: Anyone,
    uid: Uid,
    body: RescheduleIn,
    uow: Write,
    once: OnceOnly,
    since_2026: Since2026,
) -> One | Response:
    """Moves a booking to another start: the old one ends as cancelled, a new one with a new uid
    takes its place. With `seatUid` only that seat of a group meeting moves.

    The organiser's move stands at once; anybody else's waits for confirmation where the event
    type wants that.
    """

    async def make() -> One:
        command = body.to_command(uid, since_2026=since_2026)
        made = await moving.reschedule(uow, command, caller)
        return One(data=BookingOut.of(made, since_2026=since_2026, public=caller is None))

    return await once.answer(201, make)


@router.post("/{bookingUid}/cancel", summary="Cancel a booking", response_model=OneOrSeries)
@serves("2024-08-13")
@joined_errors
async def cancel(
    caller: Anyone,
    uid: Uid,
    uow: Write,
    once: OnceOnly,
    since_2026: Since2026,
    body: CancelIn | None = None,
) -> OneOrSeries | Response:
    """Cancels a booking, one seat of it (`seatUid`), an occurrence with all later ones
    (`cancelSubsequentBookings`), or by the uid of a series all that has not begun."""

    async def make() -> OneOrSeries:
        command = (body or CancelIn()).to_command(uid)
        ended = await cancelling.cancel(uow, command, caller)
        return OneOrSeries(data=shown(ended, since_2026, caller is None))

    return await once.answer(200, make)
