"""What is not told to a mail server in clear, and who may read a mail that lies in a file."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from pydantic import SecretStr

from openslots.kernel.http.validation import is_email
from openslots.kernel.settings import Email
from openslots.providers import smtp
from tests.providers.smtp_sink import smtp_sink


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.com", "b@example.com", "Hello"
    made.set_content("A code: 123456")
    return made


def settings(host: str, port: int) -> Email:
    return Email(host=host, port=port, user="ann", password=SecretStr("secret"))


async def test_a_password_is_not_sent_in_clear_to_another_machine() -> None:
    async with smtp_sink() as sink:
        other = settings("0.0.0.0", sink.port)  # leads here, but is no address of this machine
        with pytest.raises(aiosmtplib.SMTPException, match="offers no TLS"):
            await smtp.send(other, message())
        assert sink.mails == []


async def test_a_server_without_a_password_needs_no_tls() -> None:
    async with smtp_sink() as sink:
        await smtp.send(Email(host="0.0.0.0", port=sink.port), message())
        assert len(sink.to("b@example.com")) == 1


async def test_this_machine_may_be_told_a_password_in_clear() -> None:
    async with smtp_sink() as sink:
        with pytest.raises(aiosmtplib.SMTPException, match="AUTH"):  # it tried to log in
            await smtp.send(settings("127.0.0.1", sink.port), message())


def test_only_its_owner_reads_a_mail_in_a_file(tmp_path: Path) -> None:
    path = smtp.keep(tmp_path / "mail", "one", message())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert b"123456" in path.read_bytes()


def letter(**given: Any) -> smtp.Letter:
    made = {"to": "host@example.org", "subject": "Talk", **given}
    return smtp.Letter(id="1", text="The text", at=datetime(2026, 5, 4, tzinfo=UTC), **made)


@pytest.mark.parametrize("where", ["subject", "to_name", "from_name"])
@pytest.mark.parametrize(
    "hostile",
    [
        "Gus\r\nBcc: eve@example.net",
        "=?utf-8?q?Gus=0D=0ABcc=3A_eve=40example.net=0D=0A=0D=0AOther_text?=",
        "Talk with =?utf-8?q?Gus=0ABcc=3A_eve=40example.net?= and more",
        "=?utf-8?b?R3VzDQpCY2M6IGV2ZUBleGFtcGxlLm5ldA0K?=",
        "=?=?utf-8?q?=0ABcc=3A_eve=40example.net?=",
    ],
)
def test_names_and_titles_add_no_header_and_no_body(where: str, hostile: str) -> None:
    """Also where they are written as what headers are encoded with."""
    sent = smtp.compose(Email(sender="from@example.org"), letter(**{where: hostile})).as_bytes()
    read = message_from_bytes(sent)
    assert read["Bcc"] is None
    assert read["Message-ID"] == "<1@example.org>"
    assert str(read.get_payload()).strip() == "The text"


@pytest.mark.parametrize(
    "hostile",
    [
        "=?utf-8?q?a=0D=0ABcc=3A_eve=40example.net?=@example.com",
        "=?utf-8?q?eve=40example.net=2Ca?=@example.com",
        "a@example\uff0ecom\uff0ceve\uff20example.net",
        "a@example.com\uff1e.net",
    ],
)
def test_one_address_stays_one(hostile: str) -> None:
    """Those that look like one address and would become several, or a header."""
    assert is_email(hostile)
    with pytest.raises(smtp.MailRefused):
        smtp.compose(Email(), letter(to=hostile))
    answered = smtp.compose(Email(), letter(reply_to=f"{hostile},ann@example.com"))
    assert answered["Reply-To"] == "ann@example.com"
    assert answered["Bcc"] is None


def test_names_of_every_language_stay_as_they_are() -> None:
    sent = smtp.compose(Email(), letter(subject="Gespräch: 日本 = ?", to_name="Jürgen = 1"))
    read = message_from_bytes(sent.as_bytes(), policy=sent.policy)
    assert (read["Subject"], read["To"].addresses[0].display_name) == (
        "Gespräch: 日本 = ?",
        "Jürgen = 1",
    )
    abroad = smtp.compose(Email(), letter(to="ann@bücher.example"))
    assert abroad["To"] == "ann@xn--bcher-kva.example"


def test_answers_go_to_addresses_that_every_server_takes() -> None:
    """A header that is malformed for the sake of one of them is a reason to refuse the mail."""
    both = "jörg@example.com, ann@example.com"
    assert smtp.compose(Email(), letter(reply_to=both))["Reply-To"] == "ann@example.com"
    assert smtp.compose(Email(), letter(reply_to="jörg@example.com"))["Reply-To"] is None
    abroad = smtp.compose(Email(), letter(to="zoë@example.com", reply_to=both))
    assert abroad["Reply-To"] == both


@pytest.mark.parametrize(
    ("command", "answer", "raised"),
    [
        ("MAIL", "530 5.7.0 authentication required", aiosmtplib.SMTPSenderRefused),
        ("MAIL", "553 5.1.8 unknown sender", aiosmtplib.SMTPSenderRefused),
        ("RCPT", "530 5.7.0 authentication required", aiosmtplib.SMTPRecipientsRefused),
        ("RCPT", "554 5.7.1 relay access denied", aiosmtplib.SMTPRecipientsRefused),
        ("RCPT", "504 5.5.2 need a whole name", aiosmtplib.SMTPRecipientsRefused),
        ("DATA", "550 5.7.26 unauthenticated sender", aiosmtplib.SMTPDataError),
        ("DATA", "451 4.3.0 later", aiosmtplib.SMTPDataError),
        ("DATA", "554 5.6.0 not this one", smtp.MailRefused),
        ("RCPT", "550 5.1.1 nobody of that name", smtp.MailRefused),
    ],
)
async def test_what_an_operator_can_mend_is_tried_again(
    command: str, answer: str, raised: type[Exception]
) -> None:
    """What a server says of everything it gets from here is no word on this one mail."""
    async with smtp_sink() as sink:
        plain = Email(host="127.0.0.1", port=sink.port)
        sink.refuse[command] = answer
        with pytest.raises(raised):
            await smtp.send(plain, message())


@pytest.mark.parametrize("answer", ["421 4.3.0 going down", "nonsense"])
async def test_a_mail_that_was_taken_is_sent_whatever_the_farewell(answer: str) -> None:
    async with smtp_sink() as sink:
        sink.refuse["QUIT"] = answer
        await smtp.send(Email(host="127.0.0.1", port=sink.port), message())
        assert len(sink.to("b@example.com")) == 1


async def test_a_server_that_hangs_is_let_go_at_once() -> None:
    """What waits for it can be cancelled, as at the end of a worker."""
    opened = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.set()
        assert await reader.read() == b""  # until the other side closes
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        sending = asyncio.create_task(smtp.send(Email(host="127.0.0.1", port=port), message()))
        await opened.wait()
        sending.cancel()
        async with asyncio.timeout(2):
            with pytest.raises(asyncio.CancelledError):
                await sending
