"""What goes wrong between a worker, the clock and an endpoint that means no good."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from openslots.kernel.uow import Units
from openslots.models import Job
from openslots.webhooks import jobs
from openslots.webhooks.payload.envelope import Rendered
from openslots.webhooks.service import outbox, sending
from openslots.webhooks.types import Attempted, Candidate, Retrying
from tests.clock import Clock
from tests.webhooks.build import (
    a_host,
    attempts,
    book,
    change,
    data,
    deliveries,
    message,
    subscribe,
)
from tests.webhooks.conftest import Work
from tests.webhooks.receiver import Receiver


async def prepared(units: Units, delivery_id: str) -> Candidate:
    """What a worker knows that is about to send."""
    async with units.begin() as uow:
        [found] = await sending.prepare(uow, [delivery_id])
    assert isinstance(found, Candidate)
    return found


async def fail(units: Units, one: Candidate, clock: Clock, *, gone: bool = False) -> None:
    """A worker records that its attempt failed."""
    wait = Retrying(None if gone else 5, "HTTP 500")
    attempted = Attempted(clock.now, 3, 500, "no", error="HTTP 500", retrying=wait, gone=gone)
    async with units.begin() as uow:
        await sending.failed(uow, one, attempted)
        await uow.commit()


@pytest.mark.parametrize("gone", [False, True])
async def test_a_late_failure_does_not_undo_a_success(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    gone: bool,
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    [waiting] = await deliveries(units, hook["id"])
    slow = await prepared(units, waiting.id)  # this worker's lease ends while it sends
    await work()
    await fail(units, slow, clock, gone=gone)
    [row] = await deliveries(units, hook["id"])
    assert (row.status, row.next_attempt_at) == ("delivered", None)
    assert row.delivered_at is not None
    assert len(await attempts(units, row.id)) == 2


async def test_a_late_failure_does_not_revive_what_was_dropped(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    """Nothing would send it, and it would never be deleted."""
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    [waiting] = await deliveries(units, hook["id"])
    slow = await prepared(units, waiting.id)
    await change(units, hook["id"], active=False)
    await work()
    await fail(units, slow, clock)
    [row] = await deliveries(units, hook["id"])
    assert row.status == "dropped"


async def test_a_late_success_counts(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    receiver.answers = [(410, {})]
    await book(client, event_type)
    [waiting] = await deliveries(units, hook["id"])
    slow = await prepared(units, waiting.id)
    await work()
    async with units.begin(autocommit=True) as uow:
        await sending.delivered(uow, [(slow, Attempted(clock.now, 3, 200, "ok"))])
    [row] = await deliveries(units, hook["id"])
    assert row.status == "delivered"


async def test_a_pause_from_a_clock_that_was_ahead_does_not_last(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await change(units, hook["id"], failures=9, paused_until=clock.now + timedelta(days=400))
    await book(client, event_type)
    await work()
    [row] = await deliveries(units, hook["id"])
    assert row.status == "delivered"


@pytest.mark.parametrize(("depth", "kept"), [(100, True), (101, False), (300, False), (5000, True)])
async def test_a_deep_template_can_be_shown(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, depth: int, kept: bool
) -> None:
    host, event_type = await a_host(units)
    template = "[" * depth + '"{{uid}}"' + "]" * depth
    hook = await subscribe(client, host, receiver.url(), payloadTemplate=template)
    made = await book(client, event_type)
    await work()
    [row] = await deliveries(units, hook["id"])
    assert row.status == "delivered"
    assert made["uid"].encode() in receiver.hits[0].body
    assert receiver.hits[0].body.startswith(b"[") is kept  # what is no JSON is text
    path = f"/v2/webhooks/{hook['id']}/deliveries/{row.id}"
    assert made["uid"] in str(data(await client.get(path, headers=host.headers))["body"])


@pytest.mark.parametrize(
    "asked", ["9999999999", "-1", "999999999", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
async def test_an_odd_wish_for_patience_does_not_stop_the_schedule(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    clock: Clock,
    asked: str,
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    receiver.answers = [(503, {"Retry-After": asked})]
    await book(client, event_type)
    await work()
    [row] = await deliveries(units, hook["id"])
    assert row.next_attempt_at is not None
    assert 4 <= (row.next_attempt_at - clock.now).total_seconds() <= 120


async def test_sending_again_after_the_clean_up(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    """A delivery whose job is gone is sent again; one that is gone itself is not found."""
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    await work()
    [row] = await deliveries(units, hook["id"])
    async with units.begin() as uow:
        await uow.session.execute(delete(Job).where(Job.key == row.id))
        await uow.commit()
    path = f"/v2/webhooks/{hook['id']}/deliveries/{row.id}/redeliver"
    data(await client.post(path, headers=host.headers), 201)
    await work()
    assert len(receiver.hits) == 2
    clock.advance(timedelta(days=30, seconds=1))
    await jobs.purge(units, None)  # type: ignore[arg-type]  # the facts of its job say nothing
    assert message(await client.post(path, headers=host.headers), 404).startswith("Delivery (")
    await work()
    assert len(receiver.hits) == 2


async def test_others_have_their_turn_between_two_templates(
    client: httpx.AsyncClient, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host has up to a hundred, and each may take tens of milliseconds."""
    host, event_type = await a_host(units)
    for _ in range(3):
        await subscribe(client, host, payloadTemplate="t={{title}}")
    turns, seen = 0, list[int]()
    usual = outbox.rendered

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def rendered(*given: Any) -> Rendered:
        seen.append(turns)
        return usual(*given)

    monkeypatch.setattr(outbox, "rendered", rendered)
    others = asyncio.create_task(take_turns())
    await book(client, event_type)
    others.cancel()
    assert len(set(seen)) == 3
