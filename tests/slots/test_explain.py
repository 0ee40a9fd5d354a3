"""GET /v2/slots/explain: no reason if and only if the start is offered, and who is told what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openslots.kernel.uow import Units
from openslots.models import OutOfOffice
from tests.clock import Clock
from tests.factories import (
    Person,
    make_booking,
    make_event_type,
    make_schedule,
    make_team,
    make_user,
)
from tests.slots.conftest import (
    FRI,
    MON,
    SLOTS,
    TUE,
    WED,
    Asker,
    MakeHost,
    instant,
    problem,
    utc,
)


async def explain(
    client: httpx.AsyncClient, at: str, by: Person | None = None, **query: Any
) -> dict[str, Any]:
    reply = await client.get(
        "/v2/slots/explain", params={"at": at, **query}, headers=by.headers if by else {}
    )
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()["data"]
    return found


async def kinds(client: httpx.AsyncClient, at: str, **query: Any) -> list[str]:
    found = await explain(client, at, **query)
    assert found["offered"] == (not found["reasons"])
    return [reason["kind"] for reason in found["reasons"]]


async def test_an_offered_start_has_no_reasons(client: httpx.AsyncClient, host: MakeHost) -> None:
    _, event = await host()
    at = f"{MON}T09:00:00Z"
    assert await explain(client, at, eventTypeId=event.id) == {
        "at": f"{MON}T09:00:00.000Z",
        "offered": True,
        "reasons": [],
    }


async def test_each_kind_of_reason(
    client: httpx.AsyncClient, units: Units, host: MakeHost, now: Clock
) -> None:
    person, event = await host(
        overrides=[(WED, "12:00", "13:00")],
        booking_limits_count={"day": 1},
        minimum_booking_notice=60,
    )
    ask = {"eventTypeId": event.id}
    assert await kinds(client, f"{MON}T18:00:00Z", **ask) == ["outside_hours"]
    assert await kinds(client, f"{WED}T10:00:00Z", **ask) == ["override"]
    assert await kinds(client, f"{MON}T09:10:00Z", **ask) == ["grid"]
    await make_booking(units, person, event_type=event, start=utc(TUE, 10))
    assert await kinds(client, f"{TUE}T10:00:00Z", **ask) == ["limit", "booking"]
    async with units.begin() as uow:
        uow.session.add(OutOfOffice(user_id=person.id, start_at=utc(FRI, 0), end_at=utc(FRI, 23)))
        await uow.commit()
    assert await kinds(client, f"{FRI}T10:00:00Z", **ask) == ["out_of_office"]
    reply = await client.post(
        "/v2/slots/reservations",
        json={"eventTypeId": event.id, "slotStart": f"{MON}T15:00:00Z"},
        headers=SLOTS,
    )
    assert reply.status_code == 201
    assert await kinds(client, f"{MON}T15:00:00Z", **ask) == ["reservation"]
    now.set(f"{MON}T10:30:00Z")
    assert await kinds(client, f"{MON}T10:00:00Z", **ask) == ["past"]
    assert await kinds(client, f"{MON}T11:00:00Z", **ask) == ["notice"]
    outside = {"start": TUE, "end": TUE}
    assert await kinds(client, f"{MON}T12:00:00Z", **ask, **outside) == ["range"]


async def test_window_and_first_slot(client: httpx.AsyncClient, host: MakeHost, now: Clock) -> None:
    _, event = await host(
        period_type="rolling", period_days=1, period_calendar_days=True, only_show_first_slot=True
    )
    now.set(f"{MON}T00:00:00Z")
    ask = {"eventTypeId": event.id}
    assert await kinds(client, f"{TUE}T09:00:00Z", **ask) == []
    assert await kinds(client, f"{TUE}T10:00:00Z", **ask) == ["not_first"]
    assert "window" in await kinds(client, f"{WED}T09:00:00Z", **ask)


async def test_who_is_told_what(client: httpx.AsyncClient, units: Units, host: MakeHost) -> None:
    person, event = await host(after_buffer=30)
    booking = await make_booking(units, person, event_type=event, start=utc(MON, 10))
    at, ask = f"{MON}T11:00:00Z", {"eventTypeId": event.id}
    admin = await make_user(units, role="ADMIN")
    stranger = await make_user(units)
    for caller in (person, admin):
        (reason,) = (await explain(client, at, by=caller, **ask))["reasons"]
        message = reason.pop("message")
        assert reason == {
            "kind": "booking",
            "hostId": person.id,
            "bookingUid": booking.uid,
            "buffer": "after",
            "start": f"{MON}T10:00:00.000Z",
            "end": f"{MON}T11:00:00.000Z",
        }
        assert "10:00" in message
    for other in (None, stranger):
        found = await explain(client, at, by=other, **ask)
        assert found["reasons"] == [{"kind": "booking"}]


async def test_limits_and_absences_carry_their_facts(
    client: httpx.AsyncClient, units: Units, host: MakeHost
) -> None:
    person, event = await host(booking_limits_count={"week": 1})
    await make_booking(units, person, event_type=event, start=utc(TUE, 10))
    async with units.begin() as uow:
        away = OutOfOffice(user_id=person.id, start_at=utc(MON, 0), end_at=utc(MON, 23))
        uow.session.add(away)
        await uow.commit()
    found = await explain(client, f"{MON}T10:00:00Z", by=person, eventTypeId=event.id)
    limit, absence = found["reasons"]
    assert limit["limit"] == {
        "scope": "event_type",
        "measure": "count",
        "unit": "week",
        "limit": 1,
        "used": 1,
    }
    assert (limit["start"], limit["end"]) == (
        "2050-09-04T00:00:00.000Z",
        "2050-09-11T00:00:00.000Z",
    )
    assert (absence["kind"], absence["outOfOfficeId"]) == ("out_of_office", away.id)


async def test_a_teams_administrators_and_hosts_are_told_all(
    client: httpx.AsyncClient, units: Units
) -> None:
    one, two, boss, chief, member = [await make_user(units, time_zone="UTC") for _ in range(5)]
    for person in (one, two):
        await make_schedule(units, person)
    org = await make_team(units, organization=True, members=[(chief, "ADMIN"), (member, "MEMBER")])
    team = await make_team(
        units,
        parent_id=org,
        members=[(one, "MEMBER"), (two, "MEMBER"), (boss, "ADMIN"), (member, "MEMBER")],
    )
    event = await make_event_type(
        units, team_id=team, hosts=[one, two], scheduling_type="collective", length=60
    )
    await make_booking(units, two, start=utc(MON, 10))
    at = f"{MON}T10:00:00Z"
    for caller in (one, boss, chief):
        (reason,) = (await explain(client, at, by=caller, eventTypeId=event.id))["reasons"]
        assert reason["hostId"] == two.id
    found = await explain(client, at, by=member, eventTypeId=event.id)
    assert found["reasons"] == [{"kind": "booking"}]


async def test_of_several_people_each_is_told_about_themselves(
    client: httpx.AsyncClient, units: Units, host: MakeHost
) -> None:
    one, _ = await host()
    two, _ = await host()
    for person in (one, two):
        await make_booking(units, person, start=utc(MON, 10))
    names = f"{one.username},{two.username}"
    found = await explain(client, f"{MON}T10:00:00Z", by=one, usernames=names)
    assert [reason.get("hostId") for reason in found["reasons"]] == [one.id, None]


async def test_what_is_wrong_with_the_question(
    client: httpx.AsyncClient, ask: Asker, host: MakeHost
) -> None:
    _, event = await host()
    wrong = "at property is wrong,at must be a valid ISO 8601 date string "
    for at in ("", "soon"):
        query = {"eventTypeId": str(event.id), "at": at}
        reply = await client.get("/v2/slots/explain", params=query)
        assert problem(reply) == (400, wrong)
    reply = await client.get("/v2/slots/explain", params={"at": MON, "eventTypeId": 2_000_000_000})
    assert problem(reply) == (404, "Event Type not found")
    reply = await client.get(
        "/v2/slots/explain", params={"at": MON}, headers={"Authorization": "Bearer nonsense"}
    )
    assert problem(reply) == (401, "Invalid Access Token.")
    for at in ("9999-12-31T23:59:00Z", "0002-01-01T00:00:00Z"):
        assert await kinds(client, at, eventTypeId=event.id)


@pytest.fixture
async def varied(units: Units) -> int:
    """An event type with a bit of everything, in New York around the end of summer time."""
    person = await make_user(units, time_zone="America/New_York")
    await make_schedule(
        units,
        person,
        hours=[((0, 1, 2, 3, 4, 5, 6), "00:00", "23:59")],
        overrides=[("2050-11-07", "10:10", "14:00")],
    )
    event = await make_event_type(
        units,
        person,
        length=45,
        before_buffer=10,
        after_buffer=5,
        booking_limits_count={"day": 2},
    )
    for day, hour in ((5, 14), (5, 20), (6, 5), (6, 6), (8, 12)):
        kind = event if day != 6 else None
        await make_booking(units, person, event_type=kind, start=utc(f"2050-11-{day:02d}", hour))
    async with units.begin() as uow:
        uow.session.add(
            OutOfOffice(
                user_id=person.id, start_at=utc("2050-11-09", 0), end_at=utc("2050-11-09", 23)
            )
        )
        await uow.commit()
    return event.id


@given(minutes=st.lists(st.integers(0, 6 * 24 * 60), min_size=1, max_size=4))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_a_start_is_offered_if_and_only_if_nothing_speaks_against_it(
    client: httpx.AsyncClient, ask: Asker, varied: int, minutes: list[int]
) -> None:
    first, last = "2050-11-05", "2050-11-10"
    query: dict[str, Any] = {"eventTypeId": varied, "timeZone": "America/New_York"}
    data = await ask.data(first, last, **query)
    offered = [slot["start"] for slots in data.values() for slot in slots]
    assert len({text[:10] for text in offered}) >= 4
    midnight = utc(first, 0)
    at = [(midnight + timedelta(minutes=minute)).isoformat() for minute in minutes]
    at += [offered[sum(minutes) % len(offered)]]
    for start in at:
        listed = any(instant(text) == instant(start) for text in offered)
        found = await explain(client, start, start=first, end=last, **query)
        assert found["offered"] == listed
        assert (not found["reasons"]) == listed
