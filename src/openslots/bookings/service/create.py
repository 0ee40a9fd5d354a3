"""Making bookings: regular, recurring and seated (section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import insert, reads
from openslots.bookings.repository.offers import Offer
from openslots.bookings.rules import fields, recurrence, states
from openslots.bookings.service import (
    announce,
    checks,
    drafts,
    offers,
    seats,
    verification,
)
from openslots.bookings.service.drafts import Order, Timing
from openslots.bookings.service.offers import Hosts
from openslots.bookings.service.reads import visible
from openslots.bookings.types import CreateBooking, HostFlags, Snapshot
from openslots.event_types.service.links import consume as consume_link
from openslots.events.bookings import BookingCreated, BookingRequested
from openslots.kernel import ids
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType
from openslots.slots.service import consume as consume_hold


@dataclass(frozen=True, slots=True)
class Created:
    """`series` says that the event type is a recurring one: the answer is a list."""

    bookings: tuple[Snapshot, ...]
    series: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """A validated command: what is to be booked when, by the rules that hold for the caller."""

    offer: Offer
    hosts: Hosts
    wish: Order
    starts: tuple[datetime, ...]
    minutes: int
    flags: HostFlags
    status: str

    @property
    def event_type(self) -> EventType:
        return self.offer.event_type


async def create(uow: UnitOfWork, command: CreateBooking, caller: Caller | None) -> Created:
    """Makes a booking, all occurrences of a series, or a seat, in one transaction.

    Raises the refusals of sections 2 and 5. Publishes BookingCreated or BookingRequested, once
    per occurrence.
    """
    plan = await _plan(uow, command, caller)
    event_type, hosts = plan.event_type, plan.hosts
    await checks.hold(uow, event_type, hosts.ids)
    await _limit_active(uow, plan)
    if event_type.recurrence is None and (again := await _replay(uow, plan)) is not None:
        return Created((again,))
    start = plan.starts[0]
    strict = uow.settings.bookings.strict_reservations
    # a hold made since then cannot be the caller's, and stops nobody but where all are kept
    if plan.offer.held or strict:
        await consume_hold(
            uow,
            event_type.id,
            start,
            start + timedelta(minutes=plan.minutes),
            own_uid=command.reservation_uid,
            strict=strict,
        )
    if command.private_link is not None:
        await consume_link(uow, command.private_link, event_type.id)
    joined = await seats.join_existing(uow, plan.offer, plan.wish, start, plan.minutes, plan.flags)
    if joined is None:
        made = await _make(uow, plan, command)
        created = Created(made, series=event_type.recurrence is not None)
    else:
        created = Created((joined,))
    await _announce(uow, created.bookings, caller, command.private_link)
    if event_type.seats_per_slot is None:
        return created
    return Created((await visible(uow, created.bookings[0], caller),))


async def _plan(uow: UnitOfWork, command: CreateBooking, caller: Caller | None) -> _Plan:
    offer = await offers.find(uow, command.event_type)
    event_type = offer.event_type
    await offers.admit(uow, offer, caller)
    hosts = await offers.hosts(uow, offer)
    wish = drafts.order(
        event_type,
        command.booker,
        command.answers,
        command.guests,
        command.metadata,
        command.location,
        uow.settings,
        split_name=command.split_name,
    )
    if command.instant:
        raise errors.Invalid(_no_instant(event_type))
    minutes = length(event_type, command.length)
    starts = _starts(event_type, command)
    if states.end_of(starts[-1], minutes) is None:
        raise errors.OutOfBounds
    verification.require(uow, event_type, wish.email, command.verification_code)
    waits = states.needs_confirmation(
        required=event_type.requires_confirmation,
        threshold=event_type.confirmation_threshold_minutes,
        price=event_type.price,
        start=starts[0],
        now=uow.now,
    )
    return _Plan(
        offer=offer,
        hosts=_routed(hosts, command, event_type),
        wish=wish,
        starts=starts,
        minutes=minutes,
        flags=await offers.granted(uow, command.flags, caller, event_type),
        status=states.PENDING if waits else states.ACCEPTED,
    )


def _no_instant(event_type: EventType) -> str:
    if event_type.team_id is None:
        return (
            "Instant bookings are only supported for team event types, not individual user event "
            "types."
        )
    return f"Event type with id={event_type.id} does not offer instant bookings."


def _routed(hosts: Hosts, command: CreateBooking, event_type: EventType) -> Hosts:
    """The hosts that a routing form left, where it left any of a round robin."""
    routing = command.routing
    if routing is None or event_type.scheduling_type != "roundRobin":
        return hosts
    kept = [
        user
        for user in hosts.users
        if user.id in routing.team_member_ids or user.id in hosts.mandatory
    ]
    return replace(hosts, users=tuple(kept)) if kept else hosts


def length(event_type: EventType, chosen: int | None) -> int:
    """The minutes of a booking (section 5.5)."""
    options = event_type.length_options
    if chosen is None:
        return event_type.length
    if not options:
        raise errors.Invalid(
            "Can't specify 'lengthInMinutes' because event type does not have multiple possible "
            "lengths. Please, remove the 'lengthInMinutes' field from the request."
        )
    if chosen not in options:
        raise errors.Invalid(
            "Provided 'lengthInMinutes' is not one of the possible lengths for the event type. "
            f"The possible lengths are: {', '.join(str(option) for option in options)}"
        )
    return chosen


def _starts(event_type: EventType, command: CreateBooking) -> tuple[datetime, ...]:
    rule = event_type.recurrence
    if rule is None:
        return (command.start,)
    if event_type.seats_per_slot is not None:
        raise errors.RecurringSeats
    chosen = command.occurrences
    count = command.recurrence_count if chosen is None else len(chosen)
    count = rule["count"] if count is None else count
    if count > rule["count"]:
        raise errors.Invalid(
            "Provided recurrence count is higher than the event type's recurring event count."
        )
    if chosen is not None:
        return tuple(sorted(set(chosen)))
    try:
        return tuple(
            recurrence.starts(
                command.start,
                command.booker.time_zone,
                freq=rule["freq"],
                interval=rule["interval"],
                count=min(count, recurrence.MOST),
            )
        )
    except OverflowError:
        raise errors.OutOfBounds from None


async def _limit_active(uow: UnitOfWork, plan: _Plan) -> None:
    event_type = plan.event_type
    if event_type.max_active_bookings is None:
        return
    active = await reads.active_of_attendee(uow.session, event_type.id, plan.wish.email, uow.now)
    if len(active) >= event_type.max_active_bookings:
        raise errors.ActiveBookingsReached(
            active[-1] if event_type.offer_reschedule and active else None
        )


async def _replay(uow: UnitOfWork, plan: _Plan) -> Snapshot | None:
    """The booking that the same person made before, where asking twice must not make two."""
    event_type = plan.event_type
    if event_type.requires_confirmation:
        status = states.PENDING
    elif event_type.scheduling_type == "roundRobin":
        status = states.ACCEPTED
    else:
        return None
    booker = plan.wish.booker
    phone = booker.phone_number
    if phone is not None and not fields.may_be_phone(phone):
        phone = None  # what people put in for no number is the same for all of them
    if booker.email is None and phone is None:
        return None
    found = await reads.replay(
        uow.session, event_type.id, plan.starts[0], plan.wish.email, phone, status
    )
    return None if found is None else (await reads.snapshots(uow.session, [found]))[0]


async def _make(uow: UnitOfWork, plan: _Plan, command: CreateBooking) -> tuple[Snapshot, ...]:
    event_type, hosts = plan.event_type, plan.hosts
    narrowed = command.routing is not None and event_type.scheduling_type == "roundRobin"
    question = checks.request(
        event_type,
        plan.starts,
        plan.minutes,
        plan.flags,
        zone=plan.wish.booker.time_zone,
        host_ids=hosts.ids if narrowed else None,
        reservation=command.reservation_uid,
    )
    verdicts = await checks.ask(uow, question, event_type)
    recurring_uid = ids.uuid4() if event_type.recurrence is not None else None
    made = [
        replace(
            drafts.draft(
                plan.offer,
                plan.wish,
                hosts,
                checks.hosts_of(verdict, hosts),
                Timing(
                    start=start,
                    minutes=plan.minutes,
                    status=plan.status,
                    blocks=not plan.flags.conflicts,
                    recurring_uid=recurring_uid,
                ),
            ),
            creation_source=command.creation_source,
            one_time_password=ids.uuid4() if plan.status == states.PENDING else None,
        )
        for start, verdict in zip(plan.starts, verdicts, strict=True)
    ]
    if event_type.seats_per_slot is not None:
        await seats.require_free(uow, made[0])
    if len(made) > 1:  # one entry of calendars
        made = [replace(one, ics_uid=made[0].ics_uid, occurrence=one.start) for one in made]
    written = await insert.insert(uow.session, made, uow.now)
    return tuple(drafts.snapshot(plan.offer, hosts, item) for item in written)


async def _announce(
    uow: UnitOfWork, made: Sequence[Snapshot], caller: Caller | None, private_link: str | None
) -> None:
    if made[0].booking.seated:
        one = made[0]
        mine = [person for person in one.attendees if person.seat_uid == one.seat_uid]
        happened = announce.event(
            uow,
            BookingCreated,
            one,
            actor=caller,
            attendees=mine,
            private_link=private_link,
        )
        await uow.publish(happened)
        return
    kind = BookingRequested if made[0].booking.status == states.PENDING else BookingCreated
    await announce.publish_series(uow, kind, made, actor=caller, private_link=private_link)
