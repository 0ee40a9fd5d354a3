"""Mails: written with the business, sent by the worker."""

from __future__ import annotations

import email
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select

from openslots.jobs import queue
from openslots.jobs.queue import JobFacts
from openslots.kernel import clock as kernel_clock
from openslots.kernel.settings import Email, Settings
from openslots.kernel.uow import Units
from openslots.models import Job, Mail
from openslots.notifications import jobs, service
from openslots.notifications.rules import notice
from openslots.notifications.types import File, NewMail
from tests.clock import Clock
from tests.factories import unique
from tests.providers.smtp_sink import Sink, smtp_sink


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with smtp_sink() as made:
        yield made


def read(path: Path) -> Message:
    return email.message_from_bytes(path.read_bytes(), policy=default)


def with_server(units: Units, sink: Sink) -> Units:
    mail = Email(host="127.0.0.1", port=sink.port, sender="Slots <slots@example.org>")
    return Units(units.engine, units.settings.model_copy(update={"email": mail}), units.bus)


def new_mail(**given: object) -> NewMail:
    values: dict[str, object] = {
        "to": f"{unique('box')}@example.com",
        "subject": "Hello",
        "text": "Some words\n",
        **given,
    }
    return NewMail(**values)  # type: ignore[arg-type]  # the values of a test


async def put(units: Units, mail: NewMail) -> JobFacts:
    async with units.begin() as uow:
        mail_id = await service.send_mail(uow, mail)
        await uow.commit()
        row = await uow.session.scalar(select(Job).where(Job.key == mail_id))
        assert row is not None
        assert row.kind == "mail.send"
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


async def stored(units: Units, mail_id: str) -> Mail:
    async with units.begin() as uow:
        return await uow.session.get_one(Mail, mail_id)


async def test_a_mail_goes_out_once(units: Units, sink: Sink) -> None:
    mail = new_mail(to_name="Ada, the first", reply_to="host@example.com", html="<p>Some</p>")
    job = await put(units, mail)
    for _ in range(2):
        await jobs.send(with_server(units, sink), job)
    [message] = sink.to(mail.to)
    assert message["From"] == "Slots <slots@example.org>"
    assert message["To"] == f'"Ada, the first" <{mail.to}>'
    assert message["Reply-To"] == "host@example.com"
    assert message["Message-ID"] == f"<{job.key}@example.org>"
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().strip() == "Some words"
    assert rich.get_content().strip() == "<p>Some</p>"
    row = await stored(units, job.key)
    assert (row.text, row.html, row.error) == ("", None, None)
    assert row.ended_at is not None


async def test_hostile_header_values_stay_values(units: Units, sink: Sink) -> None:
    mail = new_mail(subject="Hi\r\nBcc: all@example.com", to_name="A\nB", from_name='Mine "x"')
    await jobs.send(with_server(units, sink), await put(units, mail))
    [message] = sink.to(mail.to)
    assert message["Subject"] == "Hi Bcc: all@example.com"
    assert message["Bcc"] is None
    assert message["To"].addresses[0].display_name == "A B"
    assert message["From"].addresses[0].display_name == 'Mine "x"'


async def test_a_calendar_file_keeps_its_type(units: Units, sink: Sink) -> None:
    file = File("invite.ics", "text/calendar; method=REQUEST", "BEGIN:VCALENDAR\r\nÄ\r\n")
    mail = new_mail(files=[file])
    await jobs.send(with_server(units, sink), await put(units, mail))
    [message] = sink.to(mail.to)
    [part] = list(message.iter_attachments())
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params["method"] == "REQUEST"
    assert part.get_filename() == "invite.ics"
    assert "Ä" in str(part.get_content())


async def test_answers_to_several_and_to_impossible_addresses(units: Units, sink: Sink) -> None:
    several = new_mail(reply_to=("a@example.com", "no address", "x@" + "y" * 70, "b@example.com"))
    await jobs.send(with_server(units, sink), await put(units, several))
    [message] = sink.to(several.to)
    assert message["Reply-To"] == "a@example.com, b@example.com"
    nobody = new_mail(reply_to=())
    await jobs.send(with_server(units, sink), await put(units, nobody))
    assert sink.to(nobody.to)[0]["Reply-To"] is None


