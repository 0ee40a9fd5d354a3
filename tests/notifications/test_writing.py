"""From what happened to mails: in the request one row, in the worker each mail once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select, update

from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import Runner
from openslots.kernel.uow import Units
from openslots.models import Job, Mail
from openslots.notifications import jobs, parcel
from openslots.notifications.rendering import letters
from openslots.notifications.rules.audience import Message
from openslots.notifications.service import announcing
from tests.clock import Clock
from tests.factories import make_event_type, make_team, make_user, tomorrow_at, unique
from tests.notifications.build import a_host, act, an_attendee, book, mails, subjects
from tests.notifications.conftest import Work
from tests.notifications.facts import created, every_event
from tests.statements import counted
from tests.webhooks.build import VERSION

TITLE = "Talk between Hannah Host and Gus Guest"


async def booking_jobs(units: Units) -> list[Job]:
    async with units.begin() as uow:
        rows = await uow.session.scalars(
            select(Job).where(Job.kind == "mail.booking").order_by(Job.id)
        )
        return list(rows)


def told(row: Job) -> JobFacts:
    return JobFacts(
        id=row.id,
        kind=row.kind,
        key=row.key,
        lane=row.lane,
        payload=row.payload,
        attempts=1,
        run_at=row.run_at,
        created_at=row.created_at,
    )


@pytest.mark.parametrize("happened", list(every_event()), ids=lambda one: type(one).__name__)
def test_events_survive_the_way_to_the_worker(happened: Any) -> None:
    assert parcel.unpacked(parcel.packed(happened)) == happened


def test_a_parcel_of_an_older_version_is_read() -> None:
    """What an event did not tell yet has its default, what it tells no more is left out."""
    packed = parcel.packed(created())
    packed["facts"]["forgotten"] = 1
    packed["facts"]["booking"]["forgotten"] = 1
    assert parcel.unpacked(packed) == created()


async def test_the_request_renders_nothing_and_reads_nothing(
    client: httpx.AsyncClient, units: Units, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One job holds the facts; mails are rows only when the worker wrote them."""
    host, event_type = await a_host(units)
    who = an_attendee()
    counts = []
    for switch in (True, False):
        email = units.settings.email.model_copy(update={"bookings": switch})
        monkeypatch.setattr(units, "settings", units.settings.model_copy(update={"email": email}))
        with counted(units) as sent:
            await book(client, event_type, who, tomorrow_at(10 if switch else 12))
        counts.append(len(sent))
    assert counts[0] == counts[1]  # the rows go with those that are written anyway
    [job] = await booking_jobs(units)
    assert await mails(units, host.email) == []
    assert who["email"] in str(job.payload)


async def test_a_job_that_runs_twice_mails_once(
    client: httpx.AsyncClient, units: Units, work: Work
) -> None:
    """As after a kill between the commit and the record of the job."""
    host, event_type = await a_host(units)
    who = an_attendee()
    await book(client, event_type, who)
    [job] = await booking_jobs(units)
    for _ in range(2):
        await jobs.booking(units, told(job))
    assert await subjects(units, host.email) == await subjects(units, who["email"]) == [TITLE]
    async with units.begin() as uow:
        rows = await uow.session.scalars(
            select(Job).where(
                Job.kind == "mail.send",
                Job.key.in_(select(Mail.id).where(Mail.to_address.in_([host.email, who["email"]]))),
            )
        )
        assert len(rows.all()) == 2


