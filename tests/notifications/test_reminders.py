"""Reminders before a meeting, and of a request that waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import select

from openslots.jobs.queue import JobFacts
from openslots.kernel.settings import Email
from openslots.kernel.uow import Units
from openslots.models import Job
from openslots.notifications import jobs
from openslots.notifications.rules import reminders
from openslots.notifications.service import writing
from tests.clock import Clock
from tests.notifications.build import a_host, act, an_attendee, book, mails, subjects
from tests.notifications.conftest import Work

TITLE = "Talk between Hannah Host and Gus Guest"
NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
START = datetime(2026, 5, 7, 10, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


async def planned(units: Units) -> list[Job]:
    """The reminders that are to come."""
    async with units.begin() as uow:
        rows = await uow.session.scalars(
            select(Job).where(Job.kind == "mail.reminder", Job.done_at.is_(None)).order_by(Job.id)
        )
        return list(rows)


async def reminders_of(units: Units, address: str) -> list[str]:
    return [text for text in await subjects(units, address) if text.startswith("Reminder: ")]


async def test_everybody_is_reminded_a_day_and_an_hour_before(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who = an_attendee()
    await book(client, event_type, who, START)
    [job] = await planned(units)
    assert job.run_at == START - DAY
    clock.set(START - DAY - timedelta(seconds=1))
    await work()
    assert await reminders_of(units, who["email"]) == []
    for moment, count in ((START - DAY, 1), (START - HOUR, 2), (START, 2), (START + DAY, 2)):
        clock.set(moment)
        await work()
        told = f"Reminder: {TITLE} at 3:30pm - 4:00pm, Thursday, May 7, 2026"
        assert await reminders_of(units, who["email"]) == [told] * count
        told = f"Reminder: {TITLE} at 11:00am - 11:30am, Thursday, May 7, 2026"
        assert await reminders_of(units, host.email) == [told] * count
    assert await planned(units) == []


async def test_only_times_that_are_still_ahead(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    _, event_type = await a_host(units)
    clock.set(START - 3 * HOUR)
    await book(client, event_type, an_attendee(), START)
    clock.set(START - timedelta(minutes=40))
    await book(client, event_type, an_attendee(), START + HOUR / 2)
    assert [job.run_at for job in await planned(units)] == [START - HOUR, START - HOUR / 2]


async def test_a_late_worker_reminds_once_and_never_after_the_start(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    _, event_type = await a_host(units)
    one, two = an_attendee(), an_attendee()
    await book(client, event_type, one, START)
    await book(client, event_type, two, START - HOUR)
    clock.set(START - HOUR / 2)
    await work()
    clock.set(START - HOUR / 4)
    await work()
    assert len(await reminders_of(units, one["email"])) == 1
    assert await reminders_of(units, two["email"]) == []


async def test_a_moved_meeting_is_told_of_at_its_new_time(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who = an_attendee()
    made = await book(client, event_type, who, START)
    later = START + 2 * DAY
    await act(client, made["uid"], "reschedule", host, start=f"{later:%Y-%m-%dT%H:%M:%SZ}")
    [job] = await planned(units)
    assert job.run_at == later - DAY
    clock.set(START)
    await work()
    assert await reminders_of(units, who["email"]) == []
    clock.set(later - DAY)
    await work()
    assert len(await reminders_of(units, who["email"])) == 1


@pytest.mark.parametrize("act_", ["cancel", "request-reschedule", "series"])
async def test_nothing_is_planned_of_what_is_over(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock, act_: str
) -> None:
    clock.set(NOW)
    repeated = {"recurrence": {"interval": 1, "count": 3, "freq": 2}} if act_ == "series" else {}
    host, event_type = await a_host(units, **repeated)
    made = await book(client, event_type, an_attendee(), START)
    uid = made[0]["recurringBookingUid"] if repeated else made["uid"]
    assert len(await planned(units)) == (3 if repeated else 1)
    await act(client, uid, act_.replace("series", "cancel"), host, cancellationReason="Ill")
    assert await planned(units) == []


async def test_a_job_that_outlived_its_booking_says_nothing(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units)
    who = an_attendee()
    made = await book(client, event_type, who, START)
    [row] = await planned(units)
    job = _facts(row)
    await act(client, made["uid"], "cancel", host, cancellationReason="Ill")
    clock.set(START - DAY)
    await jobs.reminder(units, job)
    await jobs.reminder(units, _facts(row, key="0"))
    assert await reminders_of(units, who["email"]) == []


async def test_a_job_that_runs_twice_reminds_once(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    _, event_type = await a_host(units)
    who = an_attendee()
    await book(client, event_type, who, START)
    [row] = await planned(units)
    clock.set(START - DAY)
    for _ in range(2):
        await jobs.reminder(units, _facts(row))
    assert len(await reminders_of(units, who["email"])) == 1


def _facts(row: Job, *, key: str | None = None) -> JobFacts:
    return JobFacts(
        id=row.id,
        kind=row.kind,
        key=key or row.key,
        lane=row.lane,
        payload=row.payload,
        attempts=1,
        run_at=row.run_at,
        created_at=row.created_at,
    )


async def test_all_who_have_a_seat_are_reminded(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    _, event_type = await a_host(units, seats_per_slot=5)
    people = [an_attendee(name=f"Guest {number}") for number in range(3)]
    for who in people:
        made = await book(client, event_type, who, START)
    assert len(await planned(units)) == 1
    seat = made["seatUid"]
    await act(client, made["uid"], "cancel", seatUid=seat)
    clock.set(START - DAY)
    await work()
    counts = [len(await reminders_of(units, who["email"])) for who in people]
    assert counts == [1, 1, 0]
    [text] = [m.text for m in await mails(units, people[0]["email"]) if "Reminder" in m.subject]
    assert "Guest 1" not in text


@pytest.mark.parametrize(
    ("off", "hears"),
    [
        ({"reminder": {"attendee": True}}, ["host"]),
        ({"reminder": {"host": True, "attendee": False}}, ["attendee"]),
        ({"reminder": {"host": True, "attendee": True}}, []),
        ({"reminder": None}, ["host", "attendee"]),
        (None, ["host", "attendee"]),
    ],
)
async def test_off_for_an_event_type(
    client: httpx.AsyncClient,
    units: Units,
    work: Work,
    clock: Clock,
    off: dict[str, object] | None,
    hears: list[str],
) -> None:
    """Also for bookings that were made before."""
    clock.set(NOW)
    host, event_type = await a_host(units)
    who = an_attendee()
    await book(client, event_type, who, START)
    answer = await client.patch(
        f"/v2/atoms/event-types/{event_type.id}",
        json={"metadata": {"disableStandardEmails": off}},
        headers=host.headers,
    )
    assert answer.status_code == 200, answer.text
    shown = await client.get(f"/v2/event-types/{event_type.id}", headers=host.dated("2024-06-14"))
    kept = {key: value for key, value in (off or {}).items() if value is not None}
    assert shown.json()["data"]["metadata"]["disableStandardEmails"] == kept
    clock.set(START - DAY)
    await work()
    heard = {
        "host": await reminders_of(units, host.email),
        "attendee": await reminders_of(units, who["email"]),
    }
    assert [role for role, told in heard.items() if told] == hears


async def test_hosts_are_asked_again_while_a_request_waits(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units, requires_confirmation=True)
    who = an_attendee()
    made = await book(client, event_type, who, START)
    await work()
    asked = f"Awaiting Approval: {TITLE} at 11:00am - 11:30am, Thursday, May 7, 2026"
    for hours, count in ((2, 0), (3, 1), (24, 2), (47, 2), (48, 3), (60, 3)):
        clock.set(NOW + hours * HOUR)
        await work()
        assert (await subjects(units, host.email)).count(asked) == count
    assert len(await mails(units, who["email"])) == 1
    [mail, *_] = [m for m in await mails(units, host.email) if m.subject == asked]
    assert f"/booking/{made['uid']}" in mail.text
    assert mail.attachments == []


async def test_nobody_is_asked_again_after_an_answer(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    host, event_type = await a_host(units, requires_confirmation=True)
    yes = await book(client, event_type, an_attendee(), START)
    no = await book(client, event_type, an_attendee(), START + HOUR)
    assert len(await planned(units)) == 2
    await act(client, yes["uid"], "confirm", host)
    await act(client, no["uid"], "decline", host)
    [job] = await planned(units)
    assert job.run_at == START - DAY
    clock.set(NOW + 3 * HOUR)
    await work()
    assert not [s for s in await subjects(units, host.email) if s.endswith("2026")]


async def test_the_hosts_of_a_series_are_asked_again_once(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set(NOW)
    weekly = {"interval": 1, "count": 5, "freq": 2}
    host, event_type = await a_host(units, requires_confirmation=True, recurrence=weekly)
    [first, *_] = await book(client, event_type, an_attendee(), START)
    await work()
    clock.set(NOW + 3 * HOUR)
    await work()
    told = [s for s in await subjects(units, host.email) if s.endswith("2026")]
    assert len(told) == 1
    await act(client, first["uid"], "confirm", host)
    assert len(await planned(units)) == 5


@pytest.mark.parametrize("answer", ["confirm", "decline"])
async def test_an_answer_while_the_question_is_written_is_the_last_word(
    client: httpx.AsyncClient,
    units: Units,
    work: Work,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
) -> None:
    """The question is not asked, and does not put itself in the place of the reminder."""
    clock.set(NOW)
    host, event_type = await a_host(units, requires_confirmation=True)
    made = await book(client, event_type, an_attendee(), START)
    await work()
    write = writing._written

    async def answered(*given: Any) -> Any:
        out = await write(*given)
        await act(client, made["uid"], answer, host)
        return out

    [row] = await planned(units)
    clock.set(NOW + 3 * HOUR)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_written", answered)
        await jobs.reminder(units, _facts(row))
    assert not [s for s in await subjects(units, host.email) if s.endswith("2026")]
    left = [(job.payload["status"], job.run_at) for job in await planned(units)]
    if answer == "confirm":
        assert left == [("accepted", START - DAY)]
    else:
        assert [status for status, _ in left if status == "accepted"] == []


def test_times_of_reminders() -> None:
    leads, minute = (DAY, HOUR), timedelta(minutes=1)
    assert reminders.next_lead(leads, START, START - 3 * DAY) == DAY
    assert reminders.next_lead(leads, START, START - DAY - minute) == DAY
    assert reminders.next_lead(leads, START, START - DAY) == HOUR
    assert reminders.next_lead(leads, START, START - HOUR) is None
    assert reminders.next_lead((), START, NOW) is None
    first = datetime(1, 1, 1, 5, tzinfo=UTC)
    assert reminders.next_lead(leads, first, first - HOUR * 2) == DAY


def test_times_of_questions() -> None:
    assert reminders.next_question(NOW, START, NOW) == 3 * HOUR
    assert reminders.next_question(NOW, START, NOW + 3 * HOUR) == DAY
    assert reminders.next_question(NOW, START, NOW + 48 * HOUR) is None
    assert reminders.next_question(NOW, NOW + 2 * HOUR, NOW) is None


@pytest.mark.parametrize(
    "stored", [{}, {"disableStandardEmails": 1}, {"disableStandardEmails": {}}]
)
def test_what_switches_nothing_off(stored: dict[str, object]) -> None:
    assert reminders.switched_off(stored) == frozenset()


@pytest.mark.parametrize(
    ("text", "hours"),
    [("1h, 24h", [24, 1]), ("2d", [48]), ("30m", [0.5]), ("none", []), ("1h,60m", [1])],
)
def test_the_setting(monkeypatch: pytest.MonkeyPatch, text: str, hours: list[float]) -> None:
    monkeypatch.setenv("OPENSLOTS_REMINDERS", text)
    assert [lead / HOUR for lead in Email().reminders] == hours


@pytest.mark.parametrize("text", ["soon", "0h", "24", "1h,", "1h,2h,3h,4h,5h,6h", "99999h", "-1h"])
def test_settings_that_mean_nothing(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("OPENSLOTS_REMINDERS", text)
    with pytest.raises(ValidationError, match="must be none, or up to 5"):
        Email()
