"""`/v2/event-types/{eventTypeId}/webhooks` over HTTP."""

from __future__ import annotations

import httpx

from openslots.kernel.uow import Units
from tests.factories import make_event_type, make_team, make_user
from tests.webhooks.build import UNKNOWN, body, data, message, subscribe

GUARD = "IsUserEventTypeWebhookGuard"


def path_of(event_type_id: int, webhook_id: str = "") -> str:
    path = f"/v2/event-types/{event_type_id}/webhooks"
    return f"{path}/{webhook_id}" if webhook_id else path


async def test_the_life_of_a_subscription(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    event_type = await make_event_type(units, user)
    path = path_of(event_type.id)
    made = await subscribe(client, user, path=path, secret="s")
    assert made["eventTypeId"] == event_type.id
    assert "userId" not in made
    one = f"{path}/{made['id']}"
    assert data(await client.get(one, headers=user.headers)) == made
    assert data(await client.get(path, headers=user.headers)) == [made]
    assert data(await client.get("/v2/webhooks", headers=user.headers)) == []
    changed = data(await client.patch(one, json={"active": False}, headers=user.headers))
    assert changed == {**made, "active": False}
    assert data(await client.delete(one, headers=user.headers)) == changed
    assert data(await client.get(path, headers=user.headers)) == []


async def test_all_can_be_deleted_at_once(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    event_type, other = await make_event_type(units, user), await make_event_type(units, user)
    path = path_of(event_type.id)
    kept = await subscribe(client, user, path=path_of(other.id))
    for _ in range(2):
        await subscribe(client, user, path=path)
    assert data(await client.delete(path, headers=user.headers)) == "2 webhooks deleted"
    assert data(await client.delete(path, headers=user.headers)) == "0 webhooks deleted"
    assert data(await client.get(path_of(other.id), headers=user.headers)) == [kept]


async def test_the_list_is_paged(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    path = path_of((await make_event_type(units, user)).id)
    made = [await subscribe(client, user, path=path) for _ in range(3)]
    assert data(await client.get(f"{path}?take=1&skip=1", headers=user.headers)) == made[1:2]
    for query in ("take=0", "take=251", "skip=-1"):
        message(await client.get(f"{path}?{query}", headers=user.headers), 400)


async def test_a_url_once_per_event_type(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    event_type, other = await make_event_type(units, user), await make_event_type(units, user)
    made = await subscribe(client, user, path=path_of(event_type.id))
    url = made["subscriberUrl"]
    answer = await client.post(
        path_of(event_type.id), json=body(subscriberUrl=url), headers=user.headers
    )
    assert message(answer, 409) == (
        "Webhook with this subscriber url already exists for this event type"
    )
    await subscribe(client, user, url)
    await subscribe(client, user, url, path=path_of(other.id))


async def test_unknown_event_types(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    for unknown in (2**40, 2**70):
        expected = f"{GUARD} - Event type ({unknown}) not found"
        path = path_of(unknown)
        for answer in (
            await client.get(path, headers=user.headers),
            await client.delete(path, headers=user.headers),
            await client.post(path, json=body(), headers=user.headers),
            await client.get(f"{path}/{UNKNOWN}", headers=user.headers),
        ):
            assert message(answer, 404) == expected
    message(await client.get("/v2/event-types/abc/webhooks", headers=user.headers), 400)


async def test_a_bad_body_is_told_before_an_unknown_event_type(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    message(await client.post(path_of(2**40), json={}, headers=user.headers), 400)


async def test_event_types_of_others(client: httpx.AsyncClient, units: Units) -> None:
    ann, ben = await make_user(units), await make_user(units)
    event_type = await make_event_type(units, ann)
    path = path_of(event_type.id)
    made = await subscribe(client, ann, path=path)
    expected = (
        f"{GUARD} - user with id=({ben.id}) is not the owner of event type with "
        f"id=({event_type.id})"
    )
    for answer in (
        await client.get(path, headers=ben.headers),
        await client.post(path, json=body(), headers=ben.headers),
        await client.delete(path, headers=ben.headers),
        await client.get(f"{path}/{made['id']}", headers=ben.headers),
        await client.patch(f"{path}/{made['id']}", json={}, headers=ben.headers),
        await client.delete(f"{path}/{made['id']}", headers=ben.headers),
    ):
        assert message(answer, 403) == expected


async def test_event_types_of_teams_are_not_the_users(
    client: httpx.AsyncClient, units: Units
) -> None:
    user = await make_user(units)
    team = await make_team(units, members=[(user, "OWNER")])
    event_type = await make_event_type(units, team_id=team, hosts=[user])
    message(await client.get(path_of(event_type.id), headers=user.headers), 403)


async def test_webhooks_of_something_else(client: httpx.AsyncClient, units: Units) -> None:
    user = await make_user(units)
    event_type, other = await make_event_type(units, user), await make_event_type(units, user)
    theirs = await subscribe(client, user, path=path_of(other.id))
    personal = await subscribe(client, user)
    for webhook_id, status in ((theirs["id"], 403), (personal["id"], 400), (UNKNOWN, 404)):
        path = path_of(event_type.id, webhook_id)
        for answer in (
            await client.get(path, headers=user.headers),
            await client.patch(path, json={}, headers=user.headers),
            await client.delete(path, headers=user.headers),
        ):
            assert webhook_id in message(answer, status)
    through_user = await client.get(f"/v2/webhooks/{theirs['id']}", headers=user.headers)
    message(through_user, 403)
