"""What is not told to a mail server in clear, and who may read a mail that lies in a file."""

from __future__ import annotations

import smtplib
import stat
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

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
        with pytest.raises(smtplib.SMTPException, match="offers no TLS"):
            await smtp.send(other, message())
        assert sink.mails == []


async def test_a_server_without_a_password_needs_no_tls() -> None:
    async with smtp_sink() as sink:
        await smtp.send(Email(host="0.0.0.0", port=sink.port), message())
        assert len(sink.to("b@example.com")) == 1


async def test_this_machine_may_be_told_a_password_in_clear() -> None:
    async with smtp_sink() as sink:
        with pytest.raises(smtp.MailRefused, match="AUTH"):  # it tried to log in
            await smtp.send(settings("127.0.0.1", sink.port), message())


def test_only_its_owner_reads_a_mail_in_a_file(tmp_path: Path) -> None:
    path = smtp.keep(tmp_path / "mail", "one", message())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert b"123456" in path.read_bytes()
