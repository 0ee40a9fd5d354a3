"""Codes of the booking page, and verified addresses as the components ask for them."""

from __future__ import annotations

import httpx
import pytest

from openslots.kernel.settings import Bookings, Settings
from openslots.kernel.uow import Units
from openslots.verified_resources.service import bookers
from tests.clock import Clock
from tests.factories import make_event_type, make_schedule, make_team, make_user
from tests.verified_resources.test_emails import address, mailed_code

URL = "/v2/atoms/verification/email"
EMAILS = "/v2/atoms/emails/verified-emails"


async def anyone(units: Units) -> dict[str, str]:
    """A caller with a rate limit of their own, which a key that exists has also where the route
    looks at no credential."""
    return dict((await make_user(units)).headers)


async def test_a_code_that_was_mailed_is_right(
    client: httpx.AsyncClient, units: Units, clock: Clock
) -> None:
    clock.set("2030-01-07T10:00:00Z")
    email = address()
    body = {"email": email, "username": "ann", "language": "en", "isVerifyingEmail": True}
    sent = await client.post(f"{URL}/send-code", json=body, headers=await anyone(units))
    assert (sent.status_code, sent.json()["data"]) == (200, {"sent": True})
    code = await mailed_code(units, email)
    for _ in range(2):
        right = await client.post(f"{URL}/verify-code", json={"email": email, "code": code})
        assert (right.status_code, right.json()["data"]) == (200, {"verified": True})
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for given in ({"email": email, "code": wrong}, {"email": address(), "code": code}):
        answer = await client.post(f"{URL}/verify-code", json=given)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == "Invalid verification code"
    clock.set("2030-01-07T10:31:00Z")
    late = await client.post(f"{URL}/verify-code", json={"email": email, "code": code})
    assert late.status_code == 400


async def test_the_code_opens_a_booking(
    client: httpx.AsyncClient, units: Units, clock: Clock
) -> None:
    clock.set("2030-01-07T10:00:00Z")
    host = await make_user(units)
    await make_schedule(units, host)
    row = await make_event_type(units, host, requires_email_verification=True)
    email = address()
    await client.post(f"{URL}/send-code", json={"email": email}, headers=await anyone(units))
    body = {
        "eventTypeId": row.id,
        "start": "2030-01-08T10:00:00Z",
        "attendee": {"name": "Ada", "email": email, "timeZone": "Europe/London"},
    }
    headers = {"cal-api-version": "2024-08-13"}
    refused = await client.post("/v2/bookings", json=body, headers=headers)
    assert refused.status_code == 400
    body["emailVerificationCode"] = await mailed_code(units, email)
    booked = await client.post("/v2/bookings", json=body, headers=headers)
    assert booked.status_code == 201, booked.text


@pytest.mark.parametrize("body", [{}, {"email": "nobody"}, {"email": 5}, []])
async def test_unreadable_bodies(client: httpx.AsyncClient, units: Units, body: object) -> None:
    for path in ("send-code", "verify-code"):
        answer = await client.post(f"{URL}/{path}", json=body, headers=await anyone(units))
        assert answer.status_code == 400


async def test_the_authenticated_form(client: httpx.AsyncClient, units: Units) -> None:
    user, email = await make_user(units), address()
    await client.post(f"{URL}/send-code", json={"email": email}, headers=await anyone(units))
    body = {"email": email, "code": await mailed_code(units, email)}
    path = f"{URL}/verify-code-authenticated"
    assert (await client.post(path, json=body)).status_code == 401
    answer = await client.post(path, json=body, headers=user.headers)
    assert answer.json()["data"] == {"verified": True}


async def test_protected_addresses_must_be_verified(
    client: httpx.AsyncClient, units: Units, settings: Settings
) -> None:
    answer = await client.get(f"{URL}/check", params={"email": "ann@example.com"})
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "data": False})
    assert (await client.get(f"{URL}/check")).json()["data"] is False
    protected = settings.model_copy(
        update={"bookings": Bookings(blacklisted_emails="ann@example.com,@acme.test")}
    )
    strict = Units(units.engine, protected, units.bus)
    async with strict.begin(read_only=True) as uow:
        assert bookers.must_verify(uow, "ANN@example.com", None)
        assert bookers.must_verify(uow, "x@acme.test", "ann@example.com")
        assert not bookers.must_verify(uow, "ann@example.com", "Ann@example.com")
        assert not bookers.must_verify(uow, "bob@example.com", None)


async def test_verified_addresses(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    empty = await client.get(EMAILS, headers=user.headers)
    assert empty.json()["data"] == []
    foreign = await client.post(EMAILS, json={"email": address()}, headers=user.headers)
    assert foreign.status_code == 400
    for _ in range(2):
        own = await client.post(EMAILS, json={"email": user.email.upper()}, headers=user.headers)
        assert (own.status_code, own.json()["data"]) == (201, [user.email])
    listed = await client.get(EMAILS, headers=user.headers)
    assert listed.json()["data"] == [user.email]
    assert (await client.get(EMAILS)).status_code == 401


async def test_addresses_of_a_team(client: httpx.AsyncClient, units: Units) -> None:
    user, stranger = await make_user(units), await make_user(units)
    team = await make_team(units, members=[(user, "MEMBER")])
    mine = await client.get(EMAILS, params={"teamId": team}, headers=user.headers)
    assert (mine.status_code, mine.json()["data"]) == (200, [])
    theirs = await client.get(EMAILS, params={"teamId": team}, headers=stranger.headers)
    assert theirs.status_code == 403
