"""Hosts, event types and questions of the slot tests; the week of Monday 5 September 2050."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from openslots.kernel.uow import Units
from openslots.models import EventType
from tests.clock import Clock
from tests.factories import Person, make_event_type, make_schedule, make_user

SLOTS = {"cal-api-version": "2024-09-04"}
MON, TUE, WED, THU, FRI = (f"2050-09-{day:02d}" for day in range(5, 10))
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
WORKDAYS = (1, 2, 3, 4, 5)
Hours = tuple[Sequence[int], str, str]


@pytest.fixture(autouse=True)
def now(clock: Clock) -> Clock:
    """Long before the week in question."""
    clock.set("2050-01-01T00:00:00Z")
    return clock


@dataclass(frozen=True)
class Asker:
    """Asks for slots over HTTP, as nobody."""

    client: httpx.AsyncClient

    async def reply(self, start: str = MON, end: str | None = None, **query: Any) -> httpx.Response:
        """The answer to GET /v2/slots."""
        return await self.client.get(
            "/v2/slots", params={"start": start, "end": end or start, **query}, headers=SLOTS
        )

    async def data(self, start: str = MON, end: str | None = None, **query: Any) -> dict[str, Any]:
        reply = await self.reply(start, end, **query)
        assert reply.status_code == 200, reply.text
        body = reply.json()
        assert body["status"] == "success"
        found: dict[str, Any] = body["data"]
        return found

    async def clock(
        self, start: str = MON, end: str | None = None, *, zone: str = "UTC", **query: Any
    ) -> dict[str, list[str]]:
        """The answer's own day keys, the starts as wall-clock times of `zone`."""
        data = await self.data(start, end, **query)
        return {day: [wall(slot["start"], zone) for slot in found] for day, found in data.items()}


def wall(text: str, zone: str) -> str:
    return instant(text).astimezone(ZoneInfo(zone)).strftime("%H:%M")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(day: str, hour: int, minute: int = 0) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=UTC)


@pytest.fixture
def ask(client: httpx.AsyncClient) -> Asker:
    return Asker(client)


Host = tuple[Person, EventType]
MakeHost = Callable[..., Awaitable[Host]]


@pytest.fixture
def host(units: Units) -> MakeHost:
    """`await host("Europe/Rome", hours, overrides, length=60, ...)`: somebody with a default
    schedule (Monday to Friday, 9 to 17) and one event type."""

    async def make(
        zone: str = "UTC",
        hours: Sequence[Hours] = ((WORKDAYS, "09:00", "17:00"),),
        overrides: Sequence[tuple[str, str, str]] = (),
        *,
        length: int = 60,
        **columns: Any,
    ) -> Host:
        person = await make_user(units, time_zone=zone)
        await make_schedule(units, person, hours=hours, overrides=overrides)
        return person, await make_event_type(units, person, length=length, **columns)

    return make


def problem(reply: httpx.Response) -> tuple[int, str]:
    """Status and message of a refusal."""
    body = reply.json()
    assert body["status"] == "error"
    return reply.status_code, body["error"]["message"]
