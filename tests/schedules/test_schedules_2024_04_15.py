"""Schedules over HTTP, contract 2024-04-15 (also without a date)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from tests.clock import Clock
from tests.factories import Person, make_schedule, make_user

URL = "/v2/schedules"


def at(text: str, day: str = "1970-01-01") -> str:
    return f"{day}T{text}:00.000Z"


async def create(client: httpx.AsyncClient, user: Person, **given: Any) -> dict[str, Any]:
    json = {"name": "Old", "timeZone": "Europe/Rome", "isDefault": True, **given}
    answer = await client.post(URL, json=json, headers=user.headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


async def test_a_schedule_in_all_its_forms(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    hours = [{"days": [5, 1], "startTime": at("09:00", "2030-07-01"), "endTime": at("17:30")}]
    made = await create(client, user, availabilities=hours)
    [row] = made["schedule"]
    times = {"startTime": at("09:00"), "endTime": at("17:30")}
    assert row == {
        "id": row["id"],
        "userId": user.id,
        "eventTypeId": None,
        "scheduleId": made["id"],
        "days": [5, 1],
        **times,
        "date": None,
    }
    span = [{"start": at("09:00"), "end": at("17:30")}]
    assert made == {
        "id": made["id"],
        "name": "Old",
        "isManaged": False,
        "workingHours": [{"days": [5, 1], "startTime": 540, "endTime": 1050}],
        "schedule": [row],
        "availability": [[], span, [], [], [], span, []],
        "timeZone": "Europe/Rome",
        "dateOverrides": [],
        "isDefault": True,
        "isLastSchedule": True,
        "readOnly": False,
        "userId": user.id,
    }
    for path in (f"/{made['id']}", "/default"):
        answer = await client.get(URL + path, headers=user.headers)
        assert answer.json()["data"] == made
    assert (await client.get(URL, headers=user.headers)).json()["data"] == [made]


async def test_default_hours_and_the_last_schedule(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    assert (await client.get(URL, headers=user.headers)).json()["data"] == []
    assert (await client.get(f"{URL}/default", headers=user.headers)).json()["data"] is None
    made = await create(client, user)
    assert made["workingHours"] == [{"days": [1, 2, 3, 4, 5], "startTime": 540, "endTime": 1020}]
    assert (await create(client, user))["isLastSchedule"] is False


async def test_only_coming_overrides_are_shown(
    client: httpx.AsyncClient, units: Units, clock: Clock
) -> None:
    clock.set("2030-05-20T12:00:00Z")
    user = await make_user(units)
    days = [
        ("2030-05-21", "14:00", "15:00"),
        ("2030-05-20", "09:00", "10:00"),
        ("2030-05-19", "09:00", "10:00"),
        ("2030-05-21", "09:00", "10:00"),
    ]
    schedule = await make_schedule(units, user, overrides=days)
    shown = (await client.get(f"{URL}/{schedule}", headers=user.headers)).json()["data"]
    assert shown["dateOverrides"] == [
        {"ranges": [{"start": at("09:00", "2030-05-20"), "end": at("10:00", "2030-05-20")}]},
        {
            "ranges": [
                {"start": at("09:00", "2030-05-21"), "end": at("10:00", "2030-05-21")},
                {"start": at("14:00", "2030-05-21"), "end": at("15:00", "2030-05-21")},
            ]
        },
    ]
    dates = [row["date"] for row in shown["schedule"]]
    assert dates == [None, *(f"{day}T00:00:00.000Z" for day, _, _ in days)]


async def test_update_replaces_week_and_overrides(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    before = await make_schedule(units, user)
    made = await create(client, user, isDefault=False)
    span = {"start": at("10:00"), "end": at("12:00")}
    late = {"start": at("14:00"), "end": at("16:00")}
    week = [[], [span, late], [span], [], [], [], []]
    day = {"start": at("08:00", "2044-05-20"), "end": at("09:00", "2044-05-20")}
    answer = await client.patch(
        f"{URL}/{made['id']}",
        json={"schedule": week, "dateOverrides": [day], "isDefault": True},
        headers=user.headers,
    )
    assert answer.status_code == 200, answer.text
    changed = answer.json()["data"]
    assert changed["availability"] == week
    assert (changed["prevDefaultId"], changed["currentDefaultId"]) == (before, made["id"])
    assert (changed["isDefault"], changed["timeZone"]) == (True, "Europe/Rome")
    head = changed["schedule"]
    assert (head["id"], head["userId"], head["name"]) == (made["id"], user.id, "Old")
    assert [(row["days"], row["date"]) for row in head["availability"]] == [
        ([1, 2], None),
        ([1], None),
        ([], "2044-05-20T00:00:00.000Z"),
    ]
    renamed = await client.patch(
        f"{URL}/{made['id']}", json={"name": "New", "timeZone": "asia/tokyo"}, headers=user.headers
    )
    assert renamed.json()["data"]["schedule"]["name"] == "New"
    assert renamed.json()["data"]["timeZone"] == "Asia/Tokyo"
    assert renamed.json()["data"]["availability"] == week


async def test_unreadable_times_are_quoted(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    for text in ("11:15", "2030-01-01", "tomorrow", 5, None):
        hours = [{"days": [1], "startTime": text, "endTime": at("17:00")}]
        json = {"name": "x", "timeZone": "UTC", "isDefault": False, "availabilities": hours}
        answer = await client.post(URL, json=json, headers=user.headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == (
            "Invalid datestring format. Expected format(ISO8061): 2025-04-12T13:17:56.324Z. "
            f"Received: {text}"
        )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"days": [7]}, "from 0 (Sunday) to 6"),
        ({"days": ["Monday"]}, "must be a number"),
        ({"days": 1}, "must be an array"),
        ({"endTime": at("08:00")}, "must not be before the start"),
    ],
)
async def test_invalid_hours(
    client: httpx.AsyncClient, units: Units, given: dict[str, Any], text: str
) -> None:
    user = await make_user(units)
    hours = [{"days": [1], "startTime": at("09:00"), "endTime": at("17:00"), **given}]
    json = {"name": "x", "timeZone": "UTC", "isDefault": False, "availabilities": hours}
    answer = await client.post(URL, json=json, headers=user.headers)
    assert answer.status_code == 400
    assert text in str(answer.json()["error"]["details"]["errors"])


async def test_a_week_has_seven_days(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    made = await create(client, user)
    answer = await client.patch(
        f"{URL}/{made['id']}", json={"schedule": [[]] * 8}, headers=user.headers
    )
    assert answer.status_code == 400
    assert "no more than 7" in str(answer.json()["error"]["details"]["errors"])


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_missing_and_foreign_schedules(
    client: httpx.AsyncClient, units: Units, method: str
) -> None:
    user, owner = await make_user(units), await make_user(units)
    foreign = await make_schedule(units, owner)
    for path, status in (("99999999", 404), (str(foreign), 403), ("abc", 400)):
        answer = await client.request(
            method,
            f"{URL}/{path}",
            json={"name": "Mine"} if method == "PATCH" else None,
            headers=user.headers,
        )
        assert answer.status_code == status


async def test_delete(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    made = await create(client, user)
    answer = await client.delete(f"{URL}/{made['id']}", headers=user.headers)
    assert answer.json() == {"status": "success"}
    assert (await client.get(f"{URL}/{made['id']}", headers=user.headers)).status_code == 404
