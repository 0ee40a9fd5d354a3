"""What the tests ask a running server over HTTP, as its demo user or as nobody."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx

from openslots.kernel import clock
from tests.processes.server import Server

SLOTS, BOOKINGS = "2024-09-04", "2024-08-13"
_numbers = itertools.count(1)


def call(server: Server, method: str, path: str, *, version: str = "", **more: Any) -> Any:
    """The `data` of a successful answer."""
    answer = send(server, method, path, version=version, **more)
    assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json().get("data")


def send(
    server: Server, method: str, path: str, *, version: str = "", **more: Any
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {server.demo['api_key']}"}
    if version:
        headers["cal-api-version"] = version
    return httpx.request(method, server.base + path, headers=headers, timeout=30, **more)


def free_starts(server: Server) -> list[str]:
    """Every free start of the demo user's event type in the coming weeks, earliest first."""
    today = clock.now()
    days = call(
        server,
        "GET",
        "/v2/slots",
        version=SLOTS,
        params={
            "username": server.demo["username"],
            "eventTypeSlug": server.demo["event_type_slug"],
            "start": f"{today:%Y-%m-%d}",
            "end": f"{today + timedelta(days=28):%Y-%m-%d}",
        },
    )
    return [slot["start"] for slots in days.values() for slot in slots]


def book(server: Server, start: str) -> str:
    """Books the demo user's event type; the booking's uid."""
    number = next(_numbers)
    body = {
        "start": start,
        "username": server.demo["username"],
        "eventTypeSlug": server.demo["event_type_slug"],
        "attendee": {
            "name": f"Guest {number}",
            "email": f"guest-{number}@example.com",
            "timeZone": "Europe/London",
        },
    }
    booked = call(server, "POST", "/v2/bookings", version=BOOKINGS, json=body)
    return str(booked["uid"])


@contextmanager
def subscribed(server: Server, url: str) -> Iterator[str]:
    """A webhook of the demo user to `url` for new bookings, removed at the end; its id."""
    body = {"active": True, "subscriberUrl": url, "triggers": ["BOOKING_CREATED"]}
    made = call(server, "POST", "/v2/webhooks", json=body)
    try:
        yield str(made["id"])
    finally:
        call(server, "DELETE", f"/v2/webhooks/{made['id']}")
