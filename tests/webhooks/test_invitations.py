"""Payload version 2026-07-27: calendar messages beside what version 2021-10-20 has."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from openslots.events.bookings import BookingCancelled, BookingCreated
from openslots.kernel.uow import Units
from openslots.notifications.rules import invitation as calendars
from openslots.webhooks.payload import bookings, envelope, invitations
from tests.factories import tomorrow_at
from tests.webhooks.build import VERSION, a_host, book, cancel, data, subscribe
from tests.webhooks.conftest import Work
from tests.webhooks.facts import AROUND, AT, booking, event_type, guest, told
from tests.webhooks.receiver import Hit, Receiver

NEWER = "2026-07-27"
BOTH = ("attendeeIcsContent", "organizerIcsContent")
WEB = AROUND.booker_url
TRIGGERS = ["BOOKING_CREATED", "BOOKING_REQUESTED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"]
GOLDEN = Path(__file__).parent / "golden"


def entry(text: str) -> tuple[str, Any]:
    parsed: Any = Calendar.from_ical(text)
    [one] = parsed.walk("VEVENT")
    return str(parsed["METHOD"]), one


def people(one: Any) -> list[str]:
    found = one["ATTENDEE"] if isinstance(one["ATTENDEE"], list) else [one["ATTENDEE"]]
    return [str(person).removeprefix("mailto:") for person in found]


def test_the_newer_version_is_as_written_down() -> None:
    event = BookingCreated(**told())
    payload = invitations.added(bookings.created(event, AROUND), event, WEB)
    wrapped = envelope.wrapped("BOOKING_CREATED", AT, payload)
    golden = (GOLDEN / f"BOOKING_CREATED.{NEWER}.json").read_text(encoding="utf-8")
    assert wrapped == json.loads(golden)


@pytest.mark.parametrize(
    ("trigger", "status", "expected"),
    [
        ("BOOKING_CREATED", "accepted", True),
        ("BOOKING_RESCHEDULED", "accepted", True),
        ("BOOKING_CANCELLED", "cancelled", True),
        ("BOOKING_PAID", "accepted", True),
        ("BOOKING_PAID", "pending", False),
        ("BOOKING_REQUESTED", "pending", False),
        ("BOOKING_REJECTED", "rejected", False),
        ("BOOKING_LOCATION_UPDATED", "accepted", False),
        ("BOOKING_NO_SHOW_UPDATED", "accepted", False),
    ],
)
def test_which_triggers_have_them(trigger: str, status: str, expected: bool) -> None:
    event = BookingCreated(**told(booking=booking(status=status)))
    assert invitations.belong(trigger, event) is expected


def test_a_seat_given_back_stays_a_meeting_for_its_organizer() -> None:
    me = guest(seat_uid="seat-1")
    other = guest(id=7, email="olga@example.net", seat_uid="seat-2")
    seat = {
        "booking": booking(seated=True),
        "event_type": event_type(seats_per_slot=3),
        "attendees": (me,),
        "everyone": (me, other),
    }
    left = invitations.added({}, BookingCancelled(**told(**seat), seat=True), WEB)
    method, one = entry(left["attendeeIcsContent"])
    assert (method, people(one)) == ("CANCEL", [me.email])
    method, one = entry(left["organizerIcsContent"])
    assert (method, str(one["STATUS"])) == ("REQUEST", "CONFIRMED")
    assert people(one) == ["hannah@example.org", "olga@example.net"]
    last = BookingCancelled(**told(**{**seat, "everyone": (me,)}), seat=True, ended=(900,))
    assert entry(invitations.added({}, last, WEB)["organizerIcsContent"])[0] == "CANCEL"


def test_without_attendees_only_the_organizers_copy_is_there() -> None:
    out = invitations.added({"a": 1}, BookingCreated(**told(attendees=())), WEB)
    assert list(out) == ["a", "organizerIcsContent"]


def of(hits: list[Hit], trigger: str) -> Any:
    [hit] = [hit for hit in hits if hit.json["triggerEvent"] == trigger]
    return hit.json


async def test_from_creation_to_cancellation_it_is_one_entry(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, kind = await a_host(units)
    await subscribe(client, host, receiver.url("/old"), triggers=TRIGGERS)
    await subscribe(client, host, receiver.url("/new"), triggers=TRIGGERS, version=NEWER)
    made = await book(client, kind)
    await work()
    start = tomorrow_at(15)
    moved = data(
        await client.post(
            f"/v2/bookings/{made['uid']}/reschedule",
            json={"start": f"{start:%Y-%m-%dT%H:%M:%SZ}"},
            headers=VERSION,
        ),
        201,
    )
    await work()
    await cancel(client, host, moved["uid"])
    await work()
    uids, seen = set(), []
    for trigger in ("BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"):
        old, new = of(receiver.at("/old"), trigger), of(receiver.at("/new"), trigger)
        texts = [new["payload"].pop(name) for name in BOTH]
        assert json.dumps(old) == json.dumps(new)
        for text in texts:
            method, one = entry(text)
            uids.add(str(one["UID"]))
            seen.append((method, one.get("SEQUENCE"), str(one["STATUS"])))
            assert one.start == (tomorrow_at(10) if trigger == "BOOKING_CREATED" else start)
        chair, attendee = entry(texts[1])[1]["ATTENDEE"]
        assert (chair.params["ROLE"], chair.params["RSVP"]) == ("CHAIR", "FALSE")
        assert str(chair) == f"mailto:{host.email}"
        assert people(entry(texts[0])[1]) == [str(attendee).removeprefix("mailto:")]
    assert uids == {made["icsUid"]}
    assert seen[::2] == seen[1::2] == [
        ("REQUEST", None, "CONFIRMED"),
        ("REQUEST", 1, "CONFIRMED"),
        ("CANCEL", 2, "CANCELLED"),
    ]  # fmt: skip


async def test_a_request_has_none_until_it_is_confirmed(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    host, kind = await a_host(units, requires_confirmation=True)
    await subscribe(client, host, receiver.url(), triggers=TRIGGERS, version=NEWER)
    made = await book(client, kind)
    await work()
    assert not set(BOTH) & set(of(receiver.hits, "BOOKING_REQUESTED")["payload"])
    headers = {**host.headers, **VERSION}
    data(await client.post(f"/v2/bookings/{made['uid']}/confirm", headers=headers))
    await work()
    payload = of(receiver.hits, "BOOKING_CREATED")["payload"]
    assert str(entry(payload[BOTH[0]])[1]["UID"]) == made["icsUid"]


async def test_each_occurrence_of_a_series_is_part_of_one_entry(
    client: httpx.AsyncClient, units: Units, receiver: Receiver, work: Work
) -> None:
    rule = {"freq": 2, "interval": 1, "count": 3}
    host, kind = await a_host(units, recurrence=rule)
    await subscribe(client, host, receiver.url(), version=NEWER)
    series = await book(client, kind)
    await work()
    payloads = [hit.json["payload"] for hit in receiver.hits]
    told = {one["uid"]: entry(one["attendeeIcsContent"])[1] for one in payloads}
    first, *later = [told[one["uid"]] for one in series]
    assert {str(one["UID"]) for one in told.values()} == {series[0]["icsUid"]}
    assert first["RRULE"]["COUNT"] == [3]
    starts = [tomorrow_at(10) + timedelta(weeks=n) for n in (1, 2)]
    assert [one["RECURRENCE-ID"].dt for one in later] == starts


async def test_they_are_built_once_for_all_who_want_them(
    client: httpx.AsyncClient,
    units: Units,
    receiver: Receiver,
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[Any] = []

    def counted(event: Any, **how: Any) -> str:
        calls.append(how.get("reader"))
        return calendars.invitation(event, **how)

    monkeypatch.setattr(invitations, "invitation", counted)
    host, kind = await a_host(units)
    await subscribe(client, host, receiver.url("/old"))
    await book(client, kind)
    assert calls == []
    template = '{"ics": "{{organizerIcsContent}}"}'
    await subscribe(client, host, receiver.url("/1"), version=NEWER)
    await subscribe(client, host, receiver.url("/2"), version=NEWER, payloadTemplate=template)
    await book(client, kind, tomorrow_at(12))
    assert len(calls) == 2
    await work()
    [full], [own] = receiver.at("/1"), receiver.at("/2")
    assert own.json == {"ics": full.json["payload"]["organizerIcsContent"]}
