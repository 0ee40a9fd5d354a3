"""Moving bookings to another start (section 10)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import access, changes, insert, offers, reads
from openslots.bookings.repository.offers import Offer
from openslots.bookings.repository.reads import Found
from openslots.bookings.rules import states
from openslots.bookings.service import announce, checks, drafts, seated
from openslots.bookings.service import offers as offer_service
from openslots.bookings.service.drafts import Timing
from openslots.bookings.service.offers import Hosts
from openslots.bookings.service.reads import visible
from openslots.bookings.types import Booker, HostFlags, Reschedule, Snapshot
from openslots.event_types.service.links import consume as consume_link
from openslots.events.bookings import BookingRequested, BookingRescheduled
from openslots.kernel.uow import UnitOfWork
from openslots.models import Booking, User

CANCELLED = (
    "Can't reschedule booking with uid={uid} because it has been cancelled. Please provide uid of "
    "a booking that is not cancelled."
)
SEAT_NEEDED = (
    "Booking with uid={uid} is a seated booking which means you have to provide seatUid in the "
    "request body to specify which seat specifically you want to reschedule. First, fetch the "
    "booking using GET /v2/bookings/{uid} and then within the attendees array you will find the "
    "seatUid of the booking you want to reschedule."
)


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves: `email` is noted on both bookings; `organizes` the booking that is moved."""

    email: str | None
    organizes: bool
    admin: bool


async def reschedule(uow: UnitOfWork, command: Reschedule, caller: Caller | None) -> Snapshot:
    """Ends the old booking and makes a new one in the same transaction, or moves a seat.

    Raises the refusals of sections 5.9 and 10.2. Publishes BookingRescheduled, or
    BookingRequested when the new booking waits for its host.
    """
    found = await reads.one(uow.session, command.uid)
    if found is None:
        raise errors.BookingNotFound(command.uid)
    if found.event_type is None or found.booking.organizer_id is None:
        raise errors.Invalid(
            f"Can't reschedule booking with uid={command.uid} because its event type or host no "
            "longer exists."
        )
    offer = await offers.by_id(uow.session, found.event_type.id, uow.now)
    if offer is None:
        raise errors.BookingNotFound(command.uid)
    hosts = await _hosts(uow, offer, found)
    await _require_movable(uow, found)
    mover = await _mover(uow, command, found, caller)
    await checks.hold(uow, offer.event_type, sorted({*hosts.ids, found.booking.organizer_id}))
    locked = await reads.one(uow.session, command.uid, lock=True)
    if locked is None:
        raise errors.BookingNotFound(command.uid)
    await _require_movable(uow, locked)
    if locked.booking.seated:
        return await _seated(uow, command, offer, hosts, locked, mover, caller)
    require_allowed(uow, locked, mover)
    made = await _move(uow, command, offer, hosts, locked, mover, caller)
    return await visible(uow, made, caller)


async def _hosts(uow: UnitOfWork, offer: Offer, found: Found) -> Hosts:
    """Those who may take the new booking; the present organiser too, if no host any more."""
    hosts = await offer_service.hosts(uow, offer)
    organizer = found.organizer
    if organizer is None or organizer.id in hosts.ids or offer.event_type.team_id is not None:
        return hosts
    return replace(hosts, users=(*hosts.users, organizer))


async def _require_movable(uow: UnitOfWork, found: Found) -> None:
    booking = found.booking
    successor = None
    if booking.rescheduled:
        successor = (await reads.successors(uow.session, [booking.uid])).get(booking.uid)
    if states.reschedulable(
        booking.status,
        rescheduled=booking.rescheduled,
        has_successor=successor is not None,
    ):
        return
    head = f"Can't reschedule booking with uid={booking.uid} because it has been"
    if successor is not None:
        raise errors.Invalid(
            f"{head} cancelled and rescheduled already to booking with uid={successor}. You "
            f"probably want to reschedule {successor} instead by passing it within the request "
            "URL."
        )
    if booking.status == states.CANCELLED:
        raise errors.Invalid(CANCELLED.format(uid=booking.uid))
    if booking.status == states.REJECTED:
        raise errors.Invalid(
            f"{head} rejected. Please provide uid of a booking that is not rejected."
        )
    raise errors.Invalid(
        f"Can't reschedule booking with uid={booking.uid} because no host has joined it yet."
    )


