"""Who gets which mail for each operation, over HTTP."""

from __future__ import annotations

import httpx

from openslots.kernel.uow import Units
from tests.clock import Clock
from tests.factories import tomorrow_at, unique
from tests.notifications.build import a_host, act, an_attendee, book, calendar_of, mails, subjects
from tests.notifications.conftest import Work

TITLE = "Talk between Hannah Host and Gus Guest"
NOW = "2026-05-04T08:00:00+00:00"  # the day before is summer time in London and none in Kolkata
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
        assert mail.reply_to in (None, "", host.email)
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
