"""Mail: over SMTP where a server is configured, else as files that a person can open."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from pathlib import Path
from typing import cast

import aiosmtplib

from openslots.kernel import addresses
from openslots.kernel.lookup import Lookup
from openslots.kernel.settings import Email

TIMEOUT = 15  # seconds for each step until the server knows who sends
READY_LIMIT = 60  # seconds for all of these
# Seconds for each step of handing over. Servers look at a mail before they take it; who leaves
# before they say so sends it again, and again (RFC 5321, 4.5.3.2).
PATIENCE = 60
TAKE_LIMIT = 120
FAREWELL = 2
OF_SENDER = (503, 504, 530, 534, 535, 538)
DIAL = 5.0  # seconds for one address of a server
DIALS = 3
IMPLICIT_TLS_PORT = 465
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_WHOLE_NAME = re.compile(rf"(?!.*\.localdomain\Z)(?:{_LABEL}\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]")
_ENCODED = "=?"  # with what a header begins a part that is decoded, line breaks and all
NO_TLS = "the mail server offers no TLS: user and password are not sent in clear"


class MailRefused(Exception):
    """The server will never take this mail; sending it again is of no use."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file; `type` is its media type with parameters, as `text/calendar; method=REQUEST`.

    An `invitation` also becomes one of the bodies that a mail program may choose from, and its
    file is of type application/ics: some programs read the one, some the other.
    """

    name: str
    type: str
    content: str
    invitation: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person. `id` makes its Message-ID, so a repeated one can be told.

    `reply_to` are addresses, separated by commas; impossible ones among them are left out.
    """

    id: str
    to: str
    subject: str
    text: str
    at: datetime
    html: str | None = None
    to_name: str | None = None
    from_name: str | None = None
    reply_to: str | None = None
    attachments: Sequence[Attachment] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def _line(text: str) -> str:
    """Without line breaks and other control characters, and with nothing that is decoded to some:
    what may stand in a header."""
    bare = text.replace(_ENCODED, "= ?")
    return " ".join("".join(c if c.isprintable() else " " for c in bare).split())


def _address(mailbox: str, name: str | None) -> Address:
    local, _, domain = mailbox.rpartition("@")
    if not local or not domain or any(c.isspace() for c in mailbox) or _ENCODED in mailbox:
        raise MailRefused("not a mailbox")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        raise MailRefused("not a domain") from None
    if _DOMAIN.fullmatch(domain) is None:  # wide forms of signs have become the signs
        raise MailRefused("not a domain")
    return Address(display_name=_line(name or ""), username=local, domain=domain)


def _addresses(several: str) -> list[Address]:
    out = []
    for one in several.split(","):
        with suppress(MailRefused):
            out.append(_address(one.strip(), None))
    return out


def compose(settings: Email, letter: Letter) -> EmailMessage:
    """The message as it goes over the wire. Raises MailRefused for an impossible address."""
    sender_name, sender = parseaddr(settings.sender)
    name = letter.from_name or settings.sender_name or sender_name
    to, answers = _address(letter.to, letter.to_name), _addresses(letter.reply_to or "")
    ascii_only = to.username.isascii()
    if ascii_only:  # other names in another header would need a server that knows SMTPUTF8
        answers = [address for address in answers if address.username.isascii()]
    message = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    message["From"] = _address(sender, name)
    message["To"] = to
    if answers:
        message["Reply-To"] = answers
    message["Subject"] = _line(letter.subject)
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    for header, value in letter.headers.items():
        message[header] = _line(value)
    if any(sign in str(value) for value in message.values() for sign in "\r\n"):
        raise MailRefused("a header of several lines")
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    for attachment in letter.attachments:
        if attachment.invitation:
            _invite(message, attachment)
    for attachment in letter.attachments:
        _attach(message, attachment)
    return message


def _media_type(attachment: Attachment) -> tuple[str, str, dict[str, str]]:
    """Type, subtype and parameters."""
    kind, *parameters = (part.strip() for part in attachment.type.split(";"))
    main, _, sub = kind.partition("/")
    return main, sub, {n: value for n, _, value in (item.partition("=") for item in parameters)}


def _invite(message: EmailMessage, attachment: Attachment) -> None:
    _, sub, parameters = _media_type(attachment)
    message.add_alternative(attachment.content, subtype=sub, params=parameters)


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    main, sub, parameters = _media_type(attachment)
    if attachment.invitation:
        main, sub = "application", "ics"
    message.add_attachment(
        attachment.content.encode(),
        maintype=main,
        subtype=sub,
        filename=_line(attachment.name),
        params={"charset": "utf-8", **parameters},
    )


class _Server(aiosmtplib.SMTP):
    """Hangs up at once: what a server does not read would be kept for it until it does."""

    def close(self) -> None:
        if self.transport is not None:
            cast("asyncio.WriteTransport", self.transport).abort()
        super().close()


