"""Bookings over HTTP until their webhooks arrive at a receiver on this machine."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select

from openslots.kernel.uow import Units
from openslots.models import EventType, Job, Mail, Webhook, WebhookAttempt, WebhookDelivery
from tests.clock import Clock
from tests.factories import (
    Person,
    make_event_type,
    make_schedule,
    make_team,
    make_user,
    tomorrow_at,
    unique,
)
from tests.webhooks.build import data, subscribe
from tests.webhooks.conftest import Work
from tests.webhooks.receiver import Receiver

VERSION = {"cal-api-version": "2024-08-13"}
ALL_DAY = ((range(7), "00:00", "24:00"),)
EVERYTHING = [
    "BOOKING_CREATED",
    "BOOKING_REQUESTED",
    "BOOKING_RESCHEDULED",
    "BOOKING_CANCELLED",
    "BOOKING_REJECTED",
    "BOOKING_NO_SHOW_UPDATED",
]


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


async def test_a_booking_arrives_signed(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url("/in?a=1"), secret="s3cret")
    made = await book(client, event_type)
    await work()
    [hit] = receiver.hits
    assert hit.path == "/in?a=1"
    assert hit.json["triggerEvent"] == "BOOKING_CREATED"
    assert hit.json["payload"]["uid"] == made["uid"]
    headers = hit.headers
    assert headers["content-type"] == "application/json"
    expected = hmac.new(b"s3cret", hit.body, hashlib.sha256).hexdigest()
    assert headers["x-cal-signature-256"] == expected
    assert headers["x-cal-webhook-version"] == "2021-10-20"
    assert re.fullmatch(r"openslots-webhooks/\S+", headers["user-agent"])
    assert headers["x-cal-delivery-attempt"] == "1"
    [delivery] = await deliveries(units, hook["id"])
    assert headers["webhook-id"] == headers["idempotency-key"] == delivery.id
    signed = f"{delivery.id}.{headers['webhook-timestamp']}.".encode() + hit.body
    digest = hmac.new(b"s3cret", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{b64encode(digest).decode()}"
    assert (delivery.status, delivery.attempts) == ("delivered", 1)
    [attempt] = await attempts(units, delivery.id)
    assert (attempt.status_code, attempt.response, attempt.error) == (200, "thanks", None)
    assert await work() == 0


async def test_without_a_secret_the_header_says_so(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    await subscribe(client, host, receiver.url(), version="2026-07-27")
    await book(client, event_type)
    await work()
    headers = receiver.hits[0].headers
    assert headers["x-cal-signature-256"] == "no-secret-provided"
    assert headers["x-cal-webhook-version"] == "2026-07-27"
    assert "webhook-signature" not in headers


async def test_every_operation_tells_its_own_trigger(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    await subscribe(client, host, receiver.url(), triggers=EVERYTHING)
    made = await book(client, event_type)
    await work()
    moved = data(
        await client.post(
            f"/v2/bookings/{made['uid']}/reschedule",
            json={"start": f"{tomorrow_at(14):%Y-%m-%dT%H:%M:%SZ}"},
            headers=VERSION,
        ),
        201,
    )
    await work()
    await cancel(client, host, moved["uid"])
    await work()
    told = [(hit.json["triggerEvent"], hit.json["payload"]["uid"]) for hit in receiver.hits]
    assert told == [
        ("BOOKING_CREATED", made["uid"]),
        ("BOOKING_RESCHEDULED", moved["uid"]),
        ("BOOKING_CANCELLED", moved["uid"]),
    ]
    rescheduled, cancelled = (hit.json["payload"] for hit in receiver.hits[1:])
    assert rescheduled["rescheduleUid"] == made["uid"]
    assert rescheduled["iCalSequence"] == 1
    assert cancelled["cancellationReason"] == "Ill"
    assert cancelled["status"] == "CANCELLED"


async def test_requests_are_told_until_they_are_decided(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units, requires_confirmation=True)
    await subscribe(client, host, receiver.url(), triggers=EVERYTHING)
    headers = {**host.headers, **VERSION}
    first, second = await book(client, event_type), await book(client, event_type, tomorrow_at(15))
    data(await client.post(f"/v2/bookings/{first['uid']}/confirm", headers=headers))
    data(
        await client.post(
            f"/v2/bookings/{second['uid']}/decline", json={"reason": "Full"}, headers=headers
        )
    )
    await work()
    clock.advance(timedelta(seconds=1))
    await work()
    told = {(hit.json["triggerEvent"], hit.json["payload"]["uid"]) for hit in receiver.hits}
    assert told == {
        ("BOOKING_REQUESTED", first["uid"]),
        ("BOOKING_REQUESTED", second["uid"]),
        ("BOOKING_CREATED", first["uid"]),
        ("BOOKING_REJECTED", second["uid"]),
    }
    [rejected] = receiver.of("BOOKING_REJECTED")
    assert rejected.json["payload"]["rejectionReason"] == "Full"
    for hit in receiver.of("BOOKING_REQUESTED"):
        assert hit.json["payload"]["status"] == "PENDING"
        assert hit.json["payload"]["requiresConfirmation"] is True


async def test_events_of_one_booking_arrive_in_their_order(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    host, event_type = await a_host(units)
    await subscribe(client, host, receiver.url(), triggers=EVERYTHING)
    made = await book(client, event_type)
    clock.advance(timedelta(milliseconds=5))
    await cancel(client, host, made["uid"])
    for _ in range(3):
        await work()
        clock.advance(timedelta(seconds=1))
    triggers = [hit.json["triggerEvent"] for hit in receiver.hits]
    assert triggers == ["BOOKING_CREATED", "BOOKING_CANCELLED"]


async def test_a_rolled_back_booking_tells_nobody(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    hook = await subscribe(client, host, receiver.url())
    await book(client, event_type)
    sent = {
        "start": f"{tomorrow_at(10):%Y-%m-%dT%H:%M:%SZ}",
        "eventTypeId": event_type.id,
        "attendee": {"name": "X", "email": "x@example.com", "timeZone": "Europe/London"},
    }
    assert (await client.post("/v2/bookings", json=sent, headers=VERSION)).status_code == 400
    await work()
    assert len(receiver.hits) == len(await deliveries(units, hook["id"])) == 1


async def test_who_hears_of_a_personal_booking(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    other, stranger = await make_event_type(units, host), await make_user(units)
    organization = await make_team(units, members=[(host, "MEMBER")], organization=True)
    paths = {
        "/user": "",
        "/type": f"/v2/event-types/{event_type.id}/webhooks",
        "/other-type": f"/v2/event-types/{other.id}/webhooks",
    }
    for name, path in paths.items():
        await subscribe(client, host, receiver.url(name), path=path)
    await subscribe(client, host, receiver.url("/off"), active=False)
    await subscribe(client, host, receiver.url("/deaf"), triggers=["BOOKING_CANCELLED"])
    await subscribe(client, stranger, receiver.url("/stranger"))
    await subscribe(client, host, receiver.url("/user"), path=paths["/type"])
    async with units.begin() as uow:
        uow.session.add(
            Webhook(
                team_id=organization,
                subscriber_url=receiver.url("/org"),
                triggers=["BOOKING_CREATED"],
            )
        )
        await uow.session.flush()
        await uow.commit()
    await book(client, event_type)
    await work()
    assert sorted(hit.path for hit in receiver.hits) == ["/org", "/type", "/user", "/user"]


async def test_a_template_is_signed_as_it_is_sent(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, event_type = await a_host(units)
    await subscribe(
        client,
        host,
        receiver.url("/json"),
        secret="k",
        payloadTemplate='{"uid":"{{uid}}","who":"{{attendees.0.name}}","{{type}}":[1]}',
    )
    await subscribe(
        client, host, receiver.url("/form"), payloadTemplate="name={{title}}&e={{triggerEvent}}"
    )
    made = await book(client, event_type)
    await work()
    [as_json], [form] = receiver.at("/json"), receiver.at("/form")
    assert as_json.json == {"uid": made["uid"], "who": "Gus Guest", event_type.slug: [1]}
    expected = hmac.new(b"k", as_json.body, hashlib.sha256).hexdigest()
    assert as_json.headers["x-cal-signature-256"] == expected
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert form.body == b"name=Talk between Hannah Host and Gus Guest&e=BOOKING_CREATED"


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
