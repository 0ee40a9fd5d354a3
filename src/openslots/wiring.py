"""Three tables: what is served, who hears of what, and which jobs exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter

from openslots.kernel.bus import Subscriber

ROUTERS: list[APIRouter] = []

SUBSCRIBERS: list[tuple[type, Subscriber]] = []

# kind -> handler(units, job); Any: JobFacts of jobs.queue
JOBS: dict[str, Callable[..., Awaitable[Any]]] = {}
