"""`/v2/webhooks` over HTTP: shapes, validation, ownership, paging, URL rules."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from openslots.kernel.uow import Units
from openslots.models import Webhook
from openslots.webhooks import rules
from tests.factories import make_event_type, make_user
from tests.waiting import started
from tests.webhooks.build import UNKNOWN, a_url, body, data, message, subscribe

NEW = {
    "payloadTemplate": None,
    "secret": None,
    "version": "2021-10-20",
    "time": None,
    "timeUnit": None,
}


async def test_a_new_webhook_is_returned_as_it_was_sent(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    sent = body()
    made = data(await client.post("/v2/webhooks", json=sent, headers=user.headers), 201)
    assert str(uuid.UUID(made["id"])) == made["id"]
    assert made == {"id": made["id"], "userId": user.id, **sent, **NEW}


async def test_every_field_is_kept(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    sent = body(
        active=False,
        triggers=list(rules.TRIGGERS[:-1]),
        payloadTemplate="{{title}",
        secret="s3cret",
        version="2026-07-27",
        time=2,
        timeUnit="HOUR",
    )
    sent["triggers"].remove("DELEGATION_CREDENTIAL_ERROR")
    made = data(await client.post("/v2/webhooks", json=sent, headers=user.headers), 201)
    shown = data(await client.get(f"/v2/webhooks/{made['id']}", headers=user.headers))
    assert shown == made == {"id": made["id"], "userId": user.id, **sent}


async def test_unknown_fields_are_dropped_and_repeated_triggers_count_once(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    triggers = ["MEETING_ENDED", "BOOKING_CREATED", "MEETING_ENDED"]
    made = await subscribe(client, user, triggers=triggers, eventTriggers=["OOO_CREATED"])
    assert made["triggers"] == ["MEETING_ENDED", "BOOKING_CREATED"]
    assert "eventTriggers" not in made


async def test_no_trigger_at_all_is_fine(client: httpx.AsyncClient, units: Units) -> None:
    assert (await subscribe(client, await make_user(units), triggers=[]))["triggers"] == []


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"active": None}, "active must be a boolean value"),
        ({"active": "yes"}, "active must be a boolean value"),
        ({"active": 1}, "active must be a boolean value"),
        ({"subscriberUrl": None}, "subscriberUrl must be a string"),
        ({"subscriberUrl": 7}, "subscriberUrl must be a string"),
        ({"triggers": "BOOKING_CREATED"}, "triggers must be an array"),
        ({"triggers": ["BOOKING_CONFIRMED"]}, "each value in triggers must be one of"),
        ({"triggers": ["BOOKING_CREATED", "booking_created"]}, "each value in triggers must"),
        ({"triggers": [None]}, "each value in triggers must be one of"),
        ({"triggers": [["BOOKING_CREATED"]]}, "each value in triggers must be one of"),
        ({"payloadTemplate": {}}, "payloadTemplate must be a string"),
        ({"secret": 5}, "secret must be a string"),
        (
            {"version": "2020-01-01"},
            "version must be one of the following values: 2021-10-20, 2026-07-27",
        ),
        ({"time": 0}, "time must not be less than 1"),
        ({"time": "5"}, "time must be an integer number"),
        (
            {"timeUnit": "WEEK"},
            "timeUnit must be one of the following values: DAY, HOUR, MINUTE",
        ),
    ],
)
async def test_fields_of_the_wrong_kind_are_refused(
    client: httpx.AsyncClient, units: Units, change: dict[str, Any], constraint: str
) -> None:
    user = await make_user(units)
    answer = await client.post("/v2/webhooks", json=body(**change), headers=user.headers)
    assert message(answer, 400)
    assert constraint in answer.text


@pytest.mark.parametrize("missing", ["active", "subscriberUrl", "triggers"])
async def test_required_fields(client: httpx.AsyncClient, units: Units, missing: str) -> None:
    user = await make_user(units)
    sent = body()
    del sent[missing]
    answer = await client.post("/v2/webhooks", json=sent, headers=user.headers)
    assert missing in message(answer, 400) or missing in answer.text


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("not a url", "Invalid URL format"),
        ("ftp://example.com/", "Only HTTP and HTTPS protocols are allowed"),
        ("http://169.254.169.254/latest", "Blocked hostname"),
        ("https://example.com/" + "a" * 3000, "URL is too long"),
    ],
)
async def test_urls_that_may_not_be_called(
    client: httpx.AsyncClient, units: Units, url: str, reason: str
) -> None:
    user = await make_user(units)
    refused = f"Webhook URL is not allowed: {reason}"
    answer = await client.post("/v2/webhooks", json=body(subscriberUrl=url), headers=user.headers)
    assert message(answer, 400) == refused
    made = await subscribe(client, user)
    path = f"/v2/webhooks/{made['id']}"
    answer = await client.patch(path, json={"subscriberUrl": url}, headers=user.headers)
    assert message(answer, 400) == refused
    assert data(await client.get(path, headers=user.headers)) == made


async def test_the_delegation_trigger_is_for_organizations(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    only = "DELEGATION_CREDENTIAL_ERROR trigger is only available for organization webhooks"
    triggers = {"triggers": ["DELEGATION_CREDENTIAL_ERROR"]}
    answer = await client.post("/v2/webhooks", json=body(**triggers), headers=user.headers)
    assert message(answer, 400) == only
    made = await subscribe(client, user)
    path = f"/v2/webhooks/{made['id']}"
    assert message(await client.patch(path, json=triggers, headers=user.headers), 400) == only


NO_SHOW: dict[str, Any] = {"triggers": ["AFTER_HOSTS_CAL_VIDEO_NO_SHOW"]}


async def test_a_no_show_trigger_has_a_window(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    made = await subscribe(client, user, **NO_SHOW)
    assert (made["time"], made["timeUnit"]) == (5, "MINUTE")
    made = await subscribe(client, user, time=1, timeUnit="DAY", **NO_SHOW)
    assert (made["time"], made["timeUnit"]) == (1, "DAY")
    for half in ({"time": 3}, {"timeUnit": "HOUR"}):
        answer = await client.post(
            "/v2/webhooks", json=body(**half, **NO_SHOW), headers=user.headers
        )
        assert "time and timeUnit must be given together" in message(answer, 400)
    plain = await subscribe(client, user, time=3)
    path = f"/v2/webhooks/{plain['id']}"
    answer = await client.patch(path, json=NO_SHOW, headers=user.headers)
    assert "time and timeUnit must be given together" in message(answer, 400)


async def test_a_url_can_be_subscribed_once_per_user(
    client: httpx.AsyncClient, units: Units
) -> None:
    ann, ben = await make_user(units), await make_user(units)
    taken = "Webhook with this subscriber url already exists for this user"
    first, second = await subscribe(client, ann), await subscribe(client, ann)
    url = first["subscriberUrl"]
    again = await client.post("/v2/webhooks", json=body(subscriberUrl=url), headers=ann.headers)
    assert message(again, 409) == taken
    path = f"/v2/webhooks/{second['id']}"
    answer = await client.patch(path, json={"subscriberUrl": url}, headers=ann.headers)
    assert message(answer, 409) == taken
    assert data(await client.get(path, headers=ann.headers)) == second
    assert (await subscribe(client, ben, url))["userId"] == ben.id
    same = f"/v2/webhooks/{first['id']}"
    data(await client.patch(same, json={"subscriberUrl": url}, headers=ann.headers))


async def test_patch_changes_what_it_names_and_null_clears(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    made = await subscribe(
        client, user, payloadTemplate="{{title}}", secret="s", time=2, timeUnit="DAY"
    )
    path = f"/v2/webhooks/{made['id']}"
    expected = dict(made)
    for change in (
        {},
        {"active": False},
        {"subscriberUrl": a_url()},
        {"triggers": ["BOOKING_REJECTED", "OOO_CREATED"]},
        {"version": "2026-07-27"},
        {"time": None, "timeUnit": None},
        {"payloadTemplate": None},
        {"secret": None},
        {"secret": ""},
    ):
        expected |= change
        changed = data(await client.patch(path, json=change, headers=user.headers))
        assert changed == expected
    nulls = {"active": None, "subscriberUrl": None, "triggers": None, "version": None}
    assert data(await client.patch(path, json=nulls, headers=user.headers)) == expected
    assert data(await client.get(path, headers=user.headers)) == expected


async def test_a_deleted_webhook_is_returned_once(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    made = await subscribe(client, user)
    path = f"/v2/webhooks/{made['id']}"
    assert data(await client.delete(path, headers=user.headers)) == made
    gone = f"Webhook ({made['id']}) not found"
    for method in ("GET", "DELETE", "PATCH"):
        answer = await client.request(
            method, path, headers=user.headers, json={} if method == "PATCH" else None
        )
        assert message(answer, 404) == gone


@pytest.mark.parametrize("unknown", [UNKNOWN, "7", "not-a-uuid", "a" * 300])
async def test_unknown_ids(client: httpx.AsyncClient, units: Units, unknown: str) -> None:
    user = await make_user(units)
    answer = await client.get(f"/v2/webhooks/{unknown}", headers=user.headers)
    assert "not found" in message(answer, 404)


async def test_webhooks_of_others_are_out_of_reach(client: httpx.AsyncClient, units: Units) -> None:
    ann, ben = await make_user(units), await make_user(units)
    made = await subscribe(client, ann)
    path = f"/v2/webhooks/{made['id']}"
    expected = (
        f"IsUserWebhookGuard - user with id=({ben.id}) is not the owner of webhook with "
        f"id=({made['id']})"
    )
    for method in ("GET", "DELETE", "PATCH"):
        answer = await client.request(
            method, path, headers=ben.headers, json={} if method == "PATCH" else None
        )
        assert message(answer, 403) == expected
    assert data(await client.get("/v2/webhooks", headers=ben.headers)) == []
    admin = await make_user(units, role="ADMIN")
    assert data(await client.get(path, headers=admin.headers)) == made


async def test_the_list_is_in_creation_order_and_paged(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    made = [await subscribe(client, user) for _ in range(3)]
    assert data(await client.get("/v2/webhooks", headers=user.headers)) == made
    for query, expected in (
        ("take=2", made[:2]),
        ("take=2&skip=2", made[2:]),
        ("skip=3", []),
        ("take=250", made),
    ):
        assert data(await client.get(f"/v2/webhooks?{query}", headers=user.headers)) == expected


@pytest.mark.parametrize(
    "query", ["take=0", "take=251", "skip=-1", "take=many", "skip=1.5", "take="]
)
async def test_paging_out_of_range(client: httpx.AsyncClient, units: Units, query: str) -> None:
    user = await make_user(units)
    message(await client.get(f"/v2/webhooks?{query}", headers=user.headers), 400)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/webhooks"),
        ("GET", "/v2/webhooks"),
        ("GET", f"/v2/webhooks/{UNKNOWN}"),
        ("PATCH", f"/v2/webhooks/{UNKNOWN}"),
        ("DELETE", f"/v2/webhooks/{UNKNOWN}"),
        ("POST", "/v2/event-types/1/webhooks"),
        ("GET", "/v2/event-types/1/webhooks"),
        ("DELETE", "/v2/event-types/1/webhooks"),
        ("GET", f"/v2/event-types/1/webhooks/{UNKNOWN}"),
        ("PATCH", f"/v2/event-types/1/webhooks/{UNKNOWN}"),
        ("DELETE", f"/v2/event-types/1/webhooks/{UNKNOWN}"),
    ],
)
async def test_nobody_gets_in_without_a_credential(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    sent: dict[str, Any] | None = None if method in ("GET", "DELETE") else {}
    message(await client.request(method, path, json=sent), 401)


@pytest.mark.parametrize(
    "content", [b"[]", b"7", b"{", b'{"active": true', b'{"active":true,"subscriberUrl":"\\u0000"}']
)
async def test_hostile_bodies(client: httpx.AsyncClient, units: Units, content: bytes) -> None:
    user = await make_user(units)
    headers = {**user.headers, "Content-Type": "application/json"}
    message(await client.post("/v2/webhooks", content=content, headers=headers), 400)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_webhook_that_goes_meanwhile_is_not_found(
    client: httpx.AsyncClient, units: Units, method: str
) -> None:
    user = await make_user(units)
    made = await subscribe(client, user)
    async with units.begin() as uow:
        await uow.session.execute(delete(Webhook).where(Webhook.id == made["id"]))
        request = client.request(
            method, f"/v2/webhooks/{made['id']}", json={"active": False}, headers=user.headers
        )
        task = await started(units, request)
        await uow.commit()
    assert message(await task, 404) == f"Webhook ({made['id']}) not found"


async def test_an_owner_has_a_bounded_number(
    client: httpx.AsyncClient, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST", 3)
    user, other = await make_user(units), await make_user(units)
    event_type = await make_event_type(units, user)
    path = f"/v2/event-types/{event_type.id}/webhooks"
    answers = await asyncio.gather(
        *(client.post("/v2/webhooks", json=body(), headers=user.headers) for _ in range(6))
    )
    assert sorted(one.status_code for one in answers) == [201] * 3 + [400] * 3
    refused = next(one for one in answers if one.status_code == 400)
    assert message(refused, 400) == "A user has at most 3 webhooks."
    for _ in range(3):
        await subscribe(client, user, path=path)
    answer = await client.post(path, json=body(), headers=user.headers)
    assert message(answer, 400) == "An event type has at most 3 webhooks."
    await subscribe(client, other)
    first = data(await client.get("/v2/webhooks", headers=user.headers))[0]
    one = f"/v2/webhooks/{first['id']}"
    data(await client.patch(one, json={"active": False}, headers=user.headers))
    data(await client.delete(one, headers=user.headers))
    await subscribe(client, user)


def test_the_bound_is_a_hundred() -> None:
    assert rules.MOST == 100
