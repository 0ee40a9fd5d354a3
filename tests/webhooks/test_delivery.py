"""Bookings over HTTP until their webhooks arrive at a receiver on this machine."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from datetime import timedelta

import httpx
import pytest

from openslots.kernel.uow import Units
from openslots.models import Webhook
from tests.clock import Clock
from tests.factories import make_event_type, make_team, make_user, tomorrow_at
from tests.webhooks.build import (
    VERSION,
    a_host,
    attempts,
    book,
    cancel,
    data,
    deliveries,
    subscribe,
)
from tests.webhooks.conftest import Work
from tests.webhooks.receiver import Receiver

EVERYTHING = [
    "BOOKING_CREATED",
    "BOOKING_REQUESTED",
    "BOOKING_RESCHEDULED",
    "BOOKING_CANCELLED",
    "BOOKING_REJECTED",
    "BOOKING_NO_SHOW_UPDATED",
]


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


async def test_a_template_that_cannot_be_filled_in_is_told_to_the_log(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    caplog: pytest.LogCaptureFixture,
) -> None:
    host, event_type = await a_host(units)
    unknown = "x" * 5000
    template = "{{#" + unknown + "}}{{/" + unknown + "}}"
    hook = await subscribe(client, host, receiver.url(), payloadTemplate=template)
    await subscribe(client, host, receiver.url("/fine"), payloadTemplate="t={{title}}")
    made = await book(client, event_type)
    await work()
    [hit] = receiver.at("/in")
    assert hit.json["payload"]["uid"] == made["uid"]
    [record] = [one for one in caplog.records if one.message == "webhooks.template_unfit"]
    assert record.levelname == "WARNING"
    fields = record.__dict__["fields"]
    assert (fields["webhook"], fields["trigger"]) == (hook["id"], "BOOKING_CREATED")
    assert fields["reason"].startswith("unknown block xxx")
    assert len(fields["reason"]) == 200
