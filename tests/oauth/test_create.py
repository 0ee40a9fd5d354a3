"""Registering OAuth clients, as the admin command does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from openslots.kernel import crypto
from openslots.kernel.uow import Units
from openslots.models import OAuthClient, OAuthClientSecret
from openslots.oauth import rules, service
from openslots.oauth.errors import InvalidClient
from openslots.oauth.types import CreateClient, CreatedClient
from openslots.users.errors import UserNotFound
from tests.factories import make_user

URI = "https://client.example.com/callback"


async def create(units: Units, owner: str, **given: Any) -> CreatedClient:
    values: dict[str, Any] = {
        "name": "A client",
        "owner_email": owner,
        "type": "confidential",
        "redirect_uris": [URI],
        "scopes": ["BOOKING_READ", "BOOKING_WRITE"],
        **given,
    }
    async with units.begin() as uow:
        made = await service.create_client(uow, CreateClient(**values))
        await uow.commit()
        return made


async def stored(units: Units, client_id: str) -> tuple[OAuthClient, list[OAuthClientSecret]]:
    async with units.begin() as uow:
        client = await uow.session.get_one(OAuthClient, client_id)
        found = select(OAuthClientSecret).where(OAuthClientSecret.client_id == client_id)
        return client, list(await uow.session.scalars(found))


async def test_a_confidential_client_waits_for_approval(units: Units) -> None:
    owner = await make_user(units)
    made = await create(units, owner.email, scopes=["BOOKING_READ", "BOOKING_READ", "READ_PROFILE"])
    client, secrets = await stored(units, made.id)
    assert len(made.id) == 64
    assert (client.type, client.status, client.owner_id) == ("CONFIDENTIAL", "PENDING", owner.id)
    assert client.redirect_uris == [URI]
    assert client.scopes == ["BOOKING_READ", "READ_PROFILE"]
    [secret] = secrets
    assert made.secret is not None
    assert secret.secret_hash == crypto.sha256(made.secret)
    assert secret.hint == made.secret[-4:]


async def test_a_public_client_has_no_secret(units: Units) -> None:
    owner = await make_user(units)
    made = await create(units, owner.email.upper(), type="public", approve=True)
    client, secrets = await stored(units, made.id)
    assert (made.secret, secrets) == (None, [])
    assert (client.type, client.status) == ("PUBLIC", "APPROVED")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"name": " "}, "A client needs a name"),
        ({"name": "x" * 256}, "A client needs a name"),
        ({"scopes": []}, "At least one scope is required"),
        ({"scopes": ["COFFEE_READ"]}, "Unknown scope: COFFEE_READ"),
        ({"redirect_uris": []}, "At least one redirect URI is required"),
        (
            {"redirect_uris": [f"{URI}/{n}" for n in range(11)]},
            "A maximum of 10 redirect URIs are allowed",
        ),
        ({"redirect_uris": [URI, URI]}, f"Duplicate redirect URI: {URI}"),
    ],
)
async def test_what_cannot_be_registered(units: Units, given: dict[str, Any], text: str) -> None:
    owner = await make_user(units)
    with pytest.raises(InvalidClient, match=text):
        await create(units, owner.email, **given)


async def test_an_owner_has_to_exist(units: Units) -> None:
    with pytest.raises(UserNotFound):
        await create(units, "nobody@example.com")


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        (URI, None),
        ("http://localhost:3000/cb", None),
        ("http://127.0.0.1/cb", None),
        ("http://[::1]:8080/cb", None),
        ("http://box.local/cb", None),
        ("http://client.example.com/cb", "HTTPS is required"),
        ("myapp://callback", "HTTPS is required"),
        ("javascript:alert(1)", "HTTPS is required"),
        ("https:///cb", "Invalid redirect URI"),
        ("https://[broken/cb", "Invalid redirect URI"),
        ("https://client.example.com/a b", "Invalid redirect URI"),
        (f"{URI}#part", "has no fragment"),
        (f"{URI}#", "has no fragment"),
    ],
)
def test_redirect_uris(uri: str, problem: str | None) -> None:
    found = rules.redirect_problem([uri])
    assert (found is None) is (problem is None)
    assert problem is None or problem in (found or "")
