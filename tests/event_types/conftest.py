"""Calls of the event types operations, as one person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from tests import factories

NEW, OLD = "2024-06-14", "2024-04-15"


@dataclass(frozen=True)
class Host:
    """A person, and their calls under 2024-06-14; Any: JSON."""

    person: factories.Person
    client: httpx.AsyncClient

    @property
    def id(self) -> int:
        return self.person.id

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        date: str | None = NEW,
        params: Any = None,
    ) -> httpx.Response:
        headers = self.person.dated(date) if date else dict(self.person.headers)
        return await self.client.request(
            method, f"/v2{path}", json=body, headers=headers, params=params
        )

    async def post(self, **settings: Any) -> httpx.Response:
        body = {"title": "A title", "slug": factories.unique("slug"), "lengthInMinutes": 30}
        return await self.call("POST", "/event-types", body={**body, **settings})

    async def create(self, **settings: Any) -> dict[str, Any]:
        answer = await self.post(**settings)
        assert answer.status_code == 201, answer.text
        return data(answer)

    async def get(self, event_type_id: int) -> httpx.Response:
        return await self.call("GET", f"/event-types/{event_type_id}")

    async def read(self, event_type_id: int) -> dict[str, Any]:
        answer = await self.get(event_type_id)
        assert answer.status_code == 200, answer.text
        return data(answer)

    async def patch(self, event_type_id: int, **changes: Any) -> httpx.Response:
        return await self.call("PATCH", f"/event-types/{event_type_id}", body=changes)

    async def update(self, event_type_id: int, **changes: Any) -> dict[str, Any]:
        answer = await self.patch(event_type_id, **changes)
        assert answer.status_code == 200, answer.text
        return data(answer)

    async def list(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self.call("GET", "/event-types", params=params)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found


def data(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json()
    assert body["status"] == "success"
    found: dict[str, Any] = body["data"]
    return found


def message(answer: httpx.Response) -> str:
    """What clients read of a refusal."""
    return str(answer.json()["error"]["message"])


def constraints(answer: httpx.Response) -> list[str]:
    """Every broken constraint that a refusal names."""

    def texts(problems: list[dict[str, Any]]) -> list[str]:
        found = []
        for problem in problems:
            found += list(problem.get("constraints", {}).values())
            found += texts(problem.get("children", []))
        return found

    return texts(answer.json()["error"]["details"]["errors"])


HostMaker = Callable[..., Awaitable[Host]]


@pytest.fixture
def make_host(units: Units, client: httpx.AsyncClient) -> HostMaker:
    async def make(**columns: Any) -> Host:
        return Host(await factories.make_user(units, **columns), client)

    return make


@pytest.fixture
async def host(make_host: HostMaker) -> Host:
    return await make_host()
