"""Events of other slices become deliveries, in the transaction in which they happen."""

from __future__ import annotations

from openslots.events.bookings import (
    LIVE,
    BookingCancelled,
    BookingCreated,
    BookingLocationUpdated,
    BookingNoShowUpdated,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
)
from openslots.events.event_types import EventTypeDeleted
from openslots.events.out_of_office import OutOfOfficeCreated
from openslots.kernel.uow import UnitOfWork
from openslots.webhooks import rules
from openslots.webhooks.payload import absences, bookings
from openslots.webhooks.service import announcing, clocked, subscriptions
from openslots.webhooks.service.announcing import scope_of
from openslots.webhooks.types import WebhookOwner


async def on_created(uow: UnitOfWork, event: BookingCreated) -> None:
    await announcing.of_booking(
        uow, rules.CREATED, event, scope_of(event), lambda around: bookings.created(event, around)
    )
    booking = event.booking
    await clocked.schedule(uow, booking.id, booking.start, booking.end)


async def on_requested(uow: UnitOfWork, event: BookingRequested) -> None:
    await announcing.of_booking(
        uow,
        rules.REQUESTED,
        event,
        scope_of(event),
        lambda around: bookings.requested(event, around),
    )
    if event.previous is not None and event.previous.status not in LIVE:
        await clocked.unschedule(uow, event.previous.id)


async def on_rescheduled(uow: UnitOfWork, event: BookingRescheduled) -> None:
    """The old booking lives on where only a seat of it was moved."""
    await announcing.of_booking(
        uow,
        rules.RESCHEDULED,
        event,
        scope_of(event),
        lambda around: bookings.rescheduled(event, around),
    )
    booking, previous = event.booking, event.previous
    if previous.id != booking.id and previous.status not in LIVE:
        await clocked.unschedule(uow, previous.id)
    await clocked.schedule(uow, booking.id, booking.start, booking.end)


async def on_cancelled(uow: UnitOfWork, event: BookingCancelled) -> None:
    await announcing.of_booking(
        uow,
        rules.CANCELLED,
        event,
        scope_of(event),
        lambda around: bookings.cancelled(event, around),
    )
    over = set(event.ended)
    if event.booking.status not in LIVE:
        over.add(event.booking.id)
    await clocked.unschedule(uow, *sorted(over))


async def on_rejected(uow: UnitOfWork, event: BookingRejected) -> None:
    # contract: this one trigger reaches the hosts of team events, too
    scope = scope_of(event, with_organizer=True)
    await announcing.of_booking(
        uow, rules.REJECTED, event, scope, lambda around: bookings.rejected(event, around)
    )


async def on_no_show_updated(uow: UnitOfWork, event: BookingNoShowUpdated) -> None:
    """Marking only the host says nothing."""
    if event.changed:
        await announcing.of_booking(
            uow,
            rules.NO_SHOW_UPDATED,
            event,
            scope_of(event),
            lambda _: bookings.no_show_updated(event),
        )


async def on_location_updated(uow: UnitOfWork, event: BookingLocationUpdated) -> None:
    await announcing.of_booking(
        uow,
        rules.LOCATION_UPDATED,
        event,
        scope_of(event),
        lambda around: bookings.location_updated(event, around),
    )


async def on_absence(uow: UnitOfWork, event: OutOfOfficeCreated) -> None:
    await announcing.of_absence(uow, event.user.id, absences.created(event), event.created_at)


async def on_event_type_deleted(uow: UnitOfWork, event: EventTypeDeleted) -> None:
    """Its webhooks go with it, and their logs, which may be long, afterwards."""
    await subscriptions.delete_all(uow, WebhookOwner("event_type", event.id))