async def test_a_mail_with_a_used_key_is_not_written_again(units: Units) -> None:
    mail = new_mail(dedupe_key=unique("key"))
    other = new_mail()
    async with units.begin() as uow:
        first = await service.send_mails(uow, [mail, mail, other])
        again = await service.send_mails(uow, [mail, other])
        await uow.commit()
    assert (len(first), len(again)) == (2, 1)


async def test_addresses_beyond_ascii(units: Units, sink: Sink) -> None:
    mail = new_mail(to="jörg@exämple.com", subject="Grüße")
    await jobs.send(with_server(units, sink), await put(units, mail))
    [(_, message)] = sink.mails
    assert message["Subject"] == "Grüße"


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_a_mail_that_is_refused_for_good_is_given_up(
    units: Units, sink: Sink, command: str
) -> None:
    job = await put(units, new_mail())
    sink.refuse[command] = "550 no"
    await jobs.send(with_server(units, sink), job)
    row = await stored(units, job.key)
    assert row.ended_at is not None
    assert row.error is not None
    assert "550" in row.error


async def test_an_impossible_address_is_given_up(units: Units, sink: Sink) -> None:
    job = await put(units, new_mail(to="no address at all"))
    await jobs.send(with_server(units, sink), job)
    assert (await stored(units, job.key)).error is not None


async def test_a_busy_server_is_asked_again(units: Units, sink: Sink) -> None:
    job = await put(units, new_mail())
    sink.refuse["RCPT"] = "451 later"
    with pytest.raises(Exception, match="451"):
        await jobs.send(with_server(units, sink), job)
    assert (await stored(units, job.key)).ended_at is None
    del sink.refuse["RCPT"]
    await jobs.send(with_server(units, sink), job)
    assert len(sink.mails) == 1


async def test_after_many_attempts_it_is_over(units: Units, sink: Sink) -> None:
    job = await put(units, new_mail())
    sink.refuse["RCPT"] = "451 later"
    last = JobFacts(**{name: getattr(job, name) for name in JobFacts.__slots__} | {"attempts": 20})
    await jobs.send(with_server(units, sink), last)
    assert (await stored(units, job.key)).error == "SMTPRecipientsRefused"


async def test_after_its_time_a_mail_is_not_sent(units: Units, sink: Sink, clock: Clock) -> None:
    clock.set(kernel_clock.now())
    mail = new_mail(expires_at=kernel_clock.now() + timedelta(minutes=15))
    job = await put(units, mail)
    clock.advance(timedelta(minutes=15))
    await jobs.send(with_server(units, sink), job)
    assert (await stored(units, job.key)).error == "outdated"
    assert sink.to(mail.to) == []


async def test_without_a_server_mails_are_files(units: Units, settings: Settings) -> None:
    mail = new_mail(subject="To a file")
    job = await put(units, mail)
    await jobs.send(units, job)
    message = read(settings.data_dir / "mail" / f"{job.key}.eml")
    assert (message["Subject"], message["To"]) == ("To a file", mail.to)
    assert (await stored(units, job.key)).ended_at is not None


async def test_old_mails_are_deleted(units: Units, clock: Clock) -> None:
    clock.set(kernel_clock.now())
    old = await put(units, new_mail())
    waiting = await put(units, new_mail())
    await jobs.send(units, old)
    clock.advance(timedelta(days=8))
    await jobs.purge(units, old)
    async with units.begin() as uow:
        assert await uow.session.get(Mail, old.key) is None
        assert await uow.session.get(Mail, waiting.key) is not None
        await queue.drop(uow, "mail.send", waiting.key)


def test_a_notice_escapes_what_people_wrote() -> None:
    text, html = notice(["<b>Hi</b> & bye"], link=("Open", "https://example.com/?a=1&b=2"))
    assert text == "<b>Hi</b> & bye\n\nOpen:\nhttps://example.com/?a=1&b=2\n"
    assert "&lt;b&gt;Hi&lt;/b&gt; &amp; bye" in html
    assert 'href="https://example.com/?a=1&amp;b=2"' in html
