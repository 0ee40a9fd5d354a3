"""A host who is open every day, their event types, and requests about bookings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from openslots.kernel import clock
from openslots.kernel.uow import Units
from openslots.models import EventType
from tests import factories
from tests.factories import Person

V = "2024-08-13"
NEW = "2026-02-25"
CURSOR = "2026-05-01"
EVERY_DAY = ((0, 1, 2, 3, 4, 5, 6), "06:00", "22:00")
LINK = "https://meet.example.com/room"
LINKS: list[dict[str, object]] = [
    {"type": "link", "link": LINK, "displayLocationPublicly": True},
]

Json = Any  # Any: the JSON of an answer


@dataclass
class Bookings:
    """Makes what bookings need and sends requests; `api` None sends no credentials."""

    client: httpx.AsyncClient
    units: Units
    day: int = field(default=7)

    async def host(self, name: str = "Ada Host", time_zone: str = "UTC", **more: Any) -> Person:
        person = await factories.make_user(self.units, name=name, time_zone=time_zone, **more)
        await factories.make_schedule(self.units, person, hours=[EVERY_DAY])
        return person

    async def event_type(self, host: Person, **columns: Any) -> EventType:
        return await factories.make_event_type(
            self.units, host, **{"title": "Intro", "length": 60, "locations": LINKS, **columns}
        )

    def at(self, hour: int = 10, minute: int = 0, *, day: int | None = None) -> datetime:
        """An instant in a week or so, whole minutes."""
        date = clock.now().date() + timedelta(days=self.day if day is None else day)
        return datetime(date.year, date.month, date.day, hour, minute, tzinfo=UTC)

    def attendee(self, **over: Any) -> dict[str, Any]:
        return {
            "name": "Bob Guest",
            "email": f"{factories.unique('bob')}@example.org",
            "timeZone": "Europe/Madrid",
            "language": "es",
            **over,
        }

    def body(
        self, event_type: EventType | None, when: datetime | None = None, /, **over: Any
    ) -> Json:
        named = {} if event_type is None else {"eventTypeId": event_type.id}
        return {"start": clock.iso(when or self.at()), "attendee": self.attendee(), **named, **over}

    async def post(
        self,
        event_type: EventType | None,
        when: datetime | None = None,
        /,
        *,
        api: Person | None = None,
        version: str = V,
        headers: dict[str, str] | None = None,
        **over: Any,
    ) -> httpx.Response:
        return await self.send(
            "POST",
            "",
            api=api,
            version=version,
            headers=headers,
            json=self.body(event_type, when, **over),
        )

    async def book(
        self, event_type: EventType | None, when: datetime | None = None, /, **over: Any
    ) -> Json:
        return data(await self.post(event_type, when, **over), 201)

    async def send(
        self,
        method: str,
        path: str,
        *,
        api: Person | None = None,
        version: str = V,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """A request to /v2/bookings`path`."""
        all_headers = {
            "cal-api-version": version,
            **(api.headers if api else {}),
            **(headers or {}),
        }
        return await self.client.request(method, f"/v2/bookings{path}", headers=all_headers, **more)

    async def get(self, uid: str, *, api: Person | None = None, version: str = V) -> Json:
        return data(await self.send("GET", f"/{uid}", api=api, version=version))

    async def act(
        self,
        uid: str,
        action: str,
        body: Json = None,
        *,
        api: Person | None = None,
        version: str = V,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        return await self.send(
            "POST", f"/{uid}/{action}", api=api, version=version, headers=headers, json=body or {}
        )

    async def list(self, api: Person, *, version: str = V, **params: Any) -> Json:
        answer = await self.send("GET", "", api=api, version=version, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def reschedule(
        self, uid: str, start: datetime, *, api: Person | None = None, **more: Any
    ) -> httpx.Response:
        body = {"start": clock.iso(start), **more}
        return await self.act(uid, "reschedule", body, api=api)


def data(answer: httpx.Response, status: int = 200) -> Json:
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:1500]}"
    body = answer.json()
    assert body["status"] == "success"
    return body.get("data")


def refused(answer: httpx.Response, *statuses: int) -> str:
    """The message of a refusal; every refusal has the envelope."""
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:1500]}"
    body = answer.json()
    assert body["status"] == "error"
    return str(body["error"]["message"])


@pytest.fixture
def bk(client: httpx.AsyncClient, units: Units) -> Bookings:
    return Bookings(client, units)
