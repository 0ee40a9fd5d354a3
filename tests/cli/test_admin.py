"""Admin commands without processes: their words, what they do, what they answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.cli import admin
from openslots.cli.folder import CommandError
from openslots.kernel.uow import Units
from openslots.models import OAuthClient, Team
from tests.factories import make_user, unique

URI = "https://client.example.com/callback"


async def run(units: Units, *words: str) -> dict[str, Any]:
    given = admin.parse(words)
    return await admin.perform(units, given.action.work, given)


async def test_org_create(units: Units) -> None:
    owner, slug = await make_user(units), unique("org")
    words = ("org", "create", "--name", "Acme", "--slug", slug, "--owner", owner.email)
    made = await run(units, *words, "--pbac", "--platform")
    assert made == {"id": made["id"], "slug": slug}
    async with units.begin() as uow:
        team = await uow.session.get_one(Team, made["id"])
        assert (team.name, team.pbac_enabled, team.is_platform) == ("Acme", True, True)
    with pytest.raises(CommandError, match="is taken"):
        await run(units, *words)


@pytest.mark.parametrize(("kind", "length"), [("confidential", 64), ("public", None)])
async def test_oauth_client_create(units: Units, kind: str, length: int | None) -> None:
    owner = await make_user(units)
    words = ("oauth-client", "create", "--name", "Calls", "--owner", owner.email, "--type", kind)
    scopes = ("--scope", "BOOKING_READ", "--scope", "SCHEDULE_READ", "SCHEDULE_WRITE")
    made = await run(units, *words, "--redirect-uri", URI, f"{URI}/2", *scopes, "--approve")
    assert made.keys() == {"clientId", "clientSecret"}
    secret = made["clientSecret"]
    assert (None if secret is None else len(secret)) == length
    async with units.begin() as uow:
        client = await uow.session.get_one(OAuthClient, made["clientId"])
        assert client.redirect_uris == [URI, f"{URI}/2"]
        assert client.scopes == ["BOOKING_READ", "SCHEDULE_READ", "SCHEDULE_WRITE"]
        assert client.status == "APPROVED"


async def test_user_and_key(units: Units) -> None:
    name = unique("cli")
    words = ("--username", name, "--name", "A", "--password", "Correct-horse-42")
    made = await run(
        units,
        *("user", "create", "--email", f"{name}@example.com", *words, "--time-zone", "UTC"),
    )
    assert made.keys() == {"id", "email", "username", "apiKey"}
    key = await run(units, "api-key", "create", "--email", f"{name}@example.com", "--days", "3")
    assert key["apiKey"] != made["apiKey"]
    with pytest.raises(CommandError, match="does not exist"):
        await run(units, "api-key", "create", "--email", "nobody@example.com")


async def test_a_leaked_key_is_revoked_and_the_others_stay(
    units: Units, client: httpx.AsyncClient
) -> None:
    person = await make_user(units)
    keys = [
        (await run(units, "api-key", "create", "--email", person.email))["apiKey"] for _ in "12"
    ]
    assert await run(units, "api-key", "revoke", "--key", keys[0]) == {"revoked": 1}
    assert [await status(client, key) for key in keys] == [401, 200]
    with pytest.raises(CommandError, match="no such API key"):
        await run(units, "api-key", "revoke", "--key", keys[0])


async def test_all_keys_of_a_person_are_revoked(units: Units, client: httpx.AsyncClient) -> None:
    person, other = await make_user(units), await make_user(units)
    made = [
        (await run(units, "api-key", "create", "--email", who.email))["apiKey"]
        for who in (person, person, other)
    ]
    assert await run(units, "api-key", "revoke", "--email", person.email) == {"revoked": 3}
    assert [await status(client, key) for key in made] == [401, 401, 200]


async def test_a_locked_person_is_nobody_until_unlocked(
    units: Units, client: httpx.AsyncClient
) -> None:
    person = await make_user(units)
    key = (await run(units, "api-key", "create", "--email", person.email))["apiKey"]
    answer = {"id": person.id, "email": person.email}
    assert await run(units, "user", "lock", "--email", person.email) == answer | {"locked": True}
    assert await status(client, key) == 401
    assert await run(units, "user", "unlock", "--email", person.email) == answer | {"locked": False}
    assert await status(client, key) == 200


async def status(client: httpx.AsyncClient, key: str) -> int:
    answer = await client.get("/v2/me", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code
