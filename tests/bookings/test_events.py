"""What bookings tell the rest of the server, in the transaction that makes it true."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TypeVar

import pytest

from openslots.events import bookings as events
from openslots.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingGuestsAdded,
    BookingLocationUpdated,
    BookingNoShowUpdated,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
)
from openslots.kernel.bus import Bus
from openslots.kernel.uow import UnitOfWork, Units
from tests import factories
from tests.bookings.conftest import Bookings, data, refused
from tests.clock import Clock

E = TypeVar("E", bound=BookingEvent)
KINDS = [
    BookingCreated,
    BookingRequested,
    BookingRescheduled,
    BookingCancelled,
    BookingRejected,
    BookingNoShowUpdated,
    BookingLocationUpdated,
    BookingGuestsAdded,
]


class Heard(list[BookingEvent]):
    """Every event of the test, in order."""

    def only(self, kind: type[E]) -> E:
        assert [type(event) for event in self] == [kind]
        event = self.pop()
        assert isinstance(event, kind)
        return event

    def all(self, kind: type[E]) -> list[E]:
        found = [event for event in self if isinstance(event, kind)]
        assert len(found) == len(self)
        self.clear()
        return found


@pytest.fixture
async def heard(units: Units) -> AsyncIterator[Heard]:
    heard = Heard()

    async def listen(uow: UnitOfWork, event: BookingEvent) -> None:
        assert uow.session.in_transaction()
        heard.append(event)

    before, units.bus = units.bus, Bus([(kind, listen) for kind in KINDS])
    yield heard
    units.bus = before


def test_every_event_is_listened_to() -> None:
    made = {c for c in vars(events).values() if isinstance(c, type) and issubclass(c, BookingEvent)}
    assert made - {BookingEvent} == set(KINDS)


async def test_a_created_booking_carries_everything(bk: Bookings, heard: Heard) -> None:
    host = await bk.host(time_zone="Europe/Rome")
    org = await factories.make_team(bk.units, organization=True, members=[(host, "MEMBER")])
    kind = await bk.event_type(host)
    made = await bk.book(kind, bk.at(9), guests=["c@x.org"], metadata={"a": 1}, api=host)
    event = heard.only(BookingCreated)
    assert event.booking.uid == made["uid"]
    assert event.booking.id == made["id"]
    assert (event.booking.start, event.booking.end) == (bk.at(9), bk.at(10))
    assert event.booking.metadata == {"a": 1}
    assert event.organizer is not None
    assert (event.organizer.email, event.organizer.time_zone) == (host.email, "Europe/Rome")
    assert event.event_type is not None
    assert (event.event_type.slug, event.organization_id) == (kind.slug, org)
    assert [p.email for p in event.attendees] == [a["email"] for a in made["attendees"]]
    assert all(person.id for person in event.attendees)
    assert (event.actor_email, event.confirmed, event.occurrences) == (host.email, False, ())


async def test_a_refused_booking_is_not_announced(bk: Bookings, heard: Heard) -> None:
    kind = await bk.event_type(await bk.host())
    await bk.book(kind, bk.at(9))
    heard.clear()
    refused(await bk.post(kind, bk.at(9)), 400)
    assert heard == []


async def test_requested_then_created_or_rejected(bk: Bookings, heard: Heard) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, requires_confirmation=True)
    who = bk.attendee()
    first = await bk.book(kind, bk.at(9), attendee=who)
    assert heard.only(BookingRequested).booking.status == "pending"
    await bk.book(kind, bk.at(9), attendee=who)
    assert heard == []
    data(await bk.act(first["uid"], "confirm", api=host))
    event = heard.only(BookingCreated)
    assert (event.booking.status, event.confirmed) == ("accepted", True)
    second = await bk.book(kind, bk.at(12))
    heard.clear()
    data(await bk.act(second["uid"], "decline", {"reason": "no"}, api=host))
    rejected = heard.only(BookingRejected)
    assert (rejected.booking.rejection_reason, rejected.actor_email) == ("no", host.email)


async def test_a_series_speaks_once_to_people(bk: Bookings, heard: Heard) -> None:
    rule = {"freq": 2, "interval": 1, "count": 3}
    kind = await bk.event_type(await bk.host(), recurrence=rule)
    series = await bk.book(kind, bk.at(9))
    made = heard.all(BookingCreated)
    starts = tuple(bk.at(9) + timedelta(weeks=n) for n in range(3))
    assert [event.booking.uid for event in made] == [b["uid"] for b in series]
    assert [event.silent for event in made] == [False, True, True]
    assert {event.occurrences for event in made} == {starts}
    body = {"cancelSubsequentBookings": True}
    data(await bk.act(series[1]["uid"], "cancel", body))
    gone = heard.only(BookingCancelled)
    assert (gone.booking.uid, gone.whole_series) == (series[1]["uid"], False)
    assert gone.ended == (series[1]["id"], series[2]["id"])
    data(await bk.act(series[0]["recurringBookingUid"], "cancel"))
    gone = heard.only(BookingCancelled)
    assert (gone.booking.uid, gone.whole_series) == (series[0]["uid"], True)
    assert gone.ended == (series[0]["id"],)


async def test_a_move_names_both_bookings(bk: Bookings, heard: Heard) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    old = await bk.book(kind, bk.at(9))
    heard.clear()
    new = data(await bk.reschedule(old["uid"], bk.at(13), rescheduledBy="x@x.org"), 201)
    event = heard.only(BookingRescheduled)
    assert (event.booking.uid, event.previous.uid) == (new["uid"], old["uid"])
    assert event.previous.start == bk.at(9)
    assert (event.booking.ics_sequence, event.booking.ics_uid) == (1, old["icsUid"])
    assert event.actor_email == "x@x.org"
    asked = await bk.event_type(host, requires_confirmation=True)
    old = await bk.book(asked, bk.at(9))
    heard.clear()
    new = data(await bk.reschedule(old["uid"], bk.at(15)), 201)
    again = heard.only(BookingRequested)
    assert again.previous is not None
    assert (again.booking.uid, again.previous.uid) == (new["uid"], old["uid"])


async def test_a_series_is_one_entry_of_calendars(bk: Bookings, heard: Heard) -> None:
    rule = {"freq": 2, "interval": 1, "count": 4}
    host = await bk.host()
    kind = await bk.event_type(host, recurrence=rule)
    series = await bk.book(kind, bk.at(9))
    starts = [bk.at(9) + timedelta(weeks=n) for n in range(4)]
    made = heard.all(BookingCreated)
    assert {one.booking.ics_uid for one in made} == {series[0]["icsUid"]}
    assert [one.booking.occurrence for one in made] == starts
    moved = series[1]
    for hour in (13, 15):
        moved = data(await bk.reschedule(moved["uid"], bk.at(hour)), 201)
    last = heard.all(BookingRescheduled)[-1]
    assert (last.booking.occurrence, last.booking.ics_sequence) == (starts[1], 2)
    assert last.booking.ics_uid == series[0]["icsUid"]
    data(await bk.act(series[2]["uid"], "cancel", {"cancelSubsequentBookings": True}))
    gone = heard.only(BookingCancelled)
    assert gone.ended_occurrences == ((starts[2], 1), (starts[3], 1))
    single = await bk.book(kind, bk.at(17), recurrenceCount=1)
    assert heard.only(BookingCreated).booking.occurrence is None
    assert single[0]["icsUid"] == f"{single[0]['uid']}@Cal.com"


async def test_an_occurrence_that_was_moved_before_it_was_confirmed(
    bk: Bookings, heard: Heard
) -> None:
    rule = {"freq": 2, "interval": 1, "count": 2}
    host = await bk.host()
    kind = await bk.event_type(host, recurrence=rule, requires_confirmation=True)
    series = await bk.book(kind, bk.at(9))
    moved = data(await bk.reschedule(series[1]["uid"], bk.at(13)), 201)
    heard.clear()
    data(await bk.act(moved["uid"], "confirm", api=host))
    made = heard.all(BookingCreated)
    assert [one.booking.occurrence for one in made] == [bk.at(9), bk.at(13)]


async def test_a_moved_meeting_is_over_for_those_who_hear_of_it(bk: Bookings, heard: Heard) -> None:
    kind = await bk.event_type(await bk.host())
    old = await bk.book(kind, bk.at(9))
    heard.clear()
    data(await bk.reschedule(old["uid"], bk.at(13)), 201)
    assert heard.only(BookingRescheduled).previous.status == "cancelled"
    group = await bk.event_type(await bk.host(), seats_per_slot=3)
    one, two = bk.attendee(), bk.attendee()
    first = await bk.book(group, bk.at(9), attendee=one)
    second = await bk.book(group, bk.at(9), attendee=two)
    heard.clear()
    data(await bk.reschedule(first["uid"], bk.at(13), seatUid=first["seatUid"]), 201)
    left = heard.only(BookingRescheduled)
    assert left.previous.status == "accepted"
    assert left.booking.ics_uid != left.previous.ics_uid
    heard.clear()
    data(await bk.reschedule(second["uid"], bk.at(15), seatUid=second["seatUid"]), 201)
    emptied = heard.only(BookingRescheduled)
    assert emptied.previous.status == "cancelled"
    assert emptied.booking.ics_uid == emptied.previous.ics_uid
    assert (emptied.previous.ics_sequence, emptied.booking.ics_sequence) == (0, 1)


async def test_a_cancelled_booking(bk: Bookings, heard: Heard) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host), bk.at(9))
    heard.clear()
    data(await bk.act(made["uid"], "cancel", {"cancellationReason": "ill"}, api=host))
    event = heard.only(BookingCancelled)
    assert (event.booking.status, event.booking.cancellation_reason) == ("cancelled", "ill")
    assert (event.booking.ics_sequence, event.ended) == (1, (made["id"],))
    assert (event.seat, event.request_reschedule) == (False, False)


async def test_a_request_to_move_is_a_cancellation(bk: Bookings, heard: Heard) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host), bk.at(9))
    heard.clear()
    body = {"rescheduleReason": "conflict"}
    await bk.act(made["uid"], "request-reschedule", body, api=host)
    event = heard.only(BookingCancelled)
    assert event.request_reschedule
    assert event.booking.cancellation_reason == "conflict"


async def test_seats_concern_one_attendee(bk: Bookings, heard: Heard) -> None:
    kind = await bk.event_type(await bk.host(), seats_per_slot=2)
    one, two = bk.attendee(), bk.attendee()
    first = await bk.book(kind, bk.at(9), attendee=one)
    second = await bk.book(kind, bk.at(9), attendee=two)
    made = heard.all(BookingCreated)
    assert [[p.email for p in e.attendees] for e in made] == [[one["email"]], [two["email"]]]
    assert [e.attendees[0].seat_uid for e in made] == [first["seatUid"], second["seatUid"]]
    assert [p.email for p in made[1].everyone] == [one["email"], two["email"]]
    data(await bk.reschedule(first["uid"], bk.at(13), seatUid=first["seatUid"]), 201)
    moved = heard.only(BookingRescheduled)
    assert [p.email for p in moved.attendees] == [one["email"]]
    assert moved.previous.uid == first["uid"] != moved.booking.uid
    data(await bk.act(second["uid"], "cancel", {"seatUid": second["seatUid"]}))
    gone = heard.only(BookingCancelled)
    assert (gone.seat, gone.ended) == (True, (second["id"],))
    assert [p.email for p in gone.attendees] == [two["email"]]


async def test_smaller_changes(bk: Bookings, heard: Heard, clock: Clock) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host), bk.at(9))
    heard.clear()
    guests = {"guests": [{"email": "g@x.org"}]}
    data(await bk.act(made["uid"], "guests", guests, api=host))
    added = heard.only(BookingGuestsAdded)
    assert [p.email for p in added.added] == ["g@x.org"]
    assert len(added.attendees) == 2
    body = {"location": "the park"}
    data(await bk.send("PATCH", f"/{made['uid']}/location", api=host, json=body))
    moved = heard.only(BookingLocationUpdated)
    assert (moved.previous_location, moved.booking.location) == (made["location"], "the park")
    clock.set(bk.at(9, 30))
    who = made["attendees"][0]["email"]
    absent = {"attendees": [{"email": who, "absent": True}, {"email": "no@x.org", "absent": True}]}
    data(await bk.act(made["uid"], "mark-absent", absent, api=host))
    noted = heard.only(BookingNoShowUpdated)
    assert (noted.changed, noted.host_changed) == (((who, True),), False)
