"""Secrets of subscriptions: encrypted in the table, in clear in answers and signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from openslots.jobs.runner import Runner
from openslots.kernel import crypto
from openslots.kernel.settings import Settings
from openslots.kernel.uow import Units
from openslots.main import create_app
from tests.clock import Clock
from tests.factories import make_user
from tests.webhooks.build import a_host, book, change, data, deliveries, subscribe
from tests.webhooks.conftest import HANDLERS, Work
from tests.webhooks.receiver import Receiver

OTHER_KEY = "quite another key for encryption"


async def stored(units: Units, webhook_id: str) -> str | None:
    """What the column itself holds."""
    async with units.begin() as uow:
        found = await uow.session.scalar(
            text("SELECT secret FROM webhooks WHERE id = :id"), {"id": webhook_id}
        )
    return None if found is None else str(found)


def signed(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
async def rotated(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application after the key was replaced, without the old one."""
    security = settings.security.model_copy(update={"encryption_key": SecretStr(OTHER_KEY)})
    made = create_app(settings.model_copy(update={"security": security}))
    async with made.router.lifespan_context(made):
        yield made


async def test_a_secret_is_returned_in_clear_and_stored_encrypted(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    hook = await subscribe(client, user, "https://example.com/a", secret="s3cret")
    assert hook["secret"] == "s3cret"
    first = await stored(units, hook["id"])
    assert first is not None
    assert crypto.key_of(first) is not None
    assert "s3cret" not in first
    path, headers = f"/v2/webhooks/{hook['id']}", user.headers
    assert data(await client.get(path, headers=headers))["secret"] == "s3cret"
    listed = data(await client.get("/v2/webhooks", headers=headers))
    assert [one["secret"] for one in listed] == ["s3cret"]

    changed = data(await client.patch(path, headers=headers, json={"active": False}))
    assert changed["secret"] == "s3cret"
    assert await stored(units, hook["id"]) == first
    changed = data(await client.patch(path, headers=headers, json={"secret": "other"}))
    assert changed["secret"] == "other"
    assert await stored(units, hook["id"]) != first
    changed = data(await client.patch(path, headers=headers, json={"secret": None}))
    assert changed["secret"] is None
    assert await stored(units, hook["id"]) is None
    data(await client.patch(path, headers=headers, json={"secret": "last"}))
    assert data(await client.delete(path, headers=headers))["secret"] == "last"


async def test_a_secret_from_before_encryption_keeps_working(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url(), secret="new")
    await change(units, hook["id"], sealed_secret="from before")
    found = data(await client.get(f"/v2/webhooks/{hook['id']}", headers=host.headers))
    assert found["secret"] == "from before"
    await book(client, event_type)
    await work()
    [hit] = receiver.hits
    assert hit.headers["x-cal-signature-256"] == signed("from before", hit.body)


async def test_nothing_goes_out_unsigned_while_the_key_is_missing(
    client: httpx.AsyncClient,
    units: Units,
    rotated: FastAPI,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url(), secret="s3cret")
    await book(client, event_type)
    with caplog.at_level(logging.ERROR, "openslots.webhooks"):
        await Runner(rotated.state.units, HANDLERS).run_until_idle()
    assert receiver.hits == []
    [record] = [one for one in caplog.records if one.message == "webhooks.secret_unreadable"]
    fields = vars(record)["fields"]
    assert fields["webhook_id"] == hook["id"]
    assert "s3cret" not in json.dumps(fields)
    [delivery] = await deliveries(units, hook["id"])
    assert (delivery.status, delivery.attempts) == ("pending", 0)

    clock.set("2026-05-04T10:05:01+00:00")
    await work()  # with the key again
    [hit] = receiver.hits
    assert hit.headers["x-cal-signature-256"] == signed("s3cret", hit.body)
    assert hit.headers["x-cal-delivery-attempt"] == "1"


async def test_a_subscription_whose_key_is_lost_can_be_read_changed_and_removed(
    client: httpx.AsyncClient, units: Units, rotated: FastAPI
) -> None:
    user = await make_user(units)
    hook = await subscribe(client, user, "https://example.com/a", secret="s3cret")
    path, headers = f"/v2/webhooks/{hook['id']}", user.headers
    transport = httpx.ASGITransport(rotated)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as without:
        assert data(await without.get(path, headers=headers))["secret"] is None
        before = await stored(units, hook["id"])
        data(await without.patch(path, headers=headers, json={"active": False}))
        assert await stored(units, hook["id"]) == before  # not lost: the key may come back
        data(await without.patch(path, headers=headers, json={"secret": "new"}))
        assert data(await without.get(path, headers=headers))["secret"] == "new"
        data(await without.delete(path, headers=headers))
