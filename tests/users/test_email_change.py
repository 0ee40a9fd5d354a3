"""Changing the e-mail address: the mail, its link, and who may have which address."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from openslots.kernel import clock as kernel_clock
from openslots.kernel.uow import Units
from openslots.models import EmailChange, Mail, SecondaryEmail, User
from tests.clock import Clock
from tests.factories import Person, make_user, unique

URL = "/v2/me"
TAKEN = "Invalid Input: Trying to create a record that already exists."


def fresh_address() -> str:
    return f"{unique('new')}@example.com"


async def patch(client: httpx.AsyncClient, user: Person, email: str) -> str:
    answer = await client.patch(URL, json={"email": email}, headers=user.headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["email"])


async def current(client: httpx.AsyncClient, user: Person) -> str:
    return str((await client.get(URL, headers=user.headers)).json()["data"]["email"])


async def mails(units: Units, address: str) -> list[Mail]:
    async with units.begin() as uow:
        found = select(Mail).where(Mail.to_address == address).order_by(Mail.created_at)
        return list(await uow.session.scalars(found))


async def link(units: Units, address: str) -> str:
    """The path of the newest link mailed to an address."""
    text = (await mails(units, address))[-1].text
    found = re.search(r"http://test(/auth/verify-email-change\?token=\S+)", text)
    assert found is not None, text
    return found[1]


@pytest.fixture
async def unverified(app: FastAPI) -> AsyncIterator[None]:
    """Verification of addresses is switched off."""
    units: Units = app.state.units
    before = units.settings
    mail = before.email.model_copy(update={"verification": False})
    units.settings = before.model_copy(update={"email": mail})
    yield
    units.settings = before


async def test_the_address_waits_for_its_reader(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units, email_verified_at=None)
    new = fresh_address()
    assert await patch(client, user, new.upper()) == user.email
    assert await current(client, user) == user.email
    path = await link(units, new)
    page = await client.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert new in page.text
    assert await current(client, user) == new
    async with units.begin() as uow:
        row = await uow.session.get_one(User, user.id)
        assert row.pending_email is None
        assert row.email_verified_at is not None
    assert [mail.subject for mail in await mails(units, user.email)] == [
        "Your e-mail address was changed"
    ]
    again = await client.get(path)
    assert again.status_code == 401
    assert "No token found" in again.text


async def test_looking_without_opening_changes_nothing(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    new = fresh_address()
    await patch(client, user, new)
    assert (await client.head(await link(units, new))).status_code == 200
    assert await current(client, user) == user.email


async def test_a_link_works_for_a_day(
    client: httpx.AsyncClient, units: Units, clock: Clock
) -> None:
    clock.set(kernel_clock.now())
    user = await make_user(units)
    new = fresh_address()
    await patch(client, user, new)
    clock.advance(timedelta(hours=24))
    late = await client.get(await link(units, new))
    assert late.status_code == 401
    assert "Token expired" in late.text
    assert await current(client, user) == user.email


async def test_a_second_request_replaces_the_first(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    first, second = fresh_address(), fresh_address()
    await patch(client, user, first)
    old = await link(units, first)
    await patch(client, user, second)
    assert (await client.get(old)).status_code == 401
    assert (await client.get(await link(units, second))).status_code == 200
    assert await current(client, user) == second


async def test_the_same_address_is_no_change(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    await patch(client, user, user.email.upper())
    assert await mails(units, user.email) == []


async def test_a_taken_address_is_refused(client: httpx.AsyncClient, units: Units) -> None:
    user, other = await make_user(units), await make_user(units)
    secondary = fresh_address()
    async with units.begin() as uow:
        uow.session.add(
            SecondaryEmail(user_id=other.id, email=secondary, verified_at=kernel_clock.now())
        )
        await uow.commit()
    for address in (other.email, other.email.upper(), secondary):
        json = {"email": address, "name": "New"}
        answer = await client.patch(URL, json=json, headers=user.headers)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["message"]) == (409, "CONFLICT", TAKEN)
    assert (await client.get(URL, headers=user.headers)).json()["data"]["name"] == user.name


async def test_an_address_taken_before_the_link_was_opened(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    new = fresh_address()
    await patch(client, user, new)
    await make_user(units, email=new)
    page = await client.get(await link(units, new))
    assert page.status_code == 401
    assert "A User already exists with this email" in page.text
    assert await current(client, user) == user.email


async def test_two_accounts_that_want_one_address(client: httpx.AsyncClient, units: Units) -> None:
    one, other = await make_user(units), await make_user(units)
    new = fresh_address()
    await patch(client, one, new)
    first = await link(units, new)
    await patch(client, other, new)
    second = await link(units, new)
    pages = await asyncio.gather(client.get(first), client.get(second))
    assert sorted(page.status_code for page in pages) == [200, 401]


async def test_a_verified_secondary_address_swaps_at_once(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    new = fresh_address()
    async with units.begin() as uow:
        row = SecondaryEmail(user_id=user.id, email=new, verified_at=kernel_clock.now())
        uow.session.add(row)
        await uow.commit()
    assert await patch(client, user, new) == new
    async with units.begin() as uow:
        kept = await uow.session.get_one(SecondaryEmail, row.id)
        assert kept.email == user.email
        assert kept.verified_at is not None


async def test_an_own_unverified_secondary_address_is_swapped_by_the_link(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    new = fresh_address()
    async with units.begin() as uow:
        row = SecondaryEmail(user_id=user.id, email=new)
        uow.session.add(row)
        await uow.commit()
    assert await patch(client, user, new) == user.email
    assert (await client.get(await link(units, new))).status_code == 200
    assert await current(client, user) == new
    async with units.begin() as uow:
        assert (await uow.session.get_one(SecondaryEmail, row.id)).email == user.email


@pytest.mark.usefixtures("unverified")
async def test_without_verification_it_changes_at_once(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    new = fresh_address()
    assert await patch(client, user, new) == new
    async with units.begin() as uow:
        waiting = select(EmailChange).where(EmailChange.user_id == user.id)
        assert await uow.session.scalar(waiting) is None


@pytest.mark.parametrize("query", ["", "?token=", "?token=unknown"])
async def test_unknown_tokens(client: httpx.AsyncClient, query: str) -> None:
    page = await client.get(f"/auth/verify-email-change{query}")
    assert page.status_code == 401
    assert "No token found" in page.text
