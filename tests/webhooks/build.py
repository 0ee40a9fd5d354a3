"""Small builders of the webhook tests."""

from __future__ import annotations

from typing import Any

import httpx

from tests.factories import Person, unique

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def a_url() -> str:
    """A URL that no rule objects to and nobody subscribed to."""
    return f"https://hooks.example.com/{unique('in')}"


def body(**more: Any) -> dict[str, Any]:
    return {"active": True, "subscriberUrl": a_url(), "triggers": ["BOOKING_CREATED"], **more}


def data(answer: httpx.Response, status: int = 200) -> Any:
    """The data of an answer with the given status."""
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert document["status"] == "success"
    return document["data"]


def message(answer: httpx.Response, status: int) -> str:
    """The message of a refusal with the given status."""
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert document["status"] == "error"
    return str(document["error"]["message"])


async def subscribe(
    client: httpx.AsyncClient, user: Person, url: str | None = None, path: str = "", **more: Any
) -> dict[str, Any]:
    """A webhook made over HTTP."""
    sent = body(**more)
    if url is not None:
        sent["subscriberUrl"] = url
    answer = await client.post(path or "/v2/webhooks", json=sent, headers=user.headers)
    made: dict[str, Any] = data(answer, 201)
    return made