async def _mover(
    uow: UnitOfWork, command: Reschedule, found: Found, caller: Caller | None
) -> Mover:
    """The caller, or the user whose address is `rescheduledBy` unless that is the booker's."""
    booking, kind = found.booking, found.event_type
    admin = await offer_service.administers(uow, caller, kind.id if kind else None)
    named: User | None = None
    booker = str(booking.responses.get("email", "")).lower()
    if command.rescheduled_by and command.rescheduled_by.lower() != booker:
        named = await changes.user_by_email(uow.session, command.rescheduled_by)
    movers = {
        user_id
        for user_id in (caller.user_id if caller else None, named.id if named else None)
        if user_id is not None
    }
    email = command.rescheduled_by or (caller.email if caller is not None else None)
    return Mover(email, booking.organizer_id in movers, admin)


def require_allowed(uow: UnitOfWork, found: Found, mover: Mover) -> None:
    """Raises Invalid or RescheduleNotice where the event type's settings forbid the move."""
    kind, booking = found.event_type, found.booking
    if kind is None or mover.organizes:
        return
    if kind.disable_rescheduling and not mover.admin:
        raise errors.Invalid("This event type does not allow rescheduling")
    if booking.end_at < uow.now and not (mover.admin or kind.allow_rescheduling_past):
        raise errors.Invalid("Can't reschedule a booking that has already ended.")
    if states.inside_notice(booking.start_at, uow.now, kind.disable_rescheduling_minutes):
        raise errors.RescheduleNotice


async def _move(
    uow: UnitOfWork,
    command: Reschedule,
    offer: Offer,
    hosts: Hosts,
    found: Found,
    mover: Mover,
    caller: Caller | None,
) -> Snapshot:
    old, kind = found.booking, offer.event_type
    before = (await reads.snapshots(uow.session, [found]))[0]
    minutes = int((old.end_at - old.start_at).total_seconds()) // 60
    if states.end_of(command.start, minutes) is None:
        raise errors.OutOfBounds
    if command.private_link is not None:
        await consume_link(uow, command.private_link, kind.id)
    flags = await offer_service.granted(uow, command.flags, caller, kind)
    host_ids = await _taking(uow, command, hosts, found, minutes, flags, before)
    status = _status(uow, found, offer, mover, command)
    wish = _wish(before, command, offer, uow)
    made = drafts.draft(
        offer,
        wish,
        hosts,
        host_ids,
        Timing(command.start, minutes, status, not flags.conflicts, old.recurring_uid),
    )
    title = old.title if host_ids[0] == old.organizer_id else made.title
    made = replace(
        made,
        title=title,
        description=old.description,
        location=old.location,
        ics_uid=old.ics_uid,
        ics_sequence=old.ics_sequence + 1,
        occurrence=_occurrence(old, command),
        from_reschedule=old.uid,
        rescheduled_by=mover.email,
        rescheduling_reason=command.reason,
        cancellation_reason=command.reason,
        paid=old.paid,
    )
    await _end_old(uow, found, mover)
    written = (await insert.insert(uow.session, [made], uow.now))[0]
    shown = drafts.snapshot(offer, hosts, written)
    previous = replace(before.booking, status=old.status, rescheduled=True)
    told = BookingRequested if status == states.PENDING else BookingRescheduled
    await uow.publish(
        announce.event(
            uow,
            told,
            shown,
            actor=mover.email,
            previous=previous,
            previous_organizer=before.organizer,
            previous_hosts=tuple(p for p in before.attendees if p.kind == "host"),
        )
    )
    return shown


