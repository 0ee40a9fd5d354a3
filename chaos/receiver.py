"""A webhook receiver on the loopback address that notes every request and fails some on purpose."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from openslots.kernel import clock

MOST_ARRIVALS = 300_000
HANG_SECONDS = 5.0  # longer than the servers wait
SLOW_SECONDS = 1.0
# What becomes of the first arrival of an id, by chance; every later one is accepted.
FATES = (("refused", 0.05), ("cut", 0.03), ("hung", 0.01), ("slow", 0.03))


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request. `fate` is accepted, slow (accepted late), refused (500), cut or hung."""

    at: float  # seconds since 1970
    hook: str
    id: str
    trigger: str
    uid: str
    digest: str
    fate: str
    signed: bool

    @property
    def accepted(self) -> bool:
        return self.fate in ("accepted", "slow")


@dataclass
class Receiver:
    """Hook `name` has the address `url(name)`; all hooks share `secret`."""

    secret: str
    random: Random
    failing: bool = True
    port: int = 0
    arrivals: list[Arrival] = field(default_factory=list)
    unreadable: int = 0
    _seen: set[str] = field(default_factory=set)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def _fate(self, delivery_id: str) -> str:
        first = delivery_id not in self._seen
        self._seen.add(delivery_id)
        if not (first and self.failing):
            return "accepted"
        drawn = self.random.random()
        for fate, share in FATES:
            if drawn < share:
                return fate
            drawn -= share
        return "accepted"

    def _note(self, path: str, headers: dict[str, str], body: bytes) -> str:
        document = json.loads(body)
        payload = document.get("payload", document)  # the triggers by the clock are flat
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        delivery_id = headers["webhook-id"]
        arrival = Arrival(
            at=clock.now().timestamp(),
            hook=path.removeprefix("/"),
            id=delivery_id,
            trigger=document["triggerEvent"],
            uid=payload["uid"],
            digest=hashlib.sha256(body).hexdigest(),
            fate=self._fate(delivery_id),
            signed=hmac.compare_digest(signature, headers["x-cal-signature-256"]),
        )
        if len(self.arrivals) >= MOST_ARRIVALS:
            raise RuntimeError("more deliveries than any run should see")
        self.arrivals.append(arrival)
        return arrival.fate

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Takes one request; whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        try:
            fate = self._note(first.split()[1], headers, body)
        except (ValueError, KeyError):
            self.unreadable += 1
            fate = "refused"
        if fate == "hung":
            await asyncio.sleep(HANG_SECONDS)
        if fate in ("hung", "cut"):
            return False
        if fate == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        status = b"500 On Purpose" if fate == "refused" else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        return True


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[None]:
    """Serves on a spare port, which `receiver.port` then names."""
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
