"""Attendees, guests, absence, location, links and references over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import icalendar
import pytest

from openslots.kernel.clock import iso
from openslots.models import BookingReference
from tests import factories
from tests.bookings.conftest import LINKS, NEW, Bookings, Json, data, refused
from tests.clock import Clock
from tests.factories import Person

NEW_PERSON = {"name": "Carol", "timeZone": "Europe/Riga", "email": "carol@example.org"}


async def booked(bk: Bookings, **columns: Any) -> tuple[Person, Json]:
    host = await bk.host()
    return host, await bk.book(await bk.event_type(host, **columns), bk.at(9))


def guarded(api: Person, uid: str) -> str:
    return (
        f"BookingPbacGuard - user with id={api.id} does not have access to booking with uid={uid}"
    )


# -- attendees


async def test_attendees_are_for_who_has_access(bk: Bookings) -> None:
    host, made = await booked(bk)
    stranger = await factories.make_user(bk.units)
    for uid in (made["uid"], "nothing"):
        for path in (f"/{uid}/attendees", f"/{uid}/attendees/1"):
            refused(await bk.send("GET", path), 401)
            assert refused(await bk.send("GET", path, api=stranger), 403) == guarded(stranger, uid)
    everybody = data(await bk.send("GET", f"/{made['uid']}/attendees", api=host))
    assert [{k: v for k, v in a.items() if k != "id"} for a in everybody] == made["attendees"]
    one = data(await bk.send("GET", f"/{made['uid']}/attendees/{everybody[0]['id']}", api=host))
    assert one == everybody[0]
    for missing in (2**31, 2**70):
        answer = await bk.send("GET", f"/{made['uid']}/attendees/{missing}", api=host)
        assert refused(answer, 404) == (
            f"Attendee with id {missing} not found in booking {made['uid']}"
        )
    refused(await bk.send("GET", f"/{made['uid']}/attendees/x", api=host), 400)
    refused(await bk.send("GET", f"/{made['uid']}/attendees", api=host, version="2024-04-15"), 404)


async def test_adding_an_attendee(bk: Bookings) -> None:
    host, made = await booked(bk)
    booker = await factories.make_user(bk.units)
    theirs = await bk.book(
        await bk.event_type(host), bk.at(12), attendee=bk.attendee(email=booker.email)
    )
    refused(await bk.act(made["uid"], "attendees", NEW_PERSON), 401)
    refused(await bk.act(made["uid"], "attendees", NEW_PERSON, api=booker), 403)
    added = data(await bk.act(made["uid"], "attendees", NEW_PERSON, api=host), 201)
    assert added == {
        **NEW_PERSON,
        "displayEmail": "carol@example.org",
        "language": "en",
        "absent": False,
        "id": added["id"],
        "bookingId": made["id"],
    }
    again = await bk.act(made["uid"], "attendees", NEW_PERSON, api=host)
    assert refused(again, 400) == "emails_must_be_unique_valid"
    data(await bk.act(theirs["uid"], "attendees", NEW_PERSON, api=booker), 201)
    for missing in NEW_PERSON:
        body = {key: value for key, value in NEW_PERSON.items() if key != missing}
        refused(await bk.act(made["uid"], "attendees", body, api=host), 400)


async def test_removing_a_guest(bk: Bookings) -> None:
    host, made = await booked(bk)
    added = data(await bk.act(made["uid"], "attendees", NEW_PERSON, api=host), 201)
    people = data(await bk.send("GET", f"/{made['uid']}/attendees", api=host))
    path = f"/{made['uid']}/attendees"
    primary = await bk.send("DELETE", f"{path}/{people[0]['id']}", api=host)
    assert refused(primary, 400) == "cannot_remove_primary_attendee"
    gone = data(await bk.send("DELETE", f"{path}/{added['id']}", api=host))
    assert gone == {"id": added["id"], "bookingId": made["id"], **NEW_PERSON}
    unknown = await bk.send("DELETE", f"{path}/{added['id']}", api=host)
    assert refused(unknown, 404) == "attendee_not_found"
    assert "guests" not in await bk.get(made["uid"])


# -- guests


async def add(bk: Bookings, uid: str, api: Person | None, emails: Iterable[str]) -> Any:
    return await bk.act(uid, "guests", {"guests": [{"email": e} for e in emails]}, api=api)


async def test_guests_are_added_once_each(bk: Bookings) -> None:
    host, made = await booked(bk)
    after = data(await add(bk, made["uid"], host, ["g1@x.org", "G1+tag@x.org", "g2@x.org"]))
    assert after["guests"] == ["g1@x.org", "g2@x.org"]
    assert after["bookingFieldsResponses"]["guests"] == ["g1@x.org", "g2@x.org"]
    guest = after["attendees"][1]
    assert (guest["name"], guest["timeZone"], guest["language"]) == ("", "UTC", "en")
    own = made["attendees"][0]["email"]
    nobody = await add(bk, made["uid"], host, ["g1+other@x.org", own.upper()])
    assert refused(nobody, 400) == "emails_must_be_unique_valid"


async def test_guest_lists_have_limits(bk: Bookings) -> None:
    host, made = await booked(bk)
    stranger = await factories.make_user(bk.units)
    refused(await add(bk, made["uid"], stranger, ["g@x.org"]), 403)
    refused(await add(bk, "nothing", host, ["g@x.org"]), 404)
    for emails in ([], ["no-email"], [f"g{i}@x.org" for i in range(11)]):
        refused(await add(bk, made["uid"], host, emails), 400)
    data(await add(bk, made["uid"], host, [f"a{i}@x.org" for i in range(10)]))


async def test_thirty_attend_at_most(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    made = await bk.book(kind, bk.at(9), guests=[f"a{i}@x.org" for i in range(24)])
    assert refused(await add(bk, made["uid"], host, [f"b{i}@x.org" for i in range(7)]), 400) == (
        "Cannot add 7 guests. This booking already has 25 attendees. Maximum total guests allowed "
        "is 30. You can add up to 5 more guests."
    )
    data(await add(bk, made["uid"], host, [f"b{i}@x.org" for i in range(5)]))


async def test_no_guests_where_they_are_hidden_or_the_booking_has_ended(bk: Bookings) -> None:
    hidden = [{"name": "guests", "type": "multiemail", "required": False, "hidden": True}]
    host, made = await booked(bk, booking_fields=hidden)
    kind = made["eventTypeId"]
    assert refused(await add(bk, made["uid"], host, ["g@x.org"]), 400) == (
        "Cannot add guests to this booking. The guests field is disabled for event type "
        f'"Intro" (ID: {kind}). Please contact the event organizer to enable guest additions.'
    )
    host, made = await booked(bk)
    data(await bk.act(made["uid"], "cancel"))
    refused(await add(bk, made["uid"], host, ["g@x.org"]), 400)


async def test_more_than_five_calls_a_minute_are_too_many(bk: Bookings) -> None:
    host, made = await booked(bk)
    for _ in range(5):
        refused(await add(bk, made["uid"], host, []), 400)
    answer = await add(bk, made["uid"], host, [])
    assert refused(answer, 429) == (
        "CustomThrottlerGuard - Too many requests. Please try again later."
    )


# -- absence


async def test_absence_is_noted_after_the_start(bk: Bookings, clock: Clock) -> None:
    host, made = await booked(bk)
    who = made["attendees"][0]["email"]
    stranger = await factories.make_user(bk.units)
    body = {"host": True, "attendees": [{"email": who.upper(), "absent": True}]}
    early = refused(await bk.act(made["uid"], "mark-absent", body, api=host), 400)
    assert early.startswith(
        "Bookings can only be marked as absent after their scheduled start time. Current time in "
        "UTC+0: "
    )
    assert early.endswith(f", Booking start time in UTC+0: {made['start']}")
    clock.set(bk.at(9, 5))
    assert refused(await bk.act("nothing", "mark-absent", body, api=host), 404) == (
        "Booking with uid=nothing not found."
    )
    refused(await bk.act(made["uid"], "mark-absent", body), 401)
    answer = await bk.act(made["uid"], "mark-absent", body, api=stranger)
    assert refused(answer, 403) == guarded(stranger, made["uid"])
    bad: list[dict[str, Any]] = [{}, {"attendees": []}, {"attendees": [{"email": "x"}]}]
    for wrong in bad:
        refused(await bk.act(made["uid"], "mark-absent", wrong, api=host), 400)
    after = data(await bk.act(made["uid"], "mark-absent", body, api=host))
    assert (after["absentHost"], after["attendees"][0]["absent"]) == (True, True)
    back = {"attendees": [{"email": who, "absent": False}, {"email": "no@x.org", "absent": True}]}
    after = data(await bk.act(made["uid"], "mark-absent", back, api=host))
    assert (after["absentHost"], after["attendees"][0]["absent"]) == (True, False)


# -- location


async def move(bk: Bookings, uid: str, api: Person | None, location: Any) -> Any:
    body = {} if location is None else {"location": location}
    return await bk.send("PATCH", f"/{uid}/location", api=api, json=body)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ({"type": "address", "address": "1 Main"}, "1 Main"),
        ({"type": "link", "link": "https://x.example.com"}, "https://x.example.com"),
        ({"type": "phone", "phone": "+37120993151"}, "+37120993151"),
        ({"type": "attendeeAddress", "address": "5 Side"}, "5 Side"),
        ({"type": "attendeePhone", "phone": "+37120993151"}, "+37120993151"),
        ({"type": "attendeeDefined", "location": "park"}, "park"),
        ({"type": "integration", "integration": "cal-video"}, "integrations:daily"),
        ({"type": "integration", "integration": "google-meet"}, "integrations:daily"),
        ("the park", "the park"),
    ],
)
async def test_a_new_location(bk: Bookings, location: Any, expected: str) -> None:
    host, made = await booked(bk)
    after = data(await move(bk, made["uid"], host, location))
    assert after["location"] == after["meetingUrl"] == expected
    assert (await bk.get(made["uid"]))["location"] == expected


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ({"type": "teleport"}, "UpdateBookingInputLocationValidator_2024_08_13 - Unsupported "
                               "booking location type 'teleport'."),
        ({"type": "link", "link": "no url"}, "Validation failed for link location"),
        ({"type": "address"}, "Validation failed for address location"),
        ({"type": "integration", "integration": "zoom"},
         'Video integration "zoom" is not connected. Please connect the integration in your '
         "settings first."),
    ],
)  # fmt: skip
async def test_a_wrong_location_is_refused(bk: Bookings, location: Any, message: str) -> None:
    host, made = await booked(bk)
    assert refused(await move(bk, made["uid"], host, location), 400).startswith(message)


async def test_who_changes_the_location(bk: Bookings) -> None:
    host, made = await booked(bk)
    stranger = await factories.make_user(bk.units)
    root = await factories.make_user(bk.units, role="ADMIN")
    refused(await move(bk, made["uid"], None, "x"), 401)
    assert refused(await move(bk, made["uid"], stranger, "x"), 403) == (
        "User is not authorized to update this booking location. User must be the event type "
        "owner, host, team admin or owner, or org admin or owner."
    )
    refused(await move(bk, "nothing", host, "x"), 404)
    assert data(await move(bk, made["uid"], root, "the moon"))["location"] == "the moon"
    assert data(await move(bk, made["uid"], host, None))["location"] == "the moon"


# -- links and references


async def test_calendar_links(bk: Bookings) -> None:
    host = await bk.host()
    booker, stranger = await factories.make_user(bk.units), await factories.make_user(bk.units)
    kind = await bk.event_type(host, title="Tea & cake")
    made = await bk.book(
        kind,
        bk.at(9),
        attendee=bk.attendee(email=booker.email),
        bookingFieldsResponses={"notes": "Bring 50% more; now"},
    )
    path = f"/{made['uid']}/calendar-links"
    refused(await bk.send("GET", path), 401)
    refused(await bk.send("GET", path, api=stranger), 403)
    assert refused(await bk.send("GET", "/nothing/calendar-links", api=host), 404) == (
        "Booking with uid nothing not found"
    )
    found = data(await bk.send("GET", path, api=booker))
    assert [(link["label"], link["id"]) for link in found] == [
        ("Google Calendar", "googleCalendar"),
        ("Microsoft Office", "microsoftOffice"),
        ("Microsoft Outlook", "microsoftOutlook"),
        ("ICS", "ics"),
    ]
    google = parse_qs(urlsplit(found[0]["link"]).query)
    assert google["text"] == [made["title"]]
    assert google["dates"] == [f"{bk.at(9):%Y%m%dT%H%M%SZ}/{bk.at(10):%Y%m%dT%H%M%SZ}"]
    assert google["location"] == [LINKS[0]["link"]]
    for link, host_name in ((found[1], "outlook.office.com"), (found[2], "outlook.live.com")):
        assert urlsplit(link["link"]).netloc == host_name
        assert parse_qs(urlsplit(link["link"]).query)["subject"] == [made["title"]]
    head, text = found[3]["link"].split(",", 1)
    assert head == "data:text/calendar"
    calendar = icalendar.Calendar.from_ical(unquote(text))
    entry = calendar.walk("VEVENT")[0]
    assert str(entry["UID"]) == made["icsUid"]
    assert entry.decoded("DTSTART") == bk.at(9)
    assert entry.decoded("DTEND") == bk.at(10)
    assert str(entry["SUMMARY"]) == made["title"]
    assert str(entry["DESCRIPTION"]) == "Bring 50% more; now"
    assert str(entry["ORGANIZER"]) == f"MAILTO:{host.email}"
    assert "RECURRENCE-ID" not in entry


async def test_the_link_of_an_occurrence_is_about_it_alone(bk: Bookings) -> None:
    host = await bk.host()
    rule = {"freq": 2, "interval": 1, "count": 2}
    series = await bk.book(await bk.event_type(host, recurrence=rule), bk.at(9))
    found = data(await bk.send("GET", f"/{series[1]['uid']}/calendar-links", api=host))
    calendar = icalendar.Calendar.from_ical(unquote(found[3]["link"].split(",", 1)[1]))
    entry = calendar.walk("VEVENT")[0]
    assert str(entry["UID"]) == series[0]["icsUid"]
    assert entry.decoded("RECURRENCE-ID") == bk.at(9) + timedelta(weeks=1)


async def refer(bk: Bookings, booking_id: int, kind: str, **more: Any) -> None:
    async with bk.units.begin() as uow:
        row = BookingReference(booking_id=booking_id, type=kind, external_uid=f"x-{kind}", **more)
        uow.session.add(row)
        await uow.commit()


async def test_references(bk: Bookings) -> None:
    host, made = await booked(bk)
    gone: datetime = bk.at(8)
    await refer(bk, made["id"], "google_calendar", external_calendar_id="cal")
    await refer(bk, made["id"], "zoom_video")
    await refer(bk, made["id"], "office365_calendar", deleted_at=gone)
    path = f"/{made['uid']}/references"
    found = data(await bk.send("GET", path, api=host))
    assert [{k: v for k, v in r.items() if k != "id"} for r in found] == [
        {
            "type": "google_calendar",
            "eventUid": "x-google_calendar",
            "destinationCalendarId": "cal",
        },
        {"type": "zoom_video", "eventUid": "x-zoom_video", "destinationCalendarId": None},
    ]
    only = data(await bk.send("GET", path, api=host, params={"type": "zoom_video"}))
    assert [r["type"] for r in only] == ["zoom_video"]
    refused(await bk.send("GET", path, api=host, params={"type": "paper"}), 400)
    refused(await bk.send("GET", path), 401)
    stranger = await factories.make_user(bk.units)
    assert refused(await bk.send("GET", path, api=stranger), 400) == (
        f"Booking with uid {made['uid']} does not belong to user"
    )
    refused(await bk.send("GET", "/nothing/references", api=host), 404)


@pytest.mark.parametrize("what", ["recordings", "transcripts", "conferencing-sessions"])
async def test_video_data_needs_a_room(bk: Bookings, what: str) -> None:
    host, made = await booked(bk)
    stranger = await factories.make_user(bk.units)
    path = f"/{made['uid']}/{what}"
    for version in ("2024-08-13", NEW, "2026-05-01"):
        assert refused(await bk.send("GET", path, api=host, version=version), 404) == (
            f"No Cal Video reference found with booking uid {made['uid']}"
        )
    refused(await bk.send("GET", path), 401)
    refused(await bk.send("GET", path, api=stranger), 403)
    refused(await bk.send("GET", f"/nothing/{what}", api=host), 403)
    await refer(bk, made["id"], "daily_video")
    assert data(await bk.send("GET", path, api=host)) == []


async def test_no_booking_has_a_routing_trace(bk: Bookings) -> None:
    host, made = await booked(bk)
    refused(await bk.send("GET", f"/{made['uid']}/routing-trace", api=host), 404)
    stranger = await factories.make_user(bk.units)
    refused(await bk.send("GET", f"/{made['uid']}/routing-trace", api=stranger), 403)


async def test_unknown_bookings_are_404(bk: Bookings) -> None:
    assert refused(await bk.send("GET", "/nothing"), 404) == (
        "Booking with uid=nothing was not found in the database"
    )
    refused(await bk.send("GET", "/nothing%00"), 400)


async def test_an_updated_booking_says_when(bk: Bookings, clock: Clock) -> None:
    host, made = await booked(bk)
    later = clock.advance(bk.at(9, 30) - bk.at(9))
    after = data(await move(bk, made["uid"], host, "the park"))
    assert (after["updatedAt"], after["createdAt"]) == (iso(later), made["createdAt"])