def _occurrence(old: Booking, command: Reschedule) -> datetime | None:
    """Where calendars have it; none has one that was not confirmed yet."""
    if old.occurrence_at is not None and old.status == states.PENDING:
        return command.start
    return old.occurrence_at


async def _taking(
    uow: UnitOfWork,
    command: Reschedule,
    hosts: Hosts,
    found: Found,
    minutes: int,
    flags: HostFlags,
    before: Snapshot,
) -> tuple[int, ...]:
    """Who takes the new booking, after the check of its time."""
    kind = found.event_type
    assert kind is not None  # noqa: S101  (looked at by the caller)
    booker = before.booker
    question = checks.request(
        kind,
        [command.start],
        minutes,
        flags,
        zone=booker.time_zone if booker is not None else "UTC",
        moved_uid=found.booking.uid,
        same_host=bool(command.same_host),
    )
    verdict = (await checks.ask(uow, question, kind, moving=True))[0]
    taking = checks.hosts_of(verdict, hosts)
    organizer = found.booking.organizer_id
    if (
        kind.scheduling_type == "roundRobin"
        and command.same_host is not False
        and organizer in verdict.available_ids
        and organizer not in taking
        and len(taking) == 1
    ):
        return (organizer,)
    return taking


def _status(uow: UnitOfWork, found: Found, offer: Offer, mover: Mover, command: Reschedule) -> str:
    """The organiser's move stands at once; a pending booking stays pending."""
    if mover.organizes:
        return states.ACCEPTED
    if found.booking.status == states.PENDING:
        return states.PENDING
    kind = offer.event_type
    waits = states.needs_confirmation(
        required=kind.requires_confirmation,
        threshold=kind.confirmation_threshold_minutes,
        price=0 if found.booking.paid else kind.price,
        start=command.start,
        now=uow.now,
    )
    return states.PENDING if waits else states.ACCEPTED


def _wish(before: Snapshot, command: Reschedule, offer: Offer, uow: UnitOfWork) -> drafts.Order:
    """Everything that was asked for before, with the reason of the move."""
    booking, booker = before.booking, before.booker
    responses = {**booking.responses, **(command.answers or {})}
    if command.reason:
        responses["rescheduledReason"] = command.reason
    return drafts.Order(
        booker=Booker(
            name=booker.name if booker else "",
            time_zone=booker.time_zone if booker else "UTC",
            email=booker.email if booker else None,
            phone_number=booker.phone_number if booker else None,
            language=booker.locale if booker else "en",
        ),
        email=booker.email if booker else "",
        guests=tuple(person.email for person in before.attendees if person.kind == "guest"),
        responses=responses,
        metadata=booking.metadata,
        location=None,
    )


async def _end_old(uow: UnitOfWork, found: Found, mover: Mover) -> None:
    await changes.release(uow.session, [found.booking.id])
    await changes.write(
        uow.session,
        [found.booking],
        uow.now,
        status=states.CANCELLED,
        rescheduled=True,
        rescheduled_by=mover.email,
    )


async def _seated(
    uow: UnitOfWork,
    command: Reschedule,
    offer: Offer,
    hosts: Hosts,
    found: Found,
    mover: Mover,
    caller: Caller | None,
) -> Snapshot:
    if command.seat_uid is not None:
        require_allowed(uow, found, mover)
        moved = await seated.move_seat(uow, command, offer, hosts, found, mover.email)
        return await visible(uow, moved, caller)
    if found.booking.status == states.CANCELLED:
        # its host asked everybody for another time: seats move from it, the meeting is over
        raise errors.Invalid(CANCELLED.format(uid=command.uid))
    entitled = caller is not None and (
        mover.organizes
        or caller.is_system_admin
        or await access.has_access(uow.session, caller.user_id, found.booking.id)
    )
    if not entitled:
        raise errors.Invalid(SEAT_NEEDED.format(uid=command.uid))
    flags = await offer_service.granted(uow, command.flags, caller, offer.event_type)
    moved = await seated.move_all(uow, command, offer, hosts, found, mover.email, flags)
    return await visible(uow, moved, caller)
