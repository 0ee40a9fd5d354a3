"""Smaller changes of a booking: absence, location, the host's wish for another time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from openslots import facts
from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import changes, reads
from openslots.bookings.repository.reads import Found
from openslots.bookings.rules import locations, states
from openslots.bookings.service import access, announce, offers
from openslots.bookings.service.reads import snapshots_of, visible
from openslots.bookings.types import LocationChoice, MarkAbsent, Snapshot
from openslots.event_types.rules.locations import CAL_VIDEO, INTEGRATIONS, app_slug
from openslots.events.bookings import (
    BookingCancelled,
    BookingLocationUpdated,
    BookingNoShowUpdated,
)
from openslots.kernel.clock import iso
from openslots.kernel.uow import UnitOfWork

NOTHING_SENT = "At least one property must be provided in the request body: host, attendees"
MAY_NOT_MOVE = (
    "User is not authorized to update this booking location. User must be the event type owner, "
    "host, team admin or owner, or org admin or owner."
)


async def mark_absent(uow: UnitOfWork, command: MarkAbsent, caller: Caller) -> Snapshot:
    """Notes who did not come, once the booking has begun (section 13).

    Unknown addresses are ignored. Publishes BookingNoShowUpdated.
    """
    if command.host is None and not command.attendees:
        raise errors.Invalid(NOTHING_SENT)
    found = await reads.one(uow.session, command.uid, lock=True)
    if found is None:
        raise errors.BookingUnknown(f"Booking with uid={command.uid} not found.")
    if not await access.has_access(uow, found, caller):
        raise errors.NoAccess(caller.user_id, command.uid)
    booking = found.booking
    if states.move(booking.status, states.Act.MARK_ABSENT) is None:
        raise errors.Invalid(
            f"Can't mark absence of booking with uid={booking.uid} because it is {booking.status}."
        )
    if uow.now < booking.start_at:
        raise errors.Invalid(
            "Bookings can only be marked as absent after their scheduled start time. Current time "
            f"in UTC+0: {iso(uow.now)}, Booking start time in UTC+0: {iso(booking.start_at)}"
        )
    changed = await changes.mark_absent(uow.session, booking.id, dict(command.attendees))
    values = {} if command.host is None else {"no_show_host": command.host}
    await changes.write(uow.session, [booking], uow.now, **values)
    shown = (await snapshots_of(uow, [found]))[0]
    await uow.publish(
        announce.event(
            uow,
            BookingNoShowUpdated,
            shown,
            actor=caller,
            changed=tuple(changed),
            host_changed=command.host is not None,
        )
    )
    return await visible(uow, shown, caller)


async def request_reschedule(uow: UnitOfWork, uid: str, reason: str | None, caller: Caller) -> None:
    """Ends the booking and asks its attendees for another time (section 15)."""
    found = await reads.one(uow.session, uid, lock=True)
    if found is None:
        raise errors.BookingNotFound(uid)
    booking = found.booking
    if not await access.has_access(uow, found, caller):
        raise errors.MayNotChange("User isn't owner of the current booking")
    if states.move(booking.status, states.Act.REQUEST_RESCHEDULE) is None:
        raise errors.Invalid("Cannot request reschedule for cancelled or rejected booking")
    await changes.release(uow.session, [booking.id])
    await changes.write(
        uow.session,
        [booking],
        uow.now,
        status=states.CANCELLED,
        rescheduled=True,
        cancellation_reason=reason,
        cancelled_by=caller.email,
    )
    await changes.next_sequence(uow.session, [booking])
    shown = (await snapshots_of(uow, [found]))[0]
    await uow.publish(
        announce.event(
            uow,
            BookingCancelled,
            shown,
            actor=caller,
            request_reschedule=True,
            ended=(booking.id,),
        )
    )


async def update_location(
    uow: UnitOfWork, uid: str, choice: LocationChoice | None, caller: Caller
) -> Snapshot:
    """Changes where a booking takes place; nothing changes without a choice (section 17).

    Publishes BookingLocationUpdated.
    """
    found = await reads.one(uow.session, uid, lock=True)
    if found is None:
        raise errors.BookingNotFound(uid)
    booking = found.booking
    allowed = caller.user_id == booking.organizer_id or await offers.administers(
        uow, caller, booking.event_type_id
    )
    if not allowed:
        raise errors.MayNotChange(MAY_NOT_MOVE)
    shown = (await snapshots_of(uow, [found]))[0]
    if choice is None:
        return await visible(uow, shown, caller)
    if states.move(booking.status, states.Act.RELOCATE) is None:
        raise errors.Invalid(
            f"Can't change the location of booking with uid={uid} because it is {booking.status}."
        )
    place = locations.update(choice, await _installed(uow, found))
    before = booking.video_call_url or booking.location
    responses = {**booking.responses, "location": dict(place.response or {})}
    await changes.write(
        uow.session,
        [booking],
        uow.now,
        location=place.location,
        video_call_url=None,
        responses={} if booking.seated else responses,
    )
    await changes.next_sequence(uow.session, [booking])
    after = replace(shown, booking=facts.of_booking(booking))
    await uow.publish(
        announce.event(uow, BookingLocationUpdated, after, actor=caller, previous_location=before)
    )
    return await visible(uow, after, caller)


async def _installed(uow: UnitOfWork, found: Found) -> Sequence[str]:
    """The integrations that the booking may use: Cal Video, what its event type offers already,
    and those of its own references."""
    kind = found.event_type
    own = [str(location.get("type")) for location in (kind.locations if kind else ())]
    kinds = {r.type for r in await reads.references(uow.session, found.booking.id)}
    connected = [
        internal for name, internal in INTEGRATIONS.items() if f"{app_slug(name)}_video" in kinds
    ]
    meet = ["integrations:google:meet"] if "google_calendar" in kinds else []
    return [CAL_VIDEO, *own, *connected, *meet]
