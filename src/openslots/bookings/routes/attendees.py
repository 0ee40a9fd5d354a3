"""Attendees and guests of a booking, contract 2024-08-13 and later."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from openslots.access.ratelimit import limited
from openslots.bookings.routes.common import Reader, Since2026, Uid, Writer
from openslots.bookings.schemas.v2024_08_13.answers import (
    AddedAttendeeOut,
    AttendeeWithIdOut,
    BookingOut,
    RemovedAttendeeOut,
)
from openslots.bookings.schemas.v2024_08_13.bodies import AddAttendeeIn, AddGuestsIn
from openslots.bookings.service import attendees
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import IntId
from openslots.kernel.http.versions import serves

router = Router(prefix="/v2/bookings/{bookingUid}", tags=["Bookings / Attendees"])

AttendeeId = Annotated[IntId, Path(alias="attendeeId")]


@router.get("/attendees", summary="Get all attendees for a booking")
@serves("2024-08-13")
async def list_all(caller: Reader, uid: Uid, uow: Read) -> Success[list[AttendeeWithIdOut]]:
    """Everybody who attends, in the order they were added, other hosts included."""
    found = await attendees.list_all(uow, uid, caller)
    return Success(data=[AttendeeWithIdOut.of(person) for person in found])


@router.get("/attendees/{attendeeId}", summary="Get a specific attendee for a booking")
@serves("2024-08-13")
async def get(
    caller: Reader, uid: Uid, attendee_id: AttendeeId, uow: Read
) -> Success[AttendeeWithIdOut]:
    """One attendee of the booking."""
    found = await attendees.get(uow, uid, attendee_id, caller)
    return Success(data=AttendeeWithIdOut.of(found))


@router.post("/attendees", status_code=201, summary="Add an attendee to a booking")
@serves("2024-08-13")
@limited(5)
async def add(
    caller: Writer, uid: Uid, body: AddAttendeeIn, uow: Write
) -> Success[AddedAttendeeOut]:
    """Adds somebody to a booking that exists; for its organiser, its attendees and whoever
    administers it."""
    person, booking_id = await attendees.add(uow, uid, body.to_guest(), caller)
    return Success(data=AddedAttendeeOut.added(person, booking_id))


@router.delete("/attendees/{attendeeId}", summary="Remove an attendee from a booking")
@serves("2024-08-13")
async def remove(
    caller: Writer, uid: Uid, attendee_id: AttendeeId, uow: Write
) -> Success[RemovedAttendeeOut]:
    """Removes a guest; the booker and the hosts stay."""
    person, booking_id = await attendees.remove(uow, uid, attendee_id, caller)
    return Success(data=RemovedAttendeeOut.of(person, booking_id))


@router.post("/guests", summary="Add guests to an existing booking", tags=["Bookings / Guests"])
@serves("2024-08-13")
@limited(5)
async def add_guests(
    caller: Writer, uid: Uid, body: AddGuestsIn, uow: Write, since_2026: Since2026
) -> Success[BookingOut]:
    """Adds up to ten guests; thirty people may attend in all. Those who are there already are
    left out."""
    guests = [guest.to_guest() for guest in body.guests]
    found = await attendees.add_guests(uow, uid, guests, caller)
    return Success(data=BookingOut.of(found, since_2026=since_2026))
