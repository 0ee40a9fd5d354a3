"""Calling out: total time, size, redirects, and that only checked addresses are dialled."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpcore
import pytest

from openslots.kernel import outbound
from openslots.kernel import settings as kernel
from openslots.kernel.lookup import Lookup
from openslots.kernel.outbound import Failed, GuardedDial, Outbound, Refused
from openslots.kernel.settings import Settings

Respond = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Site:
    """A server that answers what it is told; `requests` are raw."""

    def __init__(self, respond: Respond) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._respond = respond

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await _head(reader):
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                ),
                0,
            )
            request = head + await reader.readexactly(length)
            self.requests.append(request)
            await self._respond(request, writer)
        writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@asynccontextmanager
async def site(respond: Respond) -> AsyncIterator[tuple[Site, int]]:
    made = Site(respond)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    yield made, server.sockets[0].getsockname()[1]
    server.close()


async def answer_ok(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)
    await writer.drain()


@asynccontextmanager
async def client(deployment: str = "self-hosted", seconds: float = 5) -> AsyncIterator[Outbound]:
    limits = kernel.Webhooks(timeout=timedelta(seconds=seconds))
    made = Outbound(Settings(deployment=deployment, webhooks=limits))
    yield made
    await made.close()


async def test_a_post_arrives_as_it_was_sent_over_one_connection() -> None:
    async with site(answer_ok) as (there, port), client() as out:
        for _ in range(2):
            answer = await out.post(
                f"http://127.0.0.1:{port}/in?a=b c&d=ü#x", b'{"a":1}', {"X-One": "1"}
            )
            assert (answer.status, answer.excerpt) == (200, "ok")
            assert answer.headers["content-length"] == "2"
            assert 0 <= answer.milliseconds < 5000
    assert there.connections == 1
    head, _, body = there.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /in?a=b%20c&d=%C3%BC HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}".encode() in head
    assert b"X-One: 1" in head
    assert body == b'{"a":1}'


async def test_user_and_password_of_the_url_become_a_header() -> None:
    async with site(answer_ok) as (there, port), client() as out:
        await out.post(f"http://ann:p%40ss@127.0.0.1:{port}/", b"", {})
    expected = base64.b64encode(b"ann:p@ss")
    assert b"Authorization: Basic " + expected in there.requests[0]


async def test_a_redirect_is_an_answer_like_any_other() -> None:
    async def redirect(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with site(redirect) as (there, port), client() as out:
        answer = await out.post(f"http://127.0.0.1:{port}/in", b"", {})
    assert answer.status == 302
    assert len(there.requests) == 1


async def test_only_the_first_two_kilobytes_of_an_endless_answer_are_kept() -> None:
    async def flood(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"\x00ab\xff" * 1024)
                await writer.drain()
        except ConnectionError:
            return

    async with site(flood) as (_, port), client() as out:
        answer = await out.post(f"http://127.0.0.1:{port}/", b"", {})
    assert len(answer.excerpt) == 2048
    assert set(answer.excerpt) == {"\ufffd", "a", "b"}  # Postgres stores no NUL


async def test_the_whole_exchange_has_one_time_limit() -> None:
    async def drip(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b".")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            return

    async with site(drip) as (_, port), client(seconds=0.2) as out:
        with pytest.raises(Failed) as failure:
            await out.post(f"http://127.0.0.1:{port}/", b"", {})
    assert failure.value.kind == "timeout"


async def test_what_goes_wrong_has_a_name() -> None:
    async def hang_up(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def no_tls(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 welcome\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(no_tls, "127.0.0.1", 0)
    plain = server.sockets[0].getsockname()[1]
    async with server, site(hang_up) as (_, port), client() as out:
        for url, kind in (
            (f"http://127.0.0.1:{port}/", "protocol"),
            (f"https://127.0.0.1:{plain}/", "tls"),
            ("http://127.0.0.1:1/", "connect"),
            ("http://no-such-host.invalid/", "dns"),
        ):
            with pytest.raises(Failed) as failure:
                await out.post(url, b"", {})
            assert failure.value.kind == kind, url


async def test_an_error_quotes_little_of_what_came() -> None:
    async def babble(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + b"x" * 50_000 + b"\r\n\r\n")
        writer.close()

    async with site(babble) as (_, port), client() as out:
        with pytest.raises(Failed) as failure:
            await out.post(f"http://127.0.0.1:{port}/", b"", {})
    assert str(failure.value).startswith("protocol: illegal header line")
    assert len(str(failure.value)) == len("protocol: ") + 300


@pytest.mark.parametrize(
    ("deployment", "url", "reason"),
    [
        ("self-hosted", "http://169.254.169.254/", "Blocked hostname"),
        ("saas", "https://10.0.0.1/", "Private IP address"),
        ("saas", "http://example.com/", "Only HTTPS URLs are allowed"),
    ],
)
async def test_forbidden_urls_are_refused_before_anything_is_sent(
    deployment: str, url: str, reason: str
) -> None:
    async with client(deployment) as out:
        with pytest.raises(Refused, match=reason):
            await out.post(url, b"", {})


class Names:
    """Stands for the resolver, which is outside of this machine: each look-up takes one answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.dialled: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", self.look_up)

    def look_up(self, host: str, port: int, **_: Any) -> list[Any]:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in found]

    async def connect_tcp(self, host: str, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        raise httpcore.ConnectError("nobody there")


async def dial(
    monkeypatch: pytest.MonkeyPatch, names: Names, host: str, *, public_only: bool
) -> None:
    backend = GuardedDial(public_only=public_only)
    monkeypatch.setattr(backend, "_inner", names)
    await backend.connect_tcp(host, 443, timeout=5)


async def test_a_name_is_dialled_at_the_addresses_that_were_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = Names(monkeypatch, ["93.184.216.34", "2606:2800:220:1::1"])
    with pytest.raises(httpcore.ConnectError):
        await dial(monkeypatch, names, "example.com", public_only=True)
    assert names.dialled == ["93.184.216.34", "2606:2800:220:1::1"]


@pytest.mark.parametrize("private", ["10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.1"])
async def test_one_private_address_refuses_the_name_in_hosted_mode(
    monkeypatch: pytest.MonkeyPatch, private: str
) -> None:
    names = Names(monkeypatch, ["93.184.216.34", private])
    with pytest.raises(Refused, match="Hostname resolves to private IP"):
        await dial(monkeypatch, names, "example.com", public_only=True)
    assert names.dialled == []


async def test_a_name_of_the_metadata_service_is_refused_in_every_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = Names(monkeypatch, ["169.254.169.254"])
    with pytest.raises(Refused):
        await dial(monkeypatch, names, "innocent.example.com", public_only=False)
    assert names.dialled == []


async def test_a_name_that_changes_its_address_is_checked_again_at_the_next_dial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = Names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    with pytest.raises(httpcore.ConnectError):
        await dial(monkeypatch, names, "rebind.example.com", public_only=True)
    with pytest.raises(Refused):
        await dial(monkeypatch, names, "rebind.example.com", public_only=True)
    assert names.dialled == ["93.184.216.34"]


async def test_names_that_nobody_answers_delay_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, really = threading.Event(), socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **more: Any) -> Any:
        if str(host).startswith("hangs"):
            answered.wait(30)
            raise socket.gaierror("no answer")
        return really("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    async with site(answer_ok) as (_, port), client(seconds=20) as out:
        hanging = [
            asyncio.create_task(out.post(f"http://hangs-{number}.test:{port}/", b"", {}))
            for number in range(40)
        ]
        async with asyncio.timeout(4):  # less than a dial may take
            answer = await out.post(f"http://answers.test:{port}/", b"", {})
        assert answer.status == 200
        assert not any(task.done() for task in hanging)
        answered.set()
        for task in hanging:
            with pytest.raises(Failed) as failure:
                await task
            assert failure.value.kind == "dns"


async def test_look_ups_of_one_name_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    lookup = Lookup(most=1)
    found = await asyncio.gather(*(lookup.addresses("one.test", 443) for _ in range(5)))
    assert found == [["93.184.216.34"]] * 5
    given_up = asyncio.create_task(lookup.addresses("one.test", 443))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await lookup.addresses("one.test", 443) == ["127.0.0.1"]
    assert names.answers == [["127.0.0.1"]]


async def test_the_shared_one_belongs_to_the_loop_and_the_settings() -> None:
    self_hosted, hosted = Settings(), Settings(deployment="saas")
    assert outbound.shared(self_hosted) is outbound.shared(Settings())
    assert outbound.shared(self_hosted) is not outbound.shared(hosted)
    await outbound.close_all()
