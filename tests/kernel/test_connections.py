"""What one connection may cost, tried over real sockets against the protocol that `serve` uses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from openslots.kernel.http.connections import AHEAD, Connections
from openslots.kernel.http.middleware import Bodies
from openslots.kernel.settings import Connections as Limits

SHORT = timedelta(milliseconds=300)
LONG = timedelta(seconds=60)
JSON = b"Content-Type: application/json\r\n"
HELLO = b"GET /hello HTTP/1.1\r\nHost: test\r\n\r\n"
BIG = 40_000_000


class App:
    """`/hello` answers, `/hold` waits until `open` is set, `/big` answers with much, `/body` with
    what it got; it counts."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.headers: list[tuple[bytes, bytes]] = []
        self.open = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.calls.append(scope["path"])
        if scope["path"] == "/hold":
            await self.open.wait()
        body = b"x" * BIG if scope["path"] == "/big" else b"hello"
        if scope["path"] == "/body":
            body = (await receive())["body"]
        self.headers = scope["headers"]
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Running:
    def __init__(self, server: uvicorn.Server, app: App, family: Connections) -> None:
        self.server, self.app, self.family = server, app, family
        self.port = int(server.servers[0].sockets[0].getsockname()[1])

    @property
    def held(self) -> int:
        return len(self.server.server_state.connections)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def until_held(self, count: int) -> None:
        await until(lambda: self.held == count)


