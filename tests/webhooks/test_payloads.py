"""Payloads against golden files, which were written from the documentation's lists of fields."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from openslots.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingLocationUpdated,
    BookingNoShowUpdated,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
)
from openslots.events.out_of_office import AbsentPerson, OutOfOfficeCreated
from openslots.webhooks.payload import absences, bookings, clocked, envelope
from openslots.webhooks.payload.bookings import Around
from openslots.webhooks.types import Meeting
from tests.webhooks.facts import AROUND, AT, FRIEND, booking, event_type, guest, host, told

GOLDEN = Path(__file__).parent / "golden"
OLD = booking(
    id=880,
    uid="2AbCdEfGhJkLmNpQrStUvW",
    status="cancelled",
    start=datetime(2026, 6, 5, 13, 0, tzinfo=UTC),
    end=datetime(2026, 6, 5, 13, 30, tzinfo=UTC),
)
PASSWORD = "0b3f7c1a-9f1d-4c1e-8a52-3d1f0a6a4b11"


def golden(trigger: str) -> Any:
    return json.loads((GOLDEN / f"{trigger}.json").read_text())


def built() -> dict[str, Any]:
    """trigger -> payload, for the triggers with an envelope."""
    link = "https://meet.example.org/x"
    return {
        "BOOKING_CREATED": bookings.created(BookingCreated(**told()), AROUND),
        "BOOKING_REQUESTED": bookings.requested(
            BookingRequested(**told(booking=booking(status="pending", one_time_password=PASSWORD))),
            AROUND,
        ),
        "BOOKING_RESCHEDULED": bookings.rescheduled(
            BookingRescheduled(
                **told(booking=booking(ics_sequence=1, rescheduled_by="gus@example.net")),
                previous=OLD,
            ),
            AROUND,
        ),
        "BOOKING_LOCATION_UPDATED": bookings.location_updated(
            BookingLocationUpdated(
                **told(booking=booking(location=link)), previous_location="integrations:daily"
            ),
            AROUND,
        ),
        "BOOKING_CANCELLED": bookings.cancelled(
            BookingCancelled(
                **told(
                    booking=booking(
                        status="cancelled",
                        ics_sequence=1,
                        cancellation_reason="Host is ill",
                        cancelled_by="hannah@example.org",
                    )
                )
            ),
            AROUND,
        ),
        "BOOKING_REJECTED": bookings.rejected(
            BookingRejected(
                **told(booking=booking(status="rejected", rejection_reason="Fully booked"))
            ),
            AROUND,
        ),
        "BOOKING_NO_SHOW_UPDATED": bookings.no_show_updated(
            BookingNoShowUpdated(**told(), changed=(("gus@example.net", True),))
        ),
        "OOO_CREATED": absences.created(
            OutOfOfficeCreated(
                id=31,
                uuid="5d4b8f0e-6d1c-4d6e-9a57-2a3a8f6c0d42",
                user=AbsentPerson(
                    11, "hannah@example.org", "Hannah Host", "hannah", "Europe/London"
                ),
                to_user=AbsentPerson(12, "carl@example.org", None, "carl", "America/New_York"),
                start=datetime(2026, 7, 6, tzinfo=UTC),
                end=datetime(2026, 7, 10, 23, 59, 59, 999_000, tzinfo=UTC),
                reason="vacation",
                notes="By the sea",
                created_at=AT,
                updated_at=AT,
            )
        ),
    }


@pytest.mark.parametrize("trigger", list(built()))
def test_payloads_are_as_documented(trigger: str) -> None:
    assert envelope.wrapped(trigger, AT, built()[trigger]) == golden(trigger)


@pytest.mark.parametrize("trigger", ["MEETING_STARTED", "MEETING_ENDED"])
def test_triggers_by_the_clock_are_flat(trigger: str) -> None:
    meeting = Meeting(
        booking=booking(),
        organizer=host(),
        organizer_email="hannah@example.org",
        attendees=(guest(), replace(FRIEND, absent=True)),
        event_type=event_type(),
        references=(),
    )
    assert clocked.body(trigger, meeting) == golden(trigger)


def created(**changes: Any) -> dict[str, Any]:
    return bookings.created(BookingCreated(**told(**changes)), AROUND)


def cancelled(*, of: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return bookings.cancelled(BookingCancelled(**told(**changes), **(of or {})), AROUND)


@pytest.mark.parametrize(
    ("start", "london", "kolkata", "new_york"),
    [
        (datetime(2026, 6, 8, 9, tzinfo=UTC), 60, 330, -240),
        (datetime(2026, 12, 8, 9, tzinfo=UTC), 0, 330, -300),
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), 0, 330, -240),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), 60, 330, -240),
    ],
)
def test_offsets_are_those_of_the_start(
    start: datetime, london: int, kolkata: int, new_york: int
) -> None:
    people = (guest(), guest(id=503, kind="guest", time_zone="America/New_York"))
    shown = created(booking=booking(start=start, end=start), attendees=people)
    assert shown["organizer"]["utcOffset"] == london
    assert [one["utcOffset"] for one in shown["attendees"]] == [kolkata, new_york]


def test_time_format_and_names_of_the_organizer() -> None:
    shown = created(organizer=host(time_format=24, username=None, username_in_org="hh"))
    assert shown["organizer"]["timeFormat"] == "HH:mm"
    assert shown["organizer"]["usernameInOrg"] == "hh"
    assert "username" not in shown["organizer"]


def test_a_phone_number_is_shown_where_it_was_given() -> None:
    answers = {**booking().responses, "attendeePhoneNumber": "+442071838750"}
    people = (guest(phone_number="+442071838750"), FRIEND)
    shown = created(booking=booking(responses=answers), attendees=people)
    assert shown["attendees"][0]["phoneNumber"] == "+442071838750"
    assert "phoneNumber" not in shown["attendees"][1]
    assert shown["responses"]["attendeePhoneNumber"]["value"] == "+442071838750"
    over = cancelled(booking=booking(responses=answers), attendees=people)
    assert over["attendees"][0]["phoneNumber"] == "+442071838750"


def test_both_names_where_the_event_type_asks_for_them() -> None:
    name = {"name": "name", "type": "name", "required": True, "variant": "firstAndLastName"}
    fields = [name, *(event_type().booking_fields or ())[1:]]
    shown = created(event_type=event_type(booking_fields=fields))
    first, second = shown["attendees"]
    assert (first["firstName"], first["lastName"]) == ("Gus", "Guest")
    assert (second["firstName"], second["lastName"]) == ("", "")


def test_labels_of_the_owner_and_hidden_fields() -> None:
    fields = [
        {"name": "name", "type": "name", "required": True, "label": "Who are you?"},
        {"name": "notes", "type": "textarea", "required": False, "hidden": True},
        {"name": "colour", "type": "text", "required": False},
    ]
    shown = created(event_type=event_type(booking_fields=fields))
    assert shown["responses"] == {
        "name": {"label": "Who are you?", "value": "Gus Guest", "isHidden": False},
        "notes": {"label": "additional_notes", "value": "Bring the plan", "isHidden": True},
        "colour": {"label": "colour", "isHidden": False},
    }
    assert shown["userFieldsResponses"] == {"colour": {"label": "colour", "isHidden": False}}


def test_an_event_type_without_stored_fields_has_the_eight_system_ones() -> None:
    shown = created(event_type=event_type(booking_fields=None))
    assert list(shown["responses"]) == [
        "name",
        "email",
        "attendeePhoneNumber",
        "location",
        "title",
        "notes",
        "guests",
        "rescheduleReason",
    ]


def test_answers_stay_bare_when_the_event_type_is_gone() -> None:
    shown = created(event_type=None, booking=booking(event_type_id=None))
    assert shown["responses"]["email"] == {"label": "email", "value": "gus@example.net"}
    assert (shown["type"], shown["eventTitle"], shown["eventTypeId"]) == ("", None, None)


def test_the_description_is_the_event_types_if_it_has_one() -> None:
    shown = created(event_type=event_type(description="Half an hour"))
    assert (shown["description"], shown["additionalNotes"]) == ("Half an hour", "Bring the plan")
    assert shown["eventDescription"] == "Half an hour"


def test_a_seat_is_told_alone() -> None:
    seat = guest(seat_uid="seat-1", seat_responses={"name": "Gus Guest", "notes": "Window"})
    kind = event_type(seats_per_slot=3, seats_show_attendees=False, seats_show_availability=False)
    shown = created(booking=booking(responses={}, seated=True), event_type=kind, attendees=(seat,))
    assert shown["attendeeSeatId"] == "seat-1"
    assert shown["responses"]["notes"]["value"] == "Window"
    assert shown["additionalNotes"] == "Window"
    assert (shown["seatsPerTimeSlot"], shown["seatsShowAttendees"]) == (3, False)
    assert shown["seatsShowAvailabilityCount"] is False
    over = cancelled(
        of={"seat": True},
        booking=booking(responses={}, seated=True),
        event_type=kind,
        attendees=(seat,),
    )
    assert (over["attendeeSeatId"], over["status"]) == ("seat-1", "CANCELLED")
    assert [one["email"] for one in over["attendees"]] == ["gus@example.net"]


def test_a_team_names_its_other_hosts() -> None:
    other = guest(id=504, kind="host", email="carl@example.org", name="Carl", locale="en")
    kind = event_type(owner_id=None, team_id=5, scheduling_type="collective")
    event = BookingCreated(**told(event_type=kind, attendees=(guest(), other)))
    shown = bookings.created(event, Around("https://book.example.org", "Sales"))
    assert shown["schedulingType"] == "COLLECTIVE"
    assert [one["email"] for one in shown["attendees"]] == ["gus@example.net"]
    assert (shown["team"]["id"], shown["team"]["name"]) == (5, "Sales")
    assert [one["email"] for one in shown["team"]["members"]] == ["carl@example.org"]
    assert "team" not in created()


def test_a_series_is_described_where_it_applies() -> None:
    rule = {"freq": 2, "interval": 1, "count": 3}
    kind = event_type(recurrence=rule)
    one = booking(recurring_uid="series")
    assert created(booking=one, event_type=kind)["recurringEvent"] == rule
    assert "recurringEvent" not in created(event_type=kind)
    assert "recurringEvent" not in cancelled(booking=one, event_type=kind)
    whole = cancelled(of={"whole_series": True}, booking=one, event_type=kind)
    assert whole["recurringEvent"] == rule


def test_a_moved_request_names_what_it_replaces() -> None:
    event = BookingRequested(**told(booking=booking(status="pending")), previous=OLD)
    shown = bookings.requested(event, AROUND)
    assert (shown["rescheduleUid"], shown["rescheduleId"]) == (OLD.uid, OLD.id)


def test_cancelled_says_null_for_what_is_false() -> None:
    kind = event_type(requires_confirmation=True, price=500, description="Talk")
    over = cancelled(event_type=kind)
    assert (over["requiresConfirmation"], over["price"]) == (True, 500)
    assert over["eventDescription"] == "Talk"
    asked = cancelled(of={"request_reschedule": True})
    assert asked["requestReschedule"] is True
    assert "cancelledBy" not in asked


def test_video_links_are_in_the_metadata() -> None:
    assert created(booking=booking(video_call_url="https://v.example/1"))["metadata"] == {
        "order": "A-17",
        "videoCallUrl": "https://v.example/1",
    }
    pending = booking(status="pending", video_call_url="https://v.example/1")
    shown = bookings.requested(BookingRequested(**told(booking=pending)), AROUND)
    assert shown["metadata"] == {"order": "A-17"}


def test_a_private_link_and_the_organization_are_named() -> None:
    event = BookingCreated(**told(organization_id=3), private_link="abc")
    shown = bookings.created(event, AROUND)
    assert (shown["hashedLink"], shown["organizationId"]) == ("abc", 3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ((("a@b.c", False),), "a@b.c unmarked as no-show"),
        ((("a@b.c", True), ("d@e.f", False)), "No-show status updated for attendees"),
    ],
)
def test_messages_about_absence(changed: tuple[tuple[str, bool], ...], message: str) -> None:
    shown = bookings.no_show_updated(BookingNoShowUpdated(**told(), changed=changed))
    assert shown["message"] == message
    assert [one["noShow"] for one in shown["attendees"]] == [absent for _, absent in changed]


def test_a_meeting_without_event_type_or_organizer_is_still_told() -> None:
    meeting = Meeting(
        booking=booking(event_type_id=None, organizer_id=None, one_time_password="secret"),
        organizer=None,
        organizer_email=None,
        attendees=(),
        event_type=None,
        references=({"type": "daily_video"},),
    )
    body = clocked.body("MEETING_STARTED", meeting)
    assert (body["user"], body["attendees"], body["oneTimePassword"]) == (None, [], None)
    assert body["references"] == [{"type": "daily_video"}]
