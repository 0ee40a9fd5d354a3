"""Group meetings over HTTP: seats taken, moved and given back."""

from __future__ import annotations

import asyncio
from typing import Any

from openslots.kernel.clock import iso
from openslots.models import EventType
from tests import factories
from tests.bookings.conftest import NEW, Bookings, Json, data, refused
from tests.factories import Person

BUSY = "User either already has booking at this time or is not available"


async def seated(
    bk: Bookings, *, seats: int = 2, show: bool = True, **columns: Any
) -> tuple[Person, EventType]:
    host = await bk.host()
    kind = await bk.event_type(host, seats_per_slot=seats, seats_show_attendees=show, **columns)
    return host, kind


async def test_the_first_seat_makes_the_booking(bk: Bookings) -> None:
    _, kind = await seated(bk)
    who = bk.attendee()
    made = await bk.book(
        kind,
        bk.at(9),
        attendee=who,
        guests=["c@x.org"],
        bookingFieldsResponses={"lang": "Python"},
        metadata={"id": "100"},
    )
    assert made["status"] == "accepted"
    assert made["description"] is None
    for key in ("bookingFieldsResponses", "metadata", "guests"):
        assert key not in made
    assert made["icsUid"] != f"{made['uid']}@Cal.com"
    assert made["attendees"] == [
        {
            **who,
            "displayEmail": who["email"],
            "absent": False,
            "seatUid": made["seatUid"],
            "bookingFieldsResponses": {"name": who["name"], "guests": [], "lang": "Python"},
            "metadata": {"id": "100"},
        }
    ]


async def test_seats_fill_one_booking_and_no_more(bk: Bookings) -> None:
    _, kind = await seated(bk)
    who = bk.attendee()
    first = await bk.book(kind, bk.at(9), attendee=who)
    twice = await bk.post(kind, bk.at(9), attendee={**who, "email": who["email"].upper()})
    assert refused(twice, 409) == "already_signed_up_for_this_booking_error"
    assert twice.json()["message"] == "already_signed_up_for_this_booking_error"
    second = await bk.book(kind, bk.at(9))
    assert (second["uid"], second["id"]) == (first["uid"], first["id"])
    assert {a["seatUid"] for a in second["attendees"]} == {first["seatUid"], second["seatUid"]}
    full = await bk.post(kind, bk.at(9))
    assert refused(full, 409) == "No more seats left at this seated booking."
    assert "message" not in full.json()


async def test_of_4n_racers_exactly_n_get_a_seat(bk: Bookings) -> None:
    _, kind = await seated(bk, seats=3)
    answers = await asyncio.gather(*(bk.post(kind, bk.at(9)) for _ in range(12)))
    assert sorted(a.status_code for a in answers) == [201] * 3 + [409] * 9
    assert len({data(a, 201)["uid"] for a in answers if a.status_code == 201}) == 1


async def test_one_seat_is_full_when_taken(bk: Bookings) -> None:
    _, kind = await seated(bk, seats=1)
    await bk.book(kind, bk.at(9))
    assert refused(await bk.post(kind, bk.at(9)), 409).startswith("No more seats left")


async def test_group_meetings_do_not_overlap(bk: Bookings) -> None:
    host, kind = await seated(bk)
    await bk.book(kind, bk.at(9))
    assert refused(await bk.post(kind, bk.at(9, 30)), 400) == BUSY
    assert refused(await bk.post(await bk.event_type(host), bk.at(9)), 400) == BUSY


async def test_who_sees_attendees(bk: Bookings) -> None:
    host, kind = await seated(bk, show=False)
    other = await bk.book(kind, bk.at(9))
    mine = await bk.book(kind, bk.at(9))
    assert mine["attendees"] == []
    assert (await bk.get(mine["uid"]))["attendees"] == []
    assert len((await bk.get(mine["uid"], api=host))["attendees"]) == 2
    seen = data(await bk.send("GET", f"/by-seat/{mine['seatUid']}"))
    assert [a["seatUid"] for a in seen["attendees"]] == [mine["seatUid"]]
    seen = data(await bk.send("GET", f"/by-seat/{mine['seatUid']}", api=host))
    assert {a["seatUid"] for a in seen["attendees"]} == {mine["seatUid"], other["seatUid"]}
    assert refused(await bk.send("GET", "/by-seat/nothing"), 404) == (
        "Booking with seatUid=nothing was not found in the database"
    )


