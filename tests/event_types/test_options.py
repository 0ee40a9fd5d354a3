"""The structured options: forms, defaults, off, and what may not go together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.event_types.conftest import Host, constraints, message

WEEKLY = {"frequency": "weekly", "interval": 2, "occurrences": 10}
MONTHLY, YEARLY = {**WEEKLY, "frequency": "monthly"}, {**WEEKLY, "frequency": "yearly"}
SEATS = {"seatsPerTimeSlot": 4, "showAttendeeInfo": True, "showAvailabilityCount": False}
ALWAYS = {"type": "always", "blockUnconfirmedBookingsInBooker": False}
SOON = {"unit": "hours", "count": 24}
TWO_PLACES = [{"type": "integration", "integration": "cal-video"}, {"type": "attendeePhone"}]
OFF = {"disabled": True}
ALONE = (
    "When disabled is false {disabled: false} at least one other property must be provided, "
    "because it means that the property is enabled but then other properties must be provided too."
)

# option, what is sent, what comes back
FORMS: list[tuple[str, Any, Any]] = [
    ("bookingLimitsCount", {"day": 1, "week": 1}, {"day": 1, "week": 1}),
    ("bookingLimitsCount", OFF, {}),
    ("bookingLimitsCount", {"day": 2, "disabled": True}, {}),
    ("bookingLimitsCount", {"day": 2, "disabled": False}, {"day": 2}),
    ("bookingLimitsCount", {}, {}),
    ("bookingLimitsDuration", {"day": 100, "year": 1000}, {"day": 100, "year": 1000}),
    ("bookingLimitsDuration", OFF, {}),
    (
        "bookerActiveBookingsLimit",
        {"maximumActiveBookings": 2},
        {"maximumActiveBookings": 2, "offerReschedule": False},
    ),
    ("bookerActiveBookingsLimit", {"offerReschedule": True}, {"offerReschedule": True}),
    ("bookerActiveBookingsLimit", {"offerReschedule": False}, OFF),
    ("bookerActiveBookingsLimit", {"maximumActiveBookings": 2, "disabled": True}, OFF),
    (
        "bookingWindow",
        {"type": "businessDays", "value": 40},
        {"type": "businessDays", "value": 40, "rolling": False},
    ),
    (
        "bookingWindow",
        {"type": "calendarDays", "value": 5, "rolling": True},
        {"type": "calendarDays", "value": 5, "rolling": True},
    ),
    (
        "bookingWindow",
        {"type": "range", "value": ["2030-09-05", "2030-09-09"]},
        {"type": "range", "value": ["2030-09-05", "2030-09-09"]},
    ),
    (
        "bookingWindow",
        {"type": "range", "value": ["2030-09-05T00:00:00+14:00", "2030-09-09T23:59:59-11:00"]},
        {"type": "range", "value": ["2030-09-05", "2030-09-09"]},
    ),
    (
        "bookingWindow",
        {"type": "range", "value": ["0002-01-01", "9999-12-31"]},
        {"type": "range", "value": ["0002-01-01", "9999-12-31"]},
    ),
    ("bookingWindow", OFF, OFF),
    ("confirmationPolicy", ALWAYS, ALWAYS),
    (
        "confirmationPolicy",
        {"type": "always"},
        {"type": "always", "blockUnconfirmedBookingsInBooker": False},
    ),
    (
        "confirmationPolicy",
        {"type": "always", "noticeThreshold": SOON, "blockUnconfirmedBookingsInBooker": True},
        {"type": "always", "blockUnconfirmedBookingsInBooker": True},
    ),
    (
        "confirmationPolicy",
        {"type": "time", "noticeThreshold": {"unit": "minutes", "count": 90}},
        {
            "type": "time",
            "noticeThreshold": {"unit": "minutes", "count": 90},
            "blockUnconfirmedBookingsInBooker": False,
        },
    ),
    ("confirmationPolicy", OFF, OFF),
    ("recurrence", WEEKLY, {**WEEKLY, "disabled": False}),
    ("recurrence", MONTHLY, {**MONTHLY, "disabled": False}),
    ("recurrence", YEARLY, {**YEARLY, "disabled": False}),
    ("recurrence", OFF, None),
    ("seats", SEATS, {**SEATS, "disabled": False}),
    ("seats", OFF, OFF),
    ("disableCancelling", {"disabled": True}, {"disabled": True}),
    ("disableCancelling", {}, {"disabled": False}),
    ("disableRescheduling", {"disabled": True, "minutesBefore": 5}, {"disabled": True}),
    ("disableRescheduling", {"minutesBefore": 5}, {"disabled": False, "minutesBefore": 5}),
    ("disableRescheduling", {"disabled": False}, {"disabled": False}),
    ("disableRescheduling", {}, {"disabled": False}),
    ("interfaceLanguage", "pt-BR", "pt-BR"),
    ("interfaceLanguage", "", None),
    (
        "bookerLayouts",
        {"defaultLayout": "column", "enabledLayouts": ["month", "column"]},
        {"defaultLayout": "column", "enabledLayouts": ["month", "column"]},
    ),
]


@pytest.mark.parametrize(("option", "sent", "shown"), FORMS)
async def test_forms_of_options(host: Host, option: str, sent: Any, shown: Any) -> None:
    created = await host.create(**{option: sent})
    assert created[option] == shown
    assert await host.read(created["id"]) == created
    changed = await host.update((await host.create())["id"], **{option: sent})
    assert changed[option] == shown
    assert (await host.update(created["id"], **{option: created[option]})) == created


LAYOUTS = "If you pass the optional 'bookerLayouts' property, you must provide both"
WINDOW = "Invalid bookingWindow structure."
POLICY = (
    'Invalid requiresConfirmation structure. Use "type": "always" or provide a valid time and unit '
    'in "noticeThreshold" for "type": "time".'
)
# option, what is sent, how the constraint starts
REFUSED: list[tuple[str, Any, str]] = [
    (
        "bookingLimitsCount",
        {"day": 3, "week": 2},
        "Invalid bookingLimitsCount: The number of bookings for day cannot exceed the number of "
        "bookings for week.",
    ),
    (
        "bookingLimitsCount",
        {"week": 9, "year": 2},
        "Invalid bookingLimitsCount: The number of bookings for week cannot exceed the number of "
        "bookings for year.",
    ),
    (
        "bookingLimitsDuration",
        {"day": 60, "month": 30},
        "Invalid bookingLimitsDuration: The duration of bookings for day cannot exceed the "
        "duration of bookings for month.",
    ),
    ("bookingLimitsCount", {"disabled": False}, ALONE),
    ("bookingWindow", {"type": "weeks", "value": 3}, WINDOW),
    ("bookingWindow", {"type": "range", "value": ["0001-01-01", "2030-01-01"]}, WINDOW),
    ("bookingWindow", {"type": "calendarDays", "value": "3"}, WINDOW),
    ("bookingWindow", {"type": "calendarDays", "value": 0}, WINDOW),
    ("bookingWindow", {"type": "calendarDays", "value": 1.5}, WINDOW),
    ("bookingWindow", {"type": "calendarDays", "value": 2**70}, WINDOW),
    ("bookingWindow", {"type": "businessDays", "value": 3, "rolling": "yes"}, WINDOW),
    ("bookingWindow", {"value": 3}, WINDOW),
    ("bookingWindow", {}, WINDOW),
    ("bookingWindow", [1, 2], WINDOW),
    ("bookingWindow", {"type": "range", "value": ["soon", "later"]}, WINDOW),
    ("bookingWindow", {"type": "range", "value": ["2030-02-30", "2030-03-01"]}, WINDOW),
    ("bookingWindow", {"type": "range", "value": ["2030-09-09", "2030-09-05"]}, WINDOW),
    ("bookingWindow", {"type": "range", "value": ["2030-09-09"]}, WINDOW),
    ("bookingWindow", {"disabled": False}, WINDOW),
    ("bookerLayouts", {"defaultLayout": "month", "enabledLayouts": ["week"]}, LAYOUTS),
    ("bookerLayouts", {"defaultLayout": "month"}, LAYOUTS),
    ("bookerLayouts", {"enabledLayouts": ["month"]}, LAYOUTS),
    ("bookerLayouts", {"defaultLayout": "grid", "enabledLayouts": ["grid"]}, LAYOUTS),
    ("bookerLayouts", "month", LAYOUTS),
    ("confirmationPolicy", {"type": "time"}, POLICY),
    ("confirmationPolicy", {"type": "time", "noticeThreshold": {"unit": "hours"}}, POLICY),
    ("confirmationPolicy", {"type": "time", "noticeThreshold": {"count": 3}}, POLICY),
    (
        "confirmationPolicy",
        {"type": "time", "noticeThreshold": {"unit": "days", "count": 3}},
        POLICY,
    ),
    (
        "confirmationPolicy",
        {"type": "time", "noticeThreshold": {"unit": "hours", "count": "3"}},
        POLICY,
    ),
    ("confirmationPolicy", {"type": "sometimes"}, POLICY),
    ("confirmationPolicy", {"type": "always", "blockUnconfirmedBookingsInBooker": 1}, POLICY),
    ("confirmationPolicy", {}, POLICY),
    ("confirmationPolicy", {"disabled": False}, POLICY),
    ("recurrence", {"disabled": False}, ALONE),
    ("seats", {"disabled": False}, ALONE),
]


@pytest.mark.parametrize(("option", "sent", "told"), REFUSED)
async def test_refused_options(host: Host, option: str, sent: Any, told: str) -> None:
    answer = await host.post(**{option: sent})
    assert answer.status_code == 400, answer.text
    assert message(answer) == "Bad Request Exception"
    assert answer.json()["error"]["details"]["errors"][0]["property"] == option
    assert [text for text in constraints(answer) if text.startswith(told)]
    created = await host.create()
    assert (await host.patch(created["id"], **{option: sent})).status_code == 400


async def test_an_active_limit_that_is_only_not_disabled_has_a_message(host: Host) -> None:
    answer = await host.post(bookerActiveBookingsLimit={"disabled": False})
    assert (answer.status_code, message(answer)) == (400, ALONE)


SEATS_PLACES = "Seats Validation failed: Seats are enabled but more than one location provided."
SEATS_CONFIRM = "Seats Validation failed: Seats are enabled but requiresConfirmation is true."
SEATS_RECUR = "Recurring Events and Offer Seats cannot be active at the same time."
LIMIT_SENT = (
    "Can't have `recurrence` and `bookerActiveBookingsLimit` enabled at the same time - recurring "
    "events do not support maximum active bookings limit setting."
)
LIMIT_STORED = (
    "Recurring Events and booker active bookings limit cannot be active at the same time."
)
LIMIT = {"maximumActiveBookings": 1}
CONFLICTS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"seats": SEATS}, {"locations": TWO_PLACES}, SEATS_PLACES),
    ({"seats": SEATS}, {"confirmationPolicy": ALWAYS}, SEATS_CONFIRM),
    ({"seats": SEATS}, {"recurrence": WEEKLY}, SEATS_RECUR),
    ({"bookerActiveBookingsLimit": LIMIT}, {"recurrence": WEEKLY}, LIMIT_STORED),
]


@pytest.mark.parametrize(("one", "other", "told"), CONFLICTS)
async def test_conflicts_are_judged_on_the_resulting_state(
    host: Host, one: dict[str, Any], other: dict[str, Any], told: str
) -> None:
    answer = await host.post(**one, **other)
    sent = LIMIT_SENT if told == LIMIT_STORED else told
    assert (answer.status_code, message(answer)) == (400, sent)
    for first, second in ((one, other), (other, one)):
        created = await host.create(**first)
        answer = await host.patch(created["id"], **second, title="Other")
        assert (answer.status_code, message(answer)) == (400, told)
        assert await host.read(created["id"]) == created
        off = {key: TWO_PLACES[:1] if key == "locations" else OFF for key in first}
        changed = await host.update(created["id"], **off, **second)
        assert all(changed[key] not in (None, OFF) for key in second)


async def test_a_disabled_side_is_no_conflict(host: Host) -> None:
    created = await host.create(bookerActiveBookingsLimit=LIMIT, recurrence=OFF)
    assert created["bookerActiveBookingsLimit"]["maximumActiveBookings"] == 1
    created = await host.create(bookerActiveBookingsLimit=OFF, recurrence=WEEKLY)
    assert created["recurrence"]["occurrences"] == 10


async def test_custom_names_know_their_variables_and_own_fields(host: Host) -> None:
    known = (
        "{Event type title} {Organiser} {Scheduler} {Location} {Organiser first name} "
        "{Scheduler first name} {Scheduler last name} {Event duration} {LOCATION} {HOST/ATTENDEE} "
        "{HOST} {ATTENDEE} {USER}"
    )
    assert (await host.create(customName=known))["customName"] == known
    answer = await host.post(customName="{Organiser} and {Nobody} and {Other}")
    assert (answer.status_code, message(answer)) == (
        400,
        "Invalid event name variables: {Nobody}",
    )
    field = {"type": "text", "slug": "topic", "label": "Topic", "required": True}
    created = await host.create(customName="On {topic}", bookingFields=[field])
    assert (await host.update(created["id"], bookingFields=[{**field, "slug": "x"}]))[
        "customName"
    ] == "On {topic}"
    assert "customName" not in await host.update(created["id"], customName=None)


async def test_calendars_that_are_not_connected_cannot_be_named(host: Host) -> None:
    calendar = {"integration": "google_calendar", "externalId": "me@example.com"}
    answer = await host.post(destinationCalendar=calendar)
    assert (answer.status_code, message(answer)) == (
        400,
        "Invalid destinationCalendarId: Calendar does not exist",
    )
    assert (await host.post(useDestinationCalendarEmail=True)).status_code == 400
    assert (await host.post(useDestinationCalendarEmail=False)).status_code == 201


VIDEO = {
    "disableRecordingForOrganizer": False,
    "disableRecordingForGuests": True,
    "redirectUrlOnExit": None,
    "enableAutomaticRecordingForOrganizer": False,
    "enableAutomaticTranscription": False,
    "disableTranscriptionForGuests": False,
    "disableTranscriptionForOrganizer": False,
    "sendTranscriptionEmails": True,
}


async def test_video_settings_are_two_stores(host: Host) -> None:
    created = await host.create(calVideoSettings={"disableRecordingForGuests": True})
    assert created["calVideoSettings"] == VIDEO
    changed = await host.update(created["id"], calVideoSettings={"sendTranscriptionEmails": False})
    assert changed["calVideoSettings"] == {**VIDEO, "sendTranscriptionEmails": False}
    changed = await host.update(
        created["id"], calVideoSettings={"redirectUrlOnExit": "https://example.com"}
    )
    assert changed["calVideoSettings"] == {
        **VIDEO,
        "disableRecordingForGuests": False,
        "redirectUrlOnExit": "https://example.com",
        "sendTranscriptionEmails": False,
    }
    cleared = await host.update(created["id"], calVideoSettings={"redirectUrlOnExit": ""})
    assert cleared["calVideoSettings"]["redirectUrlOnExit"] is None


async def test_video_settings_live_while_cal_video_is_a_location(host: Host) -> None:
    phone = [{"type": "attendeePhone"}]
    settings = {"disableRecordingForGuests": True, "sendTranscriptionEmails": False}
    created = await host.create(locations=phone, calVideoSettings=settings)
    assert created["calVideoSettings"] == {"sendTranscriptionEmails": False}
    created = await host.create(calVideoSettings=settings)
    assert (await host.update(created["id"], title="x"))["calVideoSettings"] == {
        **VIDEO,
        "sendTranscriptionEmails": False,
    }
    changed = await host.update(created["id"], locations=phone)
    assert changed["calVideoSettings"] == {"sendTranscriptionEmails": False}
