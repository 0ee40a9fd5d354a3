"""What the published components ask for, under any contract date."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from tests import factories
from tests.event_types.conftest import Host, HostMaker, data, message


async def _form(host: Host, event_type_id: int, date: str | None = None) -> dict[str, Any]:
    return data(await host.call("GET", f"/atoms/event-types/{event_type_id}", date=date))


async def _save(host: Host, event_type_id: int, **changes: Any) -> httpx.Response:
    body = {"id": event_type_id, **changes}
    return await host.call("PATCH", f"/atoms/event-types/{event_type_id}", body=body, date=None)


async def test_the_booker_finds_an_event_type_by_name(
    host: Host, client: httpx.AsyncClient
) -> None:
    created = await host.create(locations=[{"type": "attendeePhone"}])
    for date in ("2024-04-15", "2024-06-14", "2026-05-01"):
        answer = await client.get(
            f"/v2/atoms/event-types/{created['slug']}/public",
            params={"username": host.person.username, "isTeamEvent": "false", "orgId": 0},
            headers={"cal-api-version": date},
        )
        found = answer.json()["data"]
        assert (found["id"], found["length"]) == (created["id"], 30)
        for key in ("bookingFields", "subsetOfUsers", "locations"):
            assert isinstance(found[key], list)
        for key in ("metadata", "profile", "entity"):
            assert isinstance(found[key], dict)
    nothing = await client.get("/v2/atoms/event-types/none/public", params={"username": "x"})
    assert nothing.json()["data"] is None


async def test_the_booker_of_an_organisation(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient, units: Units
) -> None:
    org = await factories.make_team(units, organization=True, members=[(host.person, "MEMBER")])
    created, outsider = await host.create(), await make_host()
    elsewhere = await outsider.create()
    for person, slug, expected in (
        (host, created["slug"], created["id"]),
        (outsider, elsewhere["slug"], None),
    ):
        answer = await client.get(
            f"/v2/atoms/event-types/{slug}/public",
            params={"username": person.person.username, "orgId": org},
        )
        found = answer.json()["data"]
        assert (found and found["id"]) == expected


async def test_a_group_name_may_come_decoded(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient
) -> None:
    other = await make_host()
    answer = await client.get(
        f"/v2/atoms/event-types/dynamic/public?username={host.person.username}"
        f"+{other.person.username}"
    )
    assert [user["id"] for user in answer.json()["data"]["users"]] == [host.id, other.id]


async def test_lists_of_the_components(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient, units: Units
) -> None:
    created = await host.create(description="d")
    team = await factories.make_team(units, name="Crew", members=[(host.person, "MEMBER")])
    shared = await factories.make_event_type(units, team_id=team, scheduling_type="collective")
    await (await make_host()).create()
    mine = data(await host.call("GET", "/atoms/event-types", date=None))
    assert mine == {
        "eventTypes": [
            {
                "id": created["id"],
                "title": "A title",
                "slug": created["slug"],
                "description": "d",
                "length": 30,
                "locations": [{"type": "integrations:daily"}],
                "parentId": None,
            }
        ]
    }
    answer = await host.call("GET", "/atoms/event-types/list-with-team", date=None)
    assert [(e["id"], e["team"]) for e in answer.json()["data"]] == [
        (created["id"], None),
        (shared.id, {"id": team, "name": "Crew"}),
    ]
    for path in ("", "/list-with-team", "/5"):
        assert (await client.get(f"/v2/atoms/event-types{path}")).status_code == 401


async def test_the_form_is_the_one_of_the_oldest_contract(
    host: Host, make_host: HostMaker, units: Units
) -> None:
    created = await host.create()
    form = await _form(host, created["id"])
    old = data(await host.call("GET", f"/event-types/{created['id']}", date="2024-04-15"))
    assert form == old
    for key in ("hosts", "users", "children", "hashedLink"):
        assert isinstance(form["eventType"][key], list)
    stranger = await make_host()
    answer = await stranger.call("GET", f"/atoms/event-types/{created['id']}", date=None)
    assert answer.status_code == 404
    assert (await _save(stranger, created["id"], title="Mine")).status_code == 404


async def test_the_form_of_a_team_event_type(host: Host, units: Units) -> None:
    team = await factories.make_team(units, members=[(host.person, "ADMIN")])
    row = await factories.make_event_type(
        units, team_id=team, scheduling_type="roundRobin", hosts=[host.person]
    )
    form = await _form(host, row.id)
    assert form["team"]["id"] == team
    assert [member["id"] for member in form["teamMembers"]] == [host.id]
    assert form["currentUserMembership"]["role"] == "ADMIN"
    assert [one["userId"] for one in form["eventType"]["hosts"]] == [host.id]


INTERNAL: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"length": 50, "title": "T"}, {"lengthInMinutes": 50, "title": "T"}),
    (
        {"metadata": {"multipleDuration": [15, 30]}},
        {"lengthInMinutesOptions": [15, 30], "metadata": {"multipleDuration": [15, 30]}},
    ),
    (
        {"recurringEvent": {"freq": 2, "interval": 1, "count": 5}},
        {
            "recurrence": {
                "interval": 1,
                "occurrences": 5,
                "frequency": "weekly",
                "disabled": False,
            }
        },
    ),
    (
        {
            "requiresConfirmation": True,
            "metadata": {"requiresConfirmationThreshold": {"unit": "hours", "time": 3}},
        },
        {
            "confirmationPolicy": {
                "type": "time",
                "noticeThreshold": {"unit": "hours", "count": 3},
                "blockUnconfirmedBookingsInBooker": False,
            }
        },
    ),
    (
        {"periodType": "ROLLING_WINDOW", "periodDays": 9, "periodCountCalendarDays": True},
        {"bookingWindow": {"type": "calendarDays", "value": 9, "rolling": True}},
    ),
    (
        {
            "periodType": "RANGE",
            "periodStartDate": "2030-01-02T22:00:00.000Z",
            "periodEndDate": "2030-02-03T22:00:00.000Z",
        },
        {"bookingWindow": {"type": "range", "value": ["2030-01-02", "2030-02-03"]}},
    ),
    (
        {"bookingLimits": {"PER_DAY": 1}, "durationLimits": {"PER_WEEK": 60}},
        {"bookingLimitsCount": {"day": 1}, "bookingLimitsDuration": {"week": 60}},
    ),
    (
        {
            "eventTypeColor": {
                "lightEventTypeColor": "#ffffff",
                "darkEventTypeColor": "#000000",
            }
        },
        {"color": {"lightThemeHex": "#ffffff", "darkThemeHex": "#000000"}},
    ),
    (
        {"seatsPerTimeSlot": 3, "seatsShowAttendees": True, "seatsShowAvailabilityCount": False},
        {
            "seats": {
                "disabled": False,
                "seatsPerTimeSlot": 3,
                "showAttendeeInfo": True,
                "showAvailabilityCount": False,
            }
        },
    ),
    ({"eventName": "With {Organiser}"}, {"customName": "With {Organiser}"}),
    (
        {"maxActiveBookingsPerBooker": 2},
        {"bookerActiveBookingsLimit": {"maximumActiveBookings": 2, "offerReschedule": False}},
    ),
    (
        {"minimumRescheduleNotice": 30},
        {"disableRescheduling": {"disabled": False, "minutesBefore": 30}},
    ),
    (
        {
            "metadata": {
                "bookerLayouts": {
                    "enabledLayouts": ["week_view"],
                    "defaultLayout": "week_view",
                }
            }
        },
        {"bookerLayouts": {"defaultLayout": "week", "enabledLayouts": ["week"]}},
    ),
    ({"hosts": [], "children": [], "pendingHostChanges": {}, "anything": 1}, {}),
]


@pytest.mark.parametrize(("sent", "shown"), INTERNAL)
async def test_saving_the_form(host: Host, sent: dict[str, Any], shown: dict[str, Any]) -> None:
    created = await host.create()
    answer = await _save(host, created["id"], **sent)
    assert answer.status_code == 200, answer.text
    changed = data(answer)["eventType"]
    assert changed["id"] == created["id"]
    assert await host.read(created["id"]) == {**created, **shown}
    nulls = {
        key: None
        for key in sent
        if key in ("recurringEvent", "bookingLimits", "eventTypeColor", "seatsPerTimeSlot")
    }
    if nulls:
        assert (await _save(host, created["id"], **nulls)).status_code == 200
        (shown_as,) = {"recurrence", "bookingLimitsCount", "color", "seats"} & shown.keys()
        left = (await host.read(created["id"])).get(shown_as)
        assert left in (None, {"disabled": True})


async def test_the_whole_form_can_be_saved_as_it_was_read(host: Host) -> None:
    created = await host.create(
        recurrence={"frequency": "weekly", "interval": 1, "occurrences": 4},
        bookingLimitsCount={"day": 3},
        bookingWindow={"type": "range", "value": ["2030-01-01", "2030-02-01"]},
        bookerLayouts={"defaultLayout": "week", "enabledLayouts": ["week", "month"]},
        color={"lightThemeHex": "#ffffff", "darkThemeHex": "#000000"},
        lengthInMinutesOptions=[15, 30],
        bookingFields=[{"type": "text", "slug": "x", "label": "X", "required": True}],
    )
    form = (await _form(host, created["id"]))["eventType"]
    answer = await _save(host, **{**form, "event_type_id": created["id"]})
    assert answer.status_code == 200, answer.text
    assert await host.read(created["id"]) == created


@pytest.mark.parametrize(
    "body",
    [
        {"bookingLimits": {"PER_DAY": 5, "PER_WEEK": 2}},
        {"periodType": "ROLLING"},
        {"periodType": "NEVER"},
        {"recurringEvent": {"freq": 9, "interval": 1, "count": 1}},
        {"metadata": {"bookerLayouts": {"enabledLayouts": [], "defaultLayout": "x"}}},
        {"metadata": 5},
        {"interfaceLanguage": "xx"},
        {"locations": [{"type": "integrations:zoom"}]},
    ],
)
async def test_unreadable_forms_are_refused(host: Host, body: dict[str, Any]) -> None:
    created = await host.create()
    assert (await _save(host, created["id"], **body)).status_code == 400
    assert await host.read(created["id"]) == created


async def test_a_taken_slug_is_told(host: Host) -> None:
    first, second = await host.create(), await host.create()
    answer = await _save(host, second["id"], slug=first["slug"])
    assert (answer.status_code, message(answer)) == (400, "error_event_type_url_duplicate")


async def test_a_missing_email_field_is_added(host: Host) -> None:
    created = await host.create()
    fields = [{"name": "x", "type": "text", "label": "X", "required": False}]
    assert (await _save(host, created["id"], bookingFields=fields)).status_code == 200
    found = await host.read(created["id"])
    email = next(f for f in found["bookingFields"] if f["slug"] == "email")
    assert (email["required"], email["hidden"]) == (True, False)


async def test_the_default_location_for_several(host: Host, make_host: HostMaker) -> None:
    path = "/atoms/event-types/bulk-update-to-default-location"
    mine = [await host.create(locations=[{"type": "attendeePhone"}]) for _ in range(2)]
    foreign = await (await make_host()).create(locations=[{"type": "attendeePhone"}])
    ids = [one["id"] for one in mine]
    answer = await host.call("PATCH", path, body={"eventTypeIds": [*ids, foreign["id"]]})
    assert answer.status_code == 404
    assert (await host.read(ids[0]))["locations"] == [{"type": "attendeePhone"}]
    answer = await host.call("PATCH", path, body={"eventTypeIds": ids})
    assert answer.json() == {"status": "success"}
    for event_type_id in ids:
        assert (await host.read(event_type_id))["locations"] == [
            {"type": "integration", "integration": "cal-video"}
        ]
    assert (await host.call("PATCH", path, body={"eventTypeIds": "all"})).status_code == 400


async def test_the_form_replaces_private_links(host: Host) -> None:
    created, other = await host.create(), await host.create()
    path = f"/event-types/{created['id']}/private-links"
    kept, dropped = [
        data(await host.call("POST", path, body={"maxUsageCount": 3})) for _ in range(2)
    ]
    made = "a-new-link-of-the-form"
    links = [{"link": kept["linkId"], "maxUsageCount": 5}, made]
    answer = await _save(host, created["id"], multiplePrivateLinks=links)
    assert answer.status_code == 200, answer.text
    shown = data(answer)["eventType"]["hashedLink"]
    assert [(one["link"], one["maxUsageCount"]) for one in shown] == [
        (kept["linkId"], 5),
        (made, 1),
    ]
    listed = (await host.call("GET", path)).json()["data"]
    assert dropped["linkId"] not in [one["linkId"] for one in listed]
    assert (await _save(host, created["id"], title="x")).status_code == 200
    assert (await host.call("GET", path)).json()["data"] == listed
    for refused in ([made], ["short"], [made, made]):
        event_type_id = other["id"] if refused == [made] else created["id"]
        answer = await _save(host, event_type_id, multiplePrivateLinks=refused)
        assert answer.status_code == 400
    assert (await _save(host, created["id"], multiplePrivateLinks=[])).status_code == 200
    assert (await host.call("GET", path)).json()["data"] == []
