"""Schedules over HTTP, contract 2024-06-11."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from openslots.models import EventType, User
from tests.factories import Person, make_event_type, make_schedule, make_user

DATE = "2024-06-11"
URL = "/v2/schedules"
WORKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
NINE_TO_FIVE = [{"days": WORKDAYS, "startTime": "09:00", "endTime": "17:00"}]


def body(**given: Any) -> dict[str, Any]:
    return {"name": "Lessons", "timeZone": "Europe/Rome", "isDefault": False, **given}


async def create(client: httpx.AsyncClient, user: Person, **given: Any) -> dict[str, Any]:
    answer = await client.post(URL, json=body(**given), headers=user.dated(DATE))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


async def get(client: httpx.AsyncClient, user: Person, path: str = "") -> Any:
    answer = await client.get(f"{URL}{path}", headers=user.dated(DATE))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def problems(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"]["details"]["errors"])


async def test_a_new_schedule_has_a_working_week_by_default(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    for given in ({}, {"availability": None}):
        made = await create(client, user, **given)
        assert made == {
            "id": made["id"],
            "ownerId": user.id,
            "name": "Lessons",
            "timeZone": "Europe/Rome",
            "availability": NINE_TO_FIVE,
            "isDefault": False,
            "overrides": [],
        }
    assert await get(client, user, f"/{made['id']}") == made


async def test_items_come_back_as_they_were_sent(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    hours = [
        {"days": ["Wednesday", "Monday"], "startTime": "17:00", "endTime": "19:00"},
        {"days": ["Sunday"], "startTime": "00:00", "endTime": "23:59"},
        {"days": ["Monday"], "startTime": "18:00", "endTime": "20:00"},
        {"days": ["Monday"], "startTime": "08:00", "endTime": "08:00"},
    ]
    days = [
        {"date": "2044-05-21", "startTime": "00:00", "endTime": "00:00"},
        {"date": "2044-05-20", "startTime": "18:00", "endTime": "21:00"},
        {"date": "2044-05-20", "startTime": "09:00", "endTime": "10:00"},
        {"date": "1999-12-31", "startTime": "09:00", "endTime": "10:00"},
    ]
    made = await create(client, user, availability=hours, overrides=days)
    assert (made["availability"], made["overrides"]) == (hours, days)
    assert await get(client, user, f"/{made['id']}") == made


async def test_no_hours_and_items_without_days(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    assert (await create(client, user, availability=[]))["availability"] == []
    item = {"days": [], "startTime": "09:00", "endTime": "10:00"}
    assert (await create(client, user, availability=[item]))["availability"] == []


async def test_zone_in_any_capitalisation_and_date_with_time(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    day = {"date": "2044-05-20T23:30:00.000Z", "startTime": "18:00", "endTime": "21:00"}
    made = await create(client, user, timeZone="europe/ROME", name="", overrides=[day])
    assert (made["timeZone"], made["name"]) == ("Europe/Rome", "")
    assert made["overrides"] == [{**day, "date": "2044-05-20"}]


async def test_default_moves_and_cannot_be_dropped(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    assert await get(client, user, "/default") is None
    first = await create(client, user)
    assert await get(client, user, "/default") is None
    second = await create(client, user, isDefault=True)
    assert (await get(client, user, "/default"))["id"] == second["id"]
    url = f"{URL}/{first['id']}"
    answer = await client.patch(url, json={"isDefault": True}, headers=user.dated(DATE))
    assert answer.json()["data"] == {**first, "isDefault": True}
    kept = await client.patch(url, json={"isDefault": False}, headers=user.dated(DATE))
    assert kept.json()["data"]["isDefault"] is True
    assert [(s["id"], s["isDefault"]) for s in await get(client, user)] == [
        (first["id"], True),
        (second["id"], False),
    ]


async def test_update_keeps_what_it_does_not_name(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    days = [{"date": "2044-05-21", "startTime": "00:00", "endTime": "00:00"}]
    made = await create(client, user, overrides=days)
    url = f"{URL}/{made['id']}"

    async def patch(**given: Any) -> Any:
        answer = await client.patch(url, json=given, headers=user.dated(DATE))
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    assert await patch() == made
    nulls = {"name": None, "timeZone": None, "availability": None, "overrides": None}
    assert await patch(**nulls, isDefault=None) == made
    assert await patch(name="Other", timeZone="Asia/Tokyo") == {
        **made,
        "name": "Other",
        "timeZone": "Asia/Tokyo",
    }
    hours = [{"days": ["Sunday"], "startTime": "10:00", "endTime": "11:00"}]
    changed = await patch(availability=hours)
    assert (changed["availability"], changed["overrides"]) == (hours, days)
    changed = await patch(overrides=[])
    assert (changed["availability"], changed["overrides"]) == (hours, [])
    assert (await patch(availability=[]))["availability"] == []


async def test_patching_the_returned_value_changes_nothing(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    days = [{"date": "2044-05-21", "startTime": "09:30", "endTime": "10:00"}]
    made = await create(client, user, overrides=days, isDefault=True)
    answer = await client.patch(f"{URL}/{made['id']}", json=made, headers=user.dated(DATE))
    assert answer.json()["data"] == made


async def test_deleting_the_default_leaves_the_oldest_in_its_place(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    oldest = await create(client, user)
    await create(client, user)
    default = await create(client, user, isDefault=True)
    event_type = await make_event_type(units, user, schedule_id=default["id"])
    answer = await client.delete(f"{URL}/{default['id']}", headers=user.dated(DATE))
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    assert (await get(client, user, "/default"))["id"] == oldest["id"]
    async with units.begin() as uow:
        assert (await uow.session.get_one(EventType, event_type.id)).schedule_id is None
    gone = await client.get(f"{URL}/{default['id']}", headers=user.dated(DATE))
    assert gone.status_code == 404


async def test_deleting_the_only_schedule_leaves_no_default(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    only = await make_schedule(units, user)
    assert (await client.delete(f"{URL}/{only}", headers=user.dated(DATE))).status_code == 200
    assert await get(client, user) == []
    async with units.begin() as uow:
        assert (await uow.session.get_one(User, user.id)).default_schedule_id is None


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_missing_and_foreign_schedules(
    client: httpx.AsyncClient, units: Units, method: str
) -> None:
    user, owner = await make_user(units), await make_user(units)
    foreign = await make_schedule(units, owner)
    changes = {"name": "Mine"} if method == "PATCH" else None

    async def refused(path: str) -> tuple[int, str]:
        answer = await client.request(
            method, f"{URL}/{path}", json=changes, headers=user.dated(DATE)
        )
        return answer.status_code, answer.json()["error"]["message"]

    assert await refused("99999999") == (404, "Schedule with ID=99999999 does not exist.")
    huge = 2**70
    assert await refused(str(huge)) == (404, f"Schedule with ID={huge} does not exist.")
    assert await refused(str(foreign)) == (
        403,
        f"User with ID={user.id} does not own schedule with ID={foreign}",
    )
    assert await refused("abc") == (400, "Validation failed (numeric string is expected)")
    assert (await get(client, owner, f"/{foreign}"))["name"] == "Working hours"


@pytest.mark.parametrize(
    ("given", "property_", "text"),
    [
        ({"name": 5}, "name", "must be a string"),
        ({"timeZone": "Mars/Olympus"}, "timeZone", "must be a valid IANA time-zone"),
        ({"isDefault": None}, "isDefault", "must be a boolean value"),
        ({"isDefault": "true"}, "isDefault", "must be a boolean value"),
        ({"availability": "x"}, "availability", "must be an array"),
        ({"overrides": {}}, "overrides", "must be an array"),
    ],
)
async def test_invalid_fields_are_named(
    client: httpx.AsyncClient, units: Units, given: dict[str, Any], property_: str, text: str
) -> None:
    user = await make_user(units)
    answer = await client.post(URL, json=body(**given), headers=user.dated(DATE))
    [problem] = answer.json()["error"]["details"]["errors"]
    assert answer.status_code == 400
    assert problem["property"] == property_
    assert f"{property_} {text}" in problem["constraints"].values()


@pytest.mark.parametrize("missing", ["name", "timeZone", "isDefault"])
async def test_required_fields(client: httpx.AsyncClient, units: Units, missing: str) -> None:
    user = await make_user(units)
    given = {key: value for key, value in body().items() if key != missing}
    answer = await client.post(URL, json=given, headers=user.dated(DATE))
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == missing
    assert "value" not in problem


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"days": ["Funday"]}, "each value in days must be one of"),
        ({"days": "Monday"}, "days must be an array"),
        ({"startTime": "9:00"}, "startTime must be a valid time format HH:MM"),
        ({"endTime": "24:00"}, "endTime must be a valid time format HH:MM"),
        ({"endTime": "17:60"}, "endTime must be a valid time format HH:MM"),
        ({"endTime": "08:59"}, "endTime must not be before startTime"),
        ({"endTime": 17}, "endTime must be a string"),
    ],
)
async def test_invalid_hours(
    client: httpx.AsyncClient, units: Units, item: dict[str, Any], text: str
) -> None:
    user = await make_user(units)
    hours = [{"days": ["Monday"], "startTime": "09:00", "endTime": "17:00", **item}]
    for method, url in (("POST", URL), ("PATCH", f"{URL}/{await make_schedule(units, user)}")):
        answer = await client.request(
            method, url, json=body(availability=hours), headers=user.dated(DATE)
        )
        assert text in problems(answer)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"date": "2044-02-30"}, "date must be a valid ISO 8601 date string"),
        ({"date": "0001-01-01"}, "date must be a valid ISO 8601 date string"),
        ({"date": "20.5.2044"}, "date must be a valid ISO 8601 date string"),
        ({"startTime": "noon"}, "startTime must be a valid time format HH:MM"),
        ({"endTime": "08:00"}, "endTime must not be before startTime"),
    ],
)
async def test_invalid_overrides(
    client: httpx.AsyncClient, units: Units, item: dict[str, Any], text: str
) -> None:
    user = await make_user(units)
    days = [{"date": "2044-05-20", "startTime": "09:00", "endTime": "17:00", **item}]
    answer = await client.post(URL, json=body(overrides=days), headers=user.dated(DATE))
    assert text in problems(answer)
    assert await get(client, user) == []


async def test_hostile_bodies(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    texts = ("[]", json.dumps(body(name="a\x00b")), json.dumps(body(name="\ud800")))
    for text in texts:
        answer = await client.post(
            URL, content=text, headers={**user.dated(DATE), "content-type": "application/json"}
        )
        assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""),
        ("GET", ""),
        ("GET", "/default"),
        ("GET", "/1"),
        ("PATCH", "/1"),
        ("DELETE", "/1"),
    ],
)
@pytest.mark.parametrize("date", ["2024-04-15", DATE, "2024-09-04"])
async def test_nobody_without_a_credential(
    client: httpx.AsyncClient, method: str, path: str, date: str
) -> None:
    answer = await client.request(method, URL + path, headers={"cal-api-version": date})
    assert answer.status_code == 401


async def test_later_dates_have_the_newest_shape(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    made = await create(client, user)
    for date in ("2024-06-14", "2024-08-13", "2024-09-04", "2026-05-01"):
        answer = await client.get(f"{URL}/{made['id']}", headers=user.dated(date))
        assert answer.json()["data"] == made
