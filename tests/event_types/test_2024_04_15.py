"""The oldest contract: internal names, groups, public pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from tests import factories
from tests.event_types.conftest import OLD, Host, HostMaker, data, message


async def _create(host: Host, **over: Any) -> dict[str, Any]:
    body = {"title": "Old style", "slug": factories.unique("old"), "length": 60, **over}
    answer = await host.call("POST", "/event-types", body=body, date=OLD)
    assert answer.status_code == 201, answer.text
    return data(answer)


async def _read(host: Host, event_type_id: int) -> dict[str, Any]:
    found: dict[str, Any] = data(await host.call("GET", f"/event-types/{event_type_id}", date=OLD))[
        "eventType"
    ]
    return found


async def test_a_new_event_type_answers_its_internal_names(host: Host) -> None:
    sent = {
        "description": "d",
        "hidden": True,
        "slotInterval": 15,
        "minimumBookingNotice": 5,
        "beforeEventBuffer": 10,
        "afterEventBuffer": 20,
        "disableGuests": True,
        "locations": [
            {"type": "inPerson", "address": "Here", "displayLocationPublicly": True},
            {"type": "integrations:mirror"},
        ],
    }
    created = await _create(host, **sent)
    assert {key: created[key] for key in sent} == sent
    absent: dict[str, Any] = {
        "userId": host.id,
        "teamId": None,
        "parentId": None,
        "eventName": None,
        "periodType": "UNLIMITED",
        "periodDays": None,
        "periodStartDate": None,
        "periodEndDate": None,
        "requiresConfirmation": False,
        "recurringEvent": None,
        "seatsPerTimeSlot": None,
        "schedulingType": None,
        "scheduleId": None,
        "price": 0,
        "currency": "usd",
        "metadata": {},
        "successRedirectUrl": None,
        "bookingLimits": None,
        "durationLimits": None,
    }
    assert {key: created[key] for key in absent} == absent
    assert not {"lengthInMinutes", "ownerId"} & created.keys()


@pytest.mark.parametrize("date", [None, OLD, "2024-06-11", "unreadable"])
async def test_dates_that_mean_the_oldest_shape(host: Host, date: str | None) -> None:
    body = {"title": "t", "slug": "old", "length": 20}
    created = data(await host.call("POST", "/event-types", body=body, date=date))
    assert created["length"] == 20
    assert created["bookingFields"] is None
    path = f"/event-types/{created['id']}"
    assert "eventType" in data(await host.call("GET", path, date=date))
    assert "eventTypeGroups" in data(await host.call("GET", "/event-types", date=date))


async def test_bodies_of_one_contract_are_no_bodies_of_the_other(host: Host) -> None:
    new = {"title": "t", "slug": "s", "lengthInMinutes": 30}
    old = {"title": "t", "slug": "s", "length": 30}
    assert (await host.call("POST", "/event-types", body=new, date=OLD)).status_code == 400
    assert (await host.call("POST", "/event-types", body=old)).status_code == 400
    for bad in ({**old, "length": 0}, {**old, "locations": [{}]}, {**old, "slug": ""}):
        assert (await host.call("POST", "/event-types", body=bad, date=OLD)).status_code == 400


async def test_an_old_event_type_has_eight_fields_in_the_new_contract(host: Host) -> None:
    created = await _create(host)
    fields = (await host.read(created["id"]))["bookingFields"]
    assert len(fields) == 8
    assert "label" not in fields[0]


async def test_reading_gives_what_a_settings_form_needs(host: Host, units: Units) -> None:
    schedule = await factories.make_schedule(units, host.person, name="Mornings")
    created = await _create(host)
    answer = data(await host.call("GET", f"/event-types/{created['id']}", date=OLD))
    assert answer["team"] is None
    assert answer["teamMembers"] == []
    assert answer["currentUserMembership"] is None
    assert answer["isUserOrganizationAdmin"] is False
    assert answer["destinationCalendar"] is None
    values = [o["value"] for g in answer["locationOptions"] for o in g["options"]]
    assert "integrations:daily" in values
    found = answer["eventType"]
    assert (found["schedule"], found["scheduleName"]) == (schedule, "Mornings")
    assert [user["id"] for user in found["users"]] == [host.id]
    assert found["hosts"] == found["children"] == found["hashedLink"] == []
    assert found["metadata"] == {"apps": {}}
    assert [field["name"] for field in found["bookingFields"]] == [
        "name", "email", "attendeePhoneNumber", "location", "title", "notes", "guests",
        "rescheduleReason",
    ]  # fmt: skip
    for field in found["bookingFields"]:
        assert {"name", "type", "required", "editable", "sources"} <= field.keys()


async def test_a_patch_changes_only_what_it_names(host: Host) -> None:
    created = await host.create(
        bookingFields=[{"type": "text", "slug": "x", "label": "X", "required": True}],
        seats={"seatsPerTimeSlot": 3, "showAttendeeInfo": True, "showAvailabilityCount": False},
        bookerLayouts={"defaultLayout": "week", "enabledLayouts": ["week"]},
    )
    answer = await host.call(
        "PATCH", f"/event-types/{created['id']}", body={"title": "Old words"}, date=OLD
    )
    changed = data(answer)
    assert (changed["title"], changed["seatsPerTimeSlot"]) == ("Old words", 3)
    assert not {"createdAt", "updatedAt", "position", "scheduleId"} & changed.keys()
    assert await host.read(created["id"]) == {**created, "title": "Old words"}


async def test_fields_and_seats_under_their_internal_names(host: Host) -> None:
    created = await _create(host)
    field = {
        "name": "colour",
        "type": "select",
        "label": "Colour",
        "required": True,
        "editable": "user",
        "sources": [{"id": "user", "type": "user", "label": "User"}],
        "options": [{"label": "Red", "value": "red"}],
        "placeholder": "pick",
    }
    path = f"/event-types/{created['id']}"
    body = {"bookingFields": [field], "seatsPerTimeSlot": 4}
    changed = data(await host.call("PATCH", path, body=body, date=OLD))
    assert changed["seatsPerTimeSlot"] == 4
    stored = next(f for f in changed["bookingFields"] if f["name"] == "colour")
    assert {k: v for k, v in stored.items() if k not in ("sources", "editable")} == {
        k: v for k, v in field.items() if k not in ("sources", "editable")
    }
    names = [f["name"] for f in changed["bookingFields"]]
    assert names == [
        "name", "email", "location", "colour", "title", "notes", "guests", "rescheduleReason",
    ]  # fmt: skip
    shown = next(
        f for f in (await host.read(created["id"]))["bookingFields"] if f["slug"] == "colour"
    )
    assert (shown["options"], shown["type"]) == (["red"], "select")
    echo = {"bookingFields": changed["bookingFields"]}
    again = data(await host.call("PATCH", path, body=echo, date=OLD))
    assert again["bookingFields"] == changed["bookingFields"]
    assert (await host.read(created["id"]))["seats"]["seatsPerTimeSlot"] == 4
    cleared = data(await host.call("PATCH", path, body={"seatsPerTimeSlot": None}, date=OLD))
    assert cleared["seatsPerTimeSlot"] is None


async def test_a_split_name_survives_both_contracts(host: Host) -> None:
    created = await host.create(bookingFields=[{"type": "splitName", "lastNameRequired": True}])
    before = await host.read(created["id"])
    fields = (await _read(host, created["id"]))["bookingFields"]
    assert fields[0]["variant"] == "firstAndLastName"
    body = {"bookingFields": fields}
    await host.call("PATCH", f"/event-types/{created['id']}", body=body, date=OLD)
    assert await host.read(created["id"]) == before


@pytest.mark.parametrize(
    "body",
    [
        {"seatsPerTimeSlot": 0},
        {"seatsPerTimeSlot": 1001},
        {"length": "60"},
        {"bookingFields": [{"name": "x"}]},
        {"bookingFields": [{"type": "text"}]},
        {"bookingFields": "all"},
        {
            "bookingFields": [
                {"name": "x", "type": "text", "required": True},
                {"name": "x", "type": "text", "required": True},
            ]
        },
        {"locations": [{"type": 5}]},
        [],
    ],
)
async def test_unreadable_changes_are_refused(host: Host, body: Any) -> None:
    created = await _create(host)
    answer = await host.call("PATCH", f"/event-types/{created['id']}", body=body, date=OLD)
    assert answer.status_code == 400


async def test_nobody_changes_somebody_elses(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient
) -> None:
    created = await _create(host)
    before = await _read(host, created["id"])
    stranger, path = await make_host(), f"/event-types/{created['id']}"
    for event_type_id in (created["id"], 2**70):
        for method in ("GET", "PATCH"):
            answer = await stranger.call(
                method, f"/event-types/{event_type_id}", body={"title": "Mine"}, date=OLD
            )
            assert answer.status_code == 404
    assert (await stranger.call("DELETE", path, date=OLD)).status_code == 403
    assert (await stranger.call("PATCH", "/event-types/abc", body={}, date=OLD)).status_code == 400
    for method in ("GET", "PATCH", "DELETE"):
        assert (await client.request(method, f"/v2{path}", json={})).status_code == 401
    assert (await client.get("/v2/event-types")).status_code == 401
    assert await _read(host, created["id"]) == before


async def test_deleting_answers_the_internal_names(host: Host) -> None:
    created = await _create(host)
    answer = await host.call("DELETE", f"/event-types/{created['id']}", date=OLD)
    assert answer.json() == {
        "status": "success",
        "data": {
            "id": created["id"],
            "length": 60,
            "slug": created["slug"],
            "title": "Old style",
        },
    }


async def test_the_list_is_grouped_by_owner(host: Host, make_host: HostMaker, units: Units) -> None:
    created, other = await _create(host), await make_host()
    team = await factories.make_team(
        units,
        name="Sales",
        slug=factories.unique("sales"),
        members=[(host.person, "MEMBER"), (other.person, "OWNER")],
    )
    shared = await factories.make_event_type(units, team_id=team, scheduling_type="collective")
    answer = data(await host.call("GET", "/event-types", date=OLD))
    mine, theirs = answer["eventTypeGroups"]
    assert [e["id"] for e in mine["eventTypes"]] == [created["id"]]
    assert (mine["teamId"], mine["membershipRole"]) == (None, None)
    assert mine["profile"] == {
        "slug": host.person.username,
        "name": host.person.name,
        "image": None,
    }
    assert mine["metadata"] == {"membershipCount": 1, "readOnly": False}
    assert (theirs["teamId"], theirs["membershipRole"]) == (team, "MEMBER")
    assert theirs["metadata"] == {"membershipCount": 2, "readOnly": True}
    assert theirs["eventTypes"][0]["id"] == shared.id
    assert theirs["eventTypes"][0]["schedulingType"] == "COLLECTIVE"
    assert [p["name"] for p in answer["profiles"]] == [host.person.name, "Sales"]


# -- public pages


async def _public(client: httpx.AsyncClient, path: str, **params: Any) -> httpx.Response:
    return await client.get(
        f"/v2/event-types/{path}", params=params, headers={"cal-api-version": OLD}
    )


async def test_the_public_list_leaves_out_hidden_ones(
    host: Host, client: httpx.AsyncClient
) -> None:
    created = await _create(host, description="<b>bold</b> & more")
    await _create(host, hidden=True)
    answer = await _public(client, f"{host.person.username.upper()}/public")
    (found,) = answer.json()["data"]
    assert (found["id"], found["length"]) == (created["id"], 60)
    assert found["descriptionAsSafeHTML"] == "<p>&lt;b&gt;bold&lt;/b&gt; &amp; more</p>"
    missing = await _public(client, "nobody-at-all/public")
    assert missing.status_code == 404


async def test_one_public_event_type_shows_nothing_private(
    host: Host, client: httpx.AsyncClient, units: Units
) -> None:
    schedule = await factories.make_schedule(units, host.person, time_zone="Europe/Rome")
    created = await _create(
        host,
        hidden=True,
        description="Hello\nthere",
        locations=[
            {"type": "inPerson", "address": "My home", "displayLocationPublicly": False},
            {"type": "link", "link": "https://example.com/x", "displayLocationPublicly": True},
            {"type": "userPhone", "hostPhoneNumber": "+37120993151"},
            {"type": "integrations:daily"},
        ],
    )
    answer = await _public(client, f"{host.person.username}/{created['slug']}/public")
    found = answer.json()["data"]
    assert found["id"] == created["id"]
    assert found["description"] == "<p>Hello<br>there</p>"
    assert found["locations"] == [
        {"type": "inPerson", "displayLocationPublicly": False},
        {
            "type": "link",
            "link": "https://example.com/x",
            "displayLocationPublicly": True,
        },
        {"type": "userPhone"},
        {"type": "integrations:daily"},
    ]
    assert found["schedule"] == {"id": schedule, "timeZone": "Europe/Rome"}
    assert found["profile"]["username"] == host.person.username
    assert found["profile"]["bookerLayouts"]["defaultLayout"] == "month_view"
    assert found["entity"]["considerUnpublished"] is False
    assert [user["username"] for user in found["subsetOfUsers"]] == [host.person.username]
    assert (found["hidden"], found["isDynamic"], found["isInstantEvent"]) == (True, False, False)
    assert host.person.email not in answer.text


async def test_what_does_not_exist_is_null(host: Host, client: httpx.AsyncClient) -> None:
    for path in (f"{host.person.username}/nothing/public", "nobody-at-all/thing/public"):
        answer = await _public(client, path)
        assert (answer.status_code, answer.json()) == (200, {"status": "success", "data": None})


async def test_joined_names_are_a_group(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient
) -> None:
    other = await make_host()
    names = f"{other.person.username}+{host.person.username}"
    found = (await _public(client, f"{names}/dynamic/public")).json()["data"]
    assert (found["id"], found["isDynamic"], found["slug"]) == (0, True, "dynamic")
    assert [user["id"] for user in found["users"]] == [other.id, host.id]
    assert found["metadata"]["multipleDuration"] == [15, 30, 45, 60, 90]


async def test_a_teams_page(host: Host, client: httpx.AsyncClient, units: Units) -> None:
    slug = factories.unique("team")
    team = await factories.make_team(units, slug=slug, members=[(host.person, "OWNER")])
    row = await factories.make_event_type(
        units, team_id=team, slug="demo", scheduling_type="roundRobin", hosts=[host.person]
    )
    answer = await _public(client, f"{slug}/demo/public", isTeamEvent="true")
    found = answer.json()["data"]
    assert (found["id"], found["schedulingType"]) == (row.id, "ROUND_ROBIN")
    assert found["entity"]["teamSlug"] == slug
    assert [user["id"] for user in found["users"]] == [host.id]
    assert (await _public(client, f"{slug}/demo/public")).json()["data"] is None


async def test_public_pages_are_gone_from_the_newer_contract(
    host: Host, client: httpx.AsyncClient
) -> None:
    created = await host.create()
    for path in (
        f"{host.person.username}/public",
        f"{host.person.username}/{created['slug']}/public",
    ):
        answer = await client.get(
            f"/v2/event-types/{path}", headers={"cal-api-version": "2024-06-14"}
        )
        assert answer.status_code == 404
        assert message(answer).startswith("Cannot GET ")