async def send(settings: Email, message: EmailMessage) -> None:
    """Hands the mail to the configured server.

    Raises MailRefused for what no retry can help; OSError or SMTPException otherwise, as when the
    server wants nothing from this sender: no password, a wrong one, an address it does not know.
    An operator can mend that, and no mail is lost until then.
    """
    async with asyncio.timeout(READY_LIMIT):
        server = await _connected(settings)
    try:
        async with asyncio.timeout(TAKE_LIMIT):
            await _hand_over(server, message)
        # It has the mail, whatever it says now, or does not say.
        with suppress(aiosmtplib.SMTPException, OSError):
            await server.quit(timeout=FAREWELL)
    finally:
        server.close()


async def _hand_over(server: aiosmtplib.SMTP, message: EmailMessage) -> None:
    try:
        await server.send_message(message, timeout=PATIENCE)
    except aiosmtplib.SMTPRecipientsRefused as error:
        if all(_is_final(one) for one in error.recipients):
            codes = sorted({one.code for one in error.recipients})
            raise MailRefused(f"recipient refused with {codes}") from None
        raise
    except aiosmtplib.SMTPNotSupported as error:
        raise MailRefused(str(error)) from None
    except aiosmtplib.SMTPDataError as error:
        if _is_final(error):
            raise MailRefused(f"refused with {error.code}") from None
        raise


def _is_final(error: aiosmtplib.SMTPResponseException) -> bool:
    """Whether an answer is about this mail, and not about who sends: a greeting, a login or a right
    (5.7.x, RFC 3463) that is missing."""
    of_sender = error.code in OF_SENDER or error.message.startswith("5.7.")
    return error.code >= 500 and not of_sender


async def _connected(settings: Email) -> aiosmtplib.SMTP:
    trust = await asyncio.to_thread(_trust)
    line = await _dialled(settings.host, settings.port)
    server = _Server(
        hostname=settings.host,
        sock=line,
        local_hostname=await asyncio.to_thread(_own_name) or _literal(line),
        use_tls=settings.port == IMPLICIT_TLS_PORT,
        start_tls=False,  # as the server offers it, below
        timeout=TIMEOUT,
        tls_context=trust,
    )
    try:
        await server.connect()
        await _prepare(server, settings)
    except BaseException:
        server.close()
        line.close()
        raise
    return server


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Whose certificates count; reading them takes a while."""
    return ssl.create_default_context()


async def _dialled(host: str, port: int) -> socket.socket:
    """A connection to the first address that answers: a name may have some that do not."""
    known = addresses.literal(host)
    found = [host] if known is not None else await Lookup().addresses(host, port)
    problem = OSError("no address")
    for address in found[:DIALS]:
        try:
            return await _dial(address, port)
        except OSError as error:
            problem = error
    raise problem


async def _dial(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    line = socket.socket(family, socket.SOCK_STREAM)
    try:
        line.setblocking(False)
        async with asyncio.timeout(DIAL):
            await asyncio.get_running_loop().sock_connect(line, (address, port))
    except BaseException:
        line.close()
        raise
    return line


@lru_cache(maxsize=1)
def _own_name() -> str | None:
    """What this machine is called, where that is a whole name, as it seldom is in a container."""
    name = socket.getfqdn()
    return name if _WHOLE_NAME.fullmatch(name) else None


def _literal(line: socket.socket) -> str:
    """What a machine without a name greets with (RFC 5321, 4.1.3); many servers refuse every mail
    of one that greets with half a name."""
    own = str(line.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{own}]" if ":" in own else f"[{own}]"


async def _prepare(server: aiosmtplib.SMTP, settings: Email) -> None:
    """The line is encrypted where that can be, and the server knows who sends."""
    if settings.port != IMPLICIT_TLS_PORT:
        try:
            await server.ehlo()
        except aiosmtplib.SMTPHeloError:
            await server.helo()  # it knows nothing newer, and offers nothing
        if server.supports_extension("starttls"):
            await server.starttls()
        elif settings.user and not _is_here(settings.host):
            raise aiosmtplib.SMTPException(NO_TLS)
    if settings.user:
        try:
            await server.login(settings.user, settings.password.get_secret_value())
        except aiosmtplib.SMTPException as error:
            raise aiosmtplib.SMTPException(str(error)) from None


def _is_here(host: str) -> bool:
    """Whether a host is this machine, to which nobody listens in."""
    address = addresses.literal(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def keep(folder: Path, name: str, message: EmailMessage) -> Path:
    """Writes the mail to `folder` as `name`.eml and returns its path."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{name}.eml"
    path.touch(mode=0o600)  # it may hold a code or a link that is as good as a password
    path.write_bytes(message.as_bytes())
    return path
