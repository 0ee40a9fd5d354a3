"""`openslots seed`: a demo user to try things with, made through the API as anybody would; or, with
`--hosts` and `--bookings`, much data to measure with."""

from __future__ import annotations

import argparse
import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from openslots.cli import admin, environment
from openslots.cli.folder import CommandError, DataFolder

if TYPE_CHECKING:
    import httpx

EMAIL, USERNAME = "demo@example.com", "demo"
SLUG, MINUTES = "30min", 30
TRIGGERS = ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"]
EVENT_TYPES = "2024-06-14"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", help="data folder of a running `openslots dev`")
    parser.add_argument("--time-zone", default="Europe/London")
    parser.add_argument("--base", help="address of a running API; without it none is needed")
    parser.add_argument("--inbox", help="where the demo user's webhook goes")
    parser.add_argument("--hosts", type=int, help="instead of the demo user, so many hosts")
    parser.add_argument("--bookings", type=int, default=0, help="shared among those hosts")
    parser.add_argument(
        "--add", action="store_true", help="load even where others have made bookings"
    )


def run(given: argparse.Namespace) -> int:
    folder = environment.adopt(given.data_dir)
    if given.hosts is not None:
        from openslots.cli.load import load

        url = environment.direct_url()
        made = asyncio.run(load(url, given.hosts, given.bookings, add=given.add))
        print(f"made {made['hosts']} hosts with {made['bookings']} bookings")
        return 0
    demo = asyncio.run(seed(folder, given))
    folder.write_demo(demo)
    print(f"demo user {demo['email']}, key {demo['api_key']}")
    return 0


async def seed(folder: DataFolder, given: argparse.Namespace) -> dict[str, Any]:
    """Makes what is missing and returns what demo.json holds; running it again changes nothing."""
    demo = folder.demo()
    async with _client(given.base) as client:
        if not demo.get("api_key") or not await _works(client, demo["api_key"]):
            demo = await asyncio.to_thread(_user, folder, given.time_zone)
        client.headers["Authorization"] = f"Bearer {demo['api_key']}"
        await _event_type(client)
        if given.inbox:
            await _webhook(client, given.inbox)
    return demo | {"email": EMAIL, "username": USERNAME, "event_type_slug": SLUG}


def _user(folder: DataFolder, time_zone: str) -> dict[str, Any]:
    """A new user, or a new key of the one that is there."""
    password = f"Demo-{secrets.token_hex(8)}-7"
    words = ["user", "create", "--email", EMAIL, "--username", USERNAME, "--name", "Demo"]
    words += ["--time-zone", time_zone, "--password", password, "--with-defaults"]
    place = ["--data-dir", str(folder.path)]
    try:
        made = admin.execute([*words, *place])
    except CommandError as refused:
        try:
            key = admin.execute(["api-key", "create", "--email", EMAIL, *place])
        except CommandError:
            raise refused from None
        return {"api_key": key["apiKey"]}
    return {"api_key": made["apiKey"], "password": password}


@asynccontextmanager
async def _client(base: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """Calls a running API, or one inside this process."""
    import httpx

    if base:
        async with httpx.AsyncClient(base_url=base, timeout=30) as client:
            yield client
        return
    from openslots.main import create_app

    app = create_app(environment.settings())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://seed") as client,
    ):
        yield client


async def _works(client: httpx.AsyncClient, key: str) -> bool:
    answer = await client.get("/v2/me", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code == 200 and answer.json()["data"]["username"] == USERNAME


async def _event_type(client: httpx.AsyncClient) -> None:
    found = await _call(client, "GET", "/v2/event-types", params={"username": USERNAME})
    if not any(event_type["slug"] == SLUG for event_type in found):
        body = {"title": "30 minutes", "slug": SLUG, "lengthInMinutes": MINUTES}
        await _call(client, "POST", "/v2/event-types", json=body)


async def _webhook(client: httpx.AsyncClient, inbox: str) -> None:
    """Points the demo user's webhook at this run's inbox, whose port may be another one now."""
    path = inbox[inbox.index("/dev/") :]
    for webhook in await _call(client, "GET", "/v2/webhooks", params={"take": 250}):
        if webhook["subscriberUrl"].endswith(path):
            if webhook["subscriberUrl"] != inbox or not webhook["active"]:
                change = {"subscriberUrl": inbox, "active": True}
                await _call(client, "PATCH", f"/v2/webhooks/{webhook['id']}", json=change)
            return
    body = {"active": True, "subscriberUrl": inbox, "triggers": TRIGGERS}
    await _call(client, "POST", "/v2/webhooks", json=body)


async def _call(client: httpx.AsyncClient, method: str, path: str, **more: Any) -> Any:
    """The `data` of the answer, of whatever shape. Raises CommandError when it is a refusal."""
    headers = {"cal-api-version": EVENT_TYPES}
    answer = await client.request(method, path, headers=headers, **more)
    if not answer.is_success:
        raise CommandError(f"{method} {path} answered {answer.status_code}: {answer.text[:200]}")
    return answer.json()["data"]
