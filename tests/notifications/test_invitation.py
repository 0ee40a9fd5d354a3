"""Calendar messages: what calendars and their parsers make of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from openslots.bookings.rules import recurrence
from openslots.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingRescheduled,
)
from openslots.notifications.rules.invitation import Words, invitation, place, withdrawal
from tests.webhooks.facts import FRIEND, booking, event_type, guest, host, told

GOLDEN = Path(__file__).parent / "golden"
WEB = "https://book.example.org"
GUS, HANNAH = "gus@example.net", "hannah@example.org"
START = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)


def created(**changes: Any) -> BookingCreated:
    return BookingCreated(**told(**changes))


def written(event: Any, **how: Any) -> str:
    text = invitation(event, webapp=WEB, **how)
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    return text


def calendar(event: Any, **how: Any) -> Any:  # Any: icalendar's types are wide unions
    text = written(event, **how)
    parsed = Calendar.from_ical(text)
    assert isinstance(parsed, Calendar)
    assert not parsed.errors
    return parsed


def entries(event: Any, **how: Any) -> list[Any]:
    found = calendar(event, **how).walk("VEVENT")
    assert not [one.errors for one in found if one.errors]
    return list(found)


def entry(event: Any, **how: Any) -> Any:
    [one] = entries(event, **how)
    return one


def listed(one: Any, name: str = "ATTENDEE") -> list[Any]:
    values = one.get(name, [])
    return values if isinstance(values, list) else [values]


def addresses(one: Any) -> list[str]:
    return [str(person).removeprefix("mailto:") for person in listed(one)]


def cancelled(**changes: Any) -> BookingCancelled:
    gone = booking(status="cancelled", ics_sequence=1, cancellation_reason="Host is ill")
    return BookingCancelled(**told(**{"booking": gone, **changes}))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("request-attendee", lambda: written(created(), reader=GUS)),
        ("request-organizer", lambda: written(created())),
        ("cancel-attendee", lambda: written(cancelled(), reader=GUS, cancelled=True)),
    ],
)
def test_messages_are_as_written_down(name: str, text: Any) -> None:
    assert text().replace("\r\n", "\n") == (GOLDEN / f"{name}.ics").read_text(encoding="utf-8")


def test_who_invites_whom() -> None:
    one = entry(created(), reader=GUS)
    assert (str(one["ORGANIZER"]), one["ORGANIZER"].params["CN"]) == (
        f"mailto:{HANNAH}",
        "Hannah Host",
    )
    booker, friend = listed(one)
    for person in (booker, friend):
        assert (person.params["ROLE"], person.params["RSVP"]) == ("REQ-PARTICIPANT", "TRUE")
        assert person.params["PARTSTAT"] == "ACCEPTED"
    assert (booker.params["CN"], friend.params["CN"]) == ("Gus Guest", "Unnamed attendee")


def test_the_organizers_copy_lists_the_organizer_first() -> None:
    chair = listed(entry(created()))[0]
    assert str(chair) == f"mailto:{HANNAH}"
    assert (chair.params["ROLE"], chair.params["RSVP"]) == ("CHAIR", "FALSE")
    assert addresses(entry(created())) == [HANNAH, GUS, FRIEND.email]


def test_times_are_utc_whatever_the_zone_and_the_season() -> None:
    for month in (1, 7):
        start = datetime(2026, month, 8, 9, 30, tzinfo=ZoneInfo("Europe/London"))
        text = written(created(booking=booking(start=start, end=start + timedelta(minutes=45))))
        shown = start.astimezone(UTC)
        assert f"DTSTART:{shown:%Y%m%dT%H%M%SZ}\r\n" in text
        assert f"DTEND:{shown + timedelta(minutes=45):%Y%m%dT%H%M%SZ}\r\n" in text
        assert "VTIMEZONE" not in text


def test_the_sequence_is_left_out_at_first() -> None:
    assert "SEQUENCE" not in written(created())
    assert entry(created(booking=booking(ics_sequence=2)))["SEQUENCE"] == 2


def test_a_hidden_organizer_address_is_nowhere_in_an_attendees_copy() -> None:
    event = created(event_type=event_type(hide_organizer_email=True))
    text = written(event, reader=GUS)
    assert HANNAH not in text.replace("\r\n ", "")
    assert str(entry(event, reader=GUS)["ORGANIZER"]) == "mailto:no-reply@book.example.org"
    assert addresses(entry(event))[0] == HANNAH


def test_an_organizer_who_is_gone_leaves_a_readable_entry() -> None:
    one = entry(created(organizer=None), reader=GUS)
    assert str(one["ORGANIZER"]) == "mailto:no-reply@book.example.org"


def test_hidden_details_are_private_and_hidden_notes_are_left_out() -> None:
    kind = event_type(hide_calendar_event_details=True, hide_calendar_notes=True)
    one = entry(created(event_type=kind), reader=GUS)
    assert one["CLASS"] == "PRIVATE"
    assert "Bring the plan" not in one["DESCRIPTION"]
    plain = entry(created(), reader=GUS)
    assert "CLASS" not in plain
    assert "Additional notes:\nBring the plan" in plain["DESCRIPTION"]


@pytest.mark.parametrize("shown", [True, False])
def test_of_a_group_an_attendee_sees_what_the_event_type_shows(shown: bool) -> None:
    kind = event_type(seats_per_slot=5, seats_show_attendees=shown)
    me = guest(seat_uid="seat-1", seat_responses={"notes": "Window"})
    other = guest(id=7, email="olga@example.net", name="Olga", seat_uid="seat-2")
    cohost = guest(id=8, kind="host", email="carl@example.org", name="Carl")
    event = created(
        booking=booking(seated=True, responses={}),
        event_type=kind,
        attendees=(me,),
        everyone=(other, me, cohost),
    )
    mine = entry(event, reader=GUS.upper())
    text = written(event, reader=GUS)
    assert ("olga@example.net" in addresses(mine)) is shown
    assert ("Olga" in text) is shown
    assert {GUS, "carl@example.org"} <= set(addresses(mine))
    assert "Window" in mine["DESCRIPTION"]
    assert "seatReferenceUid=seat-1" in mine["DESCRIPTION"]
    assert "olga@example.net" in addresses(entry(event))
    hers = written(event, reader="olga@example.net").replace("\r\n ", "")
    assert ("and Olga" in hers, "Gus" in hers) == ((False, True) if shown else (True, False))
    gone = created(booking=booking(seated=True), event_type=None, everyone=(other, me))
    assert addresses(entry(gone, reader=GUS)) == [GUS]


def test_somebody_without_an_address_is_named_but_not_invited() -> None:
    caller = guest(email="15551234@sms.cal.com", name="Sam")
    one = entry(created(attendees=(caller,)))
    assert addresses(one) == [HANNAH]
    assert "Sam" in one["DESCRIPTION"]
    assert "sms.cal.com" not in one["DESCRIPTION"]


@pytest.mark.parametrize(
    ("location", "video", "shown"),
    [
        ("integrations:daily", None, f"{WEB}/video/{booking().uid}"),
        ("integrations:daily", "https://rooms.example/1", "https://rooms.example/1"),
        ("integrations:zoom", None, "Zoom"),
        ("12 High Street; Floor 2, London", None, "12 High Street; Floor 2, London"),
        ("https://meet.example/x", None, "https://meet.example/x"),
    ],
)
def test_where_it_is(location: str, video: str | None, shown: str) -> None:
    one = entry(created(booking=booking(location=location, video_call_url=video)), reader=GUS)
    assert one["LOCATION"] == shown
    assert f"Where:\n{shown}" in one["DESCRIPTION"]
    assert "integrations:" not in written(created(booking=booking(location=location)))


def test_no_place_is_no_location() -> None:
    assert place(None, None, "uid", WEB) is None
    assert "LOCATION" not in entry(created(booking=booking(location="")))


def test_a_cancellation_takes_the_entry_out() -> None:
    parsed = calendar(cancelled(), reader=GUS, cancelled=True)
    [one] = parsed.walk("VEVENT")
    assert (parsed["METHOD"], one["STATUS"], one["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert one["UID"] == entry(created())["UID"] == booking().ics_uid
    assert "Host is ill" in one["DESCRIPTION"]
    assert "/booking/" not in one["DESCRIPTION"]
    again = calendar(created())
    assert (again["METHOD"], again.walk("VEVENT")[0]["STATUS"]) == ("REQUEST", "CONFIRMED")


def test_labels_may_be_of_another_language() -> None:
    one = entry(created(), reader=GUS, words=Words(what="Was", where="Wo"))
    assert one["DESCRIPTION"].startswith("Was:\nIntro call")


def test_a_seat_that_moved_to_another_meeting_leaves_the_old_one() -> None:
    me = guest(seat_uid="seat-1")
    old = booking(id=1, uid="old", ics_uid="old@Cal.com", seated=True, title="Old")
    event = BookingRescheduled(**told(booking=booking(seated=True), attendees=(me,)), previous=old)
    text = withdrawal(event, webapp=WEB, reader=GUS)
    assert text is not None
    parsed: Any = Calendar.from_ical(text)
    [one] = parsed.walk("VEVENT")
    assert (parsed["METHOD"], one["UID"], addresses(one)) == ("CANCEL", "old@Cal.com", [GUS])
    assert withdrawal(event, webapp=WEB, reader=None) is None
    over = replace(event, previous=replace(old, status="cancelled"))
    emptied = withdrawal(over, webapp=WEB, reader=None)
    assert emptied is not None
    assert Calendar.from_ical(emptied)["METHOD"] == "CANCEL"
    same = replace(event, previous=booking())
    assert withdrawal(same, webapp=WEB, reader=GUS) is None


# -- series


def weekly(*starts: datetime, rule: Any = None, zone: str = "Europe/London", **more: Any) -> Any:
    kind = event_type(recurrence=rule or {"freq": 2, "interval": 1, "count": 12})
    lasts = timedelta(minutes=30)
    return created(
        booking=booking(
            start=starts[0], end=starts[0] + lasts, recurring_uid="series", occurrence=starts[0]
        ),
        event_type=kind,
        attendees=(guest(time_zone=zone),),
        occurrences=starts,
        **more,
    )


def test_a_series_is_one_entry_with_a_rule() -> None:
    starts = [START + timedelta(weeks=n) for n in range(4)]
    one = entry(weekly(*starts), reader=GUS)
    assert one["RRULE"].to_ical() == b"FREQ=WEEKLY;COUNT=4;INTERVAL=1"
    assert (one.start, "RECURRENCE-ID" in one) == (START, False)
    assert "VTIMEZONE" not in written(weekly(*starts))


def expanded(text: str) -> list[datetime]:
    """What a calendar makes of a rule: its own expansion, by the clock of DTSTART's zone."""
    parsed: Any = Calendar.from_ical(text)
    [one] = parsed.walk("VEVENT")
    if "RDATE" in one:
        return [one.start, *(item.dt for item in one["RDATE"].dts)]
    rule, first = one["RRULE"], one.DTSTART
    assert isinstance(first, datetime)
    assert rule["FREQ"] == ["WEEKLY"]
    [count], [interval] = rule["COUNT"], rule["INTERVAL"]
    steps = (timedelta(weeks=interval * n) for n in range(count))
    return [(first + step).astimezone(UTC) for step in steps]


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
def test_a_series_keeps_the_bookers_clock_over_a_change(zone: str) -> None:
    starts = recurrence.starts(
        datetime(2026, 9, 21, 9, tzinfo=UTC), zone, freq=2, interval=1, count=8
    )
    text = written(weekly(*starts, zone=zone), reader=GUS)
    assert expanded(text) == starts
    parsed = Calendar.from_ical(text)
    assert len(parsed.walk("VTIMEZONE")) == 1
    assert "RRULE" in text


