"""Creating regular bookings over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from openslots.bookings.service import verification
from openslots.kernel import clock
from openslots.kernel.clock import iso
from openslots.kernel.uow import Units
from tests import factories
from tests.bookings.conftest import LINK, LINKS, NEW, Bookings, data, refused

BUSY = "User either already has booking at this time or is not available"
TEAM_BUSY = "One of the hosts either already has booking at this time or is not available"
BOUNDS = 'The event type can\'t be booked at the "start" time provided.'


async def test_a_booking_has_the_documented_shape(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    who = bk.attendee()
    made = await bk.book(kind, bk.at(9), attendee=who, metadata={"crm": "77"})
    assert made == {
        "id": made["id"],
        "uid": made["uid"],
        "title": "Intro between Ada Host and Bob Guest",
        "description": "",
        "hosts": [
            {
                "id": host.id,
                "name": "Ada Host",
                "email": host.email,
                "displayEmail": host.email,
                "username": host.username,
                "timeZone": "UTC",
            }
        ],
        "status": "accepted",
        "cancellationReason": "",
        "cancelledByEmail": "",
        "rescheduledByEmail": None,
        "start": iso(bk.at(9)),
        "end": iso(bk.at(10)),
        "duration": 60,
        "eventTypeId": kind.id,
        "eventType": {"id": kind.id, "slug": kind.slug},
        "meetingUrl": LINK,
        "location": LINK,
        "absentHost": False,
        "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
        "metadata": {"crm": "77"},
        "rating": None,
        "icsUid": f"{made['uid']}@Cal.com",
        "attendees": [{**who, "displayEmail": who["email"], "absent": False}],
        "bookingFieldsResponses": {
            "name": "Bob Guest",
            "email": who["email"],
            "displayEmail": who["email"],
        },
    }
    assert len(made["uid"]) == 22
    assert await bk.get(made["uid"]) == made


async def test_a_slot_is_booked_once_by_64_at_once(bk: Bookings) -> None:
    assert bk.units.settings.db.pool_size < 64
    kind = await bk.event_type(await bk.host())
    answers = await asyncio.gather(*(bk.post(kind, bk.at(9)) for _ in range(64)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [400] * 63
    assert {refused(a, 400) for a in answers if a.status_code == 400} == {BUSY}


# -- which event type


async def test_an_event_type_is_found_by_username_and_slug(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    made = await bk.book(None, username=host.username.upper(), eventTypeSlug=kind.slug.upper())
    assert made["eventTypeId"] == kind.id


async def test_what_cannot_be_found_is_named(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    missing: list[tuple[dict[str, Any], str]] = [
        ({"eventTypeId": 2**40}, f"Event type with id {2**40} not found."),
        ({"eventTypeId": 2**70}, f"Event type with id {2**70} not found."),
        (
            {"username": "no-such-user", "eventTypeSlug": kind.slug},
            "User with username no-such-user not found",
        ),
        (
            {"username": host.username, "eventTypeSlug": "nope"},
            f"Event type with slug nope belonging to user {host.username} not found.",
        ),
        (
            {
                "username": host.username,
                "eventTypeSlug": kind.slug,
                "organizationSlug": "no-org",
            },
            f"User with username {host.username} not found",
        ),
        ({"teamSlug": "no-team", "eventTypeSlug": "x"}, "Team with slug no-team not found"),
        (
            {"teamSlug": "t", "eventTypeSlug": "x", "organizationSlug": "no-org"},
            "Organization with slug no-org not found",
        ),
    ]
    for where, message in missing:
        assert refused(await bk.post(None, **where), 404) == message
    assert refused(await bk.post(None), 400) == (
        "Either eventTypeId or eventTypeSlug + username or eventTypeSlug + teamSlug must be "
        "provided"
    )


async def test_a_team_event_type_needs_its_organization(bk: Bookings) -> None:
    host = await bk.host()
    org = await factories.make_team(bk.units, organization=True, members=[(host, "OWNER")])
    async with bk.units.begin() as uow:
        from openslots.models import Team

        org_slug = (await uow.session.get_one(Team, org)).slug
    team = await factories.make_team(
        bk.units, parent_id=org, slug="sales", members=[(host, "MEMBER")]
    )
    kind = await factories.make_event_type(
        bk.units, team_id=team, hosts=[host], scheduling_type="collective", locations=LINKS
    )
    where: dict[str, Any] = {"teamSlug": "sales", "eventTypeSlug": kind.slug}
    assert refused(await bk.post(None, **where), 404) == "Team with slug sales not found"
    made = await bk.book(None, organizationSlug=org_slug, **where)
    assert made["eventTypeId"] == kind.id
    assert refused(
        await bk.post(None, organizationSlug=org_slug, teamSlug="sales", eventTypeSlug="no"), 404
    ) == (
        f"Event type with slug no belonging to team sales within organization {org_slug} not found."
    )


async def test_a_managed_parent_and_a_team_without_hosts_cannot_be_booked(bk: Bookings) -> None:
    host = await bk.host()
    team = await factories.make_team(bk.units, members=[(host, "OWNER")])
    parent = await factories.make_event_type(
        bk.units, team_id=team, scheduling_type="managed", locations=LINKS
    )
    assert refused(await bk.post(parent), 400).startswith(
        f"Event type with id={parent.id} is the parent managed event type that can't be booked."
    )
    empty = await factories.make_event_type(
        bk.units, team_id=team, scheduling_type="collective", locations=LINKS
    )
    assert refused(await bk.post(empty), 422) == (
        "Can't book this team event type because it has no hosts. Please, add at least 1 host to "
        f"event type with id={empty.id} belonging to team with id={team} and try again."
    )


async def test_an_event_type_may_be_for_its_own_people(bk: Bookings) -> None:
    host, stranger = await bk.host(), await factories.make_user(bk.units)
    kind = await bk.event_type(host, booking_requires_authentication=True)
    assert "request must be authenticated" in refused(await bk.post(kind), 401)
    assert "user is not authorized" in refused(await bk.post(kind, api=stranger), 403)
    await bk.book(kind, api=host)


async def test_wrong_credentials_are_refused_where_none_are_needed(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    refused(await bk.post(kind, headers={"Authorization": "Bearer cal_nothing"}), 401)


async def test_instant_bookings_are_not_for_personal_event_types(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    assert refused(await bk.post(kind, instant=True), 400) == (
        "Instant bookings are only supported for team event types, not individual user event types."
    )


# -- the body


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": "x"}, "start property is wrong,start must be a valid ISO 8601 date string "),
        ({"nonsense": 1}, "nonsense property is wrong,property nonsense should not exist "),
        ({"eventTypeId": "5"}, "eventTypeId property is wrong,eventTypeId must be an integer"),
        (
            {"attendee": {"name": "B", "timeZone": "Europe/Rome"}},
            "Attendee must have at least one contact method (email or phone number)",
        ),
        (
            {"attendee": {"email": "b@x.org", "timeZone": "Europe/Rome"}},
            "attendee property is wrong, name property is wrong,name must be a string ",
        ),
        (
            {"attendee": {"email": "b@x.org", "name": "B", "timeZone": "Mars/Base"}},
            "timeZone must be a valid IANA time-zone",
        ),
        (
            {"attendee": {"email": "b@x.org", "name": "B", "timeZone": "UTC", "language": "xx"}},
            "language must be one of the following values: ar, ca",
        ),
        ({"lengthInMinutes": 0}, "lengthInMinutes must not be less than 1"),
        ({"recurrenceCount": 0}, "recurrenceCount must not be less than 1"),
        ({"meetingUrl": "no url"}, "meetingUrl must be a URL address"),
        ({"metadata": []}, "metadata must be an object"),
    ],
)
async def test_a_wrong_body_is_told_in_one_message(
    bk: Bookings, change: dict[str, Any], message: str
) -> None:
    kind = await bk.event_type(await bk.host())
    assert message in refused(await bk.post(kind, **change), 400)


async def test_a_missing_body_lists_what_is_missing(bk: Bookings) -> None:
    message = refused(await bk.send("POST", "", json={}), 400)
    assert "start must be a valid ISO 8601 date string" in message
    assert "attendee" in message
    assert "undefined property is wrong,an unknown value" in refused(
        await bk.send("POST", "", json=[]), 400
    )


@pytest.mark.parametrize(
    "metadata",
    [
        {f"key{i}": "v" for i in range(51)},
        {"k" * 41: "v"},
        {"key": "v" * 501},
        {"key": ["list"]},
        {"key": None},
    ],
)
async def test_metadata_has_limits(bk: Bookings, metadata: dict[str, Any]) -> None:
    kind = await bk.event_type(await bk.host())
    assert "Metadata must have at most 50 keys, each key up to 40 characters" in refused(
        await bk.post(kind, metadata=metadata), 400
    )


async def test_metadata_at_its_limits_is_kept(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    metadata = {f"{i:02d}" + "k" * 38: "v" * 500 for i in range(48)} | {"n": 5, "yes": True}
    assert (await bk.book(kind, metadata=metadata))["metadata"] == metadata


async def test_nulls_count_as_absent(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    absent = dict.fromkeys(
        ("guests", "metadata", "location", "lengthInMinutes", "recurrenceCount", "instant",
         "bookingFieldsResponses", "routing", "meetingUrl", "reservedSlotUid")
    )  # fmt: skip
    made = await bk.book(kind, **absent)
    assert made["metadata"] == {}
    assert "guests" not in made


async def test_start_with_an_offset_and_fractions_is_the_same_instant(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    text = bk.at(9).strftime("%Y-%m-%dT11:00:00.700+02:00")
    assert (await bk.book(kind, start=text))["start"] == iso(bk.at(9))


# -- people


async def test_guests_are_attendees_and_listed_apart(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    who = bk.attendee()
    made = await bk.book(kind, attendee=who, guests=["carol@example.org"])
    assert made["guests"] == ["carol@example.org"]
    assert [a["email"] for a in made["attendees"]] == [who["email"], "carol@example.org"]
    guest = made["attendees"][1]
    assert (guest["name"], guest["timeZone"], guest["language"]) == ("", "Europe/Madrid", "en")
    responses = made["bookingFieldsResponses"]
    assert responses["guests"] == responses["displayGuests"] == ["carol@example.org"]


@pytest.mark.parametrize(
    ("guests", "code"),
    [
        (["nobody"], "email_validation_error"),
        (["c@x.org", "C@x.org"], "duplicate_email"),
        (["BOB@x.org"], "duplicate_email"),
    ],
)
async def test_bad_guests_are_refused(bk: Bookings, guests: list[str], code: str) -> None:
    kind = await bk.event_type(await bk.host())
    answer = await bk.post(kind, attendee=bk.attendee(email="bob@x.org"), guests=guests)
    assert refused(answer, 400) == f"responses - {{guests}}{code}, "
    assert answer.json()["error"] == {
        "code": "BAD_REQUEST",
        "message": f"responses - {{guests}}{code}, ",
    }


async def test_thirty_attend_at_most(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    guests = [f"g{n}@example.org" for n in range(30)]
    message = refused(await bk.post(kind, guests=guests), 400)
    assert message == "Cannot add 30 guests. Maximum total guests allowed is 29."
    assert len((await bk.book(kind, guests=guests[:29]))["attendees"]) == 30


async def test_a_malformed_address_is_refused_by_the_second_pass(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    answer = await bk.post(kind, attendee=bk.attendee(email="bob@nowhere"))
    assert refused(answer, 400) == "responses - {email}email_validation_error, "


async def test_a_phone_is_enough_where_the_address_is_not_asked_for(bk: Bookings) -> None:
    host = await bk.host()
    by_phone = {"name": "Bob", "timeZone": "Europe/Rome", "phoneNumber": "+919876543210"}
    kind = await bk.event_type(host)
    assert refused(await bk.post(kind, attendee=by_phone), 400) == (
        "responses - {email}error_required_field, "
    )
    fields = [
        {"name": "name", "type": "name", "required": True},
        {"name": "email", "type": "email", "required": False, "hidden": True},
        {"name": "attendeePhoneNumber", "type": "phone", "required": True},
    ]
    phone_only = await bk.event_type(host, booking_fields=fields)
    made = await bk.book(phone_only, attendee=by_phone)
    assert made["attendees"][0]["email"] == "919876543210@sms.cal.com"
    assert made["attendees"][0]["phoneNumber"] == "+919876543210"
    assert made["bookingFieldsResponses"]["attendeePhoneNumber"] == "+919876543210"
    bad = {**by_phone, "phoneNumber": "12"}
    assert refused(await bk.post(phone_only, bk.at(15), attendee=bad), 400) == (
        "responses - {attendeePhoneNumber}invalid_number, "
    )


# -- booking fields


def field(kind: str, slug: str, **more: Any) -> dict[str, Any]:
    return {"name": slug, "type": kind, "required": True, "label": slug, **more}


def options(*values: str) -> list[dict[str, str]]:
    return [{"label": value, "value": value} for value in values]


@pytest.mark.parametrize(
    ("kind", "value", "types"),
    [
        ("text", 5, ("string", "number")),
        ("number", "5", ("number", "string")),
        ("boolean", "yes", ("boolean", "string")),
        ("multiemail", "a@x.org", ("array", "string")),
        ("text", ["a"], ("string", "object")),
        ("select", True, ("string or number", "boolean")),
    ],
)  # fmt: skip
async def test_answers_have_the_type_of_their_field(
    bk: Bookings, kind: str, value: Any, types: tuple[str, str]
) -> None:
    asked = await bk.event_type(await bk.host(), booking_fields=[field(kind, "q")])
    answer = await bk.post(asked, bookingFieldsResponses={"q": value})
    assert refused(answer, 400) == (
        f"Invalid type for booking field 'q'. Expected type {types[0]} (compatible with field type "
        f"'{kind}'), but received {types[1]}."
    )


async def test_answers_are_among_the_options(bk: Bookings) -> None:
    host = await bk.host()
    one = await bk.event_type(host, booking_fields=[field("radio", "q", options=options("a", "2"))])
    assert refused(await bk.post(one, bookingFieldsResponses={"q": "c"}), 400) == (
        "Invalid option 'c' for booking field 'q'. Allowed options are: a, 2."
    )
    many = await bk.event_type(
        host, booking_fields=[field("checkbox", "q", options=options("a", "b"))]
    )
    assert refused(await bk.post(many, bookingFieldsResponses={"q": ["a", "c"]}), 400) == (
        "One or more invalid options for booking field 'q'. Allowed options are: a, b."
    )
    made = await bk.book(one, bk.at(9), bookingFieldsResponses={"q": 2})
    assert made["bookingFieldsResponses"]["q"] == 2
    made = await bk.book(many, bk.at(11), bookingFieldsResponses={"q": ["a", "b"]})
    assert made["bookingFieldsResponses"]["q"] == ["a", "b"]


async def test_required_answers_must_be_there_and_not_empty(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host(), booking_fields=[field("text", "colour")])
    assert refused(await bk.post(kind), 400) == (
        "Missing required booking field response: colour - it is required by the event type "
        "booking fields, but missing in the bookingFieldsResponses. You can fetch the event type "
        f"with ID {kind.id} to see the required fields."
    )
    for empty in ("", None):
        assert refused(await bk.post(kind, bookingFieldsResponses={"colour": empty}), 400) == (
            "responses - {colour}error_required_field, "
        )


async def test_formats_of_answers_are_checked_together(bk: Bookings) -> None:
    kind = await bk.event_type(
        await bk.host(), booking_fields=[field("phone", "p"), field("url", "u")]
    )
    assert refused(await bk.post(kind, bookingFieldsResponses={"p": "1", "u": "x y"}), 400) == (
        "responses - {p}invalid_number, responses - {u}url_validation_error, "
    )


async def test_an_sms_reminder_number_comes_from_the_attendee(bk: Bookings) -> None:
    kind = await bk.event_type(
        await bk.host(), booking_fields=[field("phone", "smsReminderNumber")]
    )
    assert refused(await bk.post(kind), 400).startswith("Missing attendee phone number - it is")
    made = await bk.book(kind, attendee=bk.attendee(phoneNumber="+37120993151"))
    assert made["bookingFieldsResponses"]["smsReminderNumber"] == "+37120993151"


async def test_optional_nulls_are_empty_and_unknown_answers_are_kept(bk: Bookings) -> None:
    kind = await bk.event_type(
        await bk.host(), booking_fields=[field("text", "colour", required=False)]
    )
    made = await bk.book(
        kind, bookingFieldsResponses={"colour": None, "custom": "x", "notes": "Bring cake"}
    )
    assert made["bookingFieldsResponses"]["colour"] == ""
    assert made["bookingFieldsResponses"]["custom"] == "x"
    assert made["description"] == "Bring cake"


# -- length, title, location


async def test_lengths_are_those_of_the_event_type(bk: Bookings) -> None:
    host = await bk.host()
    fixed = await bk.event_type(host)
    assert refused(await bk.post(fixed, lengthInMinutes=30), 400) == (
        "Can't specify 'lengthInMinutes' because event type does not have multiple possible "
        "lengths. Please, remove the 'lengthInMinutes' field from the request."
    )
    kind = await bk.event_type(host, length=30, length_options=[15, 30, 60])
    assert refused(await bk.post(kind, lengthInMinutes=45), 400) == (
        "Provided 'lengthInMinutes' is not one of the possible lengths for the event type. The "
        "possible lengths are: 15, 30, 60"
    )
    assert (await bk.book(kind, bk.at(9)))["duration"] == 30
    made = await bk.book(kind, bk.at(10), lengthInMinutes=60)
    assert (made["duration"], made["end"]) == (60, iso(bk.at(11)))


async def test_the_title_follows_the_template(bk: Bookings) -> None:
    kind = await bk.event_type(
        await bk.host(),
        custom_name="{Event type title}/{Organiser first name}/{Scheduler}/{Event duration}/"
        "{Location}/{colour}/{unknown}",
    )
    made = await bk.book(kind, bookingFieldsResponses={"colour": "red"})
    assert made["title"] == f"Intro/Ada/Bob Guest/60 mins/{LINK}/red/"


PLACES: list[dict[str, Any]] = [
    {"type": "inPerson", "address": "1 Main Street", "displayLocationPublicly": True},
    {"type": "link", "link": LINK, "displayLocationPublicly": True},
    {"type": "userPhone", "hostPhoneNumber": "+37120993151"},
    {"type": "attendeeInPerson"},
    {"type": "phone"},
    {"type": "somewhereElse"},
    {"type": "integrations:daily"},
]


@pytest.mark.parametrize(
    ("chosen", "expected", "stored"),
    [
        (None, "1 Main Street", None),
        ({"type": "address"}, "1 Main Street", ("inPerson", "")),
        ({"type": "link"}, LINK, ("link", "")),
        ({"type": "phone"}, "+37120993151", ("userPhone", "")),
        ({"type": "integration", "integration": "cal-video"}, "integrations:daily",
         ("integrations:daily", "")),
        ({"type": "attendeeAddress", "address": "5 Side"}, "5 Side",
         ("attendeeInPerson", "5 Side")),
        ({"type": "attendeePhone", "phone": "+37120993158"}, "+37120993158",
         ("phone", "+37120993158")),
        ({"type": "attendeeDefined", "location": "park"}, "park", ("somewhereElse", "park")),
        ("https://x.example.com/a", "https://x.example.com/a", ("link", "https://x.example.com/a")),
        ("+37120993158", "+37120993158", ("phone", "+37120993158")),
        ("the park", "the park", ("somewhereElse", "the park")),
    ],
)  # fmt: skip
async def test_chosen_locations(
    bk: Bookings, chosen: Any, expected: str, stored: tuple[str, str] | None
) -> None:
    kind = await bk.event_type(await bk.host(), locations=PLACES)
    made = await bk.book(kind, location=chosen)
    assert made["location"] == made["meetingUrl"] == expected
    kept = made["bookingFieldsResponses"].get("location")
    assert kept == (stored and {"value": stored[0], "optionValue": stored[1]})


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"type": "address"}, "Booking location with type address not valid for event type"),
        ({"type": "teleport"}, "Booking location with type teleport not valid for event type"),
        ({"address": "x"}, "Booking location with type undefined not valid for event type"),
        ({"type": "integration", "integration": "zoom"},
         "Booking location with integration zoom not valid for event type"),
        ({"type": "attendeeAddress"}, "responses.location.optionValue - Required, "),
        ({"type": "attendeePhone", "phone": "5"}, "responses - {location}invalid_number, "),
    ],
)  # fmt: skip
async def test_refused_locations(bk: Bookings, chosen: dict[str, str], message: str) -> None:
    kind = await bk.event_type(await bk.host(), locations=PLACES[3:])
    assert refused(await bk.post(kind, location=chosen), 400).startswith(message)


async def test_locations_without_a_choice(bk: Bookings) -> None:
    host = await bk.host()
    bare = await bk.event_type(host, locations=[{"type": "attendeeInPerson"}])
    assert (await bk.book(bare, bk.at(9)))["location"] == "attendeeInPerson"
    none = await bk.event_type(host, locations=[])
    assert (await bk.book(none, bk.at(11)))["location"] == "integrations:daily"
    url = "https://elsewhere.example.com/abc"
    assert (await bk.book(none, bk.at(13), meetingUrl=url))["location"] == url


# -- time


async def test_hours_bookings_and_buffers_make_a_host_busy(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, after_buffer=30)
    other = await bk.event_type(host)
    await bk.book(kind, bk.at(9))
    assert refused(await bk.post(kind, bk.at(9)), 400) == BUSY
    assert refused(await bk.post(other, bk.at(9, 30)), 400) == BUSY
    assert refused(await bk.post(kind, bk.at(10)), 400) == BUSY
    assert refused(await bk.post(kind, bk.at(2)), 400) == BUSY
    await bk.book(kind, bk.at(10, 30))


async def test_whoever_attends_is_busy_however_the_address_is_written(bk: Bookings) -> None:
    host, other = await bk.host(), await bk.host()
    kind, own = await bk.event_type(host), await bk.event_type(other)
    made = await bk.book(kind, bk.at(10), attendee=bk.attendee(email=other.email.upper()))
    assert made["attendees"][0]["email"] == other.email.upper()
    assert refused(await bk.post(own, bk.at(10)), 400) == BUSY
    await bk.book(kind, bk.at(12), guests=[other.email.capitalize()])
    assert refused(await bk.post(own, bk.at(12)), 400) == BUSY
    await bk.book(own, bk.at(14))


async def test_bounds_have_their_own_messages(bk: Bookings) -> None:
    host = await bk.host()
    past = await bk.post(await bk.event_type(host), bk.at(9, day=-3))
    assert refused(past, 400) == "Attempting to book a meeting in the past."
    notice = await bk.event_type(host, minimum_booking_notice=60 * 24 * 30)
    assert refused(await bk.post(notice), 400).startswith(BOUNDS)
    window = await bk.event_type(
        host, period_type="rolling_window", period_days=3, period_calendar_days=True
    )
    assert refused(await bk.post(window, bk.at(day=40)), 400).startswith(BOUNDS)
    far = await bk.post(await bk.event_type(host), start="9999-12-31T23:59:00Z")
    assert refused(far, 400).startswith(BOUNDS)


async def test_limits_of_the_event_type(bk: Bookings) -> None:
    host = await bk.host()
    count = await bk.event_type(host, booking_limits_count={"day": 1})
    await bk.book(count, bk.at(9))
    answer = await bk.post(count, bk.at(14))
    assert refused(answer, 401) == "booking_limit_reached"
    assert answer.json()["message"] == "booking_limit_reached"
    assert answer.json()["statusCode"] == 401
    await bk.book(count, bk.at(14, day=8))
    minutes = await bk.event_type(host, booking_limits_duration={"day": 90})
    await bk.book(minutes, bk.at(11))
    assert refused(await bk.post(minutes, bk.at(16)), 401) == "duration_limit_reached"


async def test_a_booker_has_so_many_bookings_at_once(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host(), max_active_bookings=1, offer_reschedule=True)
    who = bk.attendee()
    first = await bk.book(kind, bk.at(9), attendee=who)
    answers = await asyncio.gather(*(bk.post(kind, bk.at(h), attendee=who) for h in (12, 13)))
    for answer in answers:
        assert refused(answer, 400) == (
            "Attendee with this email can't book because the maximum number of active bookings "
            "has been reached. You can reschedule your existing booking "
            f"({first['uid']}) to a new timeslot instead."
        )
    await bk.book(kind, bk.at(12))


# -- what hosts may override


async def test_a_host_books_over_a_conflict(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    first = await bk.book(kind, bk.at(9))
    for api in (None, await factories.make_user(bk.units)):
        over = await bk.post(kind, bk.at(9), api=api, version=NEW, allowConflicts=True)
        assert refused(over, 400) == BUSY
    second = await bk.book(kind, bk.at(9), api=host, version=NEW, allowConflicts=True)
    assert second["uid"] != first["uid"]
    assert second["status"] == "accepted"
    assert refused(await bk.post(kind, bk.at(9)), 400) == BUSY


async def test_a_host_books_out_of_bounds_and_beyond_limits_from_2026_on(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(
        host, minimum_booking_notice=60 * 24 * 30, booking_limits_count={"day": 1}
    )
    flags: dict[str, Any] = {"allowBookingOutOfBounds": True, "skipBookingLimits": True}
    assert refused(await bk.post(kind, bk.at(9), api=host, **flags), 400).startswith(BOUNDS)
    await bk.book(kind, bk.at(9), api=host, version=NEW, **flags)
    await bk.book(kind, bk.at(12), api=host, version=NEW, **flags)
    bounds = await bk.post(kind, bk.at(15), api=host, version=NEW, allowBookingOutOfBounds=True)
    assert refused(bounds, 401) == "booking_limit_reached"


# -- confirmation


async def test_a_booking_waits_where_its_event_type_wants_it(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, requires_confirmation=True)
    who = bk.attendee()
    made = await bk.book(kind, bk.at(9), attendee=who)
    assert made["status"] == "pending"
    again = await bk.book(kind, bk.at(9), attendee=who)
    assert again["uid"] == made["uid"]
    other = await bk.book(kind, bk.at(9))
    assert (other["status"], other["uid"] != made["uid"]) == ("pending", True)
    near = await bk.event_type(host, requires_confirmation=True, confirmation_threshold_minutes=60)
    assert (await bk.book(near, bk.at(12)))["status"] == "accepted"
    priced = await bk.event_type(host, price=500)
    assert (await bk.book(priced, bk.at(14)))["status"] == "pending"


@pytest.mark.parametrize("phone", ["+", "  ", "n/a", "-", "000"])
async def test_who_has_no_number_is_nobody_else(bk: Bookings, phone: str) -> None:
    fields = [{"name": kind, "type": kind, "required": True} for kind in ("name", "email")]
    kind = await bk.event_type(await bk.host(), requires_confirmation=True, booking_fields=fields)
    one = await bk.book(kind, attendee=bk.attendee(phoneNumber=phone))
    other = await bk.book(kind, attendee=bk.attendee(phoneNumber=phone))
    assert other["uid"] != one["uid"]
    number = "+34 600 000 000"
    first = await bk.book(kind, attendee=bk.attendee(phoneNumber=number))
    again = await bk.book(kind, attendee=bk.attendee(phoneNumber=number))
    assert again["uid"] == first["uid"]


async def test_a_code_proves_the_address(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host(), requires_email_verification=True)
    who = bk.attendee()
    assert refused(await bk.post(kind, attendee=who), 400) == "email_verification_required"
    wrong = await bk.post(kind, attendee=who, emailVerificationCode="abc")
    assert refused(wrong, 400) == "invalid_verification_code"
    code = verification.code(bk.units.settings, who["email"], clock.now())
    assert (await bk.book(kind, attendee=who, emailVerificationCode=code))["status"] == "accepted"


async def test_hidden_host_addresses_stay_hidden_from_nobody_in_particular(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, hide_organizer_email=True)
    made = await bk.book(kind)
    assert made["hosts"][0]["email"] == made["hosts"][0]["displayEmail"] == ""
    assert (await bk.get(made["uid"], api=host))["hosts"][0]["email"] == host.email


# -- reservations


async def reserve(units: Units, kind: Any, owner: int, bk: Bookings, uid: str, age: int) -> None:
    from openslots.models import SlotReservation

    async with units.begin() as uow:
        uow.session.add(
            SlotReservation(
                uid=uid,
                event_type_id=kind.id,
                user_id=owner,
                start_at=bk.at(9),
                end_at=bk.at(10),
                release_at=uow.now + timedelta(minutes=5),
                created_at=uow.now - timedelta(seconds=age),
            )
        )
        await uow.commit()


async def held(units: Units, kind: Any) -> list[str]:
    from sqlalchemy import select

    from openslots.models import SlotReservation

    async with units.begin() as uow:
        rows = await uow.session.scalars(
            select(SlotReservation.uid).where(SlotReservation.event_type_id == kind.id)
        )
        return sorted(rows)


async def test_a_named_reservation_is_used_up_unless_an_older_one_lives(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    await reserve(bk.units, kind, host.id, bk, f"first-{kind.id}", 20)
    await reserve(bk.units, kind, host.id, bk, f"second-{kind.id}", 10)
    late = refused(await bk.post(kind, bk.at(9), reservedSlotUid=f"second-{kind.id}"), 400)
    assert "Someone else reserved this slot before you" in late
    assert "will be freed up in" in late
    assert len(await held(bk.units, kind)) == 2
    await bk.book(kind, bk.at(9), headers={"Cookie": f"uid=first-{kind.id}"})
    assert await held(bk.units, kind) == [f"second-{kind.id}"]


async def test_an_unnamed_booking_passes_reservations_and_removes_them(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    await reserve(bk.units, kind, host.id, bk, f"one-{kind.id}", 5)
    await bk.book(kind, bk.at(9))
    assert await held(bk.units, kind) == []


# -- Idempotency-Key


async def test_a_key_gives_the_same_answer_again(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    body, key = bk.body(kind, bk.at(9)), {"Idempotency-Key": factories.unique("key")}
    answers = await asyncio.gather(*(bk.send("POST", "", headers=key, json=body) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert data(answers[0], 201)["uid"]
    other = bk.body(kind, bk.at(12))
    changed = await bk.send("POST", "", headers=key, json=other)
    assert refused(changed, 422) == "This Idempotency-Key was used with another request body."
    mine = await bk.send("POST", "", api=host, headers=key, json=other)
    assert data(mine, 201)["start"] == iso(bk.at(12))


async def test_a_refused_request_does_not_use_its_key(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    first = await bk.book(kind, bk.at(9))
    body, key = bk.body(kind, bk.at(9)), {"Idempotency-Key": factories.unique("key")}
    assert refused(await bk.send("POST", "", headers=key, json=body), 400) == BUSY
    data(await bk.act(first["uid"], "cancel", {"cancellationReason": "ill"}))
    assert data(await bk.send("POST", "", headers=key, json=body), 201)["start"] == iso(bk.at(9))


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_has_a_length(bk: Bookings, key: str) -> None:
    kind = await bk.event_type(await bk.host())
    refused(await bk.post(kind, headers={"Idempotency-Key": key}), 400)


async def test_a_refusal_names_its_reasons_by_kind(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    await bk.book(kind, bk.at(9))
    taken = await bk.post(kind, bk.at(9))
    assert taken.json()["error"]["details"]["reasons"] == ["booking"]
    night = await bk.post(kind, bk.at(3))
    assert night.json()["error"]["details"]["reasons"] == ["outside_hours"]
    past = await bk.post(kind, bk.at(9) - timedelta(days=3650))
    assert "past" in past.json()["error"]["details"]["reasons"]