@asynccontextmanager
async def running(*, most: int = 100, **limits: Any) -> AsyncIterator[Running]:
    """A server with these limits and otherwise long ones."""
    generous: dict[str, Any] = {
        "keep_alive": LONG,
        "header_timeout": LONG,
        "body_timeout": LONG,
        "write_timeout": LONG,
    }
    chosen = Limits(**(generous | limits))
    family, app = Connections(chosen, most), App()
    config = uvicorn.Config(
        Bodies(app, limit=100_000),
        port=0,
        lifespan="off",
        log_config=None,
        http=cast(Any, family),
        timeout_keep_alive=cast(Any, chosen.keep_alive.total_seconds()),
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started)
        yield Running(server, app, family)
    finally:
        app.open.set()
        server.should_exit = True
        await task


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not what():  # noqa: ASYNC110  (nothing announces it)
            await asyncio.sleep(0.01)


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server closes."""
    async with asyncio.timeout(10):
        return await reader.read()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return int(head.split(b" ")[1]), await reader.readexactly(length)


async def test_a_connection_that_sends_nothing_is_closed_without_a_word() -> None:
    async with running(header_timeout=SHORT) as server:
        reader, writer = await server.connect()
        assert await rest(reader) == b""
        writer.close()
        await server.until_held(0)


@pytest.mark.parametrize("before", [b"", HELLO], ids=["first", "second"])
async def test_a_head_that_does_not_end_is_answered_408(before: bytes) -> None:
    async with running(header_timeout=SHORT) as server:
        reader, writer = await server.connect()
        if before:
            writer.write(before)
            assert (await answer(reader))[0] == 200
        writer.write(b"GET /hello HTTP/1.1\r\nHost: test\r\nX-A: b")
        status, body = await answer(reader)
        assert status == 408
        assert json.loads(body)["error"]["code"] == "RequestTimeoutException"
        assert await rest(reader) == b""
        writer.close()
        await server.until_held(0)


async def test_a_head_that_drips_has_no_more_time_than_any_other() -> None:
    async with running(header_timeout=SHORT) as server:
        reader, writer = await server.connect()
        writer.write(b"GET /hello HTTP/1.1\r\n")
        reading = asyncio.create_task(rest(reader))
        async with asyncio.timeout(10):
            while not reading.done():
                writer.write(b"X-Drip: 1\r\n")
                await asyncio.sleep(0.02)
        assert reading.result().startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_empty_lines_after_an_answer_do_not_hold_the_connection() -> None:
    async with running(header_timeout=SHORT) as server:
        reader, writer = await server.connect()
        writer.write(HELLO)
        assert (await answer(reader))[0] == 200
        writer.write(b"\r\n\r\n")
        await rest(reader)
        writer.close()
        await server.until_held(0)


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 10\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"]
)
async def test_a_body_that_does_not_end_is_answered_408_and_carries_nothing_out(
    framing: bytes,
) -> None:
    async with running(body_timeout=SHORT) as server:
        reader, writer = await server.connect()
        writer.write(b"POST /hello HTTP/1.1\r\nHost: test\r\n" + framing)
        assert (await answer(reader))[0] == 408
        assert await rest(reader) == b""
        writer.close()
        await server.until_held(0)
        assert server.app.calls == []


async def test_a_client_that_leaves_in_the_middle_of_a_body_carries_nothing_out() -> None:
    async with running() as server:
        _, writer = await server.connect()
        writer.write(b"POST /hello HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n{")
        await writer.drain()
        await server.until_held(1)
        writer.close()
        await server.until_held(0)
        assert server.app.calls == []


async def test_a_body_that_was_refused_may_not_go_on_for_ever() -> None:
    async with running(body_timeout=SHORT) as server:
        reader, writer = await server.connect()
        writer.write(b"POST /hello HTTP/1.1\r\nHost: test\r\nContent-Length: 999999999\r\n\r\n")
        assert (await answer(reader))[0] == 413
        assert await rest(reader) == b""
        writer.close()
        await server.until_held(0)


@pytest.mark.parametrize("ended", [True, False], ids=["whole", "endless"])
async def test_a_giant_head_is_answered_431(ended: bool) -> None:
    async with running(header_bytes=2000) as server:
        reader, writer = await server.connect()
        giant = b"GET /hello HTTP/1.1\r\nHost: test\r\nX-Giant: "
        writer.write(giant)
        await writer.drain()
        for _ in range(30):
            writer.write(b"a" * 100)
            await asyncio.sleep(0)
        if ended:
            writer.write(b"\r\n\r\n")
        status, body = await answer(reader)
        assert status == 431
        assert json.loads(body)["error"]["code"] == "RequestHeaderFieldsTooLargeException"
        writer.close()
        await server.until_held(0)
        assert server.app.calls == []


async def test_a_giant_address_is_answered_431() -> None:
    async with running(header_bytes=2000) as server:
        reader, writer = await server.connect()
        writer.write(b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: test\r\n\r\n")
        assert (await answer(reader))[0] == 431
        writer.close()
        assert server.app.calls == []


async def test_what_is_not_http_is_answered_400_in_the_envelope() -> None:
    async with running() as server:
        reader, writer = await server.connect()
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        status, body = await answer(reader)
        assert status == 400
        assert json.loads(body)["error"]["message"] == "The request is not valid HTTP"
        assert await rest(reader) == b""
        writer.close()


async def test_a_client_that_does_not_read_is_dropped() -> None:
    async with running(write_timeout=SHORT) as server:
        _, writer = await server.connect()
        writer.write(b"GET /big HTTP/1.1\r\nHost: test\r\n\r\n")
        await server.until_held(1)
        await server.until_held(0)
        writer.close()


async def test_an_idle_connection_is_closed_after_the_keep_alive_time() -> None:
    async with running(keep_alive=SHORT) as server:
        reader, writer = await server.connect()
        writer.write(HELLO)
        assert (await answer(reader))[0] == 200
        assert await rest(reader) == b""
        writer.close()


async def test_too_many_connections_cost_the_one_that_has_waited_longest() -> None:
    async with running(most=3) as server:
        first, second = await server.connect(), await server.connect()
        holding, first_idle = second
        first_idle.write(b"GET /hold HTTP/1.1\r\nHost: test\r\n\r\n")
        await first_idle.drain()
        await until(lambda: "/hold" in server.app.calls)
        others = [await server.connect() for _ in range(4)]
        assert await rest_or_reset(first[0]) == b""  # it had waited longest
        await server.until_held(3)
        reader, writer = others[-1]
        writer.write(HELLO)
        assert (await answer(reader))[0] == 200  # the newest is served
        server.app.open.set()
        assert (await answer(holding))[0] == 200  # and so is who waits for an answer
        for _, opened in (first, second, *others):
            opened.close()
        await server.until_held(0)
        assert server.family.waiting == {}


async def rest_or_reset(reader: asyncio.StreamReader) -> bytes:
    try:
        return await rest(reader)
    except ConnectionResetError:
        return b""


async def test_requests_sent_at_once_are_all_answered() -> None:
    """A deadline does not strike what waits for the answer to the request before it."""
    async with running(header_timeout=SHORT, body_timeout=SHORT) as server:
        reader, writer = await server.connect()
        body = b"POST /hello HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{"
        writer.write(b"GET /hold HTTP/1.1\r\nHost: test\r\n\r\n" + HELLO + body)
        await writer.drain()
        await asyncio.sleep(SHORT.total_seconds() * 2)
        writer.write(b"}")
        server.app.open.set()
        assert [(await answer(reader))[0] for _ in range(3)] == [200, 200, 200]
        writer.close()


CHUNKED = b"POST /body HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n" + JSON + b"\r\n"
H2C = b"Connection: keep-alive, Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n"


@pytest.mark.parametrize("later", [0.25, 0.35, 0.55, 0.65])
async def test_time_to_send_begins_when_the_server_reads_on(later: float) -> None:
    """Whenever the answer before comes, the body that waited for it has its whole time."""
    async with running(header_timeout=SHORT, body_timeout=SHORT) as server:
        reader, writer = await server.connect()
        writer.write(b"GET /hold HTTP/1.1\r\nHost: test\r\n\r\n" + HELLO)
        writer.write(b"POST /hello HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{")
        await asyncio.sleep(later)
        server.app.open.set()
        assert [(await answer(reader))[0] for _ in range(2)] == [200, 200]
        await asyncio.sleep(SHORT.total_seconds() / 2)
        writer.write(b"}")
        assert (await answer(reader))[0] == 200
        writer.close()


@pytest.mark.parametrize(
    "wish", [H2C + b"Upgrade: h2c\r\n", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"]
)
@pytest.mark.parametrize("pieces", [1, 7], ids=["whole", "in pieces"])
async def test_a_wish_for_another_protocol_costs_no_body_and_no_next_request(
    wish: bytes, pieces: int
) -> None:
    """Java's client and `curl --http2` wish for h2c with every first request."""
    head = b"POST /body?a=b HTTP/1.1\r\nHost: test\r\n" + JSON + wish
    sent = head + b"Content-Length: 9\r\n\r\n" + b'{"a": 12}' + HELLO
    async with running() as server:
        reader, writer = await server.connect()
        for start in range(0, len(sent), len(sent) // pieces + 1):
            writer.write(sent[start : start + len(sent) // pieces + 1])
            await writer.drain()
            await asyncio.sleep(0)
        assert await answer(reader) == (200, b'{"a": 12}')
        assert await answer(reader) == (200, b"hello")
        writer.write(CHUNKED.replace(b"Host", wish + b"Host") + b'9\r\n{"a": 34}\r\n0\r\n\r\n')
        assert await answer(reader) == (200, b'{"a": 34}')
        writer.close()
        assert server.app.calls == ["/body", "/hello", "/body"]


async def test_connect_is_refused() -> None:
    async with running() as server:
        reader, writer = await server.connect()
        writer.write(b"CONNECT test:80 HTTP/1.1\r\nHost: test\r\n\r\n")
        assert (await answer(reader))[0] == 400
        writer.close()
        assert server.app.calls == []


@pytest.mark.parametrize("line", [b"X-Many: b\r\n" * 400, b"X-One: " + b"b" * 4000])
async def test_what_follows_a_chunked_body_has_the_limit_of_a_head(line: bytes) -> None:
    async with running(header_bytes=8192) as server:
        reader, writer = await server.connect()
        writer.write(CHUNKED + b'9\r\n{"a": 12}\r\n0\r\n')
        await writer.drain()
        for _ in range(4):
            writer.write(line)
            await writer.drain()
            await asyncio.sleep(0.02)
            line = line.removeprefix(b"X-One: ")
        assert (await answer(reader))[0] == 431
        writer.close()


async def test_what_follows_a_body_becomes_no_header() -> None:
    async with running() as server:
        reader, writer = await server.connect()
        writer.write(CHUNKED + b"0\r\nAuthorization: Bearer x\r\n\r\n")
        assert (await answer(reader))[0] == 200
        writer.close()
        assert all(name != b"authorization" for name, _ in server.app.headers)


async def test_a_body_in_many_small_chunks_is_read() -> None:
    async with running(header_bytes=1024) as server:
        reader, writer = await server.connect()
        writer.write(CHUNKED)
        for byte in b'"' + b"x" * 1000 + b'"':
            writer.write(b"1\r\n%c\r\n" % byte)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"0\r\n\r\n")
        assert (await answer(reader))[0] == 400  # no object, but whole
        writer.close()


async def test_requests_far_ahead_of_their_answers_end_the_connection() -> None:
    async with running() as server:
        reader, writer = await server.connect()
        writer.write(b"GET /hold HTTP/1.1\r\nHost: test\r\n\r\n" + HELLO * (AHEAD + 1))
        assert await rest(reader) == b""
        server.app.open.set()
        await server.until_held(0)
        assert server.app.calls == ["/hold"]
        writer.close()


async def test_a_client_that_has_nothing_more_to_say_gets_its_answer() -> None:
    async with running() as server:
        reader, writer = await server.connect()
        writer.write(HELLO + b"GET /hold HTTP/1.1\r\nHost: test\r\n\r\n")
        writer.write_eof()
        assert (await answer(reader))[0] == 200
        server.app.open.set()
        assert (await answer(reader))[0] == 200
        assert await rest(reader) == b""
        writer.close()
        await server.until_held(0)
