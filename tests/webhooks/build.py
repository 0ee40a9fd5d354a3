"""Small builders of the webhook tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import select

from openslots.kernel.uow import Units
from openslots.models import EventType, Mail, Webhook, WebhookAttempt, WebhookDelivery
from tests.factories import (
    Person,
    make_event_type,
    make_schedule,
    make_user,
    tomorrow_at,
    unique,
)

VERSION = {"cal-api-version": "2024-08-13"}
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


async def a_host(units: Units, **columns: Any) -> tuple[Person, EventType]:
    host = await make_user(units, name="Hannah Host")
    await make_schedule(units, host, hours=[(tuple(range(7)), "00:00", "23:59")])
    return host, await make_event_type(units, host, title="Talk", **columns)


async def book(
    client: httpx.AsyncClient, event_type: EventType, start: datetime | None = None, **more: Any
) -> Any:
    start = start or tomorrow_at(10)
    sent = {
        "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "eventTypeId": event_type.id,
        "attendee": {
            "name": "Gus Guest",
            "email": f"{unique('gus')}@example.com",
            "timeZone": "Asia/Kolkata",
        },
        **more,
    }
    return data(await client.post("/v2/bookings", json=sent, headers=VERSION), 201)


async def cancel(client: httpx.AsyncClient, host: Person, uid: str) -> None:
    answer = await client.post(
        f"/v2/bookings/{uid}/cancel",
        json={"cancellationReason": "Ill"},
        headers={**host.headers, **VERSION},
    )
    data(answer)


async def deliveries(units: Units, webhook_id: str) -> list[WebhookDelivery]:
    async with units.begin() as uow:
        rows = await uow.session.scalars(
            select(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == webhook_id)
            .order_by(WebhookDelivery.created_at, WebhookDelivery.id)
        )
        return list(rows)


async def attempts(units: Units, delivery_id: str) -> list[WebhookAttempt]:
    async with units.begin() as uow:
        rows = await uow.session.scalars(
            select(WebhookAttempt)
            .where(WebhookAttempt.delivery_id == delivery_id)
            .order_by(WebhookAttempt.id)
        )
        return list(rows)


async def mails(units: Units, address: str) -> list[Mail]:
    async with units.begin() as uow:
        found = await uow.session.scalars(select(Mail).where(Mail.to_address == address))
        return [mail for mail in found if "webhook" in mail.subject]


async def the_webhook(units: Units, webhook_id: str) -> Webhook:
    async with units.begin() as uow:
        return await uow.session.get_one(Webhook, webhook_id)


async def change(units: Units, webhook_id: str, **columns: Any) -> None:
    async with units.begin() as uow:
        row = await uow.session.get_one(Webhook, webhook_id)
        for name, value in columns.items():
            setattr(row, name, value)
        await uow.session.flush()
        await uow.commit()
