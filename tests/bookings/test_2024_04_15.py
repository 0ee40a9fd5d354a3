"""The 2024-04-15 family over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from openslots.kernel.clock import iso
from openslots.models import EventType
from tests import factories
from tests.bookings.conftest import LINK, Bookings, Json, data, refused
from tests.clock import Clock

OLD = "2024-04-15"


def body(bk: Bookings, kind: EventType, hour: int = 9, **over: Any) -> Json:
    return {
        "start": iso(bk.at(hour)),
        "eventTypeId": kind.id,
        "timeZone": "Europe/Madrid",
        "language": "en",
        "metadata": {},
        "responses": {"name": "Bob Guest", "email": f"{factories.unique('bob')}@x.org"},
        "crmOwner": None,
        **over,
    }


async def send(bk: Bookings, method: str, path: str, **more: Any) -> Any:
    return await bk.send(method, path, version=OLD, **more)


async def create(bk: Bookings, kind: EventType, hour: int = 9, **over: Any) -> Json:
    return data(await send(bk, "POST", "", json=body(bk, kind, hour, **over)), 201)


async def test_a_booking_has_its_internal_shape(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    end = (bk.at(10)).strftime("%Y-%m-%dT11:00:00+01:00")
    made = await create(
        bk,
        kind,
        end=end,
        responses={
            "name": {"firstName": "Bob", "lastName": "Guest"},
            "email": "bob@x.org",
            "guests": ["c@x.org"],
            "location": {"value": "link", "optionValue": ""},
            "notes": "Hi",
            "colour": "red",
        },
    )
    assert made["status"] == "ACCEPTED"
    assert made["title"] == "Intro between Ada Host and Bob Guest"
    assert (made["startTime"], made["endTime"]) == (iso(bk.at(9)), iso(bk.at(10)))
    assert made["user"] == {
        "email": None,
        "name": "Ada Host",
        "timeZone": "UTC",
        "username": host.username,
    }
    assert made["userPrimaryEmail"] == host.email
    assert made["responses"] == {
        "name": "Bob Guest",
        "email": "bob@x.org",
        "guests": ["c@x.org"],
        "location": {"value": "link", "optionValue": ""},
        "notes": "Hi",
        "colour": "red",
    }
    assert (made["location"], made["description"]) == (LINK, "Hi")
    assert [a["email"] for a in made["attendees"]] == ["bob@x.org", "c@x.org"]
    assert data(await send(bk, "GET", f"/{made['uid']}"))["uid"] == made["uid"]
    assert (await bk.get(made["uid"]))["status"] == "accepted"


async def test_what_is_missing_is_told_without_credentials(bk: Bookings) -> None:
    answer = await send(bk, "POST", "", json={})
    assert refused(answer, 400) == "Bad Request Exception"
    errors = answer.json()["error"]["details"]["errors"]
    assert [e["property"] for e in errors] == [
        "start",
        "eventTypeId",
        "timeZone",
        "language",
        "metadata",
    ]


@pytest.mark.parametrize("responses", [[], "x", {"name": 5}, {"email": ["x"]}, {"x": "\x00"}])
async def test_wrong_answers_are_a_clean_refusal(bk: Bookings, responses: Any) -> None:
    kind = await bk.event_type(await bk.host())
    refused(await send(bk, "POST", "", json=body(bk, kind, responses=responses)), 400)


async def test_refusals_carry_codes(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    await create(bk, kind)
    busy = await send(bk, "POST", "", json=body(bk, kind))
    assert refused(busy, 400) == "no_available_users_found_error"
    assert busy.json()["error"] == {
        "code": "HttpException",
        "message": "no_available_users_found_error",
        "details": "no_available_users_found_error",
    }
    for over, code in (
        ({"end": iso(bk.at(9, 45))}, "Invalid event length"),
        ({"responses": {"email": "b@x.org"}}, "responses - {name}error_required_field, "),
        ({"start": iso(bk.at(day=-1))}, "Attempting to book a meeting in the past."),
    ):
        answer = await send(bk, "POST", "", json=body(bk, kind, 15, **over))
        assert refused(answer, 400) == code
    seated = await bk.event_type(host, seats_per_slot=1)
    await create(bk, seated, 13)
    full = await send(bk, "POST", "", json=body(bk, seated, 13))
    assert refused(full, 400) == "booking_seats_full_error"
    own = await bk.event_type(host, booking_requires_authentication=True)
    stranger = await factories.make_user(bk.units)
    assert refused(await send(bk, "POST", "", json=body(bk, own, 17)), 401) == (
        "This event type requires authentication. Please provide valid credentials."
    )
    answer = await send(bk, "POST", "", json=body(bk, own, 17), api=stranger)
    assert refused(answer, 403).startswith("You are not authorized to book this event type.")


async def test_a_dry_run_keeps_nothing(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    made = await create(bk, kind, _isDryRun=True)
    assert made["isDryRun"] is True
    refused(await send(bk, "GET", f"/{made['uid']}"), 404)
    assert "isDryRun" not in await create(bk, kind)
    again = await send(bk, "POST", "", json=body(bk, kind, _isDryRun=True))
    assert refused(again, 400) == "no_available_users_found_error"


async def test_a_booking_moves_by_a_create(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    old = await create(bk, kind)
    new = await create(
        bk,
        kind,
        13,
        rescheduleUid=old["uid"],
        rescheduledBy="bob@x.org",
        responses={"name": "Bob Guest", "email": "b@x.org", "rescheduleReason": "Train"},
    )
    assert (new["fromReschedule"], new["startTime"]) == (old["uid"], iso(bk.at(13)))
    before = data(await send(bk, "GET", f"/{old['uid']}"))
    assert (before["status"], before["rescheduled"]) == ("CANCELLED", True)
    assert (await bk.get(new["uid"]))["reschedulingReason"] == "Train"
    missing = await send(bk, "POST", "", json=body(bk, kind, 15, rescheduleUid="nothing"))
    refused(missing, 404)


async def test_a_seat_moves_by_a_create(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host(), seats_per_slot=2, seats_show_attendees=True)
    mine = await create(bk, kind)
    await create(bk, kind)
    seat = mine["seatReferenceUid"]
    form = data(await send(bk, "GET", f"/{seat}/reschedule"))
    assert (form["uid"], form["seatReferenceUid"]) == (mine["uid"], seat)
    assert [a["email"] for a in form["attendees"]] == [mine["attendees"][0]["email"]]
    moved = await create(bk, kind, 13, rescheduleUid=seat)
    assert moved["uid"] != mine["uid"]


async def test_what_a_reschedule_form_needs(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    made = await create(bk, kind)
    form = data(await send(bk, "GET", f"/{made['uid']}/reschedule"))
    assert form["uid"] == made["uid"]
    assert form["user"]["username"] == host.username
    assert form["responses"] == made["responses"]
    assert form["eventType"]["slug"] == kind.slug
    assert refused(await send(bk, "GET", "/nothing/reschedule"), 404) == (
        "Booking with UID=nothing does not exist."
    )


async def test_a_series_is_one_body_per_occurrence(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, recurrence={"freq": 2, "interval": 1, "count": 3})
    starts = [bk.at(9) + timedelta(weeks=week) for week in range(3)]
    bodies = [
        body(bk, kind, start=iso(start), recurringEventId="mine", recurringCount=3)
        for start in starts
    ]
    made = data(await send(bk, "POST", "/recurring", json=bodies), 201)
    assert [b["startTime"] for b in made] == [iso(start) for start in starts]
    assert len({b["recurringEventId"] for b in made}) == 1
    refused(await send(bk, "POST", "/recurring", json=bodies), 400)
    refused(await send(bk, "POST", "/recurring", json=[]), 400)
    refused(await send(bk, "POST", "/recurring", json={}), 400)
    page = data(await send(bk, "GET", "", api=host, params={"filters[status]": "recurring"}))
    assert page["recurringInfo"] == [
        {
            "recurringEventId": made[0]["recurringEventId"],
            "count": 3,
            "firstDate": iso(starts[0]),
            "bookings": {"ACCEPTED": [iso(start) for start in starts]},
        }
    ]
    cancelled = data(
        await send(bk, "POST", f"/{made[1]['uid']}/cancel", json={"allRemainingBookings": True}),
        201,
    )
    assert cancelled["bookingUid"] == made[1]["uid"]
    whole = await bk.get(made[0]["recurringEventId"])
    assert {b["status"] for b in whole} == {"cancelled"}


async def test_instant_meetings_are_not_for_personal_event_types(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    message = refused(await send(bk, "POST", "/instant", json=body(bk, kind)), 400)
    assert message.startswith("Instant bookings are only supported for team event types")


async def test_a_list_counts_with_its_cursor(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    for hour in (9, 11, 13):
        await create(bk, kind, hour)
    params = {"filters[status]": "upcoming", "limit": 2}
    page = data(await send(bk, "GET", "", api=host, params=params))
    assert (len(page["bookings"]), page["totalCount"], page["nextCursor"]) == (2, 3, 2)
    rest = data(await send(bk, "GET", "", api=host, params={**params, "cursor": 2}))
    assert (len(rest["bookings"]), rest["nextCursor"]) == (1, None)
    assert data(await send(bk, "GET", "", api=host))["totalCount"] == 3
    for wrong in ({"filters[status]": "x"}, {"limit": 0}, {"limit": 101}, {"cursor": -1}):
        refused(await send(bk, "GET", "", api=host, params=wrong), 400)
    refused(await send(bk, "GET", ""), 401)


async def test_cancelling(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    made = await create(bk, kind)
    path = f"/{made['uid']}/cancel"
    answer = await send(bk, "POST", path, json={"uid": made["uid"], "cancelledBy": "bob@x.org"})
    assert data(answer, 201) == {
        "bookingId": made["id"],
        "bookingUid": made["uid"],
        "onlyRemovedAttendee": False,
    }
    assert (await bk.get(made["uid"]))["cancelledByEmail"] == "bob@x.org"
    assert "cancelled already" in refused(await send(bk, "POST", path), 400)
    assert refused(await send(bk, "POST", "/123/cancel"), 400) == (
        "Please provide booking uid instead of booking id."
    )
    assert refused(await send(bk, "POST", "/nothing/cancel"), 404) == (
        "Booking with UID=nothing does not exist."
    )
    assert refused(await send(bk, "GET", "/nothing"), 404) == (
        "Booking with UID=nothing does not exist."
    )
    seated = await bk.event_type(host, seats_per_slot=2)
    seat = await create(bk, seated, 13)
    await create(bk, seated, 13)
    given = {"seatReferenceUid": seat["seatReferenceUid"]}
    answer = await send(bk, "POST", f"/{seat['uid']}/cancel", json=given)
    assert data(answer, 201)["onlyRemovedAttendee"] is True


async def test_no_shows(bk: Bookings, clock: Clock) -> None:
    host = await bk.host()
    made = await create(bk, await bk.event_type(host))
    email = made["attendees"][0]["email"]
    path = f"/{made['uid']}/mark-no-show"
    sent = {"noShowHost": True, "attendees": [{"email": email, "noShow": True}]}
    refused(await send(bk, "POST", path, json=sent), 401)
    refused(await send(bk, "POST", path, json=sent, api=host), 400)
    clock.set(bk.at(9, 30))
    done = data(await send(bk, "POST", path, json=sent, api=host), 201)
    assert done["noShowHost"] is True
    assert done["attendees"] == [{"email": email, "noShow": True}]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/x/reschedule"), ("GET", "/x/attendees"), ("POST", "/x/guests"),
     ("PATCH", "/x/location"), ("GET", "/by-seat/x")],
)  # fmt: skip
async def test_newer_operations_do_not_exist_here(bk: Bookings, method: str, path: str) -> None:
    for version in (OLD, "2024-06-11", "2024-06-14"):
        answer = await bk.send(method, path, version=version, json={})
        assert refused(answer, 404) == f"Cannot {method} /v2/bookings{path}"
    for gone in ("/recurring", "/instant", "/x/mark-no-show"):
        refused(await bk.send("POST", gone, json={}), 404)


async def test_a_private_link_is_used_up_by_as_many_bookings_as_it_has(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    path = f"/v2/event-types/{kind.id}/private-links"
    made = await bk.client.post(path, headers=host.headers, json={"maxUsageCount": 2})
    link = data(made, 201)["linkId"]
    by_link = {"hasHashedBookingLink": True, "hashedLink": link}
    answers = await asyncio.gather(
        *(send(bk, "POST", "", json=body(bk, kind, hour, **by_link)) for hour in range(8, 14))
    )
    assert sorted(a.status_code for a in answers) == [201] * 2 + [410] * 4
    spent = next(a for a in answers if a.status_code == 410)
    assert refused(spent, 410) == "private_link_expired"
    taken = next(a for a in answers if a.status_code == 201).json()["data"]
    again = await bk.client.post(path, headers=host.headers, json={"maxUsageCount": 1})
    kept = {"hasHashedBookingLink": True, "hashedLink": data(again, 201)["linkId"]}
    busy = body(bk, kind, start=taken["startTime"], **kept)
    refused(await send(bk, "POST", "", json=busy), 400)
    await create(bk, kind, 16, **kept)
    moving = body(bk, kind, 17, rescheduleUid=taken["uid"], **kept)
    refused(await send(bk, "POST", "", json=moving), 410)
    unknown = {"hasHashedBookingLink": True, "hashedLink": "nothing"}
    refused(await send(bk, "POST", "", json=body(bk, kind, 18, **unknown)), 410)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("de", "de"),
        ("pt-BR", "pt-BR"),
        ("en-GB", "en"),
        ("de-CH", "de"),
        ("tlh", "en"),
        ("../../etc/passwd", "en"),
        ("-1", "en"),
    ],
)
async def test_any_language_is_shown_as_a_documented_one(
    bk: Bookings, given: str, shown: str
) -> None:
    """Browsers name theirs as they like; answers of the later contracts have an enumeration."""
    host = await bk.host()
    made = await create(bk, await bk.event_type(host), language=given)
    for version in ("2024-08-13", "2026-05-01"):
        for path in ("", f"/{made['uid']}", f"/{made['uid']}/attendees"):
            found = data(await bk.send("GET", path, api=host, version=version), 200)
            one = found[0] if isinstance(found, list) else found
            attendee = one["attendees"][0] if "attendees" in one else one
            assert attendee["language"] == shown
