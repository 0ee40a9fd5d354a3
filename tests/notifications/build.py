"""Small builders of the mail tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import select

from openslots.kernel.uow import Units
from openslots.models import EventType, Mail
from tests.factories import Person, make_event_type, make_schedule, make_user, tomorrow_at, unique
from tests.webhooks.build import VERSION, data

ICS = "event.ics"


async def a_host(units: Units, *, user: dict[str, Any] | None = None, **columns: Any) -> Any:
    """(host, event type `Talk`) of somebody who is always free."""
    host = await make_user(units, **{"name": "Hannah Host", **(user or {})})
    await make_schedule(units, host, hours=[(tuple(range(7)), "00:00", "23:59")])
    return host, await make_event_type(units, host, **{"title": "Talk", **columns})


def an_attendee(**given: Any) -> dict[str, Any]:
    return {
        "name": "Gus Guest",
        "email": f"{unique('gus')}@example.com",
        "timeZone": "Asia/Kolkata",
        **given,
    }


async def book(
    client: httpx.AsyncClient,
    event_type: EventType,
    who: dict[str, Any],
    start: datetime | None = None,
    **more: Any,
) -> Any:
    start = start or tomorrow_at(10)
    sent = {
        "start": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "eventTypeId": event_type.id,
        "attendee": who,
        **more,
    }
    return data(await client.post("/v2/bookings", json=sent, headers=VERSION), 201)


async def act(
    client: httpx.AsyncClient, uid: str, what: str, by: Person | None = None, **body: Any
) -> Any:
    """An operation on a booking, `cancel` and the like."""
    headers = {**(by.headers if by is not None else {}), **VERSION}
    answer = await client.post(f"/v2/bookings/{uid}/{what}", json=body, headers=headers)
    assert answer.status_code < 300, answer.text
    return answer.json().get("data")


async def mails(units: Units, address: str) -> list[Mail]:
    """All mails to an address, oldest first."""
    async with units.begin() as uow:
        found = await uow.session.scalars(
            select(Mail).where(Mail.to_address == address).order_by(Mail.created_at, Mail.subject)
        )
        return list(found)


async def subjects(units: Units, address: str) -> list[str]:
    return [mail.subject for mail in await mails(units, address)]


def calendar_of(mail: Mail) -> str | None:
    """The calendar file of a mail, if it has one, with folded lines joined."""
    for file in mail.attachments:
        if file["name"] == ICS:
            return file["content"].replace("\r\n ", "")
    return None
