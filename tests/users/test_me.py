"""The caller's profile over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from openslots.models import Schedule, User
from openslots.users import rules
from tests.factories import Person, make_schedule, make_team, make_user

URL = "/v2/me"


async def get(client: httpx.AsyncClient, user: Person) -> dict[str, Any]:
    answer = await client.get(URL, headers=user.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def patch(client: httpx.AsyncClient, user: Person, **given: Any) -> dict[str, Any]:
    answer = await client.patch(URL, json=given, headers=user.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def test_a_new_profile(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units, time_zone="Europe/London")
    assert await get(client, user) == {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "name": "Test Person",
        "avatarUrl": None,
        "bio": None,
        "timeFormat": 12,
        "defaultScheduleId": None,
        "weekStart": "Sunday",
        "timeZone": "Europe/London",
        "organizationId": None,
        "bookingLimits": {"perDay": None, "perWeek": None, "perMonth": None, "perYear": None},
    }


async def test_members_see_their_main_organisation(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    await make_team(units, members=[(user, "OWNER")])
    await make_team(units, organization=True, pending=[user])
    assert "organization" not in await get(client, user)
    first = await make_team(units, organization=True, members=[(user, "MEMBER")], is_platform=True)
    await make_team(units, organization=True, members=[(user, "OWNER")])
    shown = await get(client, user)
    assert shown["organizationId"] == first
    assert shown["organization"] == {"isPlatform": True, "id": first}
    changed = await patch(client, user, timeFormat=24)
    assert changed["organizationId"] == first
    assert "organization" not in changed


async def test_changes_are_kept(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    schedule = await make_schedule(units, user, default=False)
    wanted = {
        "name": "Ada",
        "bio": "<b>Hi</b>",
        "timeFormat": 24,
        "weekStart": "Monday",
        "timeZone": "Asia/Tokyo",
        "avatarUrl": "https://example.com/me.png",
        "defaultScheduleId": schedule,
    }
    unseen = {"locale": "pt-BR", "metadata": {"team": "blue", "n": 3, "f": 1.5, "ok": True}}
    changed = await patch(client, user, **wanted, **unseen, username="other", role="ADMIN")
    assert {key: changed[key] for key in wanted} == wanted
    assert await get(client, user) == changed
    assert changed["username"] == user.username
    async with units.begin() as uow:
        row = await uow.session.get_one(User, user.id)
        assert (row.locale, row.metadata_, row.role) == ("pt-BR", unseen["metadata"], "USER")
    assert await patch(client, user) == changed
    cleared = await patch(client, user, name=None, bio=None, avatarUrl=None)
    assert (cleared["name"], cleared["bio"], cleared["avatarUrl"]) == (None, None, None)


async def test_patching_the_returned_values_changes_nothing(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    await make_schedule(units, user)
    shown = await get(client, user)
    assert await patch(client, user, **shown) == shown


async def test_a_new_zone_moves_the_default_schedule(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    default = await make_schedule(units, user)
    other = await make_schedule(units, user, default=False)
    assert (await patch(client, user, timeZone="europe/rome"))["timeZone"] == "Europe/Rome"
    async with units.begin() as uow:
        assert (await uow.session.get_one(Schedule, default)).local_tz == "Europe/Rome"
        assert (await uow.session.get_one(Schedule, other)).local_tz == "Europe/London"


async def test_a_zone_without_a_default_schedule(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    assert (await patch(client, user, timeZone="Asia/Tokyo"))["timeZone"] == "Asia/Tokyo"


async def test_a_default_schedule_must_be_the_callers(
    client: httpx.AsyncClient, units: Units
) -> None:
    user, other = await make_user(units), await make_user(units)
    foreign = await make_schedule(units, other)
    for schedule, status, message in (
        (foreign, 403, f"User with ID={user.id} does not own schedule with ID={foreign}"),
        (99999999, 404, "Schedule with ID=99999999 does not exist."),
        (2**70, 404, f"Schedule with ID={2**70} does not exist."),
    ):
        answer = await client.patch(
            URL, json={"defaultScheduleId": schedule, "name": "New"}, headers=user.headers
        )
        assert (answer.status_code, answer.json()["error"]["message"]) == (status, message)
    assert (await get(client, user))["name"] == "Test Person"


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("email", "nobody", "isEmail"),
        ("email", None, "isString"),
        ("name", 5, "isString"),
        ("timeFormat", 100, "isEnum"),
        ("timeFormat", "24", "isEnum"),
        ("timeFormat", None, "isEnum"),
        ("weekStart", "monday", "isEnum"),
        ("weekStart", None, "isEnum"),
        ("timeZone", "Mars/Olympus", "isTimeZone"),
        ("timeZone", None, "isTimeZone"),
        ("locale", "xx-YY", "isEnum"),
        ("avatarUrl", "not a url", "isUrl"),
        ("avatarUrl", "/relative.png", "isUrl"),
        ("defaultScheduleId", "1", "isInt"),
        ("metadata", "text", "ValidateMetadata"),
        ("metadata", None, "ValidateMetadata"),
        ("metadata", {"nested": {"a": 1}}, "ValidateMetadata"),
        ("metadata", {"list": []}, "ValidateMetadata"),
        ("metadata", {"none": None}, "ValidateMetadata"),
        ("metadata", {f"k{i}": "v" for i in range(51)}, "ValidateMetadata"),
        ("metadata", {"k" * 41: "v"}, "ValidateMetadata"),
        ("metadata", {"k": "v" * 501}, "ValidateMetadata"),
    ],
)
async def test_invalid_values_are_named(
    client: httpx.AsyncClient, units: Units, field: str, value: Any, rule: str
) -> None:
    user = await make_user(units)
    answer = await client.patch(URL, json={field: value}, headers=user.headers)
    assert answer.status_code == 400, answer.text
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == field
    assert rule in problem["constraints"]
    if rule == "ValidateMetadata":
        assert problem["constraints"][rule] == rules.METADATA_TEXT


async def test_metadata_at_its_bounds(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    full = {f"{i:040d}": "v" * 500 for i in range(50)}
    await patch(client, user, metadata=full)
    async with units.begin() as uow:
        assert (await uow.session.get_one(User, user.id)).metadata_ == full


async def test_hostile_bodies(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    for text in ("[]", '{"name": "\\u0000"}', '{"bio": "\\ud800"}', '{"metadata": {"\\u0000": 1}}'):
        answer = await client.patch(
            URL, content=text, headers={**user.headers, "content-type": "application/json"}
        )
        assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_nobody_without_a_credential(client: httpx.AsyncClient, method: str) -> None:
    assert (await client.request(method, URL)).status_code == 401
