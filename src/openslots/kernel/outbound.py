"""The only way out to addresses that users name: short, capped, and never to a forbidden address.

Built on httpcore, the part of httpx that dials: it alone lets the dialling be replaced, so that the
address that was checked is the one that is connected to.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit
from weakref import WeakKeyDictionary

import httpcore

from openslots.kernel import addresses, tracing
from openslots.kernel.lookup import Lookup
from openslots.kernel.settings import Settings

CONNECT_SECONDS = 5.0
KEPT_BYTES = 2048  # of an answer, to show
READ_BYTES = 16 * 1024  # of an answer at most; a longer one costs the connection
IDLE_SECONDS = 2.0  # shorter than servers keep theirs, so that a request seldom meets a closing one
DETAIL = 300  # characters of an error, to show
DIALS = 3  # addresses of one name that are tried


class Refused(Exception):
    """The address may not be called; the message says why. Trying again does not help."""


class Failed(Exception):
    """No answer: `kind` is timeout, dns, connect, tls or protocol. Of a detail, which may quote all
    that came, the beginning is kept."""

    def __init__(self, kind: str, detail: str = "") -> None:
        detail = detail[:DETAIL]
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
        self._lookup = Lookup()

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
            found = await self._lookup.addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise Failed("dns", str(error)) from error
        for text in found:
            reason = addresses.address_refusal(addresses.parse(text), public_only=self._public_only)
            if reason is not None:
                raise Refused(reason)
        return found[:DIALS]


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a URL leads: `path` with its query, and the headers that the URL itself asks for."""

    origin: httpcore.Origin
    url: httpcore.URL
    headers: tuple[tuple[bytes, bytes], ...]


class Outbound:
    """Posts to users' addresses; belongs to one event loop.

    It keeps idle connections by origin itself: httpcore's own pool looks at every connection that
    it has, several times per request.
    """

    def __init__(self, settings: Settings) -> None:
        self._public_only = settings.deployment == "saas"
        self._timeout = settings.webhooks.timeout.total_seconds()
        self._ssl = ssl.create_default_context()
        self._dial = GuardedDial(public_only=self._public_only)
        # by origin, with the moment since when each connection is idle, the oldest first
        self._idle: dict[str, list[tuple[float, httpcore.AsyncHTTPConnection]]] = {}
        self._swept = time.monotonic()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Sends once, follows no redirect and waits for the settings' total timeout.

        Raises Refused or Failed.
        """
        if reason := addresses.url_refusal(url, public_only=self._public_only):
            raise Refused(reason)
        since = time.monotonic()
        try:
            with tracing.client("POST", urlsplit(url).hostname or ""):
                traced = dict(headers)
                tracing.pass_on(traced)
                async with asyncio.timeout(self._timeout):
                    status, found, excerpt = await self._exchange(_target(url), body, traced)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Failed("timeout") from error
        except httpcore.ConnectError as error:
            kind = "tls" if isinstance(error.__context__, ssl.SSLError) else "connect"
            raise Failed(kind, str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            raise Failed("protocol", str(error)) from error
        return Answer(status, found, excerpt, round((time.monotonic() - since) * 1000))

    async def _exchange(
        self, target: _Target, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], str]:
        own = [
            (name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()
        ]
        length = (b"Content-Length", str(len(body)).encode())
        request = httpcore.Request(
            "POST",
            target.url,
            headers=[*target.headers, length, *own],
            content=body,
            extensions={"timeout": {"connect": CONNECT_SECONDS}},
        )
        connection = await self._take(target.origin)
        try:
            response = await connection.handle_async_request(request)
            try:
                excerpt = await _read(response)
            finally:
                await response.aclose()
        finally:
            await self._put_back(target.origin, connection)
        found = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers}
        return response.status, found, excerpt

    # -- connections

    async def _take(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        idle = self._idle.get(str(origin), [])
        while idle:
            _, connection = idle.pop()
            if connection.is_idle() and not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._ssl,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=self._dial,
        )

    async def _put_back(
        self, origin: httpcore.Origin, connection: httpcore.AsyncHTTPConnection
    ) -> None:
        """Keeps a connection that can be used again."""
        now = time.monotonic()
        if connection.is_idle():
            self._idle.setdefault(str(origin), []).append((now, connection))
        else:
            await connection.aclose()
        if now - self._swept > IDLE_SECONDS:
            self._swept = now
            await self._sweep(now - IDLE_SECONDS)

    async def _sweep(self, before: float) -> None:
        """Closes connections that nobody used since."""
        old = [one for idle in self._idle.values() for one in idle if one[0] < before]
        kept = {key: [one for one in idle if one[0] >= before] for key, idle in self._idle.items()}
        self._idle = {key: idle for key, idle in kept.items() if idle}
        for _, connection in old:
            await connection.aclose()

    async def close(self) -> None:
        await self._sweep(float("inf"))


async def _read(response: httpcore.Response) -> str:
    """The first 2 KB as text; reads on for a while, so that the connection can be used again."""
    kept, read = b"", 0
    async for chunk in response.aiter_stream():
        read += len(chunk)
        kept += chunk[: KEPT_BYTES - len(kept)]
        if read > READ_BYTES:
            break
    return kept.decode(errors="replace").replace("\x00", "\ufffd")


@lru_cache(maxsize=1024)
def _target(url: str) -> _Target:
    parts = urlsplit(url)
    target = httpcore.URL(_ascii(parts))
    default = {b"http": 80, b"https": 443}[target.scheme]
    port = b"" if target.port in (None, default) else b":%d" % target.port
    host = (b"Host", target.origin.host + port)
    return _Target(target.origin, target, (host, *_credentials(parts)))


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