@pytest.mark.parametrize(
    "starts",
    [
        [START, START + timedelta(days=1), START + timedelta(days=9)],
        [datetime(2026, 1, 31, 9, tzinfo=UTC), datetime(2026, 2, 28, 9, tzinfo=UTC)],
    ],
)
def test_starts_that_no_rule_gives_are_listed(starts: list[datetime]) -> None:
    text = written(weekly(*starts, rule={"freq": 1, "interval": 1, "count": 3}), reader=GUS)
    assert "RRULE" not in text
    assert expanded(text) == starts


def test_one_occurrence_is_told_as_part_of_its_series() -> None:
    second = START + timedelta(weeks=1)
    starts = (START, second)
    later = weekly(*starts)
    later = replace(
        later,
        booking=replace(later.booking, start=second, occurrence=second),
        silent=True,
    )
    one = entry(later)
    assert (one["RECURRENCE-ID"].dt, "RRULE" in one) == (second, False)
    moved = BookingRescheduled(
        **told(
            booking=booking(
                start=START + timedelta(hours=3),
                end=START + timedelta(hours=4),
                occurrence=second,
                ics_sequence=1,
            )
        ),
        previous=later.booking,
    )
    one = entry(moved, reader=GUS)
    assert (one["RECURRENCE-ID"].dt, one.start) == (second, START + timedelta(hours=3))
    assert one["UID"] == entry(weekly(*starts))["UID"]


