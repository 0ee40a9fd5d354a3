"""Verifying e-mail addresses over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from openslots.kernel import clock as kernel_clock
from openslots.kernel.uow import Units
from openslots.models import Mail, VerificationCode
from openslots.verified_resources import jobs, service
from openslots.verified_resources.errors import EmailNotVerified
from openslots.verified_resources.service import codes
from openslots.verified_resources.types import Principal
from tests.clock import Clock
from tests.factories import Person, make_user, unique

URL = "/v2/verified-resources/emails"
REFUSED = "Email could not be verified."


def address() -> str:
    return f"{unique('box')}@example.com"


async def mailed_code(units: Units, email: str) -> str:
    async with units.begin() as uow:
        found = select(Mail).where(Mail.to_address == email).order_by(Mail.created_at.desc())
        mail = await uow.session.scalar(found.limit(1))
    assert mail is not None
    digits = re.search(r"\b\d{6}\b", mail.text)
    assert digits is not None
    return digits[0]


async def request(client: httpx.AsyncClient, user: Person, email: str) -> None:
    answer = await client.post(
        f"{URL}/verification-code/request", json={"email": email}, headers=user.headers
    )
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})


async def verify(client: httpx.AsyncClient, user: Person, email: str, code: str) -> httpx.Response:
    return await client.post(
        f"{URL}/verification-code/verify",
        json={"email": email, "code": code},
        headers=user.headers,
    )


async def verified(client: httpx.AsyncClient, units: Units, user: Person, email: str) -> Any:
    await request(client, user, email)
    answer = await verify(client, user, email, await mailed_code(units, email.lower()))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.fixture
async def barred(app: FastAPI) -> AsyncIterator[None]:
    units: Units = app.state.units
    before = units.settings
    names = "nobody@example.com, @barred.example"
    bookings = before.bookings.model_copy(update={"blacklisted_emails": names})
    units.settings = before.model_copy(update={"bookings": bookings})
    yield
    units.settings = before


async def test_a_mailed_code_verifies_an_address(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    email = address()
    made = await verified(client, units, user, email.upper())
    assert made == {"id": made["id"], "email": email, "userId": user.id}
    listed = await client.get(URL, headers=user.headers)
    assert listed.json()["data"] == [made]
    one = await client.get(f"{URL}/{made['id']}", headers=user.headers)
    assert one.json()["data"] == made


async def test_verifying_again_keeps_the_row(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    email = address()
    made = await verified(client, units, user, email)
    assert await verified(client, units, user, email) == made


async def test_a_code_works_once(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    email = address()
    await request(client, user, email)
    code = await mailed_code(units, email)
    assert (await verify(client, user, email, code)).status_code == 200
    again = await verify(client, user, email, code)
    assert (again.status_code, again.json()["error"]["message"]) == (400, REFUSED)


async def test_a_code_is_for_one_person_only(client: httpx.AsyncClient, units: Units) -> None:
    user, other = await make_user(units), await make_user(units)
    email = address()
    await request(client, user, email)
    code = await mailed_code(units, email)
    assert (await verify(client, other, email, code)).status_code == 400
    assert (await verify(client, user, address(), code)).status_code == 400
    assert (await verify(client, user, email, code)).status_code == 200


async def test_a_new_code_ends_the_one_before(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    email = address()
    await request(client, user, email)
    first = await mailed_code(units, email)
    await request(client, user, email)
    second = await mailed_code(units, email)
    if first != second:
        assert (await verify(client, user, email, first)).status_code == 400
    assert (await verify(client, user, email, second)).status_code == 200


async def test_a_code_is_over_after_15_minutes(
    client: httpx.AsyncClient, units: Units, clock: Clock
) -> None:
    clock.set(kernel_clock.now())
    user = await make_user(units)
    email = address()
    await request(client, user, email)
    code = await mailed_code(units, email)
    clock.advance(timedelta(minutes=15))
    assert (await verify(client, user, email, code)).status_code == 400


async def test_wrong_tries_are_counted_although_refused(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    email = address()
    await request(client, user, email)
    code = await mailed_code(units, email)
    refused = await verify(client, user, email, wrong(code))
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, REFUSED)
    async with units.begin() as uow:
        tries = select(VerificationCode.tries).where(VerificationCode.address == email)
        assert await uow.session.scalar(tries) == 1


async def test_five_tries_and_no_more(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    email, me = address(), Principal(user_id=user.id)
    await request(client, user, email)
    code = await mailed_code(units, email)
    for given, right in ((wrong(code), False), (code, False)):
        for _ in range(5 if given != code else 1):
            async with units.begin() as uow:
                assert await codes.redeem(uow, me, "email", email, given) is right
                await uow.commit()
    async with units.begin() as uow:
        with pytest.raises(EmailNotVerified):
            await service.verify_email(uow, me, email, code)


async def test_codes_are_not_readable_in_the_table(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    email = address()
    await request(client, user, email)
    code = await mailed_code(units, email)
    async with units.begin() as uow:
        row = await uow.session.scalar(
            select(VerificationCode).where(VerificationCode.address == email)
        )
    assert row is not None
    assert row.code_hash is not None
    assert code not in row.code_hash
    assert len(row.code_hash) == 64


@pytest.mark.usefixtures("barred")
@pytest.mark.parametrize("email", ["nobody@example.com", "Anna@Barred.example"])
async def test_barred_addresses(client: httpx.AsyncClient, units: Units, email: str) -> None:
    user = await make_user(units)
    answer = await client.post(
        f"{URL}/verification-code/request", json={"email": email}, headers=user.headers
    )
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, REFUSED)


@pytest.mark.parametrize(
    ("path", "body", "property_"),
    [
        ("request", {}, "email"),
        ("request", {"email": "nobody"}, "email"),
        ("request", {"email": None}, "email"),
        ("verify", {"code": "123456"}, "email"),
        ("verify", {"email": "a@example.com"}, "code"),
        ("verify", {"email": "a@example.com", "code": 123456}, "code"),
        ("verify", {"email": "a@example.com", "code": ""}, "code"),
    ],
)
async def test_invalid_bodies(
    client: httpx.AsyncClient, units: Units, path: str, body: dict[str, Any], property_: str
) -> None:
    user = await make_user(units)
    answer = await client.post(f"{URL}/verification-code/{path}", json=body, headers=user.headers)
    assert answer.status_code == 400
    [problem] = answer.json()["error"]["details"]["errors"]
    assert problem["property"] == property_


async def test_addresses_are_private_and_paged(client: httpx.AsyncClient, units: Units) -> None:
    user, other = await make_user(units), await make_user(units)
    made = [await verified(client, units, user, address()) for _ in range(3)]
    for number in (made[0]["id"], 99999999, 2**70):
        answer = await client.get(f"{URL}/{number}", headers=other.headers)
        assert answer.status_code == 404
    assert (await client.get(URL, headers=other.headers)).json()["data"] == []
    page = await client.get(f"{URL}?take=1&skip=1", headers=user.headers)
    assert page.json()["data"] == made[1:2]
    for query in ("take=0", "take=251", "skip=-1", "take=x"):
        assert (await client.get(f"{URL}?{query}", headers=user.headers)).status_code == 400
    assert (await client.get(f"{URL}/x", headers=user.headers)).status_code == 400


async def test_limits_per_minute(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    body = {"email": address(), "code": "1"}
    for path, limit in (("request", "5"), ("verify", "3")):
        url = f"{URL}/verification-code/{path}"
        answer = await client.post(url, json=body, headers=user.headers)
        assert answer.headers["x-ratelimit-limit-default"] == limit


async def test_old_codes_are_deleted(client: httpx.AsyncClient, units: Units, clock: Clock) -> None:
    clock.set(kernel_clock.now())
    user = await make_user(units)
    old, young = address(), address()
    await request(client, user, old)
    clock.advance(timedelta(minutes=16))
    await request(client, user, young)
    await jobs.purge(units, None)  # type: ignore[arg-type]  # a periodic job reads no facts
    async with units.begin() as uow:
        found = select(VerificationCode.address).where(VerificationCode.user_id == user.id)
        assert list(await uow.session.scalars(found)) == [young]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/verification-code/request"),
        ("POST", "/verification-code/verify"),
        ("GET", ""),
        ("GET", "/1"),
    ],
)
@pytest.mark.parametrize("resource", ["emails", "phones"])
async def test_nobody_without_a_credential(
    client: httpx.AsyncClient, method: str, path: str, resource: str
) -> None:
    answer = await client.request(method, f"/v2/verified-resources/{resource}{path}")
    assert answer.status_code == 401
