"""Requests that no client library would send: raw bytes over a socket, seeded and counted."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from random import Random
from urllib.parse import quote

from fuzz.bodies import GOOD
from fuzz.known import tame
from fuzz.plan import HEADER, Contract
from fuzz.tally import Tally
from fuzz.values import TEXTS, hostile, mutated
from fuzz.world import World

SECONDS = 20
BAD_PATHS = (
    b"%00", b"%ff%fe", b"%c0%af", b"%ed%a0%80", b"%2e%2e%2f", b"..", b"//", b"%", b"%zz",
    b"\xff\xfe",
    b"%F0%9F%98%80", b"a" * 3000, b"%0d%0aX:1", b";a=b", b"*", b"%20", b"-0", b"1e3", b"+1",
    b"9" * 400, b"0x10", b"%D9%A3", b"null", b"%252F", b"1%00", b"\x00", b"\x7f",
)  # fmt: skip
BAD_QUERIES = (
    b"%00=1", b"a=%ff", b"&&&&", b"=", b"a[]=1&a[0]=2", b"a[b][c]=1", b"take=%00", b"take=1&take=2",
    b"a" * 4000, b"&".join(b"a=%d" % n for n in range(1500)), b"take=9" + b"9" * 400, b"skip=-1",
    b"%ed%a0%80=1", b"a=\xff\xfe", b"version=%00", b"start=\xe2\x80\xae", b"take=1;skip=2", b"[]=1",
    b"start=0001-01-01&end=9999-12-31", b"sortStart=asc&sortStart=desc", b"eventTypeId=1e5",
)  # fmt: skip
BAD_HEADERS = (
    b"Cal-Api-Version: \xff", b"cal-api-version: 9999-99-99", b"cal-api-version: ",
    b"cal-api-version: 2024-08-13\r\ncal-api-version: 2024-04-15",
    b"cal-api-version: " + b"1" * 5000,
    b"Authorization: Bearer", b"Authorization: Bearer \xff\xfe", b"Authorization: " + b"B" * 9000,
    b"Authorization: Basic !!!", b"Authorization: Bearer a b c", b"authorization: bearer\tcal_1",
    b"Cookie: uid=%00; uid=" + b"x" * 3000, b"Cookie: =;=;;", b"Cookie: uid=\xff",
    b"x-cal-client-id: \xff\r\nx-cal-secret-key: \xff", b"x-cal-client-id: a",
    b"X-Request-Id: \xff\x80",
    b"Idempotency-Key: " + b"k" * 5000, b"Idempotency-Key: \xff", b"Idempotency-Key: ",
    b"X-Forwarded-For: " + b"1.1.1.1, " * 500, b"CF-Connecting-IP: x", b"Origin: null",
    b"Accept: \xff", b"Accept-Language: " + b"en," * 800, b"Host: other", b"Range: bytes=0-,-1",
    b"If-None-Match: *", b"Expect: 100-continue", b"Expect: x",
    b"Upgrade: h2c\r\nConnection: upgrade",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: a", b"Connection: close, x",
    b"TE: trailers", b"Content-Encoding: gzip", b"X-A: \x01", b"X A: 1", b": 1", b" folded: 1",
    b"X-HTTP-Method-Override: DELETE", b"\r\n".join(b"X-%d: 1" % n for n in range(600)),
)  # fmt: skip
BAD_TYPES = (
    b"", b"application/json; charset=utf-16", b"application/json;charset=x", b"text/plain", b"*/*",
    b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=", b"\xff",
    b"application/xml",
    b"application/json\x00", b"application/vnd.api+json", b"APPLICATION/JSON", b"json", b";",
)  # fmt: skip
BAD_BODIES = (
    b"", b" ", b"{", b"[", b"nul", b"null", b"true", b"1", b'"a"', b"[]", b"{}", b"[[]]", b"{}{}",
    b"{},",
    b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"{\x00}", b'{"a":"\x00"}', b'{"a":"\\u0000"}',
    b'{"a":1,}',
    b'{"start":"\\ud800"}', b'{"\\ud800":1}', b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b"\x80abc",
    b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1e999}', b'{"a":-1e999}', b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":0.' + b"1" * 9000 + b"}", b"[" * 60_000, b"[" * 40_000 + b"]" * 40_000,
    b'{"a":' * 15_000,
    b'{"a":' * 63 + b"1" + b"}" * 63, b'{"a":1,"a":2}', b"{" + b'"a":1,' * 9000 + b'"b":1}',
    b'{"a":"' + b"x" * 90_000 + b'"}', b"x" * 100_001, b"%7B%7D", b"a=1&b=2", b"<a/>",
    b"\x1f\x8b\x08",
    b"{'a':1}", b'{"a":\x0b1}', b'{"a":01}', b'{"a":+1}', b"[" + b"1," * 40_000 + b"1]",
    b'{"":{"":{}}}',
)  # fmt: skip
BAD_FRAMES = (
    b"Content-Length: -1", b"Content-Length: 1, 1", b"Content-Length: 1\r\nContent-Length: 2",
    b"Content-Length: 99999999999999999999", b"Content-Length: x", b"Content-Length: 0x2",
    b"Transfer-Encoding: chunked\r\nContent-Length: 2", b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: xchunked",
)  # fmt: skip
BAD_CHUNKS = (
    b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n", b"2;a=b\r\n{}\r\n0\r\nX: 1\r\n\r\n",
    b"-1\r\n{}\r\n", b"ffffffffffffffff\r\n{}", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"0\r\n\r\n",
    b"2\r\n{}x\r\n",
)  # fmt: skip
BAD_LINES = (
    b"GET / HTTP/1.1 x", b"GET  / HTTP/1.1", b"get / HTTP/1.1", b"GET / HTTP/9.9", b"GET /",
    b"\x16\x03\x01",
    b"PRI * HTTP/2.0", b"CONNECT a:1 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"GET http://[::1 HTTP/1.1",
    b"GET http://a/v2/me HTTP/1.1", b"TRACE / HTTP/1.1", b"BREW /v2/me HTTP/1.1",
    b"\r\n\r\nGET / HTTP/1.1",
    b"HEAD /v2/bookings HTTP/1.1", b"PROPFIND /v2/me HTTP/1.1", b"GET /v2/me?a#b HTTP/1.1",
    b"GET ? HTTP/1.0",
    b"PUT /v2/me HTTP/1.1", b"QUERY /v2/slots HTTP/1.1", b"GET \xff HTTP/1.1",
    b"M-SEARCH * HTTP/1.1",
)  # fmt: skip
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


class Raw:
    """Makes and sends one hostile request after another."""

    def __init__(self, world: World, contracts: list[Contract], tally: Tally, start: int) -> None:
        self._world, self._tally = world, tally
        # a key that is exchanged in between would leave the rest to callers without one
        self._contracts = [c for c in contracts if c.path != "/v2/api-keys/refresh"]
        self._rng = Random(f"{start}:raw")

    def run(self, count: int, tick: Callable[[int], None]) -> None:
        for number, request in zip(range(count), self._requests(), strict=False):
            tick(number)
            status = self._send(request)
            if status is None:
                self._world.server.check()
            self._tally.answered(status or 0)
            if (status or 0) >= 500:
                self._tally.failed(f"raw: {status} for {request[:1500]!r}")

    def _requests(self) -> Iterator[bytes]:
        makers = [self._line, self._path, self._query, self._header, self._type, self._body]
        makers += [self._body, self._frame, self._chunks]
        if any((c.method, c.path) in GOOD for c in self._contracts):
            makers += [self._member] * 4
        while True:
            yield self._rng.choice(makers)()

    def _send(self, request: bytes) -> int | None:
        """The status of the answer; None where the server only closed, as it may."""
        try:
            with socket.create_connection(("127.0.0.1", self._world.server.port), SECONDS) as link:
                link.settimeout(SECONDS)
                link.sendall(request)
                answer = b""
                while not (found := _STATUS.match(answer)) or found[1] == b"100":
                    part = link.recv(65536)
                    if not part:
                        return None
                    answer += part
                    if found and found[1] == b"100":
                        answer = answer.partition(b"\r\n\r\n")[2]
                return int(found[1])
        except TimeoutError:
            return 599  # it neither answered nor closed
        except OSError:
            return None

    def _contract(self, *, body: bool) -> Contract:
        fitting = [c for c in self._contracts if not body or c.method in ("POST", "PATCH", "PUT")]
        return self._rng.choice(fitting or self._contracts)

    def _target(self, contract: Contract, bad: bytes | None = None) -> bytes:
        """The path with ids that exist, one of them replaced by `bad`."""
        names = re.findall(r"\{(\w+)\}", contract.path)
        worst = self._rng.choice(names) if names and bad is not None else None
        out, found = contract.path.encode(), self._world.known.path(names, self._rng)
        for name in names:
            good = quote(str(found.get(name, 1)), safe="").encode()
            out = out.replace(f"{{{name}}}".encode(), bad if name == worst and bad else good)
        return out if worst or bad is None else out + b"/" + bad

    def _request(
        self, contract: Contract, target: bytes, *headers: bytes, body: bytes | None = None
    ) -> bytes:
        lines = [contract.method.encode() + b" " + target + b" HTTP/1.1", b"Host: fuzz"]
        given = b"\r\n".join(headers).lower()
        if b"authorization:" not in given:
            lines.append(f"Authorization: Bearer {self._world.key}".encode())
        if HEADER.encode() not in given:
            lines.append(f"{HEADER}: {self._rng.choice(contract.dates)}".encode())
        lines += headers
        if body is not None:
            if b"content-type:" not in given:
                lines.append(b"Content-Type: application/json")
            if b"content-length:" not in given and b"transfer-encoding:" not in given:
                lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")

    def _line(self) -> bytes:
        return self._rng.choice(BAD_LINES) + b"\r\nHost: fuzz\r\n\r\n"

    def _path(self) -> bytes:
        contract = self._contract(body=False)
        body = None if contract.method in ("GET", "DELETE") else b"{}"
        target = self._target(contract, self._rng.choice(BAD_PATHS))
        return self._request(contract, target, body=body)

    def _query(self) -> bytes:
        contract = self._contract(body=False)
        names = [parameter.name.encode() for parameter in contract.operation.query] or [b"take"]
        bad = [quote(text, errors="surrogatepass")[:3000].encode() for text in TEXTS]
        own = self._rng.choice(names) + b"=" + self._rng.choice(bad)
        query = self._rng.choice((own, own, self._rng.choice(BAD_QUERIES)))
        body = None if contract.method in ("GET", "DELETE") else b"{}"
        return self._request(contract, self._target(contract) + b"?" + query, body=body)

    def _header(self) -> bytes:
        contract = self._contract(body=False)
        body = None if contract.method in ("GET", "DELETE") else b"{}"
        return self._request(
            contract, self._target(contract), self._rng.choice(BAD_HEADERS), body=body
        )

    def _type(self) -> bytes:
        contract = self._contract(body=True)
        kind = b"Content-Type: " + self._rng.choice(BAD_TYPES)
        body = self._rng.choice((b"{}", b'{"start":"2026-01-01"}', self._rng.choice(BAD_BODIES)))
        return self._request(contract, self._target(contract), kind, body=body)

    def _body(self) -> bytes:
        contract = self._contract(body=True)
        return self._request(contract, self._target(contract), body=self._rng.choice(BAD_BODIES))

    def _frame(self) -> bytes:
        contract = self._contract(body=True)
        frame = self._rng.choice(BAD_FRAMES)
        return self._request(contract, self._target(contract), frame, body=b"{}")

    def _chunks(self) -> bytes:
        contract = self._contract(body=True)
        chunks = self._rng.choice(BAD_CHUNKS)
        return self._request(
            contract, self._target(contract), b"Transfer-Encoding: chunked", body=chunks
        )

    def _member(self) -> bytes:
        """A good body with hostile values inside."""
        contract = self._rng.choice([c for c in self._contracts if (c.method, c.path) in GOOD])
        body = self._rng.choice(GOOD[contract.method, contract.path])
        changed = mutated(self._world.known.fill(body, self._rng, 1.0), self._rng)
        if self._rng.random() < 0.2 and isinstance(changed, dict):
            changed = {**changed, self._rng.choice(("id", "metadata", "hosts")): hostile(self._rng)}
        text = json.dumps(tame(changed), ensure_ascii=self._rng.random() < 0.5)
        return self._request(
            contract, self._target(contract), body=text.encode("utf-8", "surrogatepass")
        )
