"""Replacing an API key over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from openslots.access import keys
from openslots.kernel.uow import Units
from openslots.models import ApiKey, ApiKeyLimit
from tests.clock import Clock
from tests.factories import Person, make_team, make_user

URL = "/v2/api-keys/refresh"
BOTH = (
    "ApiKeysService -Cannot set both apiKeyDaysValid and apiKeyNeverExpires. It has to be either "
    "or none of them."
)


async def stored(units: Units, key: str) -> ApiKey | None:
    async with units.begin() as uow:
        hashed = keys.hash_of(key, units.settings.security.api_key_prefix)
        return await uow.session.scalar(select(ApiKey).where(ApiKey.hashed_key == hashed))


async def refresh(client: httpx.AsyncClient, user: Person, **body: Any) -> str:
    answer = await client.post(URL, json=body, headers=user.headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "success"
    return str(answer.json()["data"]["apiKey"])


@pytest.mark.parametrize(
    ("body", "expires"),
    [
        ({}, datetime(2030, 4, 4, 23, 59, 59, 999000, UTC)),
        ({"apiKeyDaysValid": 1}, datetime(2030, 3, 6, 23, 59, 59, 999000, UTC)),
        (
            {"apiKeyDaysValid": 60, "apiKeyNeverExpires": False},
            datetime(2030, 5, 4, 23, 59, 59, 999000, UTC),
        ),
        ({"apiKeyNeverExpires": True}, None),
        ({"apiKeyDaysValid": None, "apiKeyNeverExpires": True}, None),
    ],
)
async def test_the_new_key_lives_as_long_as_asked(
    client: httpx.AsyncClient,
    units: Units,
    clock: Clock,
    body: dict[str, Any],
    expires: datetime | None,
) -> None:
    clock.set("2030-03-05T10:00:00Z")
    key = await refresh(client, await make_user(units), **body)
    row = await stored(units, key)
    assert row is not None
    assert row.expires_at == expires


async def test_no_body_is_an_empty_one(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    answer = await client.post(URL, headers=user.headers)
    assert answer.status_code == 200
    assert answer.json()["data"]["apiKey"].startswith("cal_")


async def test_the_old_key_is_gone_and_its_properties_stay(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    team = await make_team(units, members=[(user, "MEMBER")])
    async with units.begin() as uow:
        before = await uow.session.get_one(ApiKey, user.key_id)
        before.team_id, before.note = team, "for the shop"
        limit = ApiKeyLimit(
            api_key_id=user.key_id, name="own", limit=77, window_ms=60_000, block_ms=60_000
        )
        uow.session.add(limit)
        await uow.commit()
    key = await refresh(client, user)
    fresh = {"Authorization": f"Bearer {key}"}
    old = await client.get("/v2/me", headers=user.headers)
    assert old.status_code == 401
    new = await client.get("/v2/me", headers=fresh)
    assert new.status_code == 200
    assert new.headers["x-ratelimit-limit-own"] == "77"
    row = await stored(units, key)
    assert row is not None
    assert (row.team_id, row.note, row.user_id) == (team, "for the shop", user.id)
    assert await stored(units, user.api_key) is None


async def test_of_two_refreshes_at_once_one_wins(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    answers = await asyncio.gather(
        *(client.post(URL, json={}, headers=user.headers) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    async with units.begin() as uow:
        found = await uow.session.scalars(select(ApiKey.id).where(ApiKey.user_id == user.id))
        assert len(found.all()) == 1


async def test_days_and_never_exclude_each_other(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    body = {"apiKeyDaysValid": 5, "apiKeyNeverExpires": True}
    answer = await client.post(URL, json=body, headers=user.headers)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, BOTH)
    assert (await client.get("/v2/me", headers=user.headers)).status_code == 200


@pytest.mark.parametrize(
    ("body", "property_", "rule"),
    [
        ({"apiKeyDaysValid": 0}, "apiKeyDaysValid", "min"),
        ({"apiKeyDaysValid": 1.5}, "apiKeyDaysValid", "isInt"),
        ({"apiKeyDaysValid": "5"}, "apiKeyDaysValid", "isInt"),
        ({"apiKeyDaysValid": 10**9}, "apiKeyDaysValid", "max"),
        ({"apiKeyNeverExpires": "yes"}, "apiKeyNeverExpires", "isBoolean"),
    ],
)
async def test_invalid_bodies(
    client: httpx.AsyncClient, units: Units, body: dict[str, Any], property_: str, rule: str
) -> None:
    user = await make_user(units)
    answer = await client.post(URL, json=body, headers=user.headers)
    assert answer.status_code == 400
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == property_
    assert rule in problem["constraints"]


async def test_nobody_without_a_key(client: httpx.AsyncClient) -> None:
    assert (await client.post(URL, json={})).status_code == 401
    unknown = {"Authorization": "Bearer cal_unknown"}
    assert (await client.post(URL, json={}, headers=unknown)).status_code == 401
