"""Deliveries of one worker: throughput beside a bare httpx loop, time from commit to receipt, and
what one hanging endpoint does to the others."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from statistics import median

from bench.harness import cluster, table
from tests.cluster import Cluster, clone

ENDPOINTS = 10
EVENTS = 150  # times ENDPOINTS is the number of deliveries
LATENCY_EVENTS = 200
LATENCY_GAP = 0.05
WARM_UP = 20
LOOP_CLIENTS = 8
SECRETS = {
    "NEXTAUTH_SECRET": "a secret of the benchmarks",
    "CALENDSO_ENCRYPTION_KEY": "a secret of the benchmarks",
    "OPENSLOTS_LOG_LEVEL": "WARNING",
}


@dataclass
class Receiver(asyncio.Protocol):
    """Answers 204 to every POST, but never to one whose path ends in `hang`; those to `in-N` are
    noted."""

    sink: Sink
    transport: asyncio.Transport | None = None
    buffer: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head, rest = self.buffer[:end], self.buffer[end + 4 :]
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(rest) < length:
                return
            body, self.buffer = rest[:length], rest[length:]
            path = head.split(b" ", 2)[1]
            if path.startswith(b"/in-"):
                self.sink.note(body)
            if not path.endswith(b"hang") and self.transport is not None:
                self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


@dataclass
class Sink:
    """When each body came; `uid` is cut out of it without parsing."""

    times: dict[str, list[float]] = field(default_factory=dict)
    count: int = 0
    wanted: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, body: bytes) -> None:
        at = body.find(b'"uid": "')
        uid = body[at + 8 : body.find(b'"', at + 8)].decode()
        self.times.setdefault(uid, []).append(time.perf_counter())
        self.count += 1
        if self.count >= self.wanted:
            self.done.set()

    async def wait(self, wanted: int, seconds: float = 120) -> None:
        self.wanted = wanted
        if self.count < wanted:
            self.done.clear()
            await asyncio.wait_for(self.done.wait(), seconds)


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Sink, int]]:
    sink = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(sink), "127.0.0.1", 0)
    yield sink, server.sockets[0].getsockname()[1]
    server.close()


@contextmanager
def worker(url: str, redis: str) -> Iterator[None]:
    environment = {**os.environ, **SECRETS, "DATABASE_URL": url, "REDIS_URL": redis}
    process = subprocess.Popen([sys.executable, "-m", "openslots", "worker"], env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@dataclass
class World:
    """A host with ten subscriptions, in a database of its own, and what rings the worker."""

    database_url: str
    redis_url: str
    port: int

    async def open(self, paths: list[str]) -> None:
        from pydantic import SecretStr

        from openslots.jobs.alarm import Alarm
        from openslots.kernel import db, settings
        from openslots.kernel.bus import Bus
        from openslots.kernel.redis import Redis
        from openslots.kernel.uow import Units
        from openslots.models import Webhook
        from tests.factories import make_user

        made = settings.Settings(db=settings.Database(url=SecretStr(self.database_url)))
        self.units = Units(db.create_engine(made.db, application="bench"), made, Bus())
        self.redis = Redis(settings.Redis(url=SecretStr(self.redis_url)))
        self.alarm = Alarm(self.redis)
        self.host = await make_user(self.units)
        async with self.units.begin() as uow:
            for path in paths:
                uow.session.add(
                    Webhook(
                        user_id=self.host.id,
                        subscriber_url=f"http://127.0.0.1:{self.port}/{path}",
                        triggers=["BOOKING_CREATED"],
                        sealed_secret="a secret",  # in clear, as from before encryption
                    )
                )
            await uow.session.flush()
            await uow.commit()

    async def happen(self, number: int) -> str:
        """One booking is made, as far as webhooks see it; the moment of the commit is now."""
        from openslots.events.bookings import BookingCreated
        from openslots.webhooks import subscribers
        from tests.webhooks import facts

        uid = f"bench-{number}"
        async with self.units.begin() as uow:
            start = uow.now + timedelta(days=1)
            one = facts.booking(
                id=number + 1,
                uid=uid,
                start=start,
                end=start + timedelta(minutes=30),
                organizer_id=self.host.id,
            )
            told = {**facts.told(booking=one, event_type=replace(facts.event_type(), id=1))}
            await subscribers.on_created(uow, BookingCreated(**told))
            await uow.commit()
        self.alarm.wake()
        return uid

    async def close(self) -> None:
        await self.redis.close()
        await self.units.close()


async def throughput(database_url: str, redis_url: str) -> float:
    """Deliveries per second of one worker that finds a full table."""
    async with receiving() as (sink, port):
        world = World(database_url, redis_url, port)
        await world.open([f"in-{number}" for number in range(ENDPOINTS)])
        for number in range(EVENTS):
            await world.happen(number)
        with worker(world.database_url, world.redis_url):
            await sink.wait(EVENTS * ENDPOINTS)
        moments = sorted(moment for found in sink.times.values() for moment in found)
        await world.close()
    return (len(moments) - 1) / (moments[-1] - moments[0])


async def bare_loop() -> float:
    """Posts per second of eight clients of httpx and nothing else, in a process of their own."""
    async with receiving() as (sink, port):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.deliveries", "loop", str(port)
        )
        await sink.wait(EVENTS * ENDPOINTS)
        moments = sorted(moment for found in sink.times.values() for moment in found)
        await process.wait()
    return (len(moments) - 1) / (moments[-1] - moments[0])


async def _loop(port: int) -> None:
    import httpx

    from openslots.events.bookings import BookingCreated
    from openslots.webhooks.payload import bookings, envelope
    from tests.webhooks import facts

    payload = bookings.created(BookingCreated(**facts.told()), facts.AROUND)
    body = envelope.plain(envelope.wrapped("BOOKING_CREATED", facts.AT, payload)).encode()
    numbers = iter(range(EVENTS * ENDPOINTS))
    headers = {"Content-Type": "application/json"}

    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:

        async def work() -> None:
            for number in numbers:
                url = f"http://127.0.0.1:{port}/in-{number % ENDPOINTS}"
                await client.post(url, content=body, headers=headers)

        await asyncio.gather(*(work() for _ in range(LOOP_CLIENTS)))


async def latencies(database_url: str, redis_url: str, *, hanging: bool) -> list[float]:
    """Milliseconds from commit to receipt at nine endpoints, the tenth hanging or not."""
    async with receiving() as (sink, port):
        world = World(database_url, redis_url, port)
        last = "hang" if hanging else "tenth"
        await world.open([*(f"in-{number}" for number in range(ENDPOINTS - 1)), last])
        committed: dict[str, float] = {}
        with worker(world.database_url, world.redis_url):
            await world.happen(0)
            await sink.wait(ENDPOINTS - 1)  # the worker is up
            for number in range(1, LATENCY_EVENTS + 1):
                uid = await world.happen(number)
                committed[uid] = time.perf_counter()
                await asyncio.sleep(LATENCY_GAP)
            await sink.wait((LATENCY_EVENTS + 1) * (ENDPOINTS - 1))
        await world.close()
    found = [
        (moment - committed[uid]) * 1000
        for uid, moments in sink.times.items()
        for moment in moments
        if int(uid.removeprefix("bench-")) > WARM_UP
    ]
    return sorted(found)


def _p99(values: list[float]) -> float:
    return values[min(len(values) - 1, int(len(values) * 0.99))]


def _rows(servers: Cluster) -> list[list[str]]:
    addresses = servers.addresses()
    redis = f"{addresses['redis']}/7" if addresses["redis"] else ""
    full, calm_url, hanging_url = (clone(addresses["admin"]) for _ in range(3))
    bare = asyncio.run(bare_loop())
    ours = asyncio.run(throughput(full, redis))
    calm = asyncio.run(latencies(calm_url, redis, hanging=False))
    hanging = asyncio.run(latencies(hanging_url, redis, hanging=True))
    slower = _p99(hanging) / _p99(calm)
    return [
        ["bare httpx loop", f"{bare:.0f} /s", "1.00", ""],
        ["one worker", f"{ours:.0f} /s", f"{ours / bare:.2f}", "at least 0.50"],
        ["commit to receipt, p50", f"{median(calm):.0f} ms", "", ""],
        ["commit to receipt, p99", f"{_p99(calm):.0f} ms", "1.00", ""],
        ["p99, one of ten hanging", f"{_p99(hanging):.0f} ms", f"{slower:.2f}", "at most 2.00"],
    ]


def main(servers: Cluster | None = None) -> None:
    if servers is None:
        with cluster() as made:
            main(made)
        return
    print(table("Deliveries", ["what", "measured", "ratio", "aim"], _rows(servers)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["loop"]:
        asyncio.run(_loop(int(sys.argv[2])))
    else:
        main()
