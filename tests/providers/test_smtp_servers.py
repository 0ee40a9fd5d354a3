"""Mail servers that are slow, old, strict or broken, each on the loopback address."""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from openslots.kernel.lookup import Lookup
from openslots.kernel.settings import Email
from openslots.providers import smtp
from tests import certificates

SILENT = ""  # for an answer


class Server:
    """Answers each command as it is told, or with OK; `slow` are seconds before an answer."""

    def __init__(self, **answers: str) -> None:
        self.answers = {"EHLO": "250-here\r\n250 SMTPUTF8", "DATA": "354 go on", **answers}
        self.slow: dict[str, float] = {}
        self.trust: ssl.SSLContext | None = None
        self.read_on: asyncio.Event | None = None  # before what follows DATA is read
        self.lines: list[str] = []
        self.bodies: list[bytes] = []
        self.over = asyncio.Event()
        self.port = 0

    @property
    def commands(self) -> list[str]:
        return [line[:4].upper() for line in self.lines]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await self._answer(writer, "GREETING", "220 here")
            while line := (await reader.readline()).decode().strip():
                self.lines.append(line)
                command = line[:4].upper()
                await self._answer(writer, command, "250 ok")
                if command == "DATA" and self.answers["DATA"].startswith("354"):
                    if self.read_on is not None:
                        await self.read_on.wait()
                    self.bodies.append(await self._body(reader))
                    await self._answer(writer, "BODY", "250 taken")
                if command == "STAR":
                    assert self.trust is not None
                    await writer.start_tls(self.trust)
        writer.close()
        self.over.set()

    @staticmethod
    async def _body(reader: asyncio.StreamReader) -> bytes:
        lines = []
        while (line := await reader.readuntil()) != b".\r\n":
            lines.append(line)
        return b"".join(lines)

    async def _answer(self, writer: asyncio.StreamWriter, what: str, usual: str) -> None:
        await asyncio.sleep(self.slow.get(what, 0))
        if answer := self.answers.get(what, usual):
            writer.write(f"{answer}\r\n".encode())

    @asynccontextmanager
    async def open(self, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Email]:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(asyncio.IncompleteReadError, ssl.SSLError):
                await self.talk(reader, writer)
            self.over.set()

        server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield Email(host="127.0.0.1", port=self.port)


def message(text: str = "Some words") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.com", "b@example.com", "Hello"
    made.set_content(text)
    return made


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    kept = (smtp._own_name, smtp._trust)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("slots.example.org", "slots.example.org"),
        ("4f2a9c0d1e2b", "[127.0.0.1]"),  # as containers are called
        ("slots.", "[127.0.0.1]"),
        ("slots.localdomain", "[127.0.0.1]"),
        ("my_slots.example.org", "[127.0.0.1]"),
        ("bücher.example.org", "[127.0.0.1]"),
        ("10.0.0.7", "[127.0.0.1]"),
        ("", "[127.0.0.1]"),
    ],
)
async def test_it_greets_with_a_whole_name_or_an_address(
    monkeypatch: pytest.MonkeyPatch, name: str, greeted: str
) -> None:
    """Servers that ask for a whole name refuse the receivers of who has none, for good."""
    monkeypatch.setattr(socket, "getfqdn", lambda: name)
    server = Server()
    async with server.open() as settings:
        await smtp.send(settings, message())
    assert server.lines[0] == f"EHLO {greeted}"


async def test_a_server_that_knows_no_ehlo_gets_the_mail() -> None:
    server = Server(EHLO="500 5.5.1 what")
    async with server.open() as settings:
        await smtp.send(settings, message())
    assert server.commands[:3] == ["EHLO", "HELO", "MAIL"]
    assert len(server.bodies) == 1


async def test_a_mail_that_was_taken_late_is_sent_without_a_farewell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smtp, "TAKE_LIMIT", 0.6)
    monkeypatch.setattr(smtp, "FAREWELL", 0.5)
    server = Server(QUIT=SILENT)
    server.slow["RCPT"] = 0.3
    async with server.open() as settings:
        await smtp.send(settings, message())
    assert len(server.bodies) == 1


async def test_a_server_may_look_at_a_mail_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who leaves before it says that it has the mail sends it again and again."""
    monkeypatch.setattr(smtp, "TIMEOUT", 0.2)
    server = Server()
    server.slow["BODY"] = 0.5
    async with server.open() as settings:
        await smtp.send(settings, message())
    assert len(server.bodies) == 1


async def test_nothing_is_kept_for_a_server_that_does_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would get, and deliver, a mail that is sent again."""
    monkeypatch.setattr(smtp, "PATIENCE", 0.3)
    server = Server()
    server.read_on = asyncio.Event()
    async with server.open() as settings:
        with pytest.raises(TimeoutError):
            await smtp.send(settings, message("some words\n" * 800_000))
        server.read_on.set()
        async with asyncio.timeout(10):
            await server.over.wait()
    assert server.bodies == []


@pytest.mark.parametrize("command", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "BODY"])
async def test_a_server_that_falls_silent_is_left(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for step in ("TIMEOUT", "PATIENCE"):
        monkeypatch.setattr(smtp, step, 0.2)
    server = Server(**{command: SILENT})
    async with server.open() as settings:
        with pytest.raises(TimeoutError):
            await smtp.send(settings, message())


async def test_an_address_that_does_not_answer_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As that of a name with an IPv6 address, where packets of IPv6 are dropped."""
    monkeypatch.setattr(smtp, "DIAL", 0.3)

    async def addresses(self: Lookup, host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    monkeypatch.setattr(Lookup, "addresses", addresses)
    server = Server()
    async with server.open() as settings:
        full = socket.create_server(("127.0.0.9", server.port), backlog=0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.9", server.port))
        await smtp.send(settings.model_copy(update={"host": "mail.example.org"}), message())
        for one in (full, *waiting):
            one.close()
    assert len(server.bodies) == 1


# -- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `key`, and `crt` that is its own root and names localhost."""
    return certificates.made_in(tmp_path_factory.mktemp("tls"))


def of_server(folder: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(folder / "crt", folder / "key")
    return made


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("implicit", [True, False])
async def test_a_password_goes_to_whom_the_certificate_names(
    monkeypatch: pytest.MonkeyPatch, certificate: Path, known: bool, implicit: bool
) -> None:
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "crt"))
    offers = ["here", *([] if implicit else ["STARTTLS"]), "AUTH PLAIN"]
    ehlo = "\r\n".join(f"250-{one}" for one in offers) + "\r\n250 SIZE"
    server = Server(EHLO=ehlo, STAR="220 go on", AUTH="235 welcome")
    server.trust = of_server(certificate)
    async with server.open(tls=of_server(certificate) if implicit else None) as plain:
        told = {"host": "localhost", "user": "ann", "password": SecretStr("pässword €")}
        if implicit:
            monkeypatch.setattr(smtp, "IMPLICIT_TLS_PORT", server.port)
        sending = smtp.send(plain.model_copy(update=told), message())
        if known:
            await sending
            [asked] = [line for line in server.lines if line.startswith("AUTH")]
            assert b64decode(asked.split()[-1]).decode() == "\0ann\0pässword €"
            assert (len(server.bodies), "STAR" in server.commands) == (1, not implicit)
        else:
            with pytest.raises(OSError, match="certificate verify failed"):
                await sending
            assert "AUTH" not in server.commands
