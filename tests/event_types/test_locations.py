"""Locations: every kind, the apps behind integrations, the messages of a refusal."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from openslots.event_types.rules import locations
from openslots.kernel.uow import Units
from openslots.models import EventType
from tests import factories
from tests.event_types.conftest import Host, HostMaker, message

CAL_VIDEO = {"type": "integration", "integration": "cal-video"}
UNKNOWN = "Unsupported location type '{}'. Valid types are address, link, integration, and phone."


async def _stored(units: Units, event_type_id: int) -> list[dict[str, Any]]:
    async with units.begin(read_only=True) as uow:
        row = await uow.session.get_one(EventType, event_type_id)
        return row.locations


async def test_locations_are_stored_under_their_internal_names(host: Host, units: Units) -> None:
    created = await host.create(
        locations=[
            CAL_VIDEO,
            {"type": "address", "address": "Here", "public": True},
            {"type": "link", "link": "https://example.com/a", "public": False},
            {"type": "phone", "phone": "+37120993151", "public": True},
            {"type": "attendeeAddress"},
            {"type": "attendeePhone"},
            {"type": "attendeeDefined"},
        ]
    )
    assert await _stored(units, created["id"]) == [
        {"type": "integrations:daily"},
        {"type": "inPerson", "address": "Here", "displayLocationPublicly": True},
        {"type": "link", "link": "https://example.com/a", "displayLocationPublicly": False},
        {"type": "userPhone", "hostPhoneNumber": "+37120993151", "displayLocationPublicly": True},
        {"type": "attendeeInPerson"},
        {"type": "phone"},
        {"type": "somewhereElse"},
    ]


async def test_duplicates_are_allowed_and_order_is_kept(host: Host) -> None:
    wanted = [{"type": "attendeePhone"}, CAL_VIDEO, {"type": "attendeePhone"}]
    assert (await host.create(locations=wanted))["locations"] == wanted


EVERY_APP = ", ".join(locations.INTEGRATIONS)
MALFORMED: list[tuple[Any, str]] = [
    ({"type": "address"}, "'locations' must be an array."),
    ([], "'locations' must contain at least 1 location."),
    (["zoom"], "Each object in 'locations' must be an object."),
    ([None], "Each object in 'locations' must be an object."),
    ([{"address": "x"}], "Each object in 'locations' must have a 'type' property."),
    ([{"type": "moon"}], UNKNOWN.format("moon")),
    ([{"type": 7}], UNKNOWN.format(7)),
    ([{"type": "organizersDefaultApp"}], UNKNOWN.format("organizersDefaultApp")),
    (
        [{"type": "integration", "integration": "mirror"}],
        "Validation failed for integration location: integration must be one of the following "
        f"values: {EVERY_APP}",
    ),
    (
        [{"type": "address", "address": "", "public": True}],
        "Validation failed for address location: address should not be empty",
    ),
    (
        [{"type": "address", "address": "x"}],
        "Validation failed for address location: public must be a boolean value",
    ),
    (
        [{"type": "link", "link": "nowhere", "public": True}],
        "Validation failed for link location: link must be a URL address",
    ),
    (
        [{"type": "phone", "phone": "12345", "public": True}],
        "Validation failed for phone location: phone must be a valid phone number",
    ),
    ([{"type": "integration", "integration": "zoom"}], "zoom not connected."),
    ([{"type": "integration", "integration": "google-meet"}], "google-meet not connected."),
    ([{"type": "integration", "integration": "office365-video"}], "msteams not connected."),
    ([{"type": "integration", "integration": "whereby-video"}], "whereby not connected."),
    ([{"type": "integration", "integration": "jitsi"}], "jitsi not connected."),
    (
        [CAL_VIDEO, {"type": "unknown", "location": '{"type": "integrations:zoom"}'}],
        "Validation failed for unknown location: location must not hold a location of a known type",
    ),
]


@pytest.mark.parametrize(("places", "told"), MALFORMED)
async def test_refused_locations_change_nothing(host: Host, places: Any, told: str) -> None:
    answer = await host.post(locations=places)
    assert (answer.status_code, message(answer)) == (400, told)
    created = await host.create()
    answer = await host.patch(created["id"], locations=places, title="Other")
    assert (answer.status_code, message(answer)) == (400, told)
    assert await host.read(created["id"]) == created


def test_names_of_integrations_map_both_ways() -> None:
    assert len(locations.API_INTEGRATIONS) == len(locations.INTEGRATIONS) == 29
    for name, internal in locations.INTEGRATIONS.items():
        assert locations.api_location({"type": internal}) == {
            "type": "integration",
            "integration": name,
        }


async def test_what_only_the_oldest_contract_stored_is_shown_as_unknown(
    host: Host, units: Units
) -> None:
    stored = [{"type": "integrations:mirror", "x": 1}, {"type": "integrations:daily", "link": "l"}]
    row = await factories.make_event_type(units, host.person, locations=stored)
    found = await host.read(row.id)
    assert found["locations"][0] == {**CAL_VIDEO, "link": "l"}
    assert json.loads(found["locations"][1]["location"]) == stored[0]
    assert (await host.update(row.id, locations=found["locations"]))["locations"] == found[
        "locations"
    ]


async def test_strangers_do_not_see_places_that_are_not_public(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient
) -> None:
    private = [
        {"type": "address", "address": "My home", "public": False},
        {"type": "link", "link": "https://example.com/mine", "public": False},
        {"type": "phone", "phone": "+37120993151", "public": False},
    ]
    public = {"type": "address", "address": "Town hall", "public": True}
    await host.create(locations=[*private, public])
    answer = await client.get(
        "/v2/event-types",
        params={"username": host.person.username},
        headers={"cal-api-version": "2024-06-14"},
    )
    blank = [{**place, place["type"]: ""} for place in private]
    assert answer.json()["data"][0]["locations"] == [*blank, public]
    other = await (await make_host()).list(username=host.person.username)
    assert other[0]["locations"] == [*blank, public]
    mine = await host.list(username=host.person.username)
    assert mine[0]["locations"] == [*private, public]