async def test_a_mail_that_cannot_be_written_stops_no_other(
    client: httpx.AsyncClient, units: Units, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, event_type = await a_host(units)
    who, extra = an_attendee(), f"{unique('extra')}@example.com"
    await book(client, event_type, who, guests=[extra])
    [job] = await booking_jobs(units)
    whole = letters.mail

    def broken(happened: Any, message: Message, *more: str) -> Any:
        if message.reader.email == who["email"]:
            raise RuntimeError("cannot be written")
        return whole(happened, message, *more)

    monkeypatch.setattr(letters, "mail", broken)
    with pytest.raises(RuntimeError):
        await jobs.booking(units, told(job))
    assert [len(await mails(units, one)) for one in (host.email, extra, who["email"])] == [1, 1, 0]
    monkeypatch.setattr(letters, "mail", whole)
    await jobs.booking(units, told(job))
    assert [len(await mails(units, one)) for one in (host.email, extra, who["email"])] == [1, 1, 1]


async def test_nothing_is_told_of_what_was_rolled_back(units: Units, work: Work) -> None:
    async with units.begin() as uow:
        await announcing.tell(uow, created())
    assert await booking_jobs(units) == []


async def test_the_switch_for_all(
    client: httpx.AsyncClient, units: Units, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, event_type = await a_host(units)
    who = an_attendee()
    await book(client, event_type, who)  # told before it was switched off, written after
    email = units.settings.email.model_copy(update={"bookings": False})
    monkeypatch.setattr(units, "settings", units.settings.model_copy(update={"email": email}))
    later = await book(client, event_type, who, tomorrow_at(12))
    await act(client, later["uid"], "cancel", host, cancellationReason="Ill")
    [_] = await booking_jobs(units)
    await work()
    assert await mails(units, host.email) == await mails(units, who["email"]) == []


async def test_refused_bookings_mail_nobody(
    client: httpx.AsyncClient, units: Units, work: Work
) -> None:
    host, event_type = await a_host(units)
    first, second = an_attendee(), an_attendee()
    await book(client, event_type, first)
    sent = {
        "start": f"{tomorrow_at(10):%Y-%m-%dT%H:%M:%SZ}",
        "eventTypeId": event_type.id,
        "attendee": second,
    }
    answer = await client.post("/v2/bookings", json=sent, headers=VERSION)
    assert answer.status_code in (400, 409)
    await work()
    assert await mails(units, second["email"]) == []
    assert len(await mails(units, host.email)) == 1


async def test_each_reads_their_own_language(
    client: httpx.AsyncClient, units: Units, work: Work, clock: Clock
) -> None:
    clock.set("2026-05-04T08:00:00+00:00")
    host, event_type = await a_host(units, user={"locale": "es", "time_format": 24})
    who = an_attendee(language="fr", timeZone="America/New_York")
    await book(client, event_type, who)
    await work()
    [to_host], [to_gus] = await mails(units, host.email), await mails(units, who["email"])
    assert "martes, 5 de mayo de 2026\n11:00 - 11:30\n" in to_host.text
    assert "mardi 5 mai 2026\n06:00 - 06:30\n" in to_gus.text
    assert "DESCRIPTION:Quoi:" in str(to_gus.attachments[0]["content"])


async def test_everybody_of_a_collective_event(
    client: httpx.AsyncClient, units: Units, work: Work
) -> None:
    host, _ = await a_host(units)
    other, _ = await a_host(units, user={"name": "Ivo Inge", "locale": "de"})
    team = await make_team(units, members=[(host, "OWNER"), (other, "MEMBER")], name="Choir")
    kind = await make_event_type(
        units, team_id=team, hosts=[host, other], title="Panel", scheduling_type="collective"
    )
    who = an_attendee()
    await book(client, kind, who)
    await work()
    for address in (host.email, other.email, who["email"]):
        assert await subjects(units, address) == ["Panel between Choir and Gus Guest"]
    [mail] = await mails(units, other.email)
    assert "Ein neuer Termin" in mail.text
    assert (mail.from_name, mail.to_name) == (None, None)


async def test_from_booking_to_file(
    client: httpx.AsyncClient, units: Units, work: Work, tmp_path: Path
) -> None:
    """Without a server mails are files that a mail program opens."""
    _, event_type = await a_host(units)
    who = an_attendee()
    await book(client, event_type, who)
    await work()
    async with units.begin() as uow:
        await uow.session.execute(
            delete(Job).where(
                Job.kind == "mail.send",
                Job.key.not_in(select(Mail.id).where(Mail.to_address == who["email"])),
            )
        )
        await uow.commit()
    await Runner(with_folder(units, tmp_path), {"mail.send": jobs.send}).run_until_idle()
    [path] = (tmp_path / "mail").glob("*.eml")
    text = path.read_text()
    assert "Content-Type: text/calendar" in text
    assert 'filename="event.ics"' in text
    [row] = await mails(units, who["email"])
    assert (row.text, row.attachments, row.error) == ("", [], None)


@pytest.mark.parametrize("late", ["tried before", "written late"])
async def test_late_mails_of_what_is_over_are_not_sent(
    client: httpx.AsyncClient, units: Units, work: Work, tmp_path: Path, late: str
) -> None:
    """A mail server, or a worker, that was away must not make people hear of a meeting after they
    heard of its end."""
    host, event_type = await a_host(units)
    who, other = an_attendee(), an_attendee()
    made = await book(client, event_type, who)
    await book(client, event_type, other, tomorrow_at(14))
    await act(client, made["uid"], "cancel", host, cancellationReason="Ill")
    attempts = 2
    if late == "written late":
        attempts = 1
        async with units.begin() as uow:
            before = Job.created_at - timedelta(minutes=5)
            await uow.session.execute(
                update(Job).where(Job.kind == "mail.booking").values(created_at=before)
            )
            await uow.commit()
    await work()
    await sent_all(units, tmp_path, attempts, who["email"], other["email"])
    told = await mails(units, who["email"])
    errors = {mail.subject.startswith("Canceled"): mail.error for mail in told}
    assert errors == {False: "outdated", True: None}
    [standing] = await mails(units, other["email"])
    assert (standing.ended_at is not None, standing.error) == (True, None)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 2


async def test_of_what_is_over_soon_everything_is_told(
    client: httpx.AsyncClient, units: Units, work: Work, tmp_path: Path
) -> None:
    host, event_type = await a_host(units)
    who = an_attendee()
    made = await book(client, event_type, who)
    await act(client, made["uid"], "cancel", host, cancellationReason="Ill")
    await work()
    await sent_all(units, tmp_path, 1, who["email"])
    assert [mail.error for mail in await mails(units, who["email"])] == [None, None]


async def test_a_late_mail_about_a_series_is_sent_while_some_of_it_stands(
    client: httpx.AsyncClient, units: Units, work: Work, tmp_path: Path
) -> None:
    """One mail tells of all occurrences: that the first is cancelled does not end the others."""
    weekly = {"interval": 1, "count": 3, "freq": 2}
    host, event_type = await a_host(units, recurrence=weekly)
    who, other = an_attendee(), an_attendee()
    made = await book(client, event_type, who)
    over = await book(client, event_type, other, tomorrow_at(14))
    await act(client, made[0]["uid"], "cancel", host, cancellationReason="Ill")
    whole = over[0]["recurringBookingUid"]
    await act(client, whole, "cancel", host, cancellationReason="Ill")
    await work()
    await sent_all(units, tmp_path, 2, who["email"], other["email"])
    assert [mail.error for mail in await mails(units, who["email"])] == [None, None]
    told = await mails(units, other["email"])
    errors = {mail.subject.startswith("Canceled"): mail.error for mail in told}
    assert errors == {False: "outdated", True: None}


async def sent_all(units: Units, folder: Path, attempts: int, *addresses: str) -> None:
    """Every mail to the addresses, at that attempt, goes to the folder."""
    local = with_folder(units, folder)
    for address in addresses:
        for row in await mails(units, address):
            await jobs.send(local, sending(row, attempts=attempts))


def with_folder(units: Units, folder: Path) -> Units:
    settings = units.settings.model_copy(update={"data_dir": folder})
    return Units(units.engine, settings, units.bus)


def sending(row: Mail, *, attempts: int) -> JobFacts:
    made = row.created_at
    return JobFacts(0, "mail.send", row.id, "", {}, attempts, run_at=made, created_at=made)


async def test_made_up_addresses_get_no_mail(
    client: httpx.AsyncClient, units: Units, work: Work
) -> None:
    fields = [
        {"name": "name", "type": "name", "required": True},
        {"name": "email", "type": "email", "required": False, "hidden": True},
        {"name": "attendeePhoneNumber", "type": "phone", "required": True, "hidden": False},
    ]
    host, event_type = await a_host(units, booking_fields=fields)
    who = {"name": "Pia Phone", "timeZone": "Europe/London", "phoneNumber": "+4915112345678"}
    await book(client, event_type, who)
    await work()
    assert await mails(units, "4915112345678@sms.cal.com") == []
    [mail] = await mails(units, host.email)
    assert "+4915112345678" in mail.text
    assert mail.reply_to is None


async def test_a_user_who_books_as_attendee_gets_one_mail(
    client: httpx.AsyncClient, units: Units, work: Work
) -> None:
    host, event_type = await a_host(units)
    await book(client, event_type, an_attendee(email=host.email))
    await work()
    assert len(await mails(units, host.email)) == 1


async def test_a_move_to_another_host(units: Units, work: Work) -> None:
    """The new host is booked, the old one is told that somebody else does it."""
    one, two = await make_user(units), await make_user(units)
    [_, _, moved, *_] = every_event()
    organizer = getattr(moved, "organizer", None)
    assert organizer is not None
    happened = replace(
        moved,
        organizer=replace(organizer, id=two.id, email=two.email, name="Ivo Inge"),
        previous_organizer=replace(organizer, id=one.id, email=one.email),
        previous_hosts=(),
    )  # type: ignore[call-arg]  # the third is a BookingRescheduled
    async with units.begin() as uow:
        await announcing.tell(uow, happened)
        await uow.commit()
    await work()
    [to_old], [to_new] = await mails(units, one.email), await mails(units, two.email)
    assert to_old.subject.startswith("Reassigned: Intro call between Hannah Host and Gus Guest at")
    assert "METHOD:CANCEL" in to_old.attachments[0]["content"]
    assert to_new.subject == "Intro call between Hannah Host and Gus Guest"
    assert "METHOD:REQUEST" in to_new.attachments[0]["content"]
