"""Admin commands without processes: their words, what they do, what they answer."""

from __future__ import annotations

from typing import Any

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
