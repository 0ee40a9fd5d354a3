"""Push subscriptions over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from tests.clock import Clock
from tests.factories import Person, make_user, unique

URL = "/v2/notifications/subscriptions/app-push"
NOT_FOUND = "App push subscription not found for the given token"


def body(**given: Any) -> dict[str, Any]:
    return {
        "token": f"ExponentPushToken[{unique('t')}]",
        "platform": "IOS",
        "deviceId": unique("device"),
        **given,
    }


async def register(client: httpx.AsyncClient, user: Person, given: dict[str, Any]) -> Any:
    answer = await client.post(URL, json=given, headers=user.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def remove(client: httpx.AsyncClient, user: Person, token: str) -> httpx.Response:
    return await client.request("DELETE", URL, json={"token": token}, headers=user.headers)


async def test_a_device_is_registered_once(
    client: httpx.AsyncClient, units: Units, clock: Clock
) -> None:
    clock.set("2030-01-01T10:00:00Z")
    user, wanted = await make_user(units), body()
    made = await register(client, user, wanted)
    assert made == {
        "id": made["id"],
        "userId": user.id,
        "type": "APP_PUSH",
        "platform": "IOS",
        "identifier": wanted["token"],
        "deviceId": wanted["deviceId"],
        "createdAt": "2030-01-01T10:00:00.000Z",
        "updatedAt": "2030-01-01T10:00:00.000Z",
    }
    clock.set("2030-01-01T11:00:00Z")
    again = await register(client, user, {**wanted, "platform": "ANDROID", "deviceId": "d"})
    assert again == {
        **made,
        "platform": "ANDROID",
        "deviceId": "d",
        "updatedAt": "2030-01-01T11:00:00.000Z",
    }


async def test_a_token_belongs_to_the_last_who_registered_it(
    client: httpx.AsyncClient, units: Units
) -> None:
    one, other, wanted = await make_user(units), await make_user(units), body()
    made = await register(client, one, wanted)
    moved = await register(client, other, wanted)
    assert (moved["id"], moved["userId"]) == (made["id"], other.id)
    assert (await remove(client, one, wanted["token"])).status_code == 404
    assert (await remove(client, other, wanted["token"])).status_code == 200


async def test_removing(client: httpx.AsyncClient, units: Units) -> None:
    user, wanted = await make_user(units), body()
    await register(client, user, wanted)
    gone = await remove(client, user, wanted["token"])
    assert (gone.status_code, gone.json()) == (
        200,
        {"status": "success", "message": "App push subscription removed successfully"},
    )
    again = await remove(client, user, wanted["token"])
    assert (again.status_code, again.json()["error"]["message"]) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    ("given", "property_", "text"),
    [
        (
            {"token": "abc"},
            "token",
            "token must be a valid Expo Push Token (ExponentPushToken[...])",
        ),
        ({"token": "ExponentPushToken[]"}, "token", "Expo Push Token"),
        ({"token": f"ExponentPushToken[{'x' * 501}]"}, "token", "Expo Push Token"),
        ({"token": None}, "token", "token must be a string"),
        ({"platform": "WEB"}, "platform", "IOS, ANDROID"),
        ({"deviceId": ""}, "deviceId", "deviceId should not be empty"),
        ({"deviceId": 5}, "deviceId", "deviceId must be a string"),
    ],
)
async def test_invalid_bodies(
    client: httpx.AsyncClient, units: Units, given: dict[str, Any], property_: str, text: str
) -> None:
    user = await make_user(units)
    answer = await client.post(URL, json=body(**given), headers=user.headers)
    assert answer.status_code == 400
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == property_
    assert any(text in found for found in problem["constraints"].values())


async def test_removing_needs_a_token(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    answer = await client.request("DELETE", URL, json={}, headers=user.headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_nobody_without_a_credential(client: httpx.AsyncClient, method: str) -> None:
    assert (await client.request(method, URL)).status_code == 401
