"""The delivery log over HTTP: list, detail, sending again, ping."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from openslots.kernel.uow import Units
from openslots.models import Job
from openslots.webhooks import jobs
from tests.clock import Clock
from tests.factories import Person, make_event_type, make_user, tomorrow_at
from tests.webhooks.build import (
    UNKNOWN,
    a_host,
    book,
    cancel,
    change,
    data,
    deliveries,
    message,
    subscribe,
)
from tests.webhooks.conftest import Work
from tests.webhooks.receiver import Receiver


async def log_of(
    client: httpx.AsyncClient, user: Person, hook: dict[str, Any], query: str = ""
) -> Any:
    return data(
        await client.get(f"/v2/webhooks/{hook['id']}/deliveries{query}", headers=user.headers)
    )


async def test_deliveries_are_listed_newest_first(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    first = await book(client, event_type)
    await work()
    clock.advance(timedelta(minutes=1))
    receiver.answers = [(500, {})]
    second = await book(client, event_type, tomorrow_at(12))
    await work()
    answer = await client.get(f"/v2/webhooks/{hook['id']}/deliveries", headers=host.headers)
    newer, older = data(answer)
    assert answer.json()["pagination"]["totalItems"] == 2
    assert older == {
        "id": older["id"],
        "webhookId": hook["id"],
        "trigger": "BOOKING_CREATED",
        "status": "delivered",
        "attempts": 1,
        "bookingUid": first["uid"],
        "createdAt": "2026-05-04T10:00:00.000Z",
        "dueAt": None,
        "nextAttemptAt": None,
        "deliveredAt": "2026-05-04T10:00:00.000Z",
    }
    assert (newer["status"], newer["bookingUid"]) == ("pending", second["uid"])
    assert newer["nextAttemptAt"] > "2026-05-04T10:01:03"
    assert await log_of(client, host, hook, "?status=pending") == [newer]
    assert await log_of(client, host, hook, "?take=1&skip=1") == [older]
    for query in ("status=lost", "take=0", "take=251", "skip=-1"):
        path = f"/v2/webhooks/{hook['id']}/deliveries?{query}"
        message(await client.get(path, headers=host.headers), 400)


async def test_the_next_attempt_is_shown_when_it_will_be(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    receiver.answers = [(500, {})]
    await change(units, hook["id"], failures=9, failing_since=clock.now)
    await book(client, event_type)
    await work()
    clock.advance(timedelta(seconds=1))
    await book(client, event_type, tomorrow_at(12))
    await work()
    for one in await log_of(client, host, hook):
        assert "2026-05-04T10:05:00.000Z" <= one["nextAttemptAt"] < "2026-05-04T10:05:01.000Z"
        path = f"/v2/webhooks/{hook['id']}/deliveries/{one['id']}"
        assert (
            data(await client.get(path, headers=host.headers))["nextAttemptAt"]
            == (one["nextAttemptAt"])
        )
    answer = await client.post(f"/v2/webhooks/{hook['id']}/ping", headers=host.headers)
    ping = data(answer, 201)
    assert ping["nextAttemptAt"] == "2026-05-04T10:00:01.000Z"
    assert ping in await log_of(client, host, hook)


async def test_a_delivery_that_waits_for_an_earlier_one_says_so(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    triggers = ["BOOKING_CREATED", "BOOKING_CANCELLED"]
    hook = await subscribe(client, host, receiver.url(), triggers=triggers)
    made = await book(client, event_type)
    [first] = await deliveries(units, hook["id"])
    async with units.begin() as uow:
        later = update(Job).where(Job.key == first.id).values(run_at=clock.now + timedelta(hours=1))
        await uow.session.execute(later)
        await uow.commit()
    clock.advance(timedelta(minutes=1))
    await cancel(client, host, made["uid"])
    await work()
    cancelled, created = await log_of(client, host, hook)
    assert cancelled["nextAttemptAt"] == "2026-05-04T10:01:01.000Z"
    assert created["nextAttemptAt"] == "2026-05-04T11:00:00.000Z"


async def test_a_delivery_shows_its_body_and_attempts(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(
        client, host, receiver.url(), secret="hidden", payloadTemplate="a={{uid}}"
    )
    receiver.answers = [(500, {})]
    receiver.answer_body = b"x" * 5000
    made = await book(client, event_type)
    await work()
    clock.advance(timedelta(seconds=7))
    await work()
    [listed] = await log_of(client, host, hook)
    path = f"/v2/webhooks/{hook['id']}/deliveries/{listed['id']}"
    answer = await client.get(path, headers=host.headers)
    shown = data(answer)
    assert {name: shown[name] for name in listed} == listed
    assert shown["body"] == f"a={made['uid']}"
    assert shown["contentType"] == "application/x-www-form-urlencoded"
    failed, delivered = shown["history"]
    assert (failed["statusCode"], failed["error"]) == (500, "HTTP 500")
    assert failed["attemptedAt"] == "2026-05-04T10:00:00.000Z"
    assert failed["durationMs"] >= 0
    assert delivered["statusCode"] == 200
    assert delivered["response"] == "x" * 2048
    assert "hidden" not in answer.text


async def test_a_json_body_is_shown_as_json(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    await work()
    [listed] = await log_of(client, host, hook)
    path = f"/v2/webhooks/{hook['id']}/deliveries/{listed['id']}"
    assert data(await client.get(path, headers=host.headers))["body"] == receiver.hits[0].json


async def test_sending_again_repeats_body_and_id(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    await work()
    [listed] = await log_of(client, host, hook)
    path = f"/v2/webhooks/{hook['id']}/deliveries/{listed['id']}/redeliver"
    again = data(await client.post(path, headers=host.headers), 201)
    assert (again["id"], again["status"], again["attempts"]) == (listed["id"], "pending", 0)
    await work()
    one, two = receiver.hits
    assert (one.body, one.headers["webhook-id"]) == (two.body, two.headers["webhook-id"])
    [delivery] = await deliveries(units, hook["id"])
    assert (delivery.status, delivery.attempts) == ("delivered", 1)
    await client.patch(f"/v2/webhooks/{hook['id']}", json={"active": False}, headers=host.headers)
    assert (
        message(await client.post(path, headers=host.headers), 400) == "The webhook is not active"
    )


async def test_a_ping_is_sent_once(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    user = await make_user(units)
    hook = await subscribe(
        client, user, receiver.url(), active=False, triggers=[], payloadTemplate="{{title}}"
    )
    receiver.answers = [(500, {})]
    made = data(await client.post(f"/v2/webhooks/{hook['id']}/ping", headers=user.headers), 201)
    assert (made["trigger"], made["status"]) == ("PING", "pending")
    await work()
    [hit] = receiver.hits
    assert hit.json["triggerEvent"] == "PING"
    assert hit.json["payload"]["webhookId"] == hook["id"]
    [listed] = await log_of(client, user, hook)
    assert (listed["id"], listed["status"]) == (made["id"], "failed")


async def test_the_log_of_an_event_types_webhook(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(
        client, host, receiver.url(), path=f"/v2/event-types/{event_type.id}/webhooks"
    )
    await book(client, event_type)
    await work()
    assert len(await log_of(client, host, hook)) == 1


async def test_logs_of_others_are_out_of_reach(client: httpx.AsyncClient, units: Units) -> None:
    ann, ben = await make_user(units), await make_user(units)
    event_type = await make_event_type(units, ann)
    hooks = [
        await subscribe(client, ann),
        await subscribe(client, ann, path=f"/v2/event-types/{event_type.id}/webhooks"),
    ]
    for hook in hooks:
        base = f"/v2/webhooks/{hook['id']}"
        for method, path, status in (
            ("GET", f"{base}/deliveries", 403),
            ("GET", f"{base}/deliveries/{UNKNOWN}", 403),
            ("POST", f"{base}/deliveries/{UNKNOWN}/redeliver", 403),
            ("POST", f"{base}/ping", 403),
        ):
            message(await client.request(method, path, headers=ben.headers), status)
        for method, path in (
            ("GET", f"{base}/deliveries/{UNKNOWN}"),
            ("GET", f"{base}/deliveries/nonsense"),
            ("POST", f"{base}/deliveries/{UNKNOWN}/redeliver"),
        ):
            refused = message(await client.request(method, path, headers=ann.headers), 404)
            assert refused.startswith("Delivery (")


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", "deliveries"),
        ("GET", f"deliveries/{UNKNOWN}"),
        ("POST", f"deliveries/{UNKNOWN}/redeliver"),
        ("POST", "ping"),
    ],
)
async def test_access_to_the_log(
    client: httpx.AsyncClient, units: Units, method: str, rest: str
) -> None:
    path = f"/v2/webhooks/{UNKNOWN}/{rest}"
    message(await client.request(method, path), 401)
    user = await make_user(units)
    gone = f"Webhook ({UNKNOWN}) not found"
    assert message(await client.request(method, path, headers=user.headers), 404) == gone


async def test_old_deliveries_are_deleted(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    await work()
    await book(client, event_type, tomorrow_at(12))  # not sent yet
    clock.advance(timedelta(days=30, seconds=1))
    await jobs.purge(units, None)  # type: ignore[arg-type]  # the facts of its job say nothing
    [left] = await log_of(client, host, hook)
    assert left["status"] == "pending"
