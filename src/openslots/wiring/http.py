"""What is served."""

from __future__ import annotations

from openslots.accounts import routes as accounts
from openslots.billing import routes as credits
from openslots.bookings.routes import attendees as bookings_attendees
from openslots.bookings.routes import host as bookings_host
from openslots.bookings.routes import user as bookings_user
from openslots.bookings.routes import user_2024_04_15 as bookings_2024_04_15
from openslots.event_types.routes import atoms as event_types_atoms
from openslots.event_types.routes import private_links
from openslots.event_types.routes import user as event_types_user
from openslots.event_types.routes import user_2024_04_15 as event_types_2024_04_15
from openslots.kernel.http.router import Router
from openslots.notifications import routes as app_push
from openslots.out_of_office.routes import user as out_of_office_user
from openslots.schedules.routes import atoms as schedules_atoms
from openslots.schedules.routes import timezones
from openslots.schedules.routes import user as schedules_user
from openslots.schedules.routes import user_2024_04_15 as schedules_2024_04_15
from openslots.slots.routes import current as slots
from openslots.slots.routes import older as slots_older
from openslots.users.routes import limits as users_limits
from openslots.users.routes import me as users_me
from openslots.users.routes import pages as users_pages
from openslots.verified_resources.routes import atoms as verified_atoms
from openslots.verified_resources.routes import user as verified_user
from openslots.web.bookings import routes as booking_pages
from openslots.webhooks.routes import event_type as webhooks_event_type
from openslots.webhooks.routes import log as webhooks_log
from openslots.webhooks.routes import user as webhooks_user

ROUTERS: list[Router] = [
    bookings_2024_04_15.router,
    bookings_user.router,
    bookings_host.router,
    bookings_attendees.router,
    event_types_2024_04_15.router,
    event_types_user.router,
    event_types_atoms.router,
    private_links.router,
    schedules_2024_04_15.router,
    schedules_user.router,
    schedules_atoms.router,
    timezones.router,
    slots.router,
    slots_older.router,
    users_me.router,
    users_limits.router,
    users_pages.router,
    accounts.router,
    out_of_office_user.router,
    verified_user.router,
    verified_atoms.router,
    credits.router,
    app_push.router,
    webhooks_event_type.router,
    webhooks_user.router,
    webhooks_log.router,
    booking_pages.router,
]
