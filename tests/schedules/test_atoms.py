"""Schedules as the published components ask for them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from tests.factories import Person, make_event_type, make_schedule, make_user

URL = "/v2/atoms/schedules"


async def call(
    client: httpx.AsyncClient, user: Person, method: str, path: str = "", **given: Any
) -> httpx.Response:
    return await client.request(method, URL + path, headers=user.headers, **given)


async def data(
    client: httpx.AsyncClient, user: Person, method: str, path: str = "", **given: Any
) -> Any:
    answer = await call(client, user, method, path, **given)
    assert answer.is_success, answer.text
    return answer.json()["data"]


async def test_the_default_or_one_by_id_or_none(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    assert await data(client, user, "GET") is None
    default = await make_schedule(units, user)
    other = await make_schedule(units, user, default=False, name="Other")
    found = await data(client, user, "GET")
    assert (found["id"], found["isDefault"], found["readOnly"]) == (default, True, False)
    found = await data(client, user, "GET", params={"scheduleId": other})
    assert (found["id"], found["name"], found["isDefault"]) == (other, "Other", False)
    old = await client.get(f"/v2/schedules/{other}", headers=user.dated("2024-04-15"))
    assert found == old.json()["data"]
    stranger = await make_user(units)
    answer = await call(client, stranger, "GET", params={"scheduleId": other})
    assert answer.status_code == 403


async def test_all_of_them(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    first = await make_schedule(units, user, name="First")
    second = await make_schedule(units, user, name="Second", default=False)
    found = (await data(client, user, "GET", "/all"))["schedules"]
    assert [(s["id"], s["name"], s["isDefault"]) for s in found] == [
        (first, "First", True),
        (second, "Second", False),
    ]
    assert found[0]["timeZone"] == "Europe/London"
    assert found[0]["availability"][0]["days"] == [1, 2, 3, 4, 5]


async def test_the_first_that_is_created_is_the_default(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units, time_zone="Europe/Rome")
    answer = await call(client, user, "POST", "/create", json={"name": "Mine"})
    assert answer.status_code == 201
    made = answer.json()["data"]["schedule"]
    assert made == {
        "id": made["id"],
        "userId": user.id,
        "name": "Mine",
        "timeZone": "Europe/Rome",
    }
    found = await data(client, user, "GET")
    assert (found["id"], found["isDefault"]) == (made["id"], True)
    assert found["workingHours"] == [{"days": [1, 2, 3, 4, 5], "startTime": 540, "endTime": 1020}]
    hours = {"start": "1970-01-01T10:00:00.000Z", "end": "1970-01-01T12:00:00.000Z"}
    body = {"name": "Next", "schedule": [[], [hours], [], [], [], [], []]}
    second = (await data(client, user, "POST", "/create", json=body))["schedule"]["id"]
    found = await data(client, user, "GET", params={"scheduleId": second})
    assert found["isDefault"] is False
    assert found["workingHours"] == [{"days": [1], "startTime": 600, "endTime": 720}]
    assert (await call(client, user, "POST", "/create", json={})).status_code == 400


async def test_saving_and_making_default(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    first = await make_schedule(units, user)
    second = await make_schedule(units, user, default=False)
    before = await data(client, user, "GET", params={"scheduleId": second})
    changed = await data(client, user, "PATCH", f"/{second}", json={"isDefault": True})
    assert changed == {**before, "isDefault": True}
    body = {
        "name": "Mornings",
        "timeZone": "Europe/Rome",
        "schedule": [
            [],
            [{"start": "2024-01-01T08:00:00.000Z", "end": "2024-01-01T10:00:00.000Z"}],
            *[[] for _ in range(5)],
        ],
        "dateOverrides": [{"start": "2090-05-05T08:00:00.000Z", "end": "2090-05-05T09:00:00.000Z"}],
        "scheduleId": second,
    }
    changed = await data(client, user, "PATCH", f"/{second}", json=body)
    assert (changed["name"], changed["timeZone"]) == ("Mornings", "Europe/Rome")
    assert changed["workingHours"] == [{"days": [1], "startTime": 480, "endTime": 600}]
    assert changed["dateOverrides"][0]["ranges"][0]["start"] == "2090-05-05T08:00:00.000Z"
    assert (await data(client, user, "GET", params={"scheduleId": first}))["isDefault"] is False
    stranger = await make_user(units)
    assert (await call(client, stranger, "PATCH", f"/{second}", json={})).status_code == 403
    assert (await call(client, user, "PATCH", "/abc", json={})).status_code == 400


async def test_a_copy_has_the_hours_and_dates(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    source = await make_schedule(
        units, user, name="Mine", overrides=[("2090-05-05", "10:00", "11:00")]
    )
    answer = await call(client, user, "POST", f"/{source}/duplicate")
    assert answer.status_code == 201
    made = answer.json()["data"]["schedule"]
    assert made["name"] == "Mine (Copy)"
    copy = await data(client, user, "GET", params={"scheduleId": made["id"]})
    original = await data(client, user, "GET", params={"scheduleId": source})
    for key in ("workingHours", "availability", "timeZone", "dateOverrides"):
        assert copy[key] == original[key]
    assert (copy["isDefault"], original["isDefault"]) == (False, True)
    assert (await call(client, user, "POST", "/1/duplicate")).status_code in (403, 404)


async def test_the_schedule_of_an_event_type(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    default = await make_schedule(units, user)
    other = await make_schedule(units, user, default=False)
    await make_event_type(units, user, slug="plain")
    await make_event_type(units, user, slug="special", schedule_id=other)
    for slug, expected in (("plain", default), ("special", other)):
        assert (await data(client, user, "GET", f"/event-type/{slug}"))["id"] == expected
    assert await data(client, user, "GET", "/event-type/none") is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/all"),
        ("GET", "/event-type/x"),
        ("POST", "/create"),
        ("POST", "/1/duplicate"),
        ("PATCH", "/1"),
    ],
)
async def test_without_credentials(client: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await client.request(method, URL + path, json={"name": "x"})).status_code == 401
