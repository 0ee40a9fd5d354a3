"""Deleting subscriptions: at once however long the log is, and never at a booker's cost."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import Runner
from openslots.kernel.uow import Units
from openslots.models import Booking, Webhook
from openslots.webhooks import jobs
from openslots.webhooks.repository import deliveries as repository
from openslots.webhooks.service import log, outbox
from openslots.webhooks.types import Attempted, Outcome
from tests.factories import make_event_type, tomorrow_at, unique
from tests.waiting import somebody_waits, started
from tests.webhooks.build import (
    VERSION,
    a_host,
    attempts,
    book,
    data,
    deliveries,
    message,
    subscribe,
    the_webhook,
)
from tests.webhooks.conftest import Work
from tests.webhooks.receiver import Receiver

_FILL = text("""
INSERT INTO webhook_deliveries
  (id, webhook_id, trigger, body, content_type, status, attempts, created_at)
SELECT gen_random_uuid()::text, :hook, 'PING', '{}', 'application/json', 'delivered', 1, now()
FROM generate_series(1, :number)
""")


def request(event_type_id: int) -> dict[str, Any]:
    return {
        "start": f"{tomorrow_at(10):%Y-%m-%dT%H:%M:%SZ}",
        "eventTypeId": event_type_id,
        "attendee": {
            "name": "Gus Guest",
            "email": f"{unique('gus')}@example.com",
            "timeZone": "Europe/London",
        },
    }


@pytest.mark.parametrize("how", ["DELETE FROM webhooks", "UPDATE webhooks SET triggers = '{}'"])
async def test_a_booking_does_not_fail_because_its_webhook_goes_meanwhile(
    client: httpx.AsyncClient, units: Units, how: str
) -> None:
    host, event_type = await a_host(units)
    going = await subscribe(client, host)
    path = f"/v2/event-types/{event_type.id}/webhooks"
    staying = await subscribe(client, host, path=path)
    async with units.begin() as uow:
        await uow.session.execute(
            text("SELECT FROM webhooks WHERE id = :id FOR UPDATE"), {"id": going["id"]}
        )
        booking = await started(
            units, client.post("/v2/bookings", json=request(event_type.id), headers=VERSION)
        )
        assert not booking.done()
        await uow.session.execute(text(f"{how} WHERE id = :id"), {"id": going["id"]})
        await uow.commit()
    made = data(await booking, 201)
    assert [one.booking_uid for one in await deliveries(units, staying["id"])] == [made["uid"]]
    gone = how.startswith("DELETE")
    assert len(await deliveries(units, going["id"])) == (0 if gone else 1)


async def test_counting_failures_holds_up_no_booking(
    client: httpx.AsyncClient, units: Units
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host)
    async with units.begin() as uow:
        await repository.failed(uow.session, hook["id"], uow.now)
        await uow.session.flush()
        await book(client, event_type)
        await uow.commit()
    async with units.begin() as uow:
        await repository.succeeded(uow.session, [hook["id"]])
        await book(client, event_type, tomorrow_at(12))
        await uow.commit()
    assert (await the_webhook(units, hook["id"])).failures == 0


async def test_a_webhook_goes_at_once_and_its_log_afterwards(
    client: httpx.AsyncClient, units: Units, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "CHUNK", 3)
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, secret="s3cret", payloadTemplate="t={{title}}")
    other = await subscribe(client, host)
    async with units.begin() as uow:
        await uow.session.execute(_FILL, {"hook": hook["id"], "number": 8})
        await uow.session.execute(_FILL, {"hook": other["id"], "number": 1})
        await uow.commit()
    path = f"/v2/webhooks/{hook['id']}"
    [held, *_] = await deliveries(units, hook["id"])
    async with units.begin() as uow:
        await uow.session.execute(
            text("SELECT FROM webhook_deliveries WHERE id = :id FOR UPDATE"), {"id": held.id}
        )
        answer = await started(units, client.delete(path, headers=host.headers))
        assert answer.done(), "the log is deleted before the answer"
    assert data(await answer) == hook
    row = await the_webhook(units, hook["id"])
    assert (row.active, row.sealed_secret, row.payload_template) == (False, None, None)
    for more in ("", "/deliveries", f"/deliveries/{held.id}"):
        assert "not found" in message(await client.get(path + more, headers=host.headers), 404)
    listed = data(await client.get("/v2/webhooks", headers=host.headers))
    assert [one["id"] for one in listed] == [other["id"]]
    again = await subscribe(client, host, hook["subscriberUrl"])
    await book(client, event_type)
    await work()
    assert await deliveries(units, hook["id"]) == []
    async with units.begin() as uow:
        assert await uow.session.get(Webhook, hook["id"]) is None
    assert len(await deliveries(units, other["id"])) == 2
    assert len(await deliveries(units, again["id"])) == 1


async def test_all_of_an_event_type_go_at_once(
    client: httpx.AsyncClient, units: Units, work: Work
) -> None:
    host, event_type = await a_host(units)
    others = await make_event_type(units, host)
    path = f"/v2/event-types/{event_type.id}/webhooks"
    hooks = [await subscribe(client, host, path=path) for _ in range(3)]
    left = await subscribe(client, host, path=f"/v2/event-types/{others.id}/webhooks")
    for hook in hooks:
        async with units.begin() as uow:
            await uow.session.execute(_FILL, {"hook": hook["id"], "number": 2})
            await uow.commit()
    assert data(await client.delete(path, headers=host.headers)) == "3 webhooks deleted"
    assert data(await client.get(path, headers=host.headers)) == []
    await work()
    ids = [hook["id"] for hook in hooks]
    async with units.begin() as uow:
        rows = await uow.session.scalars(
            select(Webhook.id).where(Webhook.id.in_([*ids, left["id"]]))
        )
        assert rows.all() == [left["id"]]


async def test_an_attempt_whose_delivery_goes_does_not_fail_those_recorded_with_it(
    client: httpx.AsyncClient, units: Units
) -> None:
    host, event_type = await a_host(units)
    hooks = [await subscribe(client, host) for _ in range(2)]
    await book(client, event_type)
    [going], [staying] = [await deliveries(units, hook["id"]) for hook in hooks]

    async def recorded() -> None:
        async with units.begin(autocommit=True) as uow:
            attempted = Attempted(uow.now, 5, 200, "thanks")
            late = [Outcome(one.id, attempted, "delivered") for one in (staying, going)]
            await repository.record(uow.session, late)

    async with units.begin() as uow:
        await uow.session.execute(
            text("DELETE FROM webhook_deliveries WHERE id = :id"), {"id": going.id}
        )
        recording = asyncio.create_task(recorded())
        await somebody_waits(units)
        await uow.commit()
    await recording
    [kept] = await deliveries(units, hooks[1]["id"])
    assert (kept.status, kept.attempts, len(await attempts(units, kept.id))) == ("delivered", 1, 1)
    assert await attempts(units, going.id) == []


async def test_what_waits_for_a_deleted_webhook_is_not_sent(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    data(await client.delete(f"/v2/webhooks/{hook['id']}", headers=host.headers))
    await Runner(units, {"webhooks.deliver": jobs.deliver}).run_until_idle()
    assert receiver.hits == []
    assert [one.status for one in await deliveries(units, hook["id"])] == ["dropped"]
    await work()
    assert await deliveries(units, hook["id"]) == []


async def test_the_webhooks_of_an_event_type_go_with_it_and_their_logs_afterwards(
    client: httpx.AsyncClient, units: Units, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, path=f"/v2/event-types/{event_type.id}/webhooks")
    async with units.begin() as uow:
        await uow.session.execute(_FILL, {"hook": hook["id"], "number": 5})
        await uow.commit()
    path = f"/v2/event-types/{event_type.id}"
    headers = {**host.headers, "cal-api-version": "2024-06-14"}
    assert (await client.delete(path, headers=headers)).status_code == 200
    assert len(await deliveries(units, hook["id"])) == 5
    await work()
    assert await deliveries(units, hook["id"]) == []


async def test_a_test_event_is_not_sent_to_a_deleted_webhook(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    """It would go out unsigned, since the secret is gone already."""
    host, _ = await a_host(units)
    hook = await subscribe(client, host, receiver.url(), secret="s3cret")
    path = f"/v2/webhooks/{hook['id']}"
    data(await client.post(f"{path}/ping", headers=host.headers), 201)
    data(await client.delete(path, headers=host.headers))
    await Runner(units, {"webhooks.deliver": jobs.deliver}).run_until_idle()
    assert receiver.hits == []


@pytest.mark.parametrize("held", ["event_types", "bookings"])
async def test_an_event_type_that_goes_and_a_booking_do_not_hold_each_other_up(
    client: httpx.AsyncClient, units: Units, held: str
) -> None:
    """Whoever books holds the event type, and whoever moves or cancels the booking, before they
    write the deliveries."""
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, path=f"/v2/event-types/{event_type.id}/webhooks")
    made = await book(client, event_type)
    row = {"event_types": event_type.id, "bookings": made["id"]}[held]
    headers = {**host.headers, "cal-api-version": "2024-06-14"}
    async with units.begin() as uow:
        await uow.session.execute(
            text(f"SELECT FROM {held} WHERE id = :id FOR KEY SHARE"), {"id": row}
        )
        if held == "bookings":
            await uow.session.execute(
                text("UPDATE bookings SET title = 'Moved' WHERE id = :id"), {"id": row}
            )
        deleting = await started(
            units, client.delete(f"/v2/event-types/{event_type.id}", headers=headers)
        )
        assert not deleting.done()
        if held == "bookings":  # one that is moved: the new one is of the same event type
            await uow.session.execute(
                text("SELECT FROM event_types WHERE id = :id FOR KEY SHARE"), {"id": event_type.id}
            )
        row_of_hook = await uow.session.get_one(Webhook, hook["id"])
        draft = outbox.draft(uow, row_of_hook, "PING", "{}", "application/json", booking_uid=None)
        await repository.insert_new(uow.session, [draft], uow.now)
        await uow.commit()
    assert (await deleting).status_code == 200
    async with units.begin() as uow:
        kept = await uow.session.get_one(Booking, made["id"])
        assert kept.event_type_id is None


async def test_removing_a_log_and_recording_an_attempt_do_not_hold_each_other_up(
    client: httpx.AsyncClient, units: Units
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host)
    await book(client, event_type)
    [row] = await deliveries(units, hook["id"])
    data(await client.delete(f"/v2/webhooks/{hook['id']}", headers=host.headers))
    async with units.begin() as uow:
        attempted = Attempted(uow.now, 5, 500, "no", error="HTTP 500")
        await repository.record(uow.session, [Outcome(row.id, attempted, "failed")])
        removing = asyncio.create_task(jobs.remove(units, removal(hook["id"], uow.now)))
        await somebody_waits(units)
        assert await repository.failed(uow.session, hook["id"], uow.now) is not None
        await uow.commit()
    await removing
    assert await deliveries(units, hook["id"]) == []
    async with units.begin() as uow:
        assert await uow.session.get(Webhook, hook["id"]) is None


def removal(webhook_id: str, now: datetime) -> JobFacts:
    return JobFacts(0, "webhooks.remove", webhook_id, "", {}, 1, run_at=now, created_at=now)
