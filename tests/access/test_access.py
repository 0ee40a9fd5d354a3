"""Credentials, scopes and the order in which they are looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from openslots.access import scopes
from openslots.access.scopes import Scope, ScopeMissing, ScopeNotAvailable
from openslots.kernel import clock
from openslots.kernel.uow import Units
from openslots.models import ApiKey, User
from tests.factories import make_user

pytestmark = pytest.mark.anyio

ONE = "/v2/frame/things/5"
WHO = "/v2/frame/who"


def message(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    found: str = response.json()["error"]["message"]
    return found


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER {}", "{}"])
async def test_key_with_or_without_the_word_bearer(
    framed: httpx.AsyncClient, units: Units, form: str
) -> None:
    person = await make_user(units)
    answer = await framed.get(WHO, headers={"Authorization": form.format(person.api_key)})
    assert answer.json()["data"] == person.id


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "No authentication method provided"),
        ({"x-cal-client-id": "a"}, "Only 'x-cal-client-id' header provided"),
        ({"x-cal-secret-key": "a"}, "Only 'x-cal-secret-key' header provided"),
        ({"x-cal-client-id": "a", "x-cal-secret-key": "b"}, "Client with ID a not found"),
        ({"Authorization": "Bearer nonsense"}, "Invalid Access Token."),
        ({"Authorization": "Basic dTpw"}, "Invalid Access Token."),
        ({"Authorization": "Bearer cal_nonsense"}, "Invalid API Key"),
    ],
)
async def test_refusals(framed: httpx.AsyncClient, headers: dict[str, str], expected: str) -> None:
    assert expected in message(await framed.get(ONE, headers=headers), 401)


async def test_a_401_comes_before_a_bad_id(framed: httpx.AsyncClient, units: Units) -> None:
    person = await make_user(units)
    message(await framed.get("/v2/frame/things/abc"), 401)
    found = await framed.get("/v2/frame/things/abc", headers=person.headers)
    assert message(found, 400) == "Validation failed (numeric string is expected)"


@pytest.mark.parametrize("headers", [{}, {"x-cal-client-id": "a"}, {"x-cal-secret-key": "b"}])
async def test_optional_authentication_takes_nobody(
    framed: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await framed.get(WHO, headers=headers)
    assert (answer.status_code, answer.json()["data"]) == (200, None)


async def test_optional_authentication_refuses_a_wrong_token(framed: httpx.AsyncClient) -> None:
    message(await framed.get(WHO, headers={"Authorization": "Bearer wrong"}), 401)


async def test_public_route_ignores_a_wrong_token_but_not_an_unknown_key(
    framed: httpx.AsyncClient,
) -> None:
    wrong = await framed.get("/v2/frame/pages", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 200
    unknown = await framed.get("/v2/frame/pages", headers={"Authorization": "Bearer cal_x"})
    assert message(unknown, 401) == "CustomThrottlerGuard - Invalid API Key"
    nowhere = await framed.get("/v2/nowhere", headers={"Authorization": "Bearer cal_x"})
    message(nowhere, 404)


async def test_expired_key(framed: httpx.AsyncClient, units: Units) -> None:
    person = await make_user(units)
    async with units.begin() as uow:
        await uow.session.execute(
            update(ApiKey)
            .where(ApiKey.user_id == person.id)
            .values(expires_at=clock.now() - timedelta(seconds=1))
        )
        await uow.commit()
    assert "expired" in message(await framed.get(WHO, headers=person.headers), 401)


async def test_locked_user_is_nobody(framed: httpx.AsyncClient, units: Units) -> None:
    person = await make_user(units)
    async with units.begin() as uow:
        await uow.session.execute(
            update(User).where(User.id == person.id).values(locked_at=clock.now())
        )
        await uow.commit()
    message(await framed.get(WHO, headers=person.headers), 401)


async def test_last_use_is_written_in_batches(
    client: httpx.AsyncClient, app: Any, units: Units
) -> None:
    person = await make_user(units)
    app.state.key_uses.note(person.key_id, clock.now())
    await app.state.key_uses.flush()
    async with units.begin() as uow:
        found = await uow.session.scalar(
            select(ApiKey.last_used_at).where(ApiKey.id == person.key_id)
        )
    assert found is not None


def test_unrestricted_tokens() -> None:
    for held in (None, frozenset[str](), frozenset({"READ_BOOKING"})):
        scopes.check(held, ())


def test_scope_rules() -> None:
    held = frozenset({"ORG_BOOKING_READ", "BOOKING_WRITE"})
    scopes.check(held, (Scope.TEAM_BOOKING_READ,))
    scopes.check(held, (Scope.ORG_BOOKING_READ,))
    with pytest.raises(ScopeMissing) as missing:
        scopes.check(held, (Scope.BOOKING_READ,))
    assert missing.value.message == (
        "insufficient_scope: token does not have the required scopes. "
        "Required: BOOKING_READ. Token has: BOOKING_WRITE, ORG_BOOKING_READ"
    )
    with pytest.raises(ScopeMissing):
        scopes.check(frozenset({"TEAM_BOOKING_READ"}), (Scope.ORG_BOOKING_READ,))
    with pytest.raises(ScopeNotAvailable):
        scopes.check(held, ())
