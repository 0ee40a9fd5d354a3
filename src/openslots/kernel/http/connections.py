"""What one connection may cost: time for head, body and answer, bytes of the head, and how many
connections there may be."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from openslots.kernel import metrics
from openslots.kernel.errors import BadRequest, DomainError
from openslots.kernel.http.errors import body_of
from openslots.kernel.http.middleware import SECURITY_HEADERS
from openslots.kernel.settings import Connections as Limits

# how long, and how much, is read on after a refusal: closing at once would lose it on the way
LINGER, LINGER_BYTES = 1.0, 262_144
AHEAD = 100  # requests that a client may send before the answers to those ahead of them
UPGRADES = (b"upgrade", b"http2-settings")

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState


class RequestTimeout(DomainError):
    status: ClassVar[int] = 408
    code: ClassVar[str | None] = "RequestTimeoutException"
    message = "The request took too long to arrive"


class HeadersTooLarge(DomainError):
    status: ClassVar[int] = 431
    code: ClassVar[str | None] = "RequestHeaderFieldsTooLargeException"
    message = "The request line and headers are too large"


class NotHttp(BadRequest):
    message = "The request is not valid HTTP"


class Part(Enum):
    """What of a request a connection owes."""

    HEAD = "head"
    BODY = "body"


@dataclass
class Connections:
    """Makes the protocol of each connection: uvicorn's `http` option takes an instance in place of
    a class. One per process; `most` is how many connections it keeps."""

    limits: Limits
    most: int
    # without a whole request at hand, longest first
    waiting: dict[Connection, None] = field(default_factory=dict, repr=False)

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # Any: what the lifespan put there
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> Connection:
        return Connection(self, config, server_state, app_state, _loop)

    def make_room(self, held: int) -> None:
        """Ends the connection that has waited longest, where there are too many."""
        if held > self.most and self.waiting:
            oldest = next(iter(self.waiting))
            del self.waiting[oldest]
            oldest.transport.abort()


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, with a deadline for each part of a request and for a stalled reader.

    Without these a client that sends a byte now and then holds a connection for ever, and a header
    that never ends fills the memory.
    """

    def __init__(
        self,
        family: Connections,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # Any: what the lifespan put there
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        super().__init__(config, server_state, app_state, loop)
        self._family, self._limits = family, family.limits
        self._owed: Part | None = Part.HEAD
        self._lingers = False
        self._discarded = 0
        self._request = 0  # counts, so that a deadline belongs to one request
        self._head_size = 0
        self._upgrades = False
        self._wrapping = 0  # bytes of a body's wrapping since its last part
        self._watched: tuple[int, Part] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()
        self._family.make_room(len(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        self._owed = None
        self._watch()
        self._family.waiting.pop(self, None)
        self._end_stall()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whoever has sent a whole request and then no more gets its answer."""
        if self._over or not self._answering or self._owed is Part.BODY:
            return False
        self.cycle.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        if self._lingers:
            self._discard(len(data))
            return
        before = (self._request, self._owed)
        self._wrapping += len(data)
        self._parse(data)
        if self._over:
            return
        if self._owed is Part.HEAD and before == (self._request, Part.HEAD):
            self._head_size += len(data)
        trailers = self._wrapping if self._owed is Part.BODY else 0
        if max(self._head_size, trailers) > self._limits.header_bytes:
            self._refuse(HeadersTooLarge())
            return
        self._watch()

    def _parse(self, data: bytes) -> None:
        """Feeds the parser. Nothing is upgraded to: such a request counts without that wish, which
        would end the parser's work and take its body for the other protocol's."""
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as stop:
                data = self._without_upgrade() + data[stop.args[0] :]
            except httptools.HttpParserError:
                self.logger.warning("Invalid HTTP request received.")
                self.send_400_response("")
                return

    def _without_upgrade(self) -> bytes:
        """The head at hand again, for a parser of its own."""
        method, version = self.parser.get_method(), self.parser.get_http_version()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version.encode())]
        for name, value in self.headers:
            if name == b"connection":
                wishes = [one.strip() for one in value.split(b",")]
                value = b", ".join(one for one in wishes if one.lower() not in UPGRADES)
            if name not in UPGRADES:
                lines.append(b"%s: %s" % (name, value))
        self._upgrades = False
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._request += 1
        self._owed, self._head_size = Part.HEAD, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._owed is Part.HEAD:  # what follows a body was never meant to be one of these
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._limits.header_bytes:
            self._refuse(HeadersTooLarge())
            raise ValueError("head too large")  # the parser stops here
        if self.parser.get_method() == b"CONNECT":
            raise ValueError("no proxy")
        if len(self.pipeline) >= AHEAD:
            self.transport.close()
            raise ValueError("too many requests ahead")
        self._upgrades = self.parser.should_upgrade()
        if self._upgrades:
            return  # it comes again
        self._owed, self._wrapping = Part.BODY, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._wrapping = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._upgrades:
            self._owed = None
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:
            self.cycle.body = bytearray()  # what nobody read would stay until the next collection
        if self._over:
            return
        if self._owed is Part.BODY and not self._answering:
            self._linger()  # the answer did not wait for the body: nor does anybody else
            return
        if self._owed is not None:
            self._watched = None  # the time of the next request begins now: it was not read before
        self._watch()

    def send_400_response(self, msg: str) -> None:
        if not self._over:
            self._refuse(NotHttp())

    def timeout_keep_alive_handler(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._end_stall()
        seconds = self._limits.write_timeout.total_seconds()
        self._stalled = self.loop.call_later(seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._end_stall()

    def _end_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    @property
    def _over(self) -> bool:
        return self._lingers or self.transport.is_closing()

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _watch(self) -> None:
        """Sets or ends the deadline, and the place among those that may be ended for room."""
        idle = self._lingers or self._answering or self.timeout_keep_alive_task is not None
        if self._owed is None and not idle:
            self._owed = Part.HEAD  # empty lines after an answer are no request yet
        waits = self._owed is not None or not self._answering
        if not waits or self.transport.is_closing():
            self._family.waiting.pop(self, None)
        elif self not in self._family.waiting:
            self._family.waiting[self] = None
        watched = (self._request, self._owed) if self._owed is not None else None
        if watched == self._watched:
            return
        self._watched = watched
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._owed is not None:
            self._set_deadline(self._owed)

    def _set_deadline(self, owed: Part) -> None:
        limit = (
            self._limits.header_timeout if owed is Part.HEAD else self._limits.body_timeout
        ).total_seconds()
        self._deadline = self.loop.call_later(limit, self._late, owed)

    def _late(self, owed: Part) -> None:
        if self._over:
            return
        if self.flow.read_paused or (owed is Part.HEAD and self._answering):
            self._set_deadline(owed)  # the next request waits for the answer to this one
        elif self.headers is None:
            self.transport.close()  # nothing was ever sent: nothing is answered
        else:
            self._refuse(RequestTimeout())

    def _refuse(self, error: DomainError) -> None:
        """Answers in the error envelope, unless an answer is under way, and closes."""
        if self._answering:
            if self.cycle.response_started:
                self.transport.close()
                return
            self.cycle.disconnected = True  # whoever reads the body learns that it ends here
            self.cycle.message_event.set()
        else:
            metrics.REQUESTS.inc(metrics.OTHER_METHOD, metrics.UNMATCHED, str(error.status))
        self.transport.write(self._refusal(error))
        self._linger()

    def _linger(self) -> None:
        """Says that nothing more will be answered, and closes once the client had time to see."""
        self._lingers, self._owed = True, None
        self._unset_keepalive_if_required()
        self._watch()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.loop.call_later(LINGER, self.transport.abort)
        else:
            self.transport.close()

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > LINGER_BYTES:
            self.flow.pause_reading()

    def _refusal(self, error: DomainError) -> bytes:
        scope = {"type": "http", "path": "", "raw_path": self._path(), "query_string": b""}
        body = json.dumps(body_of(scope, error), ensure_ascii=False).encode()
        headers = [
            *SECURITY_HEADERS,
            (b"access-control-allow-origin", b"*"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        lines = [b"%s: %s\r\n" % pair for pair in headers]
        return b"".join([STATUS_LINE[error.status], *lines, b"\r\n", body])

    def _path(self) -> bytes:
        url: bytes = getattr(self, "url", b"")
        return url.partition(b"?")[0][:200]
