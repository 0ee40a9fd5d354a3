"""Moving regular bookings over HTTP."""

from __future__ import annotations

import asyncio

from openslots.kernel.clock import iso
from tests import factories
from tests.bookings.conftest import Bookings, V, data, refused
from tests.clock import Clock

BUSY = "User either already has booking at this time or is not available"


async def test_both_bookings_name_each_other(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    old = await bk.book(kind, bk.at(9), guests=["c@x.org"], metadata={"a": "b"})
    answer = await bk.reschedule(
        old["uid"], bk.at(13), rescheduledBy="mover@x.org", reschedulingReason="Train"
    )
    new = data(answer, 201)
    assert new["uid"] != old["uid"]
    assert (new["start"], new["status"], new["duration"]) == (iso(bk.at(13)), "accepted", 60)
    assert new["rescheduledFromUid"] == old["uid"]
    assert new["reschedulingReason"] == "Train"
    assert new["rescheduledByEmail"] == "mover@x.org"
    assert new["bookingFieldsResponses"]["rescheduledReason"] == "Train"
    for same in ("title", "attendees", "guests", "metadata", "location", "icsUid", "hosts"):
        assert new[same] == old[same]
    before = await bk.get(old["uid"])
    assert before["status"] == "cancelled"
    assert before["rescheduledToUid"] == new["uid"]
    assert before["rescheduledByEmail"] == "mover@x.org"
    assert "rescheduledFromUid" not in before
    assert await bk.get(new["uid"]) == new


async def test_a_length_of_choice_is_kept(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host(), length=30, length_options=[30, 90])
    old = await bk.book(kind, bk.at(9), lengthInMinutes=90)
    new = data(await bk.reschedule(old["uid"], bk.at(13)), 201)
    assert new["duration"] == 90


async def test_a_booking_may_move_onto_its_own_time_and_frees_the_rest(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    old = await bk.book(kind, bk.at(9))
    data(await bk.reschedule(old["uid"], bk.at(9, 30)), 201)
    assert refused(await bk.post(kind, bk.at(9)), 400) == BUSY
    await bk.book(kind, bk.at(8, 30))


async def test_a_refused_move_changes_nothing(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    old = await bk.book(kind, bk.at(9))
    await bk.book(kind, bk.at(13))
    before = await bk.get(old["uid"])
    assert refused(await bk.reschedule(old["uid"], bk.at(13)), 400) == BUSY
    assert refused(await bk.reschedule(old["uid"], bk.at(13, 30)), 400) == BUSY
    assert refused(await bk.reschedule(old["uid"], bk.at(3)), 400) == BUSY
    past = await bk.reschedule(old["uid"], bk.at(9, day=-1))
    assert refused(past, 400) == "Attempting to book a meeting in the past."
    assert await bk.get(old["uid"]) == before
    assert refused(await bk.post(kind, bk.at(9)), 400) == BUSY


async def test_of_two_moves_of_one_booking_one_wins(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    old = await bk.book(kind, bk.at(9))
    answers = await asyncio.gather(
        *(bk.reschedule(old["uid"], bk.at(hour)) for hour in (11, 13, 15, 17))
    )
    assert sorted(a.status_code for a in answers) == [201, 400, 400, 400]


async def test_of_two_bookings_that_move_to_one_time_one_wins(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    made = [await bk.book(kind, bk.at(hour)) for hour in (9, 11)]
    answers = await asyncio.gather(*(bk.reschedule(b["uid"], bk.at(14)) for b in made))
    assert sorted(a.status_code for a in answers) == [201, 400]


async def test_what_cannot_be_moved_says_why(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    assert refused(await bk.reschedule("nothing", bk.at(9)), 404) == (
        "Booking with uid=nothing was not found in the database"
    )
    gone = (await bk.book(kind, bk.at(9)))["uid"]
    data(await bk.act(gone, "cancel", {}))
    assert refused(await bk.reschedule(gone, bk.at(13)), 400) == (
        f"Can't reschedule booking with uid={gone} because it has been cancelled. Please provide "
        "uid of a booking that is not cancelled."
    )
    old = (await bk.book(kind, bk.at(9)))["uid"]
    new = data(await bk.reschedule(old, bk.at(13)), 201)["uid"]
    assert refused(await bk.reschedule(old, bk.at(15)), 400) == (
        f"Can't reschedule booking with uid={old} because it has been cancelled and rescheduled "
        f"already to booking with uid={new}. You probably want to reschedule {new} instead by "
        "passing it within the request URL."
    )
    waiting = await bk.event_type(host, requires_confirmation=True)
    declined = (await bk.book(waiting, bk.at(9)))["uid"]
    data(await bk.act(declined, "decline", api=host))
    assert "it has been rejected" in refused(await bk.reschedule(declined, bk.at(15)), 400)


async def test_a_wrong_body_is_refused(bk: Bookings) -> None:
    made = await bk.book(await bk.event_type(await bk.host()), bk.at(9))
    for body, message in (
        ({}, "start must be a valid ISO 8601 date string"),
        ({"start": iso(bk.at(9)), "rescheduleReason": "x"}, "property rescheduleReason should not"),
    ):
        assert message in refused(await bk.act(made["uid"], "reschedule", body), 400)


async def test_who_moves_decides_whether_the_host_is_asked_again(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, requires_confirmation=True)
    old = await bk.book(kind, bk.at(9))
    second = data(await bk.reschedule(old["uid"], bk.at(11)), 201)
    assert second["status"] == "pending"
    mine = data(await bk.reschedule(second["uid"], bk.at(13), api=host), 201)
    assert (mine["status"], mine["rescheduledByEmail"]) == ("accepted", host.email)
    named = data(await bk.reschedule(mine["uid"], bk.at(15), rescheduledBy=host.email), 201)
    assert named["status"] == "accepted"
    theirs = data(await bk.reschedule(named["uid"], bk.at(17)), 201)
    assert theirs["status"] == "pending"


async def test_the_notice_of_a_move_binds_everybody_but_the_host(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, disable_rescheduling_minutes=60 * 24 * 60)
    made = await bk.book(kind, bk.at(9))
    answer = await bk.reschedule(made["uid"], bk.at(13))
    assert refused(answer, 403) == (
        "Rescheduling is not allowed within the minimum notice period before the event"
    )
    assert answer.json()["statusCode"] == 403
    data(await bk.reschedule(made["uid"], bk.at(13), api=host), 201)


async def test_a_host_may_forbid_moves(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, disable_rescheduling=True)
    made = await bk.book(kind, bk.at(9))
    refused(await bk.reschedule(made["uid"], bk.at(13)), 400)
    data(await bk.reschedule(made["uid"], bk.at(13), api=host), 201)


async def test_a_past_booking_is_moved_by_its_host(bk: Bookings, clock: Clock) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    now = clock.set("2050-05-02T08:00:00+00:00")
    made = await bk.book(kind, now.replace(hour=9))
    clock.set("2050-05-02T12:00:00+00:00")
    refused(await bk.reschedule(made["uid"], now.replace(hour=14)), 400)
    data(await bk.reschedule(made["uid"], now.replace(hour=14), api=host), 201)


async def test_the_host_asks_for_another_time_and_gets_one(bk: Bookings) -> None:
    host, stranger = await bk.host(), await factories.make_user(bk.units)
    kind = await bk.event_type(host)
    made = await bk.book(kind, bk.at(9))
    ask = {"rescheduleReason": "Train"}
    path = "request-reschedule"
    refused(await bk.act(made["uid"], path, ask), 401)
    assert refused(await bk.act(made["uid"], path, ask, api=stranger), 403) == (
        "User isn't owner of the current booking"
    )
    refused(await bk.act("nothing", path, ask, api=host), 404)
    done = await bk.act(made["uid"], path, ask, api=host)
    assert (done.status_code, done.json()) == (200, {"status": "success"})
    after = await bk.get(made["uid"])
    assert (after["status"], after["cancellationReason"]) == ("cancelled", "Train")
    assert after["cancelledByEmail"] == host.email
    assert refused(await bk.act(made["uid"], path, ask, api=host), 400) == (
        "Cannot request reschedule for cancelled or rejected booking"
    )
    await bk.book(kind, bk.at(9))
    new = data(await bk.reschedule(made["uid"], bk.at(15)), 201)
    assert new["status"] == "accepted"
    assert "rescheduled already" in refused(await bk.reschedule(made["uid"], bk.at(17)), 400)


async def test_a_key_moves_a_booking_once(bk: Bookings) -> None:
    made = await bk.book(await bk.event_type(await bk.host()), bk.at(9))
    key = {"Idempotency-Key": factories.unique("move")}
    body = {"start": iso(bk.at(13))}
    answers = [
        await bk.act(made["uid"], "reschedule", body, headers=key, version=V) for _ in range(2)
    ]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
