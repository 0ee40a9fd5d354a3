"""Event types of several hosts: who takes part, and that nobody is booked twice."""

from __future__ import annotations

import asyncio
from typing import Any

from openslots.models import EventType
from tests import factories
from tests.bookings.conftest import LINKS, Bookings, refused
from tests.factories import Person

TEAM_BUSY = "One of the hosts either already has booking at this time or is not available"


async def team_type(
    bk: Bookings, scheduling_type: str, **columns: Any
) -> tuple[Person, Person, EventType]:
    ada, ben = await bk.host("Ada Host"), await bk.host("Ben Host")
    team = await factories.make_team(
        bk.units, name="Sales", members=[(ada, "OWNER"), (ben, "MEMBER")]
    )
    kind = await factories.make_event_type(
        bk.units,
        team_id=team,
        hosts=[ada, ben],
        scheduling_type=scheduling_type,
        title="Call",
        locations=LINKS,
        **columns,
    )
    return ada, ben, kind


async def test_a_collective_has_one_host_and_the_others_attend(bk: Bookings) -> None:
    ada, ben, kind = await team_type(bk, "collective")
    who = bk.attendee()
    made = await bk.book(kind, bk.at(9), attendee=who, guests=["c@x.org"])
    organiser = made["hosts"][0]["email"]
    other = ({ada.email, ben.email} - {organiser}).pop()
    assert [a["email"] for a in made["attendees"]] == [who["email"], "c@x.org", other]
    assert made["title"] == "Call between Sales and Bob Guest"
    assert made["guests"] == ["c@x.org"]
    for host in (ada, ben):
        assert [b["uid"] for b in (await bk.list(host))["data"]] == [made["uid"]]


async def test_one_busy_host_stops_a_collective(bk: Bookings) -> None:
    _, ben, kind = await team_type(bk, "collective")
    await bk.book(await bk.event_type(ben), bk.at(9))
    assert refused(await bk.post(kind, bk.at(9)), 400) == TEAM_BUSY
    made = await bk.book(kind, bk.at(12))
    busy = await bk.reschedule(made["uid"], bk.at(9))
    assert refused(busy, 400).startswith("User either already has booking")


async def test_a_collective_and_a_personal_booking_race_for_one_host(bk: Bookings) -> None:
    _, ben, kind = await team_type(bk, "collective")
    personal = await bk.event_type(ben)
    answers = await asyncio.gather(
        *(bk.post(which, bk.at(9)) for which in (kind, personal, kind, personal))
    )
    assert sorted(a.status_code for a in answers) == [201, 400, 400, 400]


async def test_a_round_robin_takes_who_is_free_and_no_more(bk: Bookings) -> None:
    ada, ben, kind = await team_type(bk, "roundRobin")
    await bk.book(await bk.event_type(ada), bk.at(9))
    assert (await bk.book(kind, bk.at(9)))["hosts"][0]["id"] == ben.id
    answers = await asyncio.gather(*(bk.post(kind, bk.at(13)) for _ in range(6)))
    won = [a.json()["data"]["hosts"][0]["id"] for a in answers if a.status_code == 201]
    assert sorted(won) == sorted([ada.id, ben.id])


async def test_the_same_person_asking_a_round_robin_twice_gets_one_booking(bk: Bookings) -> None:
    _, _, kind = await team_type(bk, "roundRobin")
    who = bk.attendee()
    first = await bk.book(kind, bk.at(9), attendee=who)
    assert (await bk.book(kind, bk.at(9), attendee=who))["uid"] == first["uid"]


async def test_routing_leaves_only_the_named_hosts(bk: Bookings) -> None:
    _, ben, kind = await team_type(bk, "roundRobin")
    routing = {"teamMemberIds": [ben.id]}
    assert (await bk.book(kind, bk.at(9), routing=routing))["hosts"][0]["id"] == ben.id
    assert refused(await bk.post(kind, bk.at(9), routing=routing), 400) == TEAM_BUSY


async def test_seats_of_a_team_are_counted_under_a_race(bk: Bookings) -> None:
    _, _, kind = await team_type(bk, "collective", seats_per_slot=2, seats_show_attendees=True)
    answers = await asyncio.gather(*(bk.post(kind, bk.at(9)) for _ in range(8)))
    assert sorted(a.status_code for a in answers) == [201] * 2 + [409] * 6


async def test_a_limit_of_a_team_type_holds_under_a_race(bk: Bookings) -> None:
    _, _, kind = await team_type(bk, "roundRobin", booking_limits_count={"day": 1})
    answers = await asyncio.gather(*(bk.post(kind, bk.at(9 + n)) for n in range(6)))
    assert sorted(a.status_code for a in answers) == [201] + [401] * 5


async def test_a_moved_round_robin_keeps_its_host_where_it_can(bk: Bookings) -> None:
    _, _, kind = await team_type(bk, "roundRobin")
    made = await bk.book(kind, bk.at(9))
    moved = await bk.reschedule(made["uid"], bk.at(13))
    assert moved.json()["data"]["hosts"] == made["hosts"]
