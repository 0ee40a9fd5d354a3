"""Three tables: what is served, who hears of what, and which jobs exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter

from openslots.accounts import routes as accounts
from openslots.event_types.routes import private_links
from openslots.event_types.routes import user as event_types_user
from openslots.events.users import DefaultScheduleChosen, TimeZoneChanged
from openslots.kernel.bus import Subscriber
from openslots.schedules import subscribers as schedules
from openslots.schedules.routes import timezones
from openslots.schedules.routes import user as schedules_user
from openslots.schedules.routes import user_2024_04_15 as schedules_2024_04_15
from openslots.users.routes import me as users_me

ROUTERS: list[APIRouter] = [
    event_types_user.router,
    private_links.router,
    schedules_2024_04_15.router,
    schedules_user.router,
    timezones.router,
    users_me.router,
    accounts.router,
]

SUBSCRIBERS: list[tuple[type, Subscriber]] = [
    (TimeZoneChanged, schedules.on_time_zone_changed),
    (DefaultScheduleChosen, schedules.on_default_schedule_chosen),
]

# kind -> handler(units, job); Any: JobFacts of jobs.queue
JOBS: dict[str, Callable[..., Awaitable[Any]]] = {}
