"""Changing and deleting event types: what stays, what is refused, who may."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from openslots.kernel import locks
from openslots.kernel.uow import Units
from openslots.models import Booking
from openslots.schedules import service as schedules
from tests import factories
from tests.event_types.conftest import Host, HostMaker, message
from tests.event_types.test_create import EVERYTHING
from tests.waiting import started

SEATS = {"seatsPerTimeSlot": 4, "showAttendeeInfo": True, "showAvailabilityCount": False}
WEEKLY = {"frequency": "weekly", "interval": 1, "occurrences": 4}


async def test_one_named_setting_leaves_everything_else(host: Host) -> None:
    field = {"type": "text", "slug": "x", "label": "X", "required": False}
    settings = {**EVERYTHING, "bookingFields": [field, {"slug": "guests", "hidden": True}]}
    for wanted in (settings, {"seats": SEATS}, {"recurrence": WEEKLY}):
        created = await host.create(**wanted)
        path = f"/event-types/{created['id']}/private-links"
        link = await host.call("POST", path, body={})
        changed = await host.update(created["id"], title="Only the title")
        assert changed == {**created, "title": "Only the title"}
        links = await host.call("GET", path)
        assert links.json()["data"] == [link.json()["data"]]


async def test_an_empty_patch_changes_nothing(host: Host) -> None:
    created = await host.create(**EVERYTHING)
    assert await host.update(created["id"]) == created


async def test_a_policy_keeps_its_blocking_when_it_is_not_sent(host: Host) -> None:
    policy = {"type": "always", "blockUnconfirmedBookingsInBooker": True}
    created = await host.create(confirmationPolicy=policy)
    changed = await host.update(
        created["id"],
        confirmationPolicy={"type": "time", "noticeThreshold": {"unit": "hours", "count": 2}},
    )
    assert changed["confirmationPolicy"]["blockUnconfirmedBookingsInBooker"] is True
    back = await host.update(created["id"], confirmationPolicy={"type": "always"})
    assert back["confirmationPolicy"] == policy


async def test_null_clears_what_can_be_cleared(host: Host) -> None:
    created = await host.create(**EVERYTHING)
    cleared = await host.update(
        created["id"],
        description=None,
        slotInterval=None,
        customName=None,
        successRedirectUrl=None,
        interfaceLanguage=None,
        title=None,
        slug=None,
        lengthInMinutes=None,
        hidden=None,
    )
    expected = {
        **created,
        "description": "",
        "slotInterval": None,
        "successRedirectUrl": None,
        "interfaceLanguage": None,
    }
    expected.pop("customName")
    assert cleared == expected


async def test_limits_are_replaced_as_a_whole(host: Host) -> None:
    created = await host.create(bookingLimitsCount={"day": 1, "month": 4})
    changed = await host.update(created["id"], bookingLimitsCount={"week": 2})
    assert changed["bookingLimitsCount"] == {"week": 2}


async def test_recurrence_and_seats_can_be_switched_off(host: Host) -> None:
    off = {"disabled": True}
    created = await host.create(recurrence=WEEKLY)
    assert (await host.update(created["id"], recurrence=off))["recurrence"] is None
    created = await host.create(seats=SEATS)
    assert (await host.update(created["id"], seats=off))["seats"] == off


async def test_slugs_on_update(host: Host, make_host: HostMaker) -> None:
    first, second = await host.create(slug="one"), await host.create(slug="two")
    answer = await host.patch(second["id"], slug="one")
    assert (answer.status_code, message(answer)) == (400, "error_event_type_url_duplicate")
    assert (await host.read(second["id"]))["slug"] == "two"
    assert (await host.update(first["id"], slug="one", hidden=True))["hidden"] is True
    assert (await host.update(first["id"], slug=" -three "))["slug"] == "three"
    assert (await host.patch(first["id"], slug=" - ")).status_code == 400


async def test_a_foreign_schedule_is_not_found(
    host: Host, make_host: HostMaker, units: Units
) -> None:
    other = await make_host()
    foreign = await factories.make_schedule(units, other.person)
    created = await host.create()
    answer = await host.patch(created["id"], scheduleId=foreign, title="x")
    assert answer.status_code == 404
    assert message(answer) == f"User with ID={host.id} does not own schedule with ID={foreign}"
    assert await host.read(created["id"]) == created
    own = await factories.make_schedule(units, host.person)
    assert (await host.update(created["id"], scheduleId=own))["scheduleId"] == own
    assert (await host.update(created["id"], scheduleId=None))["scheduleId"] is None


async def test_what_it_belongs_to_cannot_change(host: Host) -> None:
    created = await host.create()
    for name in ("teamId", "parentId"):
        assert (await host.patch(created["id"], **{name: 5})).status_code == 400
        assert (await host.patch(created["id"], **{name: None})).status_code == 200


async def test_somebody_elses_cannot_be_seen_changed_or_deleted(
    host: Host, make_host: HostMaker, client: httpx.AsyncClient
) -> None:
    created = await host.create()
    stranger, admin = await make_host(), await make_host(role="ADMIN")
    missing = f"Event type with id {created['id']} not found"
    for other in (stranger, admin):
        answer = await other.patch(created["id"], title="Mine")
        assert (answer.status_code, message(answer)) == (404, missing)
        answer = await other.call("DELETE", f"/event-types/{created['id']}")
        assert (answer.status_code, message(answer)) == (
            403,
            f"User with ID={other.id} does not own event type with ID={created['id']}",
        )
    answer = await stranger.get(created["id"])
    assert (answer.status_code, message(answer)) == (404, missing)
    headers = {"cal-api-version": "2024-06-14"}
    for method in ("GET", "PATCH", "DELETE"):
        anonymous = await client.request(
            method, f"/v2/event-types/{created['id']}", json={}, headers=headers
        )
        assert anonymous.status_code == 401
    assert await host.read(created["id"]) == created


async def test_team_event_types_are_not_changed_here(host: Host, units: Units) -> None:
    team = await factories.make_team(units, members=[(host.person, "OWNER")])
    row = await factories.make_event_type(units, team_id=team, scheduling_type="collective")
    assert (await host.patch(row.id, title="x")).status_code == 404
    assert (await host.call("DELETE", f"/event-types/{row.id}")).status_code == 403


@pytest.mark.parametrize("event_type_id", ["abc", "1.5", "%20", "1e3"])
async def test_an_id_must_be_a_number(host: Host, event_type_id: str) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        answer = await host.call(method, f"/event-types/{event_type_id}", body={})
        assert answer.status_code == 400
        assert message(answer) == "Validation failed (numeric string is expected)"


@pytest.mark.parametrize("event_type_id", [0, -1, 2**70])
async def test_ids_that_cannot_exist_are_not_found(host: Host, event_type_id: int) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        answer = await host.call(method, f"/event-types/{event_type_id}", body={})
        assert answer.status_code == 404


async def test_deleting_answers_the_essentials(host: Host, units: Units) -> None:
    created = await host.create(title="Gone", lengthInMinutes=45)
    booking = await factories.make_booking(units, host.person)
    async with units.begin() as uow:
        row = await uow.session.get_one(Booking, booking.id)
        row.event_type_id = created["id"]
        await uow.commit()
    await host.call("POST", f"/event-types/{created['id']}/private-links", body={})
    answer = await host.call("DELETE", f"/event-types/{created['id']}")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "data": {
            "id": created["id"],
            "lengthInMinutes": 45,
            "slug": created["slug"],
            "title": "Gone",
        },
    }
    assert (await host.get(created["id"])).status_code == 404
    again = await host.call("DELETE", f"/event-types/{created['id']}")
    assert (again.status_code, message(again)) == (
        404,
        f"Event type with ID={created['id']} does not exist.",
    )
    async with units.begin(read_only=True) as uow:
        kept = await uow.session.get_one(Booking, booking.id)
        assert kept.event_type_id is None
    assert (await host.create(slug=created["slug"]))["slug"] == created["slug"]


async def test_racing_creates_of_one_slug_give_one(host: Host) -> None:
    answers = await asyncio.gather(*(host.post(slug="race") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 7


async def test_racing_changes_of_different_settings_all_stay(host: Host) -> None:
    created = await host.create()
    changes: list[dict[str, Any]] = [
        {"title": "Raced"},
        {"hidden": True},
        {"slotInterval": 5},
        {"description": "d"},
        {"offsetStart": 3},
        {"seats": SEATS},
    ]
    answers = await asyncio.gather(*(host.patch(created["id"], **one) for one in changes))
    assert {answer.status_code for answer in answers} == {200}
    found = await host.read(created["id"])
    assert (found["title"], found["hidden"], found["slotInterval"]) == ("Raced", True, 5)
    assert (found["description"], found["offsetStart"]) == ("d", 3)
    assert found["seats"]["seatsPerTimeSlot"] == 4


async def test_racing_changes_cannot_produce_a_conflict(host: Host) -> None:
    created = await host.create()
    answers = await asyncio.gather(
        host.patch(created["id"], seats=SEATS), host.patch(created["id"], recurrence=WEEKLY)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400]


@pytest.mark.parametrize("with_schedule", [False, True])
async def test_deleting_the_schedule_meanwhile_is_no_deadlock(
    host: Host, units: Units, with_schedule: bool
) -> None:
    schedule = await factories.make_schedule(units, host.person)
    created = await host.create(scheduleId=schedule)
    changes = {"scheduleId": schedule} if with_schedule else {"slug": factories.unique("new")}
    async with units.begin() as uow:
        await uow.lock(locks.USER, host.id)
        task = await started(units, host.patch(created["id"], **changes))
        await schedules.delete(uow, host.id, schedule)
        await uow.commit()
    assert (await task).status_code == (404 if with_schedule else 200)
    assert (await host.read(created["id"]))["scheduleId"] is None
