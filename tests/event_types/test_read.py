"""Reading one event type and listing many: who sees what, filters, sorting, cost."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.event_types.schemas.v2024_06_14.out import EventTypeOut, TeamEventTypeOut
from openslots.kernel.uow import Units
from openslots.models import EventType, Profile
from tests import factories
from tests.event_types.conftest import Host, HostMaker
from tests.statements import counted

DATED = {"cal-api-version": "2024-06-14"}


async def _anonymous(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v2/event-types", params=params, headers=DATED)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def ids(found: list[dict[str, Any]]) -> list[int]:
    return [one["id"] for one in found]


async def test_hidden_ones_are_listed_to_their_owner_alone(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient
) -> None:
    shown, hidden = await host.create(), await host.create(hidden=True)
    username = host.person.username
    assert ids(await host.list(username=username)) == [shown["id"], hidden["id"]]
    assert ids(await host.list(username=username, eventSlug=hidden["slug"])) == [hidden["id"]]
    stranger, admin = await make_host(), await make_host(role="ADMIN")
    for other in (stranger, admin):
        assert ids(await other.list(username=username)) == [shown["id"]]
        assert await other.list(username=username, eventSlug=hidden["slug"]) == []
    assert ids(await _anonymous(client, username=username)) == [shown["id"]]
    assert await _anonymous(client, username=username, eventSlug=hidden["slug"]) == []
    assert await _anonymous(client, username=username, eventSlug=hidden["slug"].upper()) == []


async def test_a_slug_is_found_exactly_then_in_any_case(
    host: Host, client: httpx.AsyncClient
) -> None:
    lower, upper = await host.create(slug="talk"), await host.create(slug="Talk")
    username = host.person.username
    for slug, expected in (("talk", lower), ("Talk", upper), ("TALK", lower)):
        assert ids(await _anonymous(client, username=username, eventSlug=slug)) == [expected["id"]]
    assert await _anonymous(client, username=username, eventSlug="walk") == []


async def test_unknown_people_have_an_empty_list(client: httpx.AsyncClient) -> None:
    assert await _anonymous(client, username="nobody-at-all") == []
    assert await _anonymous(client, usernames="nobody-at-all,nor-this-one") == []
    assert await _anonymous(client) == []
    assert await _anonymous(client, eventSlug="talk") == []


async def test_without_filters_a_caller_sees_their_own(host: Host, make_host: HostMaker) -> None:
    first, second = await host.create(), await host.create(hidden=True)
    await (await make_host()).create()
    assert ids(await host.list()) == [first["id"], second["id"]]
    assert ids(await host.list(eventSlug=first["slug"])) == [first["id"], second["id"]]


async def test_sorting_by_creation(host: Host) -> None:
    made = [(await host.create())["id"] for _ in range(3)]
    for params in ({}, {"username": host.person.username}):
        assert ids(await host.list(**params, sortCreatedAt="asc")) == made
        assert ids(await host.list(**params, sortCreatedAt="desc")) == made[::-1]


@pytest.mark.parametrize(
    "params", [{"sortCreatedAt": "newest"}, {"username": "x", "orgId": "abc"}, {"orgId": "1.5"}]
)
async def test_unreadable_filters_are_refused(host: Host, params: dict[str, str]) -> None:
    answer = await host.call("GET", "/event-types", params=params)
    assert answer.status_code == 400


async def test_unknown_filters_are_ignored(host: Host) -> None:
    created = await host.create()
    assert ids(await host.list(limit=1, take=5, forAtom="true")) == [created["id"]]


async def test_a_wrong_key_is_refused_also_where_none_is_needed(
    client: httpx.AsyncClient,
) -> None:
    headers = {**DATED, "Authorization": "Bearer cal_wrong"}
    answer = await client.get("/v2/event-types", params={"username": "x"}, headers=headers)
    assert answer.status_code == 401


async def test_a_group_is_one_event_type_for_the_moment(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient
) -> None:
    other = await make_host()
    names = f"{host.person.username}, {other.person.username},nobody-at-all"
    (group,) = await _anonymous(client, usernames=names)
    expected = {
        "id": 0,
        "ownerId": 0,
        "title": "Group Meeting",
        "customName": "Group Meeting",
        "slug": "dynamic",
        "description": "Join us for a meeting with multiple people",
        "lengthInMinutes": 30,
        "lengthInMinutesOptions": [15, 30, 45, 60, 90],
        "metadata": {"multipleDuration": [15, 30, 45, 60, 90]},
        "locations": [{"type": "integration", "integration": "cal-video"}],
        "bookingFields": [],
        "disableGuests": True,
        "minimumBookingNotice": 120,
        "successRedirectUrl": "",
        "bookingUrl": f"http://test/{host.person.username}/dynamic",
    }
    assert {key: group[key] for key in expected} == expected
    assert [user["id"] for user in group["users"]] == [host.id, other.id]
    EventTypeOut.model_validate(group, by_alias=True, by_name=False)
    (alone,) = await _anonymous(client, usernames=host.person.username)
    assert alone["id"] == 0


async def test_names_inside_an_organisation(
    host: Host, units: Units, client: httpx.AsyncClient
) -> None:
    slug = factories.unique("acme")
    org = await factories.make_team(
        units, organization=True, slug=slug, members=[(host.person, "MEMBER")]
    )
    async with units.begin() as uow:
        uow.session.add(Profile(organization_id=org, user_id=host.id, username="ann"))
        await uow.commit()
    created = await host.create()
    for params in ({"orgSlug": slug}, {"orgId": org}, {"orgSlug": slug, "orgId": org + 1}):
        assert ids(await _anonymous(client, username="ann", **params)) == [created["id"]]
        assert await _anonymous(client, username=host.person.username, **params) == []
        (group,) = await _anonymous(client, usernames="ann", **params)
        assert [user["id"] for user in group["users"]] == [host.id]
    assert await _anonymous(client, username="ann", orgSlug="other") == []
    assert await _anonymous(client, username="ann", orgId=10**17) == []


async def test_who_may_read_a_personal_event_type(
    host: Host, make_host: HostMaker, units: Units
) -> None:
    org_admin, org_member, team_admin, admin = [
        await make_host(role=role) for role in ("USER", "USER", "USER", "ADMIN")
    ]
    org = await factories.make_team(
        units,
        organization=True,
        members=[
            (host.person, "MEMBER"),
            (org_admin.person, "ADMIN"),
            (org_member.person, "MEMBER"),
        ],
    )
    await factories.make_team(
        units,
        parent_id=org,
        members=[(host.person, "MEMBER"), (team_admin.person, "OWNER")],
    )
    created = await host.create(hidden=True)
    for reader in (host, org_admin, admin):
        assert await reader.read(created["id"]) == created
    for stranger in (org_member, team_admin, await make_host()):
        assert (await stranger.get(created["id"])).status_code == 404


async def test_who_may_read_a_team_event_type(make_host: HostMaker, units: Units) -> None:
    names = ("org_owner", "team_admin", "assigned", "member", "outsider")
    people = {name: await make_host() for name in names}
    admin = await make_host(role="ADMIN")
    org = await factories.make_team(
        units, organization=True, members=[(people["org_owner"].person, "OWNER")]
    )
    members = [
        (people["team_admin"].person, "ADMIN"),
        (people["assigned"].person, "MEMBER"),
        (people["member"].person, "MEMBER"),
    ]
    team = await factories.make_team(units, parent_id=org, members=members, slug="sales")
    row = await factories.make_event_type(
        units,
        team_id=team,
        slug="demo",
        scheduling_type="roundRobin",
        hosts=[people["assigned"].person],
    )
    for reader in (people["org_owner"], people["team_admin"], people["assigned"], admin):
        found = await reader.read(row.id)
        TeamEventTypeOut.model_validate(found, by_alias=True, by_name=False)
        assert (found["teamId"], found["ownerId"]) == (team, None)
        assert found["schedulingType"] == "roundRobin"
        assert found["team"]["slug"] == "sales"
        assert found["bookingUrl"].endswith(".test/sales/demo")
        assert found["hosts"] == [
            {
                "userId": people["assigned"].id,
                "name": "Test Person",
                "username": people["assigned"].person.username,
                "avatarUrl": None,
                "mandatory": False,
                "priority": "medium",
            }
        ]
        assert "users" not in found
    for stranger in (people["member"], people["outsider"]):
        assert (await stranger.get(row.id)).status_code == 404


async def test_a_managed_event_type_shows_its_assignees(make_host: HostMaker, units: Units) -> None:
    owner, member = await make_host(), await make_host()
    team = await factories.make_team(units, members=[(owner.person, "OWNER")])
    parent = await factories.make_event_type(units, team_id=team, scheduling_type="managed")
    child = await factories.make_event_type(units, member.person, parent_id=parent.id)
    elsewhere = await factories.make_team(units, members=[(member.person, "OWNER")])
    await factories.make_event_type(units, team_id=elsewhere, scheduling_type="collective")
    found = await owner.read(parent.id)
    assert [host["userId"] for host in found["hosts"]] == [member.id]
    assert "priority" not in found["hosts"][0]
    assert (await member.read(child.id))["ownerId"] == member.id
    assert ids(await member.list(username=member.person.username)) == [child.id]


async def test_a_list_costs_the_same_for_one_and_for_a_hundred(
    host: Host, units: Units, client: httpx.AsyncClient
) -> None:
    await host.create()
    with counted(units) as one:
        await host.list()
    async with units.begin() as uow:
        for number in range(99):
            uow.session.add(EventType(owner_id=host.id, title="t", slug=f"s{number}", length=30))
        await uow.commit()
    with counted(units) as many:
        assert len(await host.list()) == 100
    assert len(many) == len(one) <= 3
    with counted(units) as public:
        assert len(await _anonymous(client, username=host.person.username)) == 100
    assert len(public) <= 2


@pytest.mark.parametrize(
    ("date", "new"),
    [
        ("2024-06-14", True),
        ("2024-08-13", True),
        ("2024-09-04", True),
        ("2026-06-12", True),
    ],
)
async def test_later_dates_answer_the_newest_shape(host: Host, date: str, new: bool) -> None:
    created = await host.create()
    answer = await host.call("GET", f"/event-types/{created['id']}", date=date)
    assert answer.json()["data"] == created