def test_cancelling_a_series_the_rest_or_one_of_it() -> None:
    second, third = (START + timedelta(weeks=n) for n in (1, 2))
    first = booking(occurrence=START, status="cancelled", ics_sequence=1)
    kind = event_type(recurrence={"freq": 2, "interval": 1, "count": 3})
    whole = BookingCancelled(
        **told(booking=first, event_type=kind),
        whole_series=True,
        occurrences=(START, second, third),
    )
    one = entry(whole, cancelled=True)
    assert ("RECURRENCE-ID" in one, one["RRULE"]["COUNT"]) == (False, [3])
    rest = BookingCancelled(
        **told(booking=replace(first, start=second, occurrence=second), event_type=kind),
        occurrences=(second, third),
        ended_occurrences=((second, 1), (third, 4)),
    )
    shown = entries(rest, cancelled=True)
    assert [(e["RECURRENCE-ID"].dt, e["SEQUENCE"]) for e in shown] == [(second, 1), (third, 4)]
    assert len({str(e["UID"]) for e in shown}) == 1
    alone = BookingCancelled(**told(booking=first, event_type=kind))
    assert entry(alone, cancelled=True)["RECURRENCE-ID"].dt == START


# -- hostile text

HOSTILE = [
    "Eve\r\nATTENDEE:mailto:evil@example.com",
    'Eve";ROLE=CHAIR:mailto:evil@example.com\nX-EVIL:1',
    "BEGIN:VEVENT\nUID:evil\nEND:VEVENT",
    "a,b;c:d\\n\\,",
    "\x00\x07\x1b[31m\x7f\x85\u2028\u2029",
    "\ud800 lone",
    "👩‍👩‍👧‍👦 שלום مرحبا \u202etxt.exe",
    "^n ^' ^^ %0d%0a",
    " leading\t\ttabs ",
]
anything = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))


