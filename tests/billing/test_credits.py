"""Credits over HTTP: who pays, how often, and who hears of the end."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from openslots.kernel.uow import Units
from openslots.models import CreditBalance, CreditCharge, Mail, Team
from tests.clock import Clock
from tests.factories import Person, make_team, make_user, unique

AVAILABLE = "/v2/credits/available"
CHARGE = "/v2/credits/charge"
NOTHING = {"monthlyRemaining": 0, "additional": 0}


async def available(client: httpx.AsyncClient, user: Person) -> dict[str, Any]:
    answer = await client.get(AVAILABLE, headers=user.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def charge(client: httpx.AsyncClient, user: Person, credits: int, **given: Any) -> Any:
    body = {"credits": credits, "creditFor": "AI_AGENT", **given}
    answer = await client.post(CHARGE, json=body, headers=user.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def give(units: Units, credits: int, **owner: int) -> None:
    async with units.begin() as uow:
        row = CreditBalance(
            **owner, additional=credits, month=uow.now.date().replace(day=1), monthly_used=0
        )
        uow.session.add(row)
        await uow.commit()


async def subjects(units: Units, address: str) -> list[str]:
    async with units.begin() as uow:
        found = select(Mail.subject).where(Mail.to_address == address).order_by(Mail.created_at)
        return list(await uow.session.scalars(found))


async def test_a_new_user_has_none(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    assert await available(client, user) == {"hasCredits": False, "balance": NOTHING}
    assert await charge(client, user, 5) == {"charged": True, "remainingBalance": NOTHING}


async def test_an_organisation_has_some_per_member(client: httpx.AsyncClient, units: Units) -> None:
    user, other, invited = [await make_user(units) for _ in range(3)]
    org = await make_team(
        units, organization=True, members=[(user, "OWNER"), (other, "MEMBER")], pending=[invited]
    )
    assert await available(client, other) == {
        "hasCredits": True,
        "balance": {"monthlyRemaining": 2000, "additional": 0},
    }
    left = {"monthlyRemaining": 1995, "additional": 0}
    assert await charge(client, other, 5) == {
        "charged": True,
        "teamId": org,
        "remainingBalance": left,
    }
    assert (await available(client, user))["balance"] == left
    assert (await available(client, invited))["hasCredits"] is False


async def test_the_months_go_first_and_come_back(
    client: httpx.AsyncClient, units: Units, clock: Clock
) -> None:
    clock.set("2030-01-31T23:00:00Z")
    user = await make_user(units)
    org = await make_team(units, organization=True, members=[(user, "OWNER")])
    await give(units, 50, team_id=org)
    spent = await charge(client, user, 1020)
    assert spent["remainingBalance"] == {"monthlyRemaining": 0, "additional": 30}
    clock.set("2030-02-01T00:00:00Z")
    fresh = await available(client, user)
    assert fresh["balance"] == {"monthlyRemaining": 1000, "additional": 30}
    spent = await charge(client, user, 1)
    assert spent["remainingBalance"] == {"monthlyRemaining": 999, "additional": 30}


async def test_never_more_is_taken_than_there_is(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    await give(units, 7, user_id=user.id)
    assert await charge(client, user, 2**31 - 1) == {"charged": True, "remainingBalance": NOTHING}
    assert (await available(client, user))["hasCredits"] is False


async def test_the_first_account_with_credits_pays(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    await give(units, 3, user_id=user.id)
    members = [(user, "MEMBER")]
    await make_team(units, members=members)
    unpublished = await make_team(units, members=members)
    rich, later = [await make_team(units, members=members) for _ in range(2)]
    for team in (unpublished, rich, later):
        await give(units, 10, team_id=team)
    async with units.begin() as uow:
        (await uow.session.get_one(Team, unpublished)).slug = None
        await uow.session.flush()
        await uow.commit()
    assert (await charge(client, user, 10))["teamId"] == rich
    assert (await charge(client, user, 10))["teamId"] == later
    assert "teamId" not in await charge(client, user, 1)
    assert (await available(client, user))["balance"] == {**NOTHING, "additional": 2}


async def test_a_reference_is_charged_once(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    await give(units, 10, user_id=user.id)
    reference = unique("thread")
    first = await charge(client, user, 4, externalRef=reference)
    assert await charge(client, user, 4, externalRef=reference) == first
    assert await charge(client, user, 4, externalRef=unique("other")) != first


async def test_a_reference_stays_with_the_account_that_paid(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    team = await make_team(units, members=[(user, "MEMBER")])
    await give(units, 4, team_id=team)
    await give(units, 10, user_id=user.id)
    reference = unique("thread")
    first = await charge(client, user, 4, externalRef=reference)
    assert (first["teamId"], first["remainingBalance"]) == (team, NOTHING)
    assert await charge(client, user, 4, externalRef=reference) == first
    assert (await available(client, user))["balance"]["additional"] == 10


async def test_accounts_may_share_a_reference(client: httpx.AsyncClient, units: Units) -> None:
    reference = unique("thread")
    for _ in range(2):
        user = await make_user(units)
        await give(units, 10, user_id=user.id)
        spent = await charge(client, user, 4, externalRef=reference)
        assert spent["remainingBalance"]["additional"] == 6


async def test_retries_at_once_take_once(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    org = await make_team(units, organization=True, members=[(user, "OWNER")])
    body = {"credits": 5, "creditFor": "SMS", "externalRef": unique("thread")}
    answers = await asyncio.gather(
        *(client.post(CHARGE, json=body, headers=user.headers) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {200}
    left = [answer.json()["data"]["remainingBalance"]["monthlyRemaining"] for answer in answers]
    assert left == [995] * 8
    async with units.begin() as uow:
        charges = await uow.session.scalars(
            select(CreditCharge.credits)
            .join(CreditBalance, CreditBalance.id == CreditCharge.balance_id)
            .where(CreditBalance.team_id == org)
        )
        assert list(charges) == [5]


async def test_charges_at_once_lose_nothing(client: httpx.AsyncClient, units: Units) -> None:
    people = [await make_user(units) for _ in range(4)]
    await make_team(units, organization=True, members=[(person, "MEMBER") for person in people])
    body = {"credits": 3, "creditFor": "SMS"}
    answers = await asyncio.gather(
        *(client.post(CHARGE, json=body, headers=person.headers) for person in people * 3)
    )
    assert {answer.status_code for answer in answers} == {200}
    assert (await available(client, people[0]))["balance"]["monthlyRemaining"] == 4000 - 36


async def test_owners_hear_once_a_month_that_little_is_left(
    client: httpx.AsyncClient, units: Units, clock: Clock
) -> None:
    clock.set("2030-01-10T10:00:00Z")
    owner, admin, member = [await make_user(units) for _ in range(3)]
    await make_team(
        units,
        organization=True,
        name="Acme",
        members=[(owner, "OWNER"), (admin, "ADMIN"), (member, "MEMBER")],
    )
    await charge(client, member, 2399)
    assert await subjects(units, owner.email) == []
    await charge(client, member, 1)
    low = "The credits of Acme are running low"
    assert await subjects(units, owner.email) == [low]
    await charge(client, member, 1)
    await charge(client, member, 1000)
    await charge(client, member, 1)
    gone = "The credits of Acme are used up"
    for person in (owner, admin):
        assert sorted(await subjects(units, person.email)) == [low, gone]
    assert await subjects(units, member.email) == []
    clock.set("2030-02-10T10:00:00Z")
    await charge(client, member, 2900)
    assert len(await subjects(units, owner.email)) == 3


@pytest.mark.parametrize(
    ("given", "property_"),
    [
        ({"credits": 0}, "credits"),
        ({"credits": 1.5}, "credits"),
        ({"credits": "5"}, "credits"),
        ({"credits": None}, "credits"),
        ({"creditFor": "COFFEE"}, "creditFor"),
        ({"creditFor": None}, "creditFor"),
        ({"externalRef": 7}, "externalRef"),
        ({"externalRef": "x" * 256}, "externalRef"),
    ],
)
async def test_invalid_charges(
    client: httpx.AsyncClient, units: Units, given: dict[str, Any], property_: str
) -> None:
    user = await make_user(units)
    body = {"credits": 1, "creditFor": "SMS", **given}
    answer = await client.post(CHARGE, json=body, headers=user.headers)
    assert answer.status_code == 400
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == property_


@pytest.mark.parametrize(("method", "url"), [("GET", AVAILABLE), ("POST", CHARGE)])
async def test_nobody_without_a_credential(
    client: httpx.AsyncClient, method: str, url: str
) -> None:
    assert (await client.request(method, url)).status_code == 401
