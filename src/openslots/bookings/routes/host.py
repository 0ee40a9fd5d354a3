"""What a booking's own people do with it, contract 2024-08-13 and later."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from openslots.access.ratelimit import limited
from openslots.bookings.routes.common import Reader, Since2026, Uid, Writer
from openslots.bookings.schemas.common import Answer
from openslots.bookings.schemas.queries import ReferenceQuery
from openslots.bookings.schemas.v2024_08_13.answers import (
    BookingOut,
    CalendarLinkOut,
    RecordingOut,
    ReferenceOut,
    SessionOut,
)
from openslots.bookings.schemas.v2024_08_13.bodies import (
    DeclineIn,
    MarkAbsentIn,
    RequestRescheduleIn,
    UpdateLocationIn,
)
from openslots.bookings.service import confirm as confirming
from openslots.bookings.service import details, links
from openslots.kernel.http.envelope import Done, Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.versions import serves

router = Router(prefix="/v2/bookings/{bookingUid}", tags=["Bookings"])

One = Success[BookingOut]
Decided = Answer[BookingOut]


@router.post("/confirm", summary="Confirm a booking")
@serves("2024-08-13")
async def confirm(caller: Writer, uid: Uid, uow: Write, since_2026: Since2026) -> Decided:
    """Accepts a booking that waits; of a series all occurrences that wait. Refused when the time
    has been taken by another booking since."""
    found = await confirming.confirm(uow, uid, caller)
    return Decided(data=BookingOut.of(found, since_2026=since_2026))


@router.post("/decline", summary="Decline a booking")
@serves("2024-08-13")
async def decline(
    caller: Writer, uid: Uid, uow: Write, since_2026: Since2026, body: DeclineIn | None = None
) -> Decided:
    """Rejects a booking that waits; the reason is sent to those who asked for it."""
    reason = body.reason if body is not None else None
    found = await confirming.decline(uow, uid, reason, caller)
    return Decided(data=BookingOut.of(found, since_2026=since_2026))


@router.post("/mark-absent", summary="Mark a booking absence")
@serves("2024-08-13")
async def mark_absent(
    caller: Writer, uid: Uid, body: MarkAbsentIn, uow: Write, since_2026: Since2026
) -> One:
    """Notes after the start who did not come: the host, attendees, or both. `false` takes it
    back."""
    found = await details.mark_absent(uow, body.to_command(uid), caller)
    return One(data=BookingOut.of(found, since_2026=since_2026))


@router.post("/request-reschedule", summary="Request to reschedule a booking")
@serves("2024-08-13")
async def request_reschedule(
    caller: Writer, uid: Uid, uow: Write, body: RequestRescheduleIn | None = None
) -> Done:
    """Cancels the booking and asks its attendees to choose another time, which they do by
    rescheduling it."""
    reason = body.reschedule_reason if body is not None else None
    await details.request_reschedule(uow, uid, reason, caller)
    return Done()


@router.patch("/location", summary="Update booking location for an existing booking")
@serves("2024-08-13")
@limited(5)
async def update_location(
    caller: Writer, uid: Uid, body: UpdateLocationIn, uow: Write, since_2026: Since2026
) -> One:
    """Changes where the booking takes place, for whoever administers its event type. The event
    type need not offer the new location."""
    found = await details.update_location(uow, uid, body.to_choice(), caller)
    return One(data=BookingOut.of(found, since_2026=since_2026))


@router.get("/calendar-links", summary="Get 'Add to Calendar' links for a booking")
@serves("2024-08-13")
async def calendar_links(caller: Reader, uid: Uid, uow: Read) -> Success[list[CalendarLinkOut]]:
    """Links that add the booking to Google Calendar, Microsoft Office and Outlook, and an ICS
    file as a data URL."""
    found = await links.calendar_links(uow, uid, caller)
    return Success(data=[CalendarLinkOut.of(link) for link in found])


@router.get("/references", summary="Get booking references")
@serves("2024-08-13")
async def references(
    caller: Reader, uid: Uid, uow: Read, query: Annotated[ReferenceQuery, Query()]
) -> Success[list[ReferenceOut]]:
    """What calendars and video providers call the booking, for its organiser."""
    found = await links.references(uow, uid, query.type, caller)
    return Success(data=[ReferenceOut.of(reference) for reference in found])


@router.get("/recordings", summary="Get all the recordings for the booking")
@serves("2024-08-13", "2026-02-25")
async def recordings(caller: Reader, uid: Uid, uow: Read) -> Answer[list[RecordingOut]]:
    """Recordings of the booking's Cal Video room; none while no video provider is connected."""
    await links.require_video(uow, uid, caller)
    return Answer(data=[])


@router.get(
    "/transcripts",
    summary="Get Cal Video real time transcript download links for the booking",
)
@serves("2024-08-13")
async def transcripts(caller: Reader, uid: Uid, uow: Read) -> Answer[list[str]]:
    """Addresses of transcripts of the booking's Cal Video room; none while no video provider is
    connected."""
    await links.require_video(uow, uid, caller)
    return Answer(data=[])


@router.get(
    "/conferencing-sessions", summary="Get Video Meeting Sessions. Only supported for Cal Video"
)
@serves("2024-08-13", "2026-02-25")
@limited(60)
async def conferencing_sessions(caller: Reader, uid: Uid, uow: Read) -> Answer[list[SessionOut]]:
    """Meetings in the booking's Cal Video room with who took part; none while no video provider
    is connected."""
    await links.require_video(uow, uid, caller)
    return Answer(data=[])


@router.get("/routing-trace", summary="Get how a booking was routed", include_in_schema=False)
@serves("2024-08-13")
async def routing_trace(caller: Reader, uid: Uid, uow: Read) -> Done:
    """How a routing form led to the booking; bookings made without one have no trace."""
    await links.require_trace(uow, uid, caller)
    return Done()