@settings(max_examples=150, deadline=None)
@given(name=anything, title=anything, notes=anything, where=anything, reason=anything)
def test_no_text_gets_out_of_its_place(
    name: str, title: str, notes: str, where: str, reason: str
) -> None:
    who = guest(name=name)
    made = booking(
        title=title, responses={"notes": notes}, location=where, cancellation_reason=reason
    )
    event = created(booking=made, attendees=(who,), organizer=host(name=name))
    for how in ({}, {"reader": GUS}, {"reader": GUS, "cancelled": True}):
        one = entry(event, **how)
        assert str(one["UID"]) == made.ics_uid
        assert addresses(one) == ([] if "reader" in how else [HANNAH]) + [GUS]
        assert set(one) <= {
            "UID", "DTSTAMP", "DTSTART", "DTEND", "STATUS", "SUMMARY", "DESCRIPTION", "LOCATION",
            "ORGANIZER", "ATTENDEE",
        }  # fmt: skip
        for person in listed(one):
            assert set(person.params) <= {"CN", "ROLE", "PARTSTAT", "RSVP"}


@given(st.from_regex(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,40}@[a-z0-9-]{1,20}\.com", fullmatch=True))
@settings(deadline=None)
def test_unusual_addresses_stay_addresses(email: str) -> None:
    [shown] = addresses(entry(created(attendees=(guest(email=email),)), reader=email))
    assert unquote(shown) == email


def test_long_texts_come_back_whole() -> None:
    long = "Grüße, Ελλάδα; 日本語 😀 שלום\n" * 400
    one = entry(created(booking=booking(responses={"notes": long}, title="😀é" * 300)), reader=GUS)
    assert long.strip() in one["DESCRIPTION"]
    assert one["SUMMARY"] == "😀é" * 300


def test_a_hidden_organizer_hides_the_other_hosts() -> None:
    """From those who attend, as in the mails; each host knows them."""
    colleague = guest(id=503, kind="host", email="ivo@example.org", name="Ivo Inge")
    people = (guest(), colleague)
    event = created(event_type=event_type(hide_organizer_email=True), attendees=people)
    assert "ivo@example.org" not in unfolded(event, reader=GUS)
    assert "Ivo Inge" in unfolded(event, reader=GUS)
    assert "ivo@example.org" in unfolded(event)
    assert "ivo@example.org" in unfolded(created(attendees=people), reader=GUS)


def test_no_text_names_the_client_of_a_managed_user() -> None:
    tag = "c" + "1" * 24
    managed = host(email=f"hannah+{tag}@example.org")
    event = created(organizer=managed, attendees=(guest(email=f"gus+{tag}@example.net"),))
    for reader in (None, f"gus+{tag}@example.net"):
        assert tag not in unfolded(event, reader=reader)
        assert "Hannah" in unfolded(event, reader=reader)


def unfolded(event: Any, **how: Any) -> str:
    return written(event, **how).replace("\r\n ", "")
