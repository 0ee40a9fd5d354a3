"""A server that stops: newcomers are not let in, and those inside are served."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from openslots.cli import drain
from openslots.cli.serve import listen

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
REQUEST = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with listen("127.0.0.1", 0) as made:
        yield made


def connected(listener: socket.socket) -> socket.socket:
    return socket.create_connection(listener.getsockname(), timeout=10)


def refused(listener: socket.socket) -> bool:
    """True when a new connection is not made within a moment."""
    try:
        socket.create_connection(listener.getsockname(), timeout=0.2).close()
    except TimeoutError:
        return True
    return False


def test_who_waits_to_be_accepted_stays_and_nobody_joins(listener: socket.socket) -> None:
    with connected(listener) as waiting:
        assert drain.ignore_newcomers([listener])
        assert refused(listener)
        waiting.sendall(b"hello")
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.recv(10) == b"hello"


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = (await receive())["body"]
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Quiet(drain.Server):
    """Outside the main thread nobody can listen for signals; the test says when to stop."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        raise AssertionError("no signal is sent")


def _answer(link: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"{}"):
        part = link.recv(4096)
        assert part, f"the connection ended after {received!r}"
        received += part
    return received


def test_a_request_that_comes_after_the_word_to_stop_is_answered() -> None:
    listener = listen("127.0.0.1", 0)
    address = listener.getsockname()
    config = uvicorn.Config(_echo, lifespan="off", log_config=None, loop="uvloop", http="httptools")
    server = _Quiet(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    with socket.create_connection(address, timeout=10) as early:
        early.sendall(REQUEST)
        assert b"connection: close" not in _answer(early)
        with socket.create_connection(address, timeout=10) as silent:
            server.should_exit = True
            end = time.monotonic() + 10
            while not refused(listener):
                assert time.monotonic() < end, "newcomers are still let in"
            early.sendall(REQUEST)  # on a connection that is kept
            assert b"connection: close" in _answer(early)
            silent.sendall(REQUEST)  # on one that was accepted and has asked for nothing yet
            assert b"connection: close" in _answer(silent)
    thread.join(10)
    assert not thread.is_alive()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=1)
