"""Who gets which mail for each operation, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import httpx

from openslots.kernel.uow import Units
from tests.clock import Clock
from tests.factories import tomorrow_at, unique
from tests.notifications.build import a_host, act, an_attendee, book, calendar_of, mails, subjects
from tests.notifications.conftest import Work

TITLE = "Talk between Hannah Host and Gus Guest"
NOW = "2026-05-04T08:00:00+00:00"  # a Monday; London has summer time
HOSTS_DATE = "11:00am - 11:30am, Tuesday, May 5, 2026"
GUSTS_DATE = "3:30pm - 4:00pm, Tuesday, May 5, 2026"


async def test_accepted(client: httpx.AsyncClient, units: Units, work: Work, clock: Clock) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who, extra = an_attendee(), f"{unique('extra')}@example.com"
    await book(client, event_type, who, guests=[extra])
    await work()
    [to_host] = await mails(units, host.email)
    [to_gus] = await mails(units, who["email"])
    [to_guest] = await mails(units, extra)
    for mail in (to_host, to_gus, to_guest):
        assert mail.subject == TITLE
        assert "METHOD:REQUEST" in str(calendar_of(mail))
    assert (to_host.to_name, to_host.from_name) == (None, None)
    assert (to_gus.to_name, to_gus.from_name) == ("Gus Guest", "Hannah Host")
    assert (to_guest.to_name, to_guest.from_name) == (None, "Hannah Host")
    assert to_host.reply_to == f"{who['email']},{extra}"
    assert to_gus.reply_to == f"{host.email},{extra}"
    assert to_guest.reply_to == f"{host.email},{who['email']}"


async def test_a_request_and_its_confirmation(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units, requires_confirmation=True)
    who, extra = an_attendee(), f"{unique('extra')}@example.com"
    made = await book(client, event_type, who, guests=[extra])
    await work()
    [to_host] = await mails(units, host.email)
    [to_gus] = await mails(units, who["email"])
    assert to_host.subject == f"Awaiting Approval: {TITLE}"
    assert to_gus.subject == f"Booking Submitted: {TITLE} at {GUSTS_DATE}"
    assert (to_gus.to_name, to_gus.from_name) == (None, None)
    assert calendar_of(to_host) is calendar_of(to_gus) is None
    assert await mails(units, extra) == []
    assert f"/booking/{made['uid']}" in to_host.text
    await act(client, made["uid"], "confirm", host)
    await work()
    for address in (host.email, who["email"], extra):
        newest = (await mails(units, address))[-1]
        assert newest.subject == TITLE
        assert "METHOD:REQUEST" in str(calendar_of(newest))


async def test_declined(client: httpx.AsyncClient, units: Units, work: Work, clock: Clock) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units, requires_confirmation=True)
    who = an_attendee()
    made = await book(client, event_type, who)
    await act(client, made["uid"], "decline", host, reason="No time that day")
    await work()
    declined = next(m for m in await mails(units, who["email"]) if "Declined" in m.subject)
    assert declined.subject == f"Declined: {TITLE} at {GUSTS_DATE}"
    assert "No time that day" in declined.text
    assert calendar_of(declined) is None
    assert await subjects(units, host.email) == [f"Awaiting Approval: {TITLE}"]


async def test_cancelled(client: httpx.AsyncClient, units: Units, work: Work, clock: Clock) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who = an_attendee()
    made = await book(client, event_type, who)
    await act(client, made["uid"], "cancel", host, cancellationReason="Ill")
    await work()
    for address, date in ((host.email, HOSTS_DATE), (who["email"], GUSTS_DATE)):
        mail = next(m for m in await mails(units, address) if "Canceled" in m.subject)
        assert mail.subject == f"Canceled: {TITLE} at {date}"
        assert "Ill" in mail.text
        calendar = str(calendar_of(mail))
        assert "METHOD:CANCEL" in calendar
        assert f"SUMMARY:{TITLE}\r\n" in calendar
        assert mail.reply_to == (None if address == host.email else host.email)
        assert "/reschedule/" not in mail.text


async def test_rescheduled(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who = an_attendee()
    made = await book(client, event_type, who)
    await work()
    first = str(calendar_of((await mails(units, who["email"]))[0]))
    start = f"{tomorrow_at(12):%Y-%m-%dT%H:%M:%SZ}"
    await act(client, made["uid"], "reschedule", host, start=start, reschedulingReason="Train")
    await work()
    for address, hours in ((host.email, "1:00pm - 1:30pm"), (who["email"], "5:30pm - 6:00pm")):
        every = await mails(units, address)
        assert len(every) == 2
        mail = next(m for m in every if m.subject != TITLE)
        assert mail.subject == (
            f"Your {TITLE} has been rescheduled to {hours}, Tuesday, May 5, 2026."
        )
        assert "Train" in mail.text
        calendar = str(calendar_of(mail))
        assert _value(calendar, "UID") == _value(first, "UID")
        assert _value(calendar, "SEQUENCE") == "1"


def _value(calendar: str, name: str) -> str:
    return next(line for line in calendar.splitlines() if line.startswith(name)).split(":", 1)[1]


async def test_a_move_that_needs_confirmation_is_a_request(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units, requires_confirmation=True)
    who = an_attendee()
    made = await book(client, event_type, who)
    await act(client, made["uid"], "confirm", host)
    await work()
    start = f"{tomorrow_at(12):%Y-%m-%dT%H:%M:%SZ}"
    clock.advance(timedelta(seconds=1))
    moved = await act(client, made["uid"], "reschedule", start=start)
    await work()
    [*_, to_host] = await mails(units, host.email)
    [*_, to_gus] = await mails(units, who["email"])
    assert to_host.subject == f"Awaiting Approval: {TITLE}"
    assert to_gus.subject == f"Booking Submitted: {TITLE} at 5:30pm - 6:00pm, Tuesday, May 5, 2026"
    for mail in (to_host, to_gus):
        assert calendar_of(mail) is None
        assert "Former time" in mail.text
    await act(client, moved["uid"], "confirm", host)
    await work()
    assert (await subjects(units, who["email"]))[-1] == TITLE


async def test_asking_for_another_time(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who, extra = an_attendee(), f"{unique('extra')}@example.com"
    made = await book(client, event_type, who, guests=[extra])
    await work()
    clock.advance(timedelta(seconds=1))
    await act(client, made["uid"], "request-reschedule", host, rescheduleReason="Ill")
    await work()
    asked = "Action Required Reschedule: Please book a new time for Talk with Hannah Host"
    for address in (who["email"], extra):
        [_, mail] = await mails(units, address)
        assert mail.subject == asked
        assert f"/reschedule/{made['uid']}?rescheduledBy=" in mail.text
        assert "METHOD:CANCEL" in str(calendar_of(mail))
        assert "Ill" in mail.text
    [_, to_host] = await mails(units, host.email)
    assert to_host.subject == f"Request for reschedule sent: Talk with Gus Guest at {HOSTS_DATE}"
    assert "METHOD:CANCEL" in str(calendar_of(to_host))


async def test_guests_added_and_somebody_added_again(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who, one, two = an_attendee(), f"{unique('one')}@example.com", f"{unique('two')}@example.com"
    made = await book(client, event_type, who)
    await work()
    for address in (one, two):
        clock.advance(timedelta(seconds=1))
        await act(client, made["uid"], "guests", host, guests=[{"email": address}])
        await work()
    told = f"Guests Added: Talk with Gus Guest at {HOSTS_DATE}"
    assert await subjects(units, host.email) == [TITLE, told, told]
    told = f"Guests Added: Talk with Hannah Host at {GUSTS_DATE}"
    assert await subjects(units, who["email"]) == [TITLE, told, told]
    assert [m.subject[:12] for m in await mails(units, one)] == [TITLE[:12], "Guests Added"]
    assert await subjects(units, two) == [TITLE]
    assert all(calendar_of(mail) for mail in await mails(units, who["email"]))


async def test_another_place(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who = an_attendee()
    made = await book(client, event_type, who)
    await work()
    clock.advance(timedelta(seconds=1))
    answer = await client.patch(
        f"/v2/bookings/{made['uid']}/location",
        json={"location": {"type": "address", "address": "12 Long Lane"}},
        headers=host.dated("2024-08-13"),
    )
    assert answer.status_code == 200, answer.text
    await work()
    [_, to_host] = await mails(units, host.email)
    [_, to_gus] = await mails(units, who["email"])
    assert to_host.subject == f"Location Changed: Talk with Gus Guest at {HOSTS_DATE}"
    assert to_gus.subject == f"Location Changed: Talk with Hannah Host at {GUSTS_DATE}"
    for mail in (to_host, to_gus):
        assert "12 Long Lane" in mail.text
        assert "LOCATION:12 Long Lane" in str(calendar_of(mail))
        assert "SEQUENCE:1" in str(calendar_of(mail))


async def test_nobody_is_mailed_of_absence(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who = an_attendee()
    made = await book(client, event_type, who)
    await work()
    clock.advance(timedelta(days=2))
    absent = {"email": who["email"], "absent": True}
    await act(client, made["uid"], "mark-absent", host, attendees=[absent])
    await work()
    assert await subjects(units, who["email"]) == await subjects(units, host.email) == [TITLE]


async def test_a_series_is_told_once(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units, recurrence={"interval": 1, "count": 3, "freq": 2})
    who = an_attendee()
    made = await book(client, event_type, who)
    assert len(made) == 3
    await work()
    for address in (host.email, who["email"]):
        [mail] = await mails(units, address)
        assert mail.subject == TITLE
        assert all(f"May {day}, 2026" in mail.text for day in (5, 12, 19))
        assert "RRULE:FREQ=WEEKLY;COUNT=3" in str(calendar_of(mail))
    clock.advance(timedelta(seconds=1))
    await act(client, made[0]["recurringBookingUid"], "cancel", host, cancellationReason="Enough")
    await work()
    for address in (host.email, who["email"]):
        [_, mail] = await mails(units, address)
        assert mail.subject.startswith(f"Canceled: {TITLE} at ")
        assert all(f"May {day}, 2026" in mail.text for day in (5, 12, 19))


async def test_a_declined_series_is_told_once(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(
        units, recurrence={"interval": 1, "count": 3, "freq": 2}, requires_confirmation=True
    )
    who = an_attendee()
    made = await book(client, event_type, who)
    await work()
    clock.advance(timedelta(seconds=1))
    await act(client, made[1]["uid"], "decline", host)
    await work()
    [asked, declined] = await mails(units, who["email"])
    for mail in (asked, declined):
        assert all(f"May {day}, 2026" in mail.text for day in (5, 12, 19))
    assert declined.subject.startswith(f"Declined: {TITLE} at ")


async def test_one_occurrence_moved_or_cancelled(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units, recurrence={"interval": 1, "count": 3, "freq": 2})
    who = an_attendee()
    made = await book(client, event_type, who)
    await work()
    clock.advance(timedelta(seconds=1))
    start = f"{tomorrow_at(12):%Y-%m-%dT%H:%M:%SZ}"
    await act(client, made[0]["uid"], "reschedule", host, start=start)
    clock.advance(timedelta(seconds=1))
    await act(client, made[2]["uid"], "cancel", host, cancellationReason="Ill")
    await work()
    [_, moved, cancelled] = await mails(units, who["email"])
    assert moved.subject.endswith("has been rescheduled to 5:30pm - 6:00pm, Tuesday, May 5, 2026.")
    assert cancelled.subject.endswith("3:30pm - 4:00pm, Tuesday, May 19, 2026")
    for mail, occurrence in ((moved, "20260505T100000Z"), (cancelled, "20260519T100000Z")):
        assert f"RECURRENCE-ID:{occurrence}" in str(calendar_of(mail))
        assert "All dates" not in mail.text
