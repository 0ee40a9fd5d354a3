"""Three tables: what is served, who hears of what, and which jobs exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter

from openslots.kernel.bus import Subscriber
from openslots.schedules.routes import user as schedules_user
from openslots.schedules.routes import user_2024_04_15 as schedules_2024_04_15

ROUTERS: list[APIRouter] = [
    schedules_2024_04_15.router,
    schedules_user.router,
]

SUBSCRIBERS: list[tuple[type, Subscriber]] = []

# kind -> handler(units, job); Any: JobFacts of jobs.queue
JOBS: dict[str, Callable[..., Awaitable[Any]]] = {}
