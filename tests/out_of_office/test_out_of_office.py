"""The caller's absences over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from openslots.kernel.uow import Units
from openslots.models import Mail
from openslots.out_of_office import service
from tests.clock import Clock
from tests.factories import Person, make_event_type, make_schedule, make_team, make_user
from tests.waiting import started

URL = "/v2/me/ooo"


def body(
    start: str = "2045-05-01T10:15:00.000Z", end: str = "2045-05-10T12:00:00Z", **given: Any
) -> dict[str, Any]:
    return {"start": start, "end": end, **given}


async def create(client: httpx.AsyncClient, user: Person, **given: Any) -> dict[str, Any]:
    answer = await client.post(URL, json=body(**given), headers=user.headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


async def listed(client: httpx.AsyncClient, user: Person, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"{URL}{query}", headers=user.headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def subjects(units: Units, address: str) -> list[str]:
    async with units.begin() as uow:
        found = await uow.session.scalars(
            select(Mail.subject).where(Mail.to_address == address).order_by(Mail.created_at)
        )
        return list(found)


@pytest.fixture
async def colleagues(units: Units) -> tuple[Person, Person]:
    one, other = await make_user(units, name="Away"), await make_user(units, name="Cover")
    await make_team(units, members=[(one, "MEMBER"), (other, "MEMBER")])
    return one, other


async def test_an_entry_covers_whole_utc_days(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    made = await create(client, user, notes="Hawaii", reason="vacation")
    assert made == {
        "userId": user.id,
        "toUserId": None,
        "id": made["id"],
        "uuid": made["uuid"],
        "start": "2045-05-01T00:00:00.000Z",
        "end": "2045-05-10T23:59:59.999Z",
        "notes": "Hawaii",
        "reason": "vacation",
    }
    assert len(made["uuid"]) == 36
    assert await listed(client, user) == [made]


async def test_defaults_and_one_day(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    made = await create(client, user, start="2045-05-01T15:00:00Z", end="2045-05-01T10:00:00Z")
    assert (made["start"], made["end"]) == ("2045-05-01T00:00:00.000Z", "2045-05-01T23:59:59.999Z")
    assert (made["reason"], made["notes"], made["toUserId"]) == ("unspecified", None, None)


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"start": "2045-05-11T00:00:00.000Z"}, 400, "Start date must be before end date."),
        ({"start": "tomorrow"}, 400, "Invalid Date."),
        ({"end": "2045-05-10"}, 400, "Invalid Date."),
        ({"end": "2045-05-10T12:00:00+02:00"}, 400, "Invalid Date."),
        ({"end": "2045-02-30T12:00:00Z"}, 400, "Invalid Date."),
        ({"end": 5}, 400, "Invalid Date."),
        ({}, 409, "Ooo entry already exists."),
    ],
)
async def test_refused_entries(
    client: httpx.AsyncClient, units: Units, given: dict[str, Any], status: int, message: str
) -> None:
    user = await make_user(units)
    made = await create(client, user)
    answer = await client.post(URL, json=body(**given), headers=user.headers)
    assert (answer.status_code, answer.json()["error"]["message"]) == (status, message)
    assert await listed(client, user) == [made]


@pytest.mark.parametrize(
    ("given", "property_", "text"),
    [
        ({"start": None}, "start", "start must be a Date instance"),
        ({"reason": "bored"}, "reason", "reason must be one of the following values: unspecified"),
        ({"notes": 5}, "notes", "notes must be a string"),
        ({"toUserId": "7"}, "toUserId", "toUserId must be an integer number"),
    ],
)
async def test_invalid_fields(
    client: httpx.AsyncClient, units: Units, given: dict[str, Any], property_: str, text: str
) -> None:
    user = await make_user(units)
    answer = await client.post(URL, json=body(**given), headers=user.headers)
    assert answer.status_code == 400
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == property_
    assert any(found.startswith(text) for found in problem["constraints"].values())


async def test_both_ends_are_needed(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    answer = await client.post(URL, json={"start": body()["start"]}, headers=user.headers)
    [problem] = answer.json()["error"]["details"]["errors"]
    assert "end must be a Date instance" in problem["constraints"].values()
    made = await create(client, user)
    for given in ({"start": body()["start"]}, {"end": body()["end"]}):
        answer = await client.patch(f"{URL}/{made['id']}", json=given, headers=user.headers)
        assert answer.status_code == 400
        message = answer.json()["error"]["message"]
        assert message == "Please specify both ooo start and end time."


async def test_overlapping_entries_are_fine(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    await create(client, user)
    await create(client, user, end="2045-05-11T12:00:00Z")
    assert len(await listed(client, user)) == 2


async def test_update_keeps_what_is_not_given(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    made = await create(client, user, notes="Old", reason="vacation")
    url = f"{URL}/{made['id']}"

    async def patch(**given: Any) -> Any:
        answer = await client.patch(url, json=given, headers=user.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    assert await patch() == made
    assert await patch(notes="New") == {**made, "notes": "New"}
    assert await patch(**{**made, "notes": "New"}) == {**made, "notes": "New"}
    moved = await patch(start="2045-06-01T00:00:00Z", end="2045-06-02T00:00:00Z", notes=None)
    assert moved == {
        **made,
        "notes": None,
        "start": "2045-06-01T00:00:00.000Z",
        "end": "2045-06-02T23:59:59.999Z",
    }
    assert (await patch(reason="sick"))["reason"] == "sick"


async def test_an_update_may_not_repeat_another_entry(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    await create(client, user)
    other = await create(client, user, end="2045-05-11T12:00:00Z")
    answer = await client.patch(f"{URL}/{other['id']}", json=body(), headers=user.headers)
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "Ooo entry already exists."
    backwards = body(start="2045-06-11T00:00:00Z")
    answer = await client.patch(f"{URL}/{other['id']}", json=backwards, headers=user.headers)
    assert answer.json()["error"]["message"] == "Start date must be before end date."


async def test_the_one_who_takes_over_hears_of_it(
    client: httpx.AsyncClient, units: Units, colleagues: tuple[Person, Person]
) -> None:
    away, cover = colleagues
    made = await create(client, away, toUserId=cover.id, notes="Keys are in the drawer")
    assert made["toUserId"] == cover.id
    url = f"{URL}/{made['id']}"
    removed = await client.patch(url, json={"toUserId": None}, headers=away.headers)
    assert removed.json()["data"]["toUserId"] is None
    again = await client.patch(url, json={"toUserId": cover.id}, headers=away.headers)
    assert again.json()["data"]["toUserId"] == cover.id
    await client.delete(url, headers=away.headers)
    taken = "Away asked you to take over: 2045-05-01 to 2045-05-10"
    back = "Away no longer needs you to take over: 2045-05-01 to 2045-05-10"
    assert sorted(await subjects(units, cover.email)) == sorted([taken, back, taken, back])
    assert await subjects(units, away.email) == []


async def test_who_can_take_over(
    client: httpx.AsyncClient, units: Units, colleagues: tuple[Person, Person]
) -> None:
    away, _ = colleagues
    invited = await make_user(units)
    stranger = await make_user(units)
    await make_team(units, members=[(stranger, "OWNER")], pending=[invited])

    async def refused(user: Person, to: int) -> str:
        answer = await client.post(URL, json=body(toUserId=to), headers=user.headers)
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"]["message"])

    assert await refused(away, away.id) == "Cannot redirect to self."
    assert await refused(away, stranger.id) == "Cannot redirect to this user."
    assert await refused(away, 99999999) == "Cannot redirect to this user."
    assert await refused(away, 2**70) == "Cannot redirect to this user."
    assert await refused(invited, stranger.id) == "Cannot redirect to this user."
    assert (await create(client, stranger, toUserId=invited.id))["toUserId"] == invited.id


async def test_redirects_never_go_in_a_circle(
    client: httpx.AsyncClient, units: Units, colleagues: tuple[Person, Person]
) -> None:
    away, cover = colleagues
    third = await make_user(units)
    await make_team(units, members=[(cover, "MEMBER"), (third, "MEMBER")])
    await create(client, away, toUserId=cover.id)
    inside = {"start": "2045-05-10T00:00:00Z", "end": "2045-05-12T00:00:00Z"}
    for given in ({"toUserId": away.id}, {}):
        answer = await client.post(URL, json={**inside, **given}, headers=cover.headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == "Booking redirect infinite not allowed."
    assert (await create(client, cover, **inside, toUserId=third.id))["toUserId"] == third.id
    outside = {"start": "2045-05-13T00:00:00Z", "end": "2045-05-14T00:00:00Z"}
    later = await create(client, cover, **outside)
    url = f"{URL}/{later['id']}"
    moved = await client.patch(url, json=inside, headers=cover.headers)
    assert moved.json()["error"]["message"] == "Booking redirect infinite not allowed."
    renamed = await client.patch(url, json={"notes": "still fine"}, headers=cover.headers)
    assert renamed.status_code == 200


async def test_two_who_redirect_to_each_other_at_once(
    client: httpx.AsyncClient, units: Units, colleagues: tuple[Person, Person]
) -> None:
    one, other = colleagues
    answers = await asyncio.gather(
        client.post(URL, json=body(toUserId=other.id), headers=one.headers),
        client.post(URL, json=body(toUserId=one.id), headers=other.headers),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 400]


async def test_the_same_entry_twice_at_once(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    answers = await asyncio.gather(
        *(client.post(URL, json=body(), headers=user.headers) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_order_and_pages(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    spans = [
        ("02", "09"),
        ("03", "04"),
        ("01", "08"),
    ]
    made = [
        await create(
            client, user, start=f"2045-05-{start}T00:00:00Z", end=f"2045-05-{end}T00:00:00Z"
        )
        for start, end in spans
    ]
    a, b, c = (entry["id"] for entry in made)

    async def ids(query: str) -> list[int]:
        return [entry["id"] for entry in await listed(client, user, query)]

    assert await ids("") == [a, b, c]
    assert await ids("?sortStart=asc") == [c, a, b]
    assert await ids("?sortStart=desc") == [b, a, c]
    assert await ids("?sortEnd=asc") == [b, c, a]
    assert await ids("?sortStart=asc&sortEnd=desc") == [a, c, b]
    assert await ids("?take=1&skip=1") == [b]
    assert await ids("?skip=3") == []


@pytest.mark.parametrize(
    ("query", "property_", "text"),
    [
        ("sortStart=up", "sortStart", 'SortStart must be either "asc" or "desc".'),
        ("sortEnd=ASC", "sortEnd", 'SortEnd must be either "asc" or "desc".'),
        ("take=0", "take", "take must not be less than 1"),
        ("take=251", "take", "take must not be greater than 250"),
        ("take=x", "take", "take must be a number conforming to the specified constraints"),
        ("skip=-1", "skip", "skip must not be less than 0"),
    ],
)
async def test_invalid_queries(
    client: httpx.AsyncClient, units: Units, query: str, property_: str, text: str
) -> None:
    user = await make_user(units)
    answer = await client.get(f"{URL}?{query}", headers=user.headers)
    assert answer.status_code == 400, answer.text
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == property_
    assert text in problem["constraints"].values()


async def test_delete_returns_what_is_gone(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    made = await create(client, user)
    answer = await client.delete(f"{URL}/{made['id']}", headers=user.headers)
    assert (answer.status_code, answer.json()["data"]) == (200, made)
    assert await listed(client, user) == []


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_foreign_and_unknown_entries(
    client: httpx.AsyncClient, units: Units, method: str
) -> None:
    user, owner = await make_user(units), await make_user(units)
    foreign = await create(client, owner)
    changes = {"notes": "mine"} if method == "PATCH" else None
    for entry in (foreign["id"], 99999999, 2**70):
        answer = await client.request(method, f"{URL}/{entry}", json=changes, headers=user.headers)
        assert answer.status_code == 403
        message = answer.json()["error"]["message"]
        assert message == "This OOO entry does not belong to this user."
    assert await listed(client, owner) == [foreign]
    wrong = await client.request(method, f"{URL}/x", json=changes, headers=user.headers)
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("GET", ""), ("PATCH", "/1"), ("DELETE", "/1")]
)
async def test_nobody_without_a_credential(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    assert (await client.request(method, URL + path)).status_code == 401


async def test_days_away_have_no_slots(
    client: httpx.AsyncClient, units: Units, clock: Clock
) -> None:
    clock.set("2030-03-04T08:00:00Z")
    user = await make_user(units)
    await make_schedule(units, user)
    event_type = await make_event_type(units, user)

    async def days() -> list[str]:
        answer = await client.get(
            "/v2/slots",
            params={"eventTypeId": event_type.id, "start": "2030-03-05", "end": "2030-03-08"},
            headers={"cal-api-version": "2024-09-04"},
        )
        assert answer.status_code == 200, answer.text
        return sorted(answer.json()["data"])

    all_days = [f"2030-03-0{day}" for day in (5, 6, 7, 8)]
    assert await days() == all_days
    made = await create(client, user, start="2030-03-06T00:00:00Z", end="2030-03-07T00:00:00Z")
    assert await days() == [all_days[0], all_days[3]]
    await client.delete(f"{URL}/{made['id']}", headers=user.headers)
    assert await days() == all_days


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Asia/Tokyo", "9999-12-30T00:00:00Z", "9999-12-31T00:00:00Z"),
        ("America/New_York", "0002-01-01T00:00:00Z", "0002-01-02T00:00:00Z"),
    ],
)
async def test_the_ends_of_the_calendar_can_be_told_to_webhooks(
    client: httpx.AsyncClient, units: Units, zone: str, start: str, end: str
) -> None:
    user = await make_user(units, time_zone=zone)
    hook = {
        "active": True,
        "subscriberUrl": "http://127.0.0.1:9/in",
        "triggers": ["OOO_CREATED"],
    }
    answer = await client.post("/v2/webhooks", json=hook, headers=user.headers)
    assert answer.status_code == 201, answer.text
    made = await create(client, user, start=start, end=end)
    assert made["start"] == start.replace("Z", ".000Z")
    assert [entry["id"] for entry in await listed(client, user)] == [made["id"]]


async def test_an_absence_that_goes_meanwhile_is_not_the_callers(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    made = await create(client, user)
    async with units.begin() as uow:
        await service.delete(uow, user.id, made["id"])
        request = client.delete(f"{URL}/{made['id']}", headers=user.headers)
        task = await started(units, request)
        await uow.commit()
    assert (await task).status_code == 403


async def test_the_year_1_is_no_date(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    sent = body(start="0001-01-01T00:00:00Z")
    answer = await client.post(URL, json=sent, headers=user.headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Invalid Date."
