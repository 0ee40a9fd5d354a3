"""The caller's own booking limits over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from openslots.models import User
from tests.clock import Clock
from tests.factories import (
    Person,
    make_booking,
    make_event_type,
    make_schedule,
    make_team,
    make_user,
)

URL = "/v2/me/booking-limits"
NONE = {"perDay": None, "perWeek": None, "perMonth": None, "perYear": None}


@pytest.fixture
async def member(units: Units) -> Person:
    user = await make_user(units)
    await make_team(units, organization=True, members=[(user, "MEMBER")])
    return user


async def patch(client: httpx.AsyncClient, user: Person, **given: Any) -> Any:
    answer = await client.patch(URL, json=given, headers=user.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_limits_are_merged_and_removed(
    client: httpx.AsyncClient, units: Units, member: Person
) -> None:
    first = await client.get(URL, headers=member.headers)
    assert first.json()["data"] == NONE
    wanted = {"perDay": 5, "perWeek": 3, "perMonth": 50, "perYear": 1}
    assert await patch(client, member, **wanted) == wanted
    assert await patch(client, member, perWeek=None, perDay=4) == {
        **wanted,
        "perWeek": None,
        "perDay": 4,
    }
    assert await patch(client, member) == {**wanted, "perWeek": None, "perDay": 4}
    shown = (await client.get(URL, headers=member.headers)).json()["data"]
    assert shown == {**wanted, "perWeek": None, "perDay": 4}
    me = (await client.get("/v2/me", headers=member.headers)).json()["data"]
    assert me["bookingLimits"] == shown
    async with units.begin() as uow:
        row = await uow.session.get_one(User, member.id)
        assert row.booking_limits == {"perDay": 4, "perMonth": 50, "perYear": 1}
    gone = await client.delete(URL, headers=member.headers)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get(URL, headers=member.headers)).json()["data"] == NONE


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True, [], 2**31])
async def test_invalid_limits(client: httpx.AsyncClient, member: Person, value: Any) -> None:
    answer = await client.patch(URL, json={"perMonth": value}, headers=member.headers)
    assert answer.status_code == 400
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == "perMonth"
    assert (await client.get(URL, headers=member.headers)).json()["data"] == NONE


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_only_members_of_an_organisation(
    client: httpx.AsyncClient, units: Units, method: str
) -> None:
    user = await make_user(units)
    await make_team(units, members=[(user, "OWNER")])
    await make_team(units, organization=True, pending=[user])
    body = {"perDay": 1} if method == "PATCH" else None
    answer = await client.request(method, URL, json=body, headers=user.headers)
    assert answer.status_code == 403
    assert "members of an organization" in answer.json()["error"]["message"]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_nobody_without_a_credential(client: httpx.AsyncClient, method: str) -> None:
    assert (await client.request(method, URL)).status_code == 401


async def test_a_full_day_has_no_slots_and_takes_no_booking(
    client: httpx.AsyncClient, units: Units, member: Person, clock: Clock
) -> None:
    clock.set("2030-03-04T08:00:00Z")
    await make_schedule(units, member)
    kinds = [await make_event_type(units, member) for _ in range(2)]
    await make_booking(
        units, member, event_type=kinds[0], start=datetime(2030, 3, 5, 10, 0, tzinfo=UTC)
    )

    async def days() -> list[str]:
        answer = await client.get(
            "/v2/slots",
            params={"eventTypeId": kinds[1].id, "start": "2030-03-05", "end": "2030-03-06"},
            headers={"cal-api-version": "2024-09-04"},
        )
        assert answer.status_code == 200, answer.text
        return sorted(answer.json()["data"])

    assert await days() == ["2030-03-05", "2030-03-06"]
    await patch(client, member, perDay=1)
    assert await days() == ["2030-03-06"]
    attendee = {"name": "Ada", "email": "ada@example.com", "timeZone": "Europe/London"}
    refused = await client.post(
        "/v2/bookings",
        json={
            "eventTypeId": kinds[1].id,
            "start": "2030-03-05T14:00:00Z",
            "attendee": attendee,
        },
        headers={"cal-api-version": "2024-08-13"},
    )
    assert refused.json()["error"]["message"] == "booking_limit_reached"
