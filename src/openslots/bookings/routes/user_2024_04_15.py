"""Bookings as official React components ask for them, contract 2024-04-15."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from openslots.access.guards import Anyone, public
from openslots.bookings.routes.common import Reader, ReservationCookie, Uid, Writer
from openslots.bookings.schemas.queries import OldListQuery
from openslots.bookings.schemas.v2024_04_15.answers import (
    BookingOut,
    BookingsOut,
    CancelledOut,
    NoShowOut,
    RecurringInfoOut,
    RescheduleOut,
)
from openslots.bookings.schemas.v2024_04_15.bodies import (
    CancelBookingIn,
    CreateBookingIn,
    MarkNoShowIn,
)
from openslots.bookings.service import details, legacy
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.versions import serves

router = Router(prefix="/v2/bookings", tags=["Bookings (2024-04-15)"])

OLD = ("2024-04-15", "2024-06-11", "2024-06-14")


@router.post("", status_code=201, summary="Create a booking")
@serves(*OLD)
async def create(
    caller: Anyone, body: CreateBookingIn, uow: Write, reservation: ReservationCookie
) -> Success[BookingOut]:
    """Books a time, or moves a booking or seat with `rescheduleUid`. `_isDryRun` checks
    everything and keeps nothing."""
    command = body.to_command(reservation_cookie=reservation)
    made = await legacy.create(uow, command, caller)
    return Success(data=BookingOut.of(made, dry_run=command.dry_run))


@router.post("/recurring", status_code=201, summary="Create a recurring booking")
@serves(*OLD, carried=False)
async def create_recurring(
    caller: Anyone, body: list[CreateBookingIn], uow: Write, reservation: ReservationCookie
) -> Success[list[BookingOut]]:
    """Books all occurrences of a series, one body per occurrence, or none of them."""
    commands = [item.to_command(reservation_cookie=reservation) for item in body[:1000]]
    made = await legacy.create_series(uow, commands, caller)
    dry = commands[0].dry_run
    return Success(data=[BookingOut.of(item, dry_run=dry) for item in made])


@router.post("/instant", status_code=201, summary="Create an instant booking")
@serves(*OLD, carried=False)
async def create_instant(caller: Anyone, body: CreateBookingIn, uow: Write) -> Success[BookingOut]:
    """Instant meetings are for event types of teams; personal ones refuse them."""
    command = body.to_command(reservation_cookie=None)
    return Success(data=BookingOut.of(await legacy.create_instant(uow, command, caller)))


@router.get("", summary="Get all bookings")
@serves(*OLD)
async def list_all(
    caller: Reader, query: Annotated[OldListQuery, Query()], uow: Read
) -> Success[BookingsOut]:
    """The caller's bookings of one status; `cursor` counts the bookings to skip."""
    wanted = query.to_query()
    page = await legacy.list_page(uow, wanted, caller)
    end = wanted.skip + wanted.take
    return Success(
        data=BookingsOut(
            bookings=[BookingOut.of(item) for item in page.bookings],
            recurring_info=[RecurringInfoOut.of(item) for item in page.series],
            total_count=page.total,
            next_cursor=end if end < page.total else None,
        )
    )


@router.get("/{bookingUid}", summary="Get a booking", dependencies=[public()])
@serves(*OLD)
async def get(uid: Uid, uow: Read) -> Success[BookingOut]:
    """One booking in its internal shape."""
    shown, references = await legacy.get(uow, uid, None)
    return Success(data=BookingOut.of(shown, references))


@router.get(
    "/{bookingUid}/reschedule", summary="Get what a reschedule form needs", dependencies=[public()]
)
@serves(*OLD, carried=False)
async def for_reschedule(uid: Uid, uow: Read) -> Success[RescheduleOut]:
    """Times, people and answers of a booking, or of the one seat whose uid is given."""
    return Success(data=RescheduleOut.of(await legacy.for_reschedule(uow, uid)))


@router.post("/{bookingUid}/cancel", status_code=201, summary="Cancel a booking")
@serves(*OLD)
async def cancel(
    caller: Anyone, uid: Uid, uow: Write, body: CancelBookingIn | None = None
) -> Success[CancelledOut]:
    """Cancels a booking, a seat, the rest of its series or all of it that has not begun."""
    command = (body or CancelBookingIn()).to_command(uid)
    ended, only_seat = await legacy.cancel(uow, command, caller)
    return Success(
        data=CancelledOut(
            booking_id=ended.booking.id,
            booking_uid=ended.booking.uid,
            only_removed_attendee=only_seat,
        )
    )


@router.post("/{bookingUid}/mark-no-show", status_code=201, summary="Mark a no-show")
@serves(*OLD, carried=False)
async def mark_no_show(
    caller: Writer, uid: Uid, body: MarkNoShowIn, uow: Write
) -> Success[NoShowOut]:
    """Notes after the start who did not come."""
    shown = await details.mark_absent(uow, body.to_command(uid), caller)
    return Success(data=NoShowOut.of(shown, body))
