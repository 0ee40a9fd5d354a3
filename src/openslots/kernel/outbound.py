"""The only way out to addresses that users name: short, capped, and never to a forbidden address.

Built on httpcore, the part of httpx that dials: it alone lets the dialling be replaced, so that the
address that was checked is the one that is connected to.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit
from weakref import WeakKeyDictionary

import httpcore

from openslots.kernel import addresses
from openslots.kernel.settings import Settings

CONNECT_SECONDS = 5.0
KEPT_BYTES = 2048  # of an answer, to show
READ_BYTES = 16 * 1024  # of an answer at most; a longer one costs the connection
IDLE_SECONDS = 2.0  # shorter than servers keep theirs, so that a request seldom meets a closing one
DIALS = 3  # addresses of one name that are tried


class Refused(Exception):
    """The address may not be called; the message says why. Trying again does not help."""


class Failed(Exception):
    """No answer: `kind` is timeout, dns, connect, tls or protocol."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Answer:
    """`excerpt` is the first 2 KB of the body as text; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    excerpt: str
    milliseconds: int


class GuardedDial(httpcore.AsyncNetworkBackend):
    """Resolves a name once per dial, refuses it if any of its addresses is forbidden, and connects
    to an address that it checked. TLS still asks for the name."""

    def __init__(self, *, public_only: bool) -> None:
        self._public_only = public_only
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the signature is httpcore's)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,  # Any: httpcore's own alias
    ) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            found = await self._checked(host, port)
            for place, address in enumerate(found):
                try:
                    return await self._inner.connect_tcp(
                        address, port, timeout, local_address, socket_options
                    )
                except httpcore.ConnectError:
                    if place == len(found) - 1:
                        raise
        raise Failed("dns", "no address")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[str]:
        if reason := addresses.host_refusal(host, public_only=self._public_only):
            raise Refused(reason)
        if (known := addresses.literal(host)) is not None:
            return [str(known)]
        try:
            infos = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise Failed("dns", str(error)) from error
        found = list(dict.fromkeys(str(info[4][0]) for info in infos))
        for text in found:
            reason = addresses.address_refusal(addresses.parse(text), public_only=self._public_only)
            if reason is not None:
                raise Refused(reason)
        return found[:DIALS]


class Outbound:
    """Posts to users' addresses; belongs to one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._public_only = settings.deployment == "saas"
        self._timeout = settings.webhooks.timeout.total_seconds()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=1000,
            max_keepalive_connections=100,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=GuardedDial(public_only=self._public_only),
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Sends once, follows no redirect and waits for the settings' total timeout.

        Raises Refused or Failed.
        """
        if reason := addresses.url_refusal(url, public_only=self._public_only):
            raise Refused(reason)
        since = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                status, found, excerpt = await self._exchange(url, body, headers)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Failed("timeout") from error
        except httpcore.ConnectError as error:
            kind = "tls" if isinstance(error.__context__, ssl.SSLError) else "connect"
            raise Failed(kind, str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            raise Failed("protocol", str(error)) from error
        return Answer(status, found, excerpt, round((time.monotonic() - since) * 1000))

    async def _exchange(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], str]:
        parts = urlsplit(url)
        target = httpcore.URL(_ascii(parts))
        sent = [
            (b"Host", target.origin.host + _port(target)),
            (b"Content-Length", str(len(body)).encode()),
            *_credentials(parts),
            *(
                (name.encode(), value.encode("latin-1", "replace"))
                for name, value in headers.items()
            ),
        ]
        limits = {"connect": CONNECT_SECONDS}
        async with self._pool.stream(
            "POST", target, headers=sent, content=body, extensions={"timeout": limits}
        ) as response:
            kept = b""
            read = 0
            async for chunk in response.aiter_stream():
                read += len(chunk)
                kept += chunk[: KEPT_BYTES - len(kept)]
                if read > READ_BYTES:
                    break
            found = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
        return response.status, found, kept.decode(errors="replace").replace("\x00", "\ufffd")

    async def close(self) -> None:
        await self._pool.aclose()


def _ascii(parts: SplitResult) -> str:
    """The URL with its host in IDNA and everything else percent-encoded, without credentials."""
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode()
    if ":" in host:
        host = f"[{host}]"
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]")
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def _credentials(parts: SplitResult) -> list[tuple[bytes, bytes]]:
    """The header that user and password of a URL stand for."""
    if parts.username is None:
        return []
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return [(b"Authorization", b"Basic " + b64encode(pair.encode()))]


def _port(target: httpcore.URL) -> bytes:
    default = {b"http": 80, b"https": 443}[target.scheme]
    return b"" if target.port in (None, default) else b":%d" % target.port


# by event loop, then by what the settings say of it
_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, float], Outbound]]
_shared = WeakKeyDictionary()


def shared(settings: Settings) -> Outbound:
    """The one of this event loop for these settings, made at first use."""
    made = _shared.setdefault(asyncio.get_running_loop(), {})
    key = (settings.deployment, settings.webhooks.timeout.total_seconds())
    if key not in made:
        made[key] = Outbound(settings)
    return made[key]


async def close_all() -> None:
    """Closes those of this event loop."""
    for outbound in _shared.pop(asyncio.get_running_loop(), {}).values():
        await outbound.close()