async def test_seats_and_recurrence_exclude_each_other(bk: Bookings) -> None:
    _, kind = await seated(bk, recurrence={"freq": 2, "interval": 1, "count": 2})
    assert refused(await bk.post(kind), 400) == "recurring_event_seats_error"


# -- giving back


async def cancel_seat(bk: Bookings, uid: str, seat: str, **more: Any) -> Json:
    return await bk.act(uid, "cancel", {"seatUid": seat}, **more)


async def test_a_seat_given_back_can_be_taken_again(bk: Bookings) -> None:
    _, kind = await seated(bk)
    first = await bk.book(kind, bk.at(9))
    second = await bk.book(kind, bk.at(9))
    left = data(await cancel_seat(bk, first["uid"], first["seatUid"]))
    assert left["status"] == "accepted"
    assert [a["seatUid"] for a in left["attendees"]] == [second["seatUid"]]
    assert refused(await cancel_seat(bk, first["uid"], first["seatUid"]), 400) == (
        "Invalid seatUid: this seat does not exist or has already been cancelled."
    )
    assert (await bk.book(kind, bk.at(9)))["uid"] == first["uid"]
    elsewhere = await bk.book(kind, bk.at(12))
    assert refused(await cancel_seat(bk, first["uid"], elsewhere["seatUid"]), 400) == (
        "Invalid seatUid: this seat does not belong to this booking."
    )


async def test_the_last_seat_ends_the_booking(bk: Bookings) -> None:
    host, kind = await seated(bk)
    who = bk.attendee()
    made = await bk.book(kind, bk.at(9), attendee=who)
    body = {"seatUid": made["seatUid"], "cancellationReason": "ill"}
    ended = data(await bk.act(made["uid"], "cancel", body))
    assert (ended["status"], ended["attendees"]) == ("cancelled", [])
    assert (ended["cancellationReason"], ended["cancelledByEmail"]) == ("", who["email"])
    await bk.book(await bk.event_type(host), bk.at(9))


async def test_all_seats_are_the_hosts_to_cancel(bk: Bookings) -> None:
    host, kind = await seated(bk)
    made = await bk.book(kind, bk.at(9))
    await bk.book(kind, bk.at(9))
    stranger = await factories.make_user(bk.units)
    for api in (None, stranger):
        answer = await bk.act(made["uid"], "cancel", {"cancellationReason": "x"}, api=api)
        assert refused(answer, 401) == "User not a host of this event"
    assert refused(await bk.act(made["uid"], "cancel", api=host), 400) == (
        "Cancellation reason is required"
    )
    body = {"cancellationReason": "travelling"}
    ended = data(await bk.act(made["uid"], "cancel", body, api=host))
    assert (ended["status"], ended["attendees"]) == ("cancelled", [])
    later = await bk.get(made["uid"], version=NEW, api=host)
    assert len(later["attendees"]) == 2


# -- moving


async def test_a_seat_moves_to_a_new_meeting_and_joins_one(bk: Bookings) -> None:
    _, kind = await seated(bk)
    mine = await bk.book(kind, bk.at(9), bookingFieldsResponses={"lang": "Python"})
    other = await bk.book(kind, bk.at(9))
    new = data(await bk.reschedule(mine["uid"], bk.at(13), seatUid=mine["seatUid"]), 201)
    assert new["uid"] != mine["uid"]
    assert new["seatUid"] != mine["seatUid"]
    assert (new["start"], len(new["attendees"])) == (iso(bk.at(13)), 1)
    assert new["attendees"][0]["bookingFieldsResponses"]["lang"] == "Python"
    old = await bk.get(mine["uid"])
    assert (old["status"], len(old["attendees"])) == ("accepted", 1)
    joined = data(await bk.reschedule(mine["uid"], bk.at(13), seatUid=other["seatUid"]), 201)
    assert (joined["uid"], joined["seatUid"]) == (new["uid"], other["seatUid"])
    assert len(joined["attendees"]) == 2
    emptied = await bk.get(mine["uid"])
    assert emptied["status"] == "cancelled"
    again = data(await bk.reschedule(new["uid"], bk.at(15), seatUid=new["seatUid"]), 201)
    assert again["start"] == iso(bk.at(15))


