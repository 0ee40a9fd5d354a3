"""Creating event types of a person under 2024-06-14."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.event_types.schemas.v2024_06_14.out import EventTypeOut
from openslots.kernel.uow import Units
from openslots.models import Profile
from tests import factories
from tests.event_types.conftest import Host, HostMaker, constraints, message

WEEKLY = {"frequency": "weekly", "interval": 2, "occurrences": 10}
SEATS = {"seatsPerTimeSlot": 4, "showAttendeeInfo": True, "showAvailabilityCount": True}
ALWAYS = {"type": "always", "blockUnconfirmedBookingsInBooker": False}
CAL_VIDEO = {"type": "integration", "integration": "cal-video"}
PHONE = {"type": "phone", "phone": "+37120993151", "public": True}


async def test_a_new_event_type_answers_with_every_documented_default(host: Host) -> None:
    created = await host.create(title="Intro", slug="intro")
    assert created == {
        "id": created["id"],
        "ownerId": host.id,
        "lengthInMinutes": 30,
        "title": "Intro",
        "slug": "intro",
        "description": "",
        "locations": [{"type": "integration", "integration": "cal-video"}],
        "bookingFields": created["bookingFields"],
        "recurrence": None,
        "disableGuests": False,
        "slotInterval": None,
        "minimumBookingNotice": 120,
        "beforeEventBuffer": 0,
        "afterEventBuffer": 0,
        "metadata": {},
        "price": 0,
        "currency": "usd",
        "lockTimeZoneToggleOnBookingPage": False,
        "forwardParamsSuccessRedirect": True,
        "successRedirectUrl": None,
        "isInstantEvent": False,
        "users": [
            {
                "id": host.id,
                "name": host.person.name,
                "username": host.person.username,
                "avatarUrl": None,
                "brandColor": None,
                "darkBrandColor": None,
                "weekStart": "Sunday",
                "metadata": {},
            }
        ],
        "scheduleId": None,
        "onlyShowFirstAvailableSlot": False,
        "offsetStart": 0,
        "bookingWindow": {"disabled": True},
        "confirmationPolicy": {"disabled": True},
        "requiresBookerEmailVerification": False,
        "hideCalendarNotes": False,
        "seats": {"disabled": True},
        "useDestinationCalendarEmail": False,
        "hideCalendarEventDetails": False,
        "hideOrganizerEmail": False,
        "calVideoSettings": {"sendTranscriptionEmails": True},
        "hidden": False,
        "bookingRequiresAuthentication": False,
        "bookerActiveBookingsLimit": {"disabled": True},
        "bookingUrl": f"http://test/{host.person.username}/intro",
        "disableCancelling": {"disabled": False},
        "disableRescheduling": {"disabled": False},
        "interfaceLanguage": None,
        "allowReschedulingPastBookings": False,
        "allowReschedulingCancelledBookings": False,
        "showOptimizedSlots": False,
    }
    assert await host.read(created["id"]) == created


EVERYTHING: dict[str, Any] = {
    "title": "Everything",
    "lengthInMinutes": 60,
    "lengthInMinutesOptions": [15, 60, 90],
    "description": "All of it",
    "locations": [
        CAL_VIDEO,
        {"type": "address", "address": "1 Main St", "public": True},
        {"type": "link", "link": "https://example.com/room", "public": False},
        PHONE,
        {"type": "attendeeAddress"},
        {"type": "attendeePhone"},
        {"type": "attendeeDefined"},
    ],
    "slotInterval": 20,
    "minimumBookingNotice": 0,
    "beforeEventBuffer": 5,
    "afterEventBuffer": 10,
    "bookingLimitsCount": {"day": 2, "week": 5, "year": 100},
    "bookingLimitsDuration": {"day": 60, "month": 1000},
    "bookerActiveBookingsLimit": {"maximumActiveBookings": 2, "offerReschedule": True},
    "onlyShowFirstAvailableSlot": True,
    "bookingWindow": {"type": "calendarDays", "value": 30, "rolling": True},
    "offsetStart": 10,
    "bookerLayouts": {"defaultLayout": "week", "enabledLayouts": ["month", "week"]},
    "confirmationPolicy": {
        "type": "time",
        "noticeThreshold": {"unit": "hours", "count": 24},
        "blockUnconfirmedBookingsInBooker": True,
    },
    "requiresBookerEmailVerification": True,
    "hideCalendarNotes": True,
    "hideCalendarEventDetails": True,
    "hideOrganizerEmail": True,
    "lockTimeZoneToggleOnBookingPage": True,
    "hidden": True,
    "bookingRequiresAuthentication": True,
    "color": {"lightThemeHex": "#fafafa", "darkThemeHex": "#292929"},
    "customName": "{Event type title} with {Organiser} for {Scheduler}",
    "successRedirectUrl": "https://example.com/thanks",
    "calVideoSettings": {
        "disableRecordingForOrganizer": True,
        "disableRecordingForGuests": False,
        "redirectUrlOnExit": "https://example.com/bye",
        "enableAutomaticRecordingForOrganizer": True,
        "enableAutomaticTranscription": False,
        "disableTranscriptionForGuests": True,
        "disableTranscriptionForOrganizer": False,
        "sendTranscriptionEmails": False,
    },
    "disableCancelling": {"disabled": True},
    "disableRescheduling": {"disabled": False, "minutesBefore": 60},
    "interfaceLanguage": "de",
    "allowReschedulingPastBookings": True,
    "allowReschedulingCancelledBookings": True,
    "showOptimizedSlots": True,
}


async def test_every_setting_comes_back_as_it_was_sent(host: Host) -> None:
    created = await host.create(**EVERYTHING)
    found = await host.read(created["id"])
    assert {key: found[key] for key in EVERYTHING} == EVERYTHING
    assert found["metadata"] == {"multipleDuration": [15, 60, 90]}


async def test_answers_have_the_documented_shape(host: Host) -> None:
    field = {"type": "select", "slug": "s", "label": "S", "required": True, "options": ["a"]}
    for settings in ({}, EVERYTHING, {"recurrence": WEEKLY}, {"bookingFields": [field]}):
        created = await host.create(**settings)
        EventTypeOut.model_validate(created, by_alias=True, by_name=False)


async def test_a_whole_answer_is_a_valid_body(host: Host) -> None:
    for settings in (EVERYTHING, {"seats": SEATS}, {"recurrence": WEEKLY}, {}):
        first = await host.create(**settings)
        slug = factories.unique("again")
        second = await host.create(**{**first, "title": "Again", "slug": slug})
        url = f"http://test/{host.person.username}/{slug}"
        changed = {"id": second["id"], "title": "Again", "slug": slug, "bookingUrl": url}
        assert second == {**first, **changed}


INVALID: list[dict[str, Any]] = [
    {"title": None},
    {"title": "   "},
    {"title": 7},
    {"slug": None},
    {"slug": " -._ "},
    {"slug": "s" * 256},
    {"lengthInMinutes": None},
    {"lengthInMinutes": 0},
    {"lengthInMinutes": "30"},
    {"lengthInMinutes": 12.5},
    {"lengthInMinutes": 2**70},
    {"lengthInMinutesOptions": []},
    {"lengthInMinutesOptions": [15, 15]},
    {"lengthInMinutesOptions": [0, 30]},
    {"lengthInMinutesOptions": ["15"]},
    {"description": 5},
    {"minimumBookingNotice": -1},
    {"beforeEventBuffer": -1},
    {"afterEventBuffer": 1.5},
    {"offsetStart": -5},
    {"slotInterval": "15"},
    {"slotInterval": -5},
    {"scheduleId": "one"},
    {"hidden": "yes"},
    {"disableGuests": 1},
    {"successRedirectUrl": "not a url"},
    {"interfaceLanguage": "xx"},
    {"interfaceLanguage": 7},
    {"customName": 5},
    {"color": {"lightThemeHex": "#fff"}},
    {"color": {"lightThemeHex": "red", "darkThemeHex": "#000000"}},
    {"color": "red"},
    {"bookingLimitsCount": {"day": 0}},
    {"bookingLimitsCount": {"day": "1"}},
    {"bookingLimitsCount": {"disabled": False}},
    {"bookingLimitsCount": 3},
    {"bookingLimitsDuration": {"day": 14}},
    {"bookerActiveBookingsLimit": {"maximumActiveBookings": 0}},
    {"bookingWindow": {"disabled": False}},
    {"bookerLayouts": {"disabled": True}},
    {"recurrence": {"disabled": False}},
    {"recurrence": {"interval": 1, "occurrences": 2}},
    {"recurrence": {"interval": 1, "occurrences": 2, "frequency": "daily"}},
    {"seats": {"disabled": False}},
    {"seats": {"seatsPerTimeSlot": 1001, "showAttendeeInfo": True, "showAvailabilityCount": True}},
    {"seats": {"seatsPerTimeSlot": 2}},
    {"disableRescheduling": {"minutesBefore": 0}},
    {"disableCancelling": {"disabled": "yes"}},
    {"calVideoSettings": {"redirectUrlOnExit": "nowhere"}},
    {"calVideoSettings": {"disableRecordingForGuests": "no"}},
    {"destinationCalendar": {"integration": "google_calendar"}},
]


@pytest.mark.parametrize("wanted", INVALID, ids=str)
async def test_invalid_settings_are_refused(host: Host, wanted: dict[str, Any]) -> None:
    answer = await host.post(**wanted)
    assert answer.status_code == 400, answer.text
    assert message(answer) == "Bad Request Exception"
    assert constraints(answer)
    assert await host.list() == []


async def test_the_body_must_be_an_object(host: Host) -> None:
    for body in ([], "text", None, [{"title": "x"}]):
        assert (await host.call("POST", "/event-types", body=body)).status_code == 400


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("  spaced Out  ", "spaced Out"),
        ("--a-b--", "a-b--"),
        ("-._dot", "dot"),
        ("Ünï Cödé", "Ünï Cödé"),
    ],
)
async def test_slugs_are_cleaned_leniently(host: Host, sent: str, stored: str) -> None:
    assert (await host.create(slug=sent))["slug"] == stored


async def test_a_slug_is_taken_once_per_person(host: Host, make_host: HostMaker) -> None:
    first = await host.create(slug="meet")
    answer = await host.post(slug="meet")
    assert answer.status_code == 400
    assert message(answer) == "User already has an event type with this slug."
    assert (await (await make_host()).create(slug="meet"))["slug"] == first["slug"]
    assert (await host.create(slug="Meet"))["slug"] == "Meet"


async def test_the_schedule_must_be_the_callers(
    host: Host, make_host: HostMaker, units: Units
) -> None:
    own = await factories.make_schedule(units, host.person)
    other = await make_host()
    foreign = await factories.make_schedule(units, other.person)
    assert (await host.create(scheduleId=own))["scheduleId"] == own
    for schedule_id in (foreign, 2**70):
        answer = await host.post(scheduleId=schedule_id)
        assert answer.status_code == 404
        assert (
            message(answer) == f"User with ID={host.id} does not own schedule with ID={schedule_id}"
        )


async def test_nulls_and_empty_texts_mean_unset(host: Host) -> None:
    names = [
        "description",
        "slotInterval",
        "scheduleId",
        "interfaceLanguage",
        "customName",
        "successRedirectUrl",
        "bookingLimitsCount",
        "bookingLimitsDuration",
        "bookerActiveBookingsLimit",
        "bookingWindow",
        "bookerLayouts",
        "confirmationPolicy",
        "recurrence",
        "seats",
        "color",
        "destinationCalendar",
        "locations",
        "bookingFields",
        "disableGuests",
        "calVideoSettings",
        "minimumBookingNotice",
        "beforeEventBuffer",
        "offsetStart",
        "hidden",
        "disableCancelling",
        "disableRescheduling",
        "lengthInMinutesOptions",
    ]
    plain = await host.create(title="t", slug="plain")
    nulls = await host.create(title="t", slug="nulls", **dict.fromkeys(names))
    empty = await host.create(
        title="t",
        slug="empty",
        description="",
        customName="",
        successRedirectUrl="",
        interfaceLanguage="",
        slotInterval=0,
    )
    for other in (nulls, empty):
        same = {key: plain[key] for key in ("id", "slug", "bookingUrl")}
        assert {**other, **same} == plain


async def test_without_credentials_nothing_is_created(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/v2/event-types",
        json={"title": "t", "slug": "s", "lengthInMinutes": 30},
        headers={"cal-api-version": "2024-06-14"},
    )
    assert answer.status_code == 401


async def test_an_organisation_members_page_is_on_its_sub_domain(host: Host, units: Units) -> None:
    slug = factories.unique("acme")
    org = await factories.make_team(units, organization=True, slug=slug)
    async with units.begin() as uow:
        uow.session.add(Profile(organization_id=org, user_id=host.id, username="inside"))
        await uow.commit()
    created = await host.create(slug="intro")
    assert created["bookingUrl"] == f"http://{slug}.test/inside/intro"
