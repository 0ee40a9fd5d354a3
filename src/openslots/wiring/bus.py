"""Who hears of what, inside the transaction in which it happened."""

from __future__ import annotations

from openslots.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingGuestsAdded,
    BookingLocationUpdated,
    BookingNoShowUpdated,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
)
from openslots.events.event_types import EventTypeDeleted
from openslots.events.out_of_office import OutOfOfficeCreated
from openslots.events.users import DefaultScheduleChosen, TimeZoneChanged
from openslots.kernel.bus import Subscriber
from openslots.notifications import subscribers as notifications
from openslots.schedules import subscribers as schedules
from openslots.webhooks import subscribers as webhooks

SUBSCRIBERS: list[tuple[type, Subscriber]] = [
    (TimeZoneChanged, schedules.on_time_zone_changed),
    (DefaultScheduleChosen, schedules.on_default_schedule_chosen),
    (BookingCreated, webhooks.on_created),
    (BookingRequested, webhooks.on_requested),
    (BookingRescheduled, webhooks.on_rescheduled),
    (BookingCancelled, webhooks.on_cancelled),
    (BookingRejected, webhooks.on_rejected),
    (BookingNoShowUpdated, webhooks.on_no_show_updated),
    (BookingLocationUpdated, webhooks.on_location_updated),
    (OutOfOfficeCreated, webhooks.on_absence),
    (EventTypeDeleted, webhooks.on_event_type_deleted),
    (BookingCreated, notifications.on_standing),
    (BookingRequested, notifications.on_standing),
    (BookingRescheduled, notifications.on_standing),
    (BookingCancelled, notifications.on_standing),
    (BookingRejected, notifications.on_standing),
    (BookingLocationUpdated, notifications.on_booking),
    (BookingGuestsAdded, notifications.on_booking),
]
