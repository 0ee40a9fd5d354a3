"""Group meetings: taking a seat in a booking that exists (section 5.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from openslots import facts
from openslots.bookings import errors
from openslots.bookings.repository import changes, reads
from openslots.bookings.repository.insert import Draft
from openslots.bookings.repository.offers import Offer
from openslots.bookings.service import checks, drafts
from openslots.bookings.service.drafts import Order
from openslots.bookings.types import HostFlags, Snapshot
from openslots.events.bookings import AttendeeFacts
from openslots.kernel.uow import UnitOfWork


async def join_existing(
    uow: UnitOfWork,
    offer: Offer,
    wish: Order,
    start: datetime,
    minutes: int,
    flags: HostFlags,
) -> Snapshot | None:
    """Takes a seat of the meeting at that start; None where there is no such meeting.

    Under the locks of the hosts. Raises SeatsFull or AlreadySignedUp.
    """
    event_type = offer.event_type
    if event_type.seats_per_slot is None:
        return None
    found = await reads.live_seated(uow.session, event_type.id, start)
    if found is None:
        return None
    question = checks.request(
        event_type,
        [start],
        minutes,
        flags,
        zone=wish.booker.time_zone,
        moved_uid=found.booking.uid,
        conflicts_too=True,
    )
    await checks.ask(uow, question, event_type)
    shown = replace(
        (await reads.snapshots(uow.session, [found]))[0],
        organization_id=offer.organization_id,
        team_ids=offer.team_ids,
    )
    require_seat(shown.attendees, event_type.seats_per_slot, [wish.email])
    person = drafts.seat_taker(wish)
    added = await changes.add_people(uow.session, found.booking.id, [person])
    await changes.write(uow.session, [found.booking], uow.now)
    return replace(
        shown,
        booking=facts.of_booking(found.booking),
        attendees=(*shown.attendees, *added),
        seat_uid=person.seat_uid,
    )


def require_seat(attendees: tuple[AttendeeFacts, ...], total: int, emails: list[str]) -> None:
    """Raises AlreadySignedUp for somebody who has a seat, SeatsFull without enough seats."""
    seated = [person for person in attendees if person.seat_uid is not None]
    taken = {person.email.lower() for person in seated}
    if taken.intersection(email.lower() for email in emails):
        raise errors.AlreadySignedUp
    if len(seated) + len(emails) > total:
        raise errors.SeatsFull


async def require_free(uow: UnitOfWork, draft: Draft) -> None:
    """A new group meeting may not overlap one that can still be joined: the listing leaves the
    time of such a meeting free, because it can be booked by joining it."""
    if draft.blocks and await reads.is_taken(uow.session, draft.host_ids, draft.start, draft.end):
        raise errors.HostBusy
