"""Hosted mode: https and public addresses only, when a webhook is made and when it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from openslots.jobs.runner import Runner
from openslots.kernel.settings import Settings
from openslots.kernel.uow import Units
from openslots.main import create_app
from tests.clock import Clock
from tests.factories import make_user
from tests.webhooks.build import (
    a_host,
    a_url,
    attempts,
    body,
    book,
    change,
    data,
    deliveries,
    message,
    subscribe,
)
from tests.webhooks.conftest import HANDLERS
from tests.webhooks.receiver import Receiver


@pytest.fixture
async def hosted(settings: Settings) -> AsyncIterator[tuple[httpx.AsyncClient, Units]]:
    """A client and units of an application in hosted mode, on the database of this process."""
    app = create_app(settings.model_copy(update={"deployment": "saas"}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client, app.state.units


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.com/in", "Only HTTPS URLs are allowed"),
        ("ftp://example.com/in", "Only HTTPS URLs are allowed"),
        ("https://localhost/in", "Blocked hostname"),
        ("https://127.0.0.1/in", "Blocked hostname"),
        ("https://10.1.2.3/in", "Private IP address"),
        ("https://[fd12::1]/in", "Private IP address"),
        ("https://169.254.169.254/", "Blocked hostname"),
        ("https://0x0a000001/", "Private IP address"),
    ],
)
async def test_only_public_https_addresses_can_be_subscribed(
    hosted: tuple[httpx.AsyncClient, Units], url: str, reason: str
) -> None:
    client, units = hosted
    user = await make_user(units)
    answer = await client.post("/v2/webhooks", json=body(subscriberUrl=url), headers=user.headers)
    assert message(answer, 400) == f"Webhook URL is not allowed: {reason}"
    made = await subscribe(client, user, a_url())
    answer = await client.patch(
        f"/v2/webhooks/{made['id']}", json={"subscriberUrl": url}, headers=user.headers
    )
    assert message(answer, 400) == f"Webhook URL is not allowed: {reason}"


async def test_an_old_private_address_can_be_kept_but_is_not_called(
    hosted: tuple[httpx.AsyncClient, Units], receiver: Receiver, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    client, units = hosted
    host, event_type = await a_host(units)
    hook = await subscribe(client, host)
    url = receiver.url()
    await change(units, hook["id"], subscriber_url=url)
    same = {"subscriberUrl": url, "active": True}
    data(await client.patch(f"/v2/webhooks/{hook['id']}", json=same, headers=host.headers))
    await book(client, event_type)
    for _ in range(2):
        await Runner(units, HANDLERS).run_until_idle()
        clock.advance(timedelta(minutes=1))
    [delivery] = await deliveries(units, hook["id"])
    assert delivery.status == "failed"
    assert {one.error for one in await attempts(units, delivery.id)} == {
        "Only HTTPS URLs are allowed"
    }
    assert receiver.hits == []
