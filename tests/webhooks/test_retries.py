"""Failures: tried again on the schedule, switched off in the end, and nothing lost meanwhile."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

import httpx
from sqlalchemy import select

from openslots.kernel.uow import Units
from openslots.models import Job, WebhookDelivery
from tests.clock import Clock
from tests.factories import make_team, make_user, tomorrow_at
from tests.webhooks.build import (
    a_host,
    attempts,
    book,
    change,
    data,
    deliveries,
    mails,
    subscribe,
    the_webhook,
)
from tests.webhooks.conftest import Work
from tests.webhooks.receiver import Receiver


async def test_failures_are_tried_again_with_the_same_body_and_id(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url(), secret="k")
    receiver.answers = [(500, {}), (404, {})]
    await book(client, event_type)
    await work()
    [delivery] = await deliveries(units, hook["id"])
    assert delivery.status == "pending"
    assert delivery.next_attempt_at is not None
    wait = (delivery.next_attempt_at - clock.now).total_seconds()
    assert 4 <= wait <= 6
    clock.advance(timedelta(seconds=3.9))
    assert await work() == 0
    clock.advance(timedelta(seconds=2.2))
    await work()
    [delivery] = await deliveries(units, hook["id"])
    assert delivery.next_attempt_at is not None
    assert 240 <= (delivery.next_attempt_at - clock.now).total_seconds() <= 360
    assert (await the_webhook(units, hook["id"])).failures == 2
    clock.advance(timedelta(seconds=361))
    await work()
    [delivery] = await deliveries(units, hook["id"])
    assert (delivery.status, delivery.attempts, delivery.next_attempt_at) == ("delivered", 3, None)
    assert len({hit.body for hit in receiver.hits}) == 1
    assert len({hit.headers["webhook-id"] for hit in receiver.hits}) == 1
    assert [hit.headers["x-cal-delivery-attempt"] for hit in receiver.hits] == ["1", "2", "3"]
    assert len({hit.headers["webhook-timestamp"] for hit in receiver.hits}) == 3
    found = [(one.status_code, one.error) for one in await attempts(units, delivery.id)]
    assert found == [(500, "HTTP 500"), (404, "HTTP 404"), (200, None)]
    cured = await the_webhook(units, hook["id"])
    assert (cured.failures, cured.failing_since) == (0, None)


async def test_changes_of_url_and_secret_hold_for_what_waits(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url("/old"))
    receiver.answers = [(503, {})]
    await book(client, event_type)
    await work()
    await client.patch(
        f"/v2/webhooks/{hook['id']}",
        json={"subscriberUrl": receiver.url("/new"), "secret": "n"},
        headers=host.headers,
    )
    clock.advance(timedelta(seconds=10))
    await work()
    [hit] = receiver.at("/new")
    expected = hmac.new(b"n", hit.body, hashlib.sha256).hexdigest()
    assert hit.headers["x-cal-signature-256"] == expected


async def test_an_endpoint_that_is_gone_is_switched_off(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    receiver.answers = [(410, {})]
    await book(client, event_type)
    await work()
    [delivery] = await deliveries(units, hook["id"])
    assert (delivery.status, delivery.attempts) == ("failed", 1)
    row = await the_webhook(units, hook["id"])
    assert not row.active
    assert row.disabled_reason == "the endpoint answered 410 Gone"
    [mail] = await mails(units, host.email)
    assert mail.subject == "A webhook was switched off"
    assert receiver.url() in mail.text
    assert hook["id"] in mail.text
    path = f"/v2/webhooks/{hook['id']}"
    back = data(await client.patch(path, json={"active": True}, headers=host.headers))
    assert back["active"] is True
    row = await the_webhook(units, hook["id"])
    assert (row.disabled_at, row.disabled_reason, row.failures) == (None, None, 0)


async def test_owners_of_event_types_and_administrators_of_teams_are_told(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    admin, member = await make_user(units), await make_user(units)
    team = await make_team(
        units, members=[(admin, "ADMIN"), (member, "MEMBER"), (host, "MEMBER")], organization=True
    )
    path = f"/v2/event-types/{event_type.id}/webhooks"
    await subscribe(client, host, receiver.url("/type"), path=path)
    ours = await subscribe(client, host, receiver.url("/ours"))
    await change(units, ours["id"], user_id=None, team_id=team)
    receiver.answers = [(410, {}), (410, {})]
    await book(client, event_type)
    await work()
    found = [len(await mails(units, one.email)) for one in (host, admin, member)]
    assert found == [1, 1, 0]


async def test_an_endpoint_that_only_fails_for_five_days_is_switched_off(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    now = clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await change(units, hook["id"], failures=40, failing_since=now - timedelta(days=4, hours=23))
    receiver.answers = [(500, {}), (500, {})]
    await book(client, event_type)
    await work()
    assert (await the_webhook(units, hook["id"])).active
    clock.advance(timedelta(hours=1))
    await work()
    row = await the_webhook(units, hook["id"])
    assert not row.active
    assert row.disabled_reason == "every delivery failed for 5 days"
    assert len(await mails(units, host.email)) == 1


async def test_a_failing_endpoint_is_asked_seldom_and_loses_nothing(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await change(units, hook["id"], failures=9, failing_since=clock.now)
    receiver.answers = [(500, {})]
    await book(client, event_type)
    await work()
    for hour in (12, 13, 14):
        await book(client, event_type, tomorrow_at(hour))
    await work()
    assert len(receiver.hits) == 1
    clock.advance(timedelta(seconds=302))
    await work()
    assert len(receiver.hits) == 5
    assert {row.status for row in await deliveries(units, hook["id"])} == {"delivered"}


async def test_what_waits_for_a_webhook_that_is_off_is_dropped(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    path = f"/v2/webhooks/{hook['id']}"
    await client.patch(path, json={"active": False}, headers=host.headers)
    await work()
    assert receiver.hits == []
    [delivery] = await deliveries(units, hook["id"])
    assert delivery.status == "dropped"


async def test_a_deleted_webhook_leaves_nothing_behind(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    await client.delete(f"/v2/webhooks/{hook['id']}", headers=host.headers)
    await work()
    assert receiver.hits == []
    assert await deliveries(units, hook["id"]) == []


async def test_a_forbidden_address_is_tried_twice_at_most(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    hook = await subscribe(client, host)
    await change(units, hook["id"], subscriber_url="http://169.254.169.254/latest")
    await book(client, event_type)
    await work()
    clock.advance(timedelta(minutes=1))
    await work()
    [delivery] = await deliveries(units, hook["id"])
    assert (delivery.status, delivery.attempts) == ("failed", 2)
    errors = {one.error for one in await attempts(units, delivery.id)}
    assert errors == {"Blocked hostname"}


async def test_a_job_whose_worker_died_after_sending_is_sent_again_with_the_same_id(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    await work()
    [delivery] = await deliveries(units, hook["id"])
    async with units.begin() as uow:  # as it was before the worker recorded anything
        row = await uow.session.get_one(WebhookDelivery, delivery.id)
        row.status, row.attempts = "pending", 0
        job = await uow.session.scalar(select(Job).where(Job.key == delivery.id))
        assert job is not None
        job.done_at = None
        await uow.session.flush()
        await uow.commit()
    await work()
    assert len(receiver.hits) == 2
    assert len({hit.headers["webhook-id"] for hit in receiver.hits}) == 1