async def test_an_only_seat_may_move_onto_its_own_time(bk: Bookings) -> None:
    _, kind = await seated(bk)
    mine = await bk.book(kind, bk.at(9))
    new = data(await bk.reschedule(mine["uid"], bk.at(9, 30), seatUid=mine["seatUid"]), 201)
    old = await bk.get(mine["uid"])
    assert (old["status"], old["rescheduledToUid"]) == ("cancelled", new["uid"])


async def test_a_seat_does_not_move_where_it_cannot(bk: Bookings) -> None:
    _, kind = await seated(bk)
    who = bk.attendee()
    mine = await bk.book(kind, bk.at(9), attendee=who)
    for hour, people in ((12, 2), (15, 1)):
        for number in range(people):
            attendee = who if hour == 15 else bk.attendee(name=str(number))
            await bk.book(kind, bk.at(hour), attendee=attendee)
    full = await bk.reschedule(mine["uid"], bk.at(12), seatUid=mine["seatUid"])
    assert refused(full, 409) == "No more seats left at this seated booking."
    twice = await bk.reschedule(mine["uid"], bk.at(15), seatUid=mine["seatUid"])
    assert refused(twice, 409) == "already_signed_up_for_this_booking_error"
    seat = "3be561a9-31f1-4b8e-aefc-9d9a085f0dd1"
    unknown = await bk.reschedule(mine["uid"], bk.at(17), seatUid=seat)
    assert refused(unknown, 404) == f"Seat with uid={seat} does not exist."
    closed = await bk.reschedule(mine["uid"], bk.at(3), seatUid=mine["seatUid"])
    assert refused(closed, 400) == BUSY
    whole = await bk.reschedule(mine["uid"], bk.at(17))
    assert refused(whole, 400).startswith(
        f"Booking with uid={mine['uid']} is a seated booking which means you have to provide "
        "seatUid in the request body to specify which seat specifically you want to reschedule."
    )


async def test_the_host_moves_the_whole_meeting(bk: Bookings) -> None:
    host, kind = await seated(bk, seats=3)
    made = await bk.book(kind, bk.at(9))
    await bk.book(kind, bk.at(9))
    moved = data(await bk.reschedule(made["uid"], bk.at(13), api=host), 201)
    assert (moved["uid"], moved["start"]) == (made["uid"], iso(bk.at(13)))
    assert len(moved["attendees"]) == 2
    await bk.book(await bk.event_type(host), bk.at(9))
    there = await bk.book(kind, bk.at(16))
    merged = data(await bk.reschedule(there["uid"], bk.at(13), api=host), 201)
    assert (merged["uid"], len(merged["attendees"])) == (made["uid"], 3)
    assert (await bk.get(there["uid"]))["status"] == "cancelled"
    more = await bk.book(kind, bk.at(18))
    full = await bk.reschedule(more["uid"], bk.at(13), api=host)
    assert refused(full, 409) == "not_enough_available_seats_error"


async def test_seats_race_to_a_new_start_without_a_second_meeting(bk: Bookings) -> None:
    _, kind = await seated(bk, seats=4)
    made = [await bk.book(kind, bk.at(9)) for _ in range(4)]
    answers = await asyncio.gather(
        *(bk.reschedule(b["uid"], bk.at(13), seatUid=b["seatUid"]) for b in made)
    )
    assert [a.status_code for a in answers] == [201] * 4
    assert len({data(a, 201)["uid"] for a in answers}) == 1
    assert (await bk.get(made[0]["uid"]))["status"] == "cancelled"


async def test_seats_leave_a_meeting_whose_host_asked_for_another_time(bk: Bookings) -> None:
    host, kind = await seated(bk)
    mine = await bk.book(kind, bk.at(9))
    other = await bk.book(kind, bk.at(9))
    await bk.act(mine["uid"], "request-reschedule", api=host)
    whole = await bk.reschedule(mine["uid"], bk.at(9), api=host)
    assert "because it has been cancelled." in refused(whole, 400)
    first = data(await bk.reschedule(mine["uid"], bk.at(13), seatUid=mine["seatUid"]), 201)
    second = data(await bk.reschedule(mine["uid"], bk.at(13), seatUid=other["seatUid"]), 201)
    assert first["uid"] == second["uid"]
    assert len(second["attendees"]) == 2
    assert (await bk.get(mine["uid"]))["status"] == "cancelled"
    await bk.book(await bk.event_type(host), bk.at(9))
