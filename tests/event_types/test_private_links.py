"""Private links: their two kinds, expiry, use counts, whose they are."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from openslots.event_types.errors import LinkSpent
from openslots.event_types.service import links
from openslots.kernel.uow import Units
from tests.clock import Clock
from tests.event_types.conftest import Host, HostMaker, data, message

FUTURE, PAST = "2090-12-31T23:59:59.000Z", "2024-01-31T23:59:59.000Z"
BOTH = "Provide only one of expiresAt or maxUsageCount"


async def _link(host: Host, **body: Any) -> dict[str, Any]:
    event_type = await host.create()
    answer = await host.call("POST", f"/event-types/{event_type['id']}/private-links", body=body)
    assert answer.status_code == 201, answer.text
    return data(answer)


def _path(link: dict[str, Any]) -> str:
    return f"/event-types/{link['eventTypeId']}/private-links/{link['linkId']}"


@pytest.mark.parametrize("date", [None, "2024-04-15", "2024-06-14", "2026-06-12"])
async def test_a_usage_based_link(host: Host, date: str | None) -> None:
    event_type = await host.create(slug="intro")
    path = f"/event-types/{event_type['id']}/private-links"
    answer = await host.call("POST", path, body={"maxUsageCount": 5}, date=date)
    assert answer.status_code == 201
    link = data(answer)
    assert link == {
        "linkId": link["linkId"],
        "eventTypeId": event_type["id"],
        "isExpired": False,
        "bookingUrl": f"http://test/d/{link['linkId']}/intro",
        "maxUsageCount": 5,
        "usageCount": 0,
    }
    assert len(link["linkId"]) >= 20


async def test_a_time_based_link(host: Host) -> None:
    link = await _link(host, expiresAt=FUTURE)
    assert link == {
        "linkId": link["linkId"],
        "eventTypeId": link["eventTypeId"],
        "isExpired": False,
        "bookingUrl": link["bookingUrl"],
        "expiresAt": FUTURE,
    }
    assert (await _link(host, expiresAt=PAST))["isExpired"] is True
    assert (await _link(host, expiresAt="2090-12-31"))["expiresAt"] == "2090-12-31T00:00:00.000Z"


async def test_links_far_from_now(host: Host) -> None:
    event_type = await host.create()
    path = f"/event-types/{event_type['id']}/private-links"
    refused = await host.call("POST", path, body={"expiresAt": "0001-01-01T00:00:00Z"})
    assert refused.status_code == 400
    for moment in ("0002-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"):
        answer = await host.call("POST", path, body={"expiresAt": moment})
        assert data(answer)["expiresAt"] == moment
    assert len((await host.call("GET", path)).json()["data"]) == 2


@pytest.mark.parametrize("body", [{}, {"maxUsageCount": None}, {"expiresAt": None}])
async def test_a_link_is_for_one_booking_by_default(host: Host, body: dict[str, Any]) -> None:
    assert (await _link(host, **body))["maxUsageCount"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"maxUsageCount": 0},
        {"maxUsageCount": "5"},
        {"maxUsageCount": 1.5},
        {"maxUsageCount": 2**70},
        {"expiresAt": "soon"},
        {"expiresAt": 5},
    ],
)
async def test_unreadable_limits_are_refused(host: Host, body: dict[str, Any]) -> None:
    link = await _link(host)
    path = f"/event-types/{link['eventTypeId']}/private-links"
    assert (await host.call("POST", path, body=body)).status_code == 400
    assert (await host.call("PATCH", _path(link), body=body)).status_code == 400


async def test_both_limits_are_refused(host: Host) -> None:
    link = await _link(host)
    body = {"maxUsageCount": 2, "expiresAt": FUTURE}
    for method, path in (
        ("POST", f"/event-types/{link['eventTypeId']}/private-links"),
        ("PATCH", _path(link)),
    ):
        answer = await host.call(method, path, body=body)
        assert (answer.status_code, message(answer)) == (400, BOTH)


async def test_a_link_changes_its_kind_and_keeps_its_uses(host: Host, units: Units) -> None:
    link = await _link(host, maxUsageCount=3)
    async with units.begin() as uow:
        await links.consume(uow, link["linkId"], link["eventTypeId"])
        await uow.commit()
    timed = data(await host.call("PATCH", _path(link), body={"expiresAt": FUTURE}))
    assert timed["expiresAt"] == FUTURE
    assert not {"maxUsageCount", "usageCount"} & timed.keys()
    assert data(await host.call("PATCH", _path(link), body={})) == timed
    counted = data(await host.call("PATCH", _path(link), body={"maxUsageCount": 10}))
    assert (counted["maxUsageCount"], counted["usageCount"]) == (10, 1)
    assert "expiresAt" not in counted


async def test_links_are_listed_oldest_first_and_deleted(host: Host) -> None:
    first = await _link(host)
    path = f"/event-types/{first['eventTypeId']}/private-links"
    second = data(await host.call("POST", path, body={"expiresAt": PAST}))
    assert (await host.call("GET", path)).json()["data"] == [first, second]
    answer = await host.call("DELETE", _path(first))
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "data": {"linkId": first["linkId"], "message": "Private link deleted successfully"},
    }
    assert (await host.call("GET", path)).json()["data"] == [second]
    again = await host.call("DELETE", _path(first))
    assert (again.status_code, message(again)) == (404, "Deleted link not found")
    changed = await host.call("PATCH", _path(first), body={"maxUsageCount": 2})
    assert (changed.status_code, message(changed)) == (404, "Updated link not found")


async def test_links_belong_to_the_owner_of_the_event_type(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient
) -> None:
    link, elsewhere = await _link(host), await host.create()
    stranger = await make_host()
    path = f"/event-types/{link['eventTypeId']}/private-links"
    calls: list[tuple[str, str]] = [
        ("GET", path),
        ("POST", path),
        ("PATCH", _path(link)),
        ("DELETE", _path(link)),
    ]
    for method, where in calls:
        answer = await stranger.call(method, where, body={})
        assert answer.status_code == 404
        assert message(answer) == f"Event type with id {link['eventTypeId']} not found"
        assert (await client.request(method, f"/v2{where}", json={})).status_code == 401
    moved = f"/event-types/{elsewhere['id']}/private-links/{link['linkId']}"
    assert (await host.call("PATCH", moved, body={})).status_code == 404
    assert (await host.call("DELETE", moved)).status_code == 404
    assert (await host.call("GET", path)).json()["data"] == [link]


@pytest.mark.parametrize("event_type_id", ["abc", "0", "-3", "1.5"])
async def test_an_id_must_be_positive(host: Host, event_type_id: str) -> None:
    answer = await host.call("GET", f"/event-types/{event_type_id}/private-links")
    assert (answer.status_code, message(answer)) == (400, "Invalid eventTypeId param.")
    huge = await host.call("GET", f"/event-types/{2**70}/private-links")
    assert huge.status_code == 404


async def test_uses_are_counted_exactly(host: Host, units: Units) -> None:
    link = await _link(host, maxUsageCount=3)

    async def use() -> bool:
        async with units.begin() as uow:
            try:
                await links.consume(uow, link["linkId"], link["eventTypeId"])
            except LinkSpent:
                return False
            await uow.commit()
            return True

    assert sum(await asyncio.gather(*(use() for _ in range(8)))) == 3
    path = f"/event-types/{link['eventTypeId']}/private-links"
    (found,) = (await host.call("GET", path)).json()["data"]
    assert (found["usageCount"], found["isExpired"]) == (3, True)


async def test_a_use_that_is_rolled_back_is_given_back(host: Host, units: Units) -> None:
    link = await _link(host)
    for _ in range(2):
        async with units.begin() as uow:
            await links.consume(uow, link["linkId"], link["eventTypeId"])
    path = f"/event-types/{link['eventTypeId']}/private-links"
    assert (await host.call("GET", path)).json()["data"] == [link]


async def test_timed_links_work_until_they_expire(host: Host, units: Units, clock: Clock) -> None:
    link = await _link(host, expiresAt="2030-01-01T00:00:00Z")
    clock.set("2029-12-31T23:59:59Z")
    for _ in range(2):
        async with units.begin() as uow:
            await links.consume(uow, link["linkId"], link["eventTypeId"])
            await uow.commit()
    clock.set("2030-01-01T00:00:01Z")
    for name, event_type_id in (
        (link["linkId"], link["eventTypeId"]),
        (link["linkId"], link["eventTypeId"] + 1),
        ("unknown", link["eventTypeId"]),
    ):
        async with units.begin() as uow:
            with pytest.raises(LinkSpent) as refused:
                await links.consume(uow, name, event_type_id)
            assert (refused.value.status, refused.value.message) == (410, "private_link_expired")
