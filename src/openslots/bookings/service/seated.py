"""Moving group meetings and single seats of them (section 10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from openslots import facts
from openslots.bookings import errors
from openslots.bookings.repository import changes, insert, reads
from openslots.bookings.repository.offers import Offer
from openslots.bookings.repository.reads import Found
from openslots.bookings.rules import states
from openslots.bookings.service import announce, checks, drafts, seats
from openslots.bookings.service.drafts import Timing
from openslots.bookings.service.offers import Hosts
from openslots.bookings.types import NO_FLAGS, Booker, HostFlags, Reschedule, Snapshot
from openslots.events.bookings import AttendeeFacts, BookingFacts, BookingRescheduled
from openslots.kernel.uow import UnitOfWork


def _minutes(booking: BookingFacts) -> int:
    return int((booking.end - booking.start).total_seconds()) // 60


async def _with_audience(uow: UnitOfWork, found: Found, offer: Offer) -> Snapshot:
    shown = (await reads.snapshots(uow.session, [found]))[0]
    return replace(shown, organization_id=offer.organization_id, team_ids=offer.team_ids)


async def move_seat(
    uow: UnitOfWork,
    command: Reschedule,
    offer: Offer,
    hosts: Hosts,
    found: Found,
    by: str | None,
) -> Snapshot:
    """Moves one seat to the meeting at the new start, or to a new one.

    Raises NotFound for an unknown seat, AlreadySignedUp, SeatsFull, and what stops a booking. An
    emptied meeting is cancelled. Publishes BookingRescheduled about the one attendee.
    """
    before = await _with_audience(uow, found, offer)
    mine = next((p for p in before.attendees if p.seat_uid == command.seat_uid), None)
    if mine is None:
        raise errors.BookingUnknown(f"Seat with uid={command.seat_uid} does not exist.")
    target = await reads.live_seated(uow.session, offer.event_type.id, command.start)
    if target is not None and target.booking.id == found.booking.id:
        raise errors.AlreadySignedUp
    if target is None:
        moved = await _seat_to_new(uow, command, offer, hosts, before, mine)
    else:
        moved = await _seat_to_existing(uow, command, offer, target, mine)
    left = [p for p in before.attendees if p.seat_uid is not None and p.id != mine.id]
    previous = before.booking
    if left:
        await changes.write(uow.session, [found.booking], uow.now)
    else:
        previous = await _close(uow, found, previous, by)
    person = next(p for p in moved.attendees if p.seat_uid == moved.seat_uid)
    await uow.publish(
        announce.event(
            uow,
            BookingRescheduled,
            moved,
            actor=by,
            attendees=[person],
            previous=previous,
        )
    )
    return moved


async def _close(
    uow: UnitOfWork, found: Found, before: BookingFacts, by: str | None
) -> BookingFacts:
    """Ends a meeting that nobody is left in; the booking as it was, but for being over."""
    await changes.release(uow.session, [found.booking.id])
    await changes.write(
        uow.session,
        [found.booking],
        uow.now,
        status=states.CANCELLED,
        rescheduled=True,
        rescheduled_by=by,
    )
    return replace(before, status=states.CANCELLED, rescheduled=True)


async def _seat_to_existing(
    uow: UnitOfWork,
    command: Reschedule,
    offer: Offer,
    target: Found,
    mine: AttendeeFacts,
) -> Snapshot:
    shown = await _with_audience(uow, target, offer)
    await _ask(uow, command, offer, _minutes(shown.booking), mine.time_zone, target.booking.uid)
    seats.require_seat(shown.attendees, offer.event_type.seats_per_slot or 0, [mine.email])
    await changes.move_seats(uow.session, [mine.id], target.booking.id)
    await changes.write(uow.session, [target.booking], uow.now)
    return replace(
        shown,
        booking=facts.of_booking(target.booking),
        attendees=(*shown.attendees, mine),
        seat_uid=mine.seat_uid,
    )


async def _ask(
    uow: UnitOfWork,
    command: Reschedule,
    offer: Offer,
    minutes: int,
    zone: str,
    moved_uid: str | None,
    *,
    flags: HostFlags = NO_FLAGS,
    joins: bool = True,
) -> tuple[int, ...]:
    """Checks the new start; of a meeting that exists only its bounds and limits."""
    question = checks.request(
        offer.event_type,
        [command.start],
        minutes,
        flags,
        zone=zone,
        moved_uid=moved_uid,
        conflicts_too=joins,
    )
    verdict = (await checks.ask(uow, question, offer.event_type, moving=True))[0]
    return verdict.host_ids


async def _seat_to_new(
    uow: UnitOfWork,
    command: Reschedule,
    offer: Offer,
    hosts: Hosts,
    before: Snapshot,
    mine: AttendeeFacts,
) -> Snapshot:
    minutes = _minutes(before.booking)
    alone = sum(1 for person in before.attendees if person.seat_uid is not None) == 1
    # a meeting that this leaves empty does not stand in its own way
    moved_uid = before.booking.uid if alone else None
    taking = await _ask(uow, command, offer, minutes, mine.time_zone, moved_uid, joins=False)
    wish = drafts.Order(
        booker=Booker(
            name=mine.name,
            time_zone=mine.time_zone,
            email=mine.email,
            phone_number=mine.phone_number,
            language=mine.locale,
        ),
        email=mine.email,
        guests=(),
        responses=dict(mine.seat_responses or {}),
        metadata=dict(mine.seat_metadata or {}),
        location=None,
    )
    when = Timing(command.start, minutes, states.ACCEPTED, True)
    made = replace(
        drafts.draft(offer, wish, hosts, taking or hosts.ids[:1], when),
        location=before.booking.location,
        from_reschedule=before.booking.uid if alone else None,
        rescheduling_reason=command.reason,
    )
    if alone:
        made = replace(
            made, ics_uid=before.booking.ics_uid, ics_sequence=before.booking.ics_sequence + 1
        )
        await changes.release(uow.session, [before.booking.id])
    await seats.require_free(uow, made)
    written = (await insert.insert(uow.session, [made], uow.now))[0]
    await changes.remove_attendee(uow.session, mine.id)
    return drafts.snapshot(offer, hosts, written)


async def move_all(
    uow: UnitOfWork,
    command: Reschedule,
    offer: Offer,
    hosts: Hosts,
    found: Found,
    by: str | None,
    flags: HostFlags,
) -> Snapshot:
    """Moves a whole meeting: same uid at a free start, merged into the meeting that is there.

    Raises NotEnoughSeats when the two do not fit together.
    """
    before = await _with_audience(uow, found, offer)
    previous = before.booking
    target = await reads.live_seated(uow.session, offer.event_type.id, command.start)
    if target is not None and target.booking.id != found.booking.id:
        moved = await _merge(uow, command, offer, before, target)
        previous = await _close(uow, found, previous, by)
    else:
        moved = await _shift(uow, command, offer, hosts, found, before, by, flags)
    await uow.publish(announce.event(uow, BookingRescheduled, moved, actor=by, previous=previous))
    return moved


async def _merge(
    uow: UnitOfWork, command: Reschedule, offer: Offer, before: Snapshot, target: Found
) -> Snapshot:
    shown = await _with_audience(uow, target, offer)
    moving = [person for person in before.attendees if person.seat_uid is not None]
    there = [person for person in shown.attendees if person.seat_uid is not None]
    if len(moving) + len(there) > (offer.event_type.seats_per_slot or 0):
        raise errors.NotEnoughSeats
    if {p.email.lower() for p in moving} & {p.email.lower() for p in there}:
        raise errors.AlreadySignedUp
    minutes = _minutes(shown.booking)
    await _ask(uow, command, offer, minutes, _zone(moving), target.booking.uid)
    await changes.move_seats(uow.session, [person.id for person in moving], target.booking.id)
    await changes.write(uow.session, [target.booking], uow.now)
    return replace(
        shown,
        booking=facts.of_booking(target.booking),
        attendees=(*shown.attendees, *moving),
    )


def _zone(people: Sequence[AttendeeFacts]) -> str:
    return people[0].time_zone if people else "UTC"


async def _shift(
    uow: UnitOfWork,
    command: Reschedule,
    offer: Offer,
    hosts: Hosts,
    found: Found,
    before: Snapshot,
    by: str | None,
    flags: HostFlags,
) -> Snapshot:
    """The same booking at another time."""
    row = found.booking
    minutes = _minutes(before.booking)
    await _ask(
        uow,
        command,
        offer,
        minutes,
        _zone(before.attendees),
        row.uid,
        flags=flags,
        joins=False,
    )
    end = command.start + timedelta(minutes=minutes)
    taken = (await reads.hosts_of(uow.session, [row.id])).get(row.id, [])
    if not flags.conflicts and await reads.is_taken(
        uow.session, taken or hosts.ids, command.start, end, but=[row.id]
    ):
        raise errors.HostBusy
    await changes.move_time(uow.session, row.id, command.start, end, blocks=not flags.conflicts)
    await changes.write(
        uow.session,
        [row],
        uow.now,
        start_at=command.start,
        end_at=end,
        rescheduled_by=by,
        rescheduling_reason=command.reason,
    )
    await changes.next_sequence(uow.session, [row])
    return replace(before, booking=facts.of_booking(row))
