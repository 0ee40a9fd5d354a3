"""What a caller notices while others attack: many connections, slow heads and bodies, giants.

Runs `openslots serve` as a deployment does, on bundled Postgres and Redis, and prints the latency
of an ordinary caller alone and beside each attack. Exits with 1 where the caller was not served.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from statistics import median

import psutil

from bench.harness import MANY, cluster, free_port, table
from tests.cluster import Cluster, clone

HEAD = b"GET /v2/me HTTP/1.1\r\nHost: bench\r\n"
CONNECTIONS, SECONDS = 10_000, 15.0
AT_ONCE = 200  # connections that are being opened at a time


@dataclass(frozen=True)
class Target:
    port: int
    process: psutil.Process

    @property
    def megabytes(self) -> float:
        return float(self.process.memory_info().rss) / 2**20


@dataclass
class Attack:
    """Connections that one kind of attacker holds, and how many of them the server ended."""

    opened: int = 0
    ended: int = 0


Attacker = Callable[[int, Attack], Awaitable[None]]


async def _open(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def idle(port: int, attack: Attack) -> None:
    """Opens a connection, says nothing, and waits for the end of it."""
    reader, writer = await _open(port)
    attack.opened += 1
    with contextlib.suppress(OSError):
        await reader.read()
    attack.ended += 1
    writer.close()


def _drip(start: bytes, drop: bytes) -> Attacker:
    async def attack_with(port: int, attack: Attack) -> None:
        reader, writer = await _open(port)
        attack.opened += 1
        writer.write(start)
        closed = asyncio.create_task(_closed(reader))
        try:
            while not closed.done():
                with contextlib.suppress(OSError):
                    writer.write(drop)
                await asyncio.wait([closed], timeout=1)
        finally:
            writer.close()
            await _end(closed)
        attack.ended += 1

    return attack_with


async def _closed(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        await reader.read()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def giant_head(port: int, attack: Attack) -> None:
    """A header that does not end, as fast as the server takes it."""
    await _flood(port, attack, HEAD + b"X-Giant: ")


async def giant_body(port: int, attack: Attack) -> None:
    """A body of which the head announces ten gigabytes, as fast as the server takes it."""
    head = b"POST /v2/bookings HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    await _flood(port, attack, head + b"Content-Length: 10000000000\r\n\r\n")


async def chunks(port: int, attack: Attack) -> None:
    """A body in chunks that do not end."""
    head = b"POST /v2/bookings HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    piece = b"%x\r\n%s\r\n" % (1 << 16, b" " * (1 << 16))
    await _flood(port, attack, head + b"Transfer-Encoding: chunked\r\n\r\n", piece)


async def _flood(port: int, attack: Attack, start: bytes, piece: bytes = b"a" * (1 << 16)) -> None:
    while True:
        reader, writer = await _open(port)
        attack.opened += 1
        writer.write(start)
        closed = asyncio.create_task(_closed(reader))
        with contextlib.suppress(OSError):
            for _ in range(20):  # more than a megabyte, then anew
                if closed.done():
                    break
                writer.write(piece)
                await writer.drain()
        attack.ended += 1
        writer.close()
        await _end(closed)
        await asyncio.sleep(0.05)


@asynccontextmanager
async def attacking(attacker: Attacker, count: int, port: int) -> AsyncIterator[Attack]:
    """`count` attackers at work; one whose connection was ended comes back with another."""
    attack, gate = Attack(), asyncio.Semaphore(AT_ONCE)

    async def work() -> None:
        while True:
            async with gate:
                await asyncio.sleep(0)
            with contextlib.suppress(OSError):
                await attacker(port, attack)
            await asyncio.sleep(0.1)

    tasks = [asyncio.create_task(work()) for _ in range(count)]
    try:
        async with asyncio.timeout(120):
            while attack.opened < count:  # noqa: ASYNC110  (nothing announces it)
                await asyncio.sleep(0.05)
        yield attack
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class Seen:
    """What the ordinary caller saw: milliseconds, and how often it was not served."""

    times: list[float]
    failed: int

    @property
    def p50(self) -> float:
        return median(self.times) if self.times else float("nan")

    @property
    def p99(self) -> float:
        ordered = sorted(self.times)
        return ordered[int(len(ordered) * 0.99)] if ordered else float("nan")


def caller(port: int, seconds: float) -> Seen:
    """Asks `/ready` (which asks Postgres), each time over a new connection, from another process
    than the attackers', 20 times a second."""
    import http.client

    times: list[float] = []
    failed, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            link.request("GET", "/ready")
            if link.getresponse().status != 200:
                failed += 1
        except (OSError, http.client.HTTPException):
            failed += 1
        finally:
            link.close()
        times.append((time.perf_counter() - started) * 1000)
        time.sleep(max(0.0, 0.05 - (time.perf_counter() - started)))
    return Seen(times, failed)


def _caller_process(port: int, seconds: float) -> Seen:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(caller, port, seconds).result()


ATTACKS: dict[str, tuple[Attacker, int]] = {  # attacker, divisor of the number of connections
    "idle connections": (idle, 1),
    "slow heads": (_drip(HEAD, b"X-Drip: 1\r\n"), 5),
    "slow bodies": (
        _drip(
            b"POST /v2/bookings HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\n\r\n",
            b" ",
        ),
        5,
    ),
    "giant heads": (giant_head, 500),
    "giant bodies": (giant_body, 500),
    "endless chunks": (chunks, 500),
}


@contextmanager
def served(servers: Cluster, **variables: str) -> Iterator[Target]:
    """`openslots serve` on a fresh database, without limits for the ordinary caller."""
    addresses, port = servers.addresses(), free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "openslots", "serve", "--port", str(port)],
        env={
            **os.environ,
            "DATABASE_URL": clone(addresses["admin"]),
            "REDIS_URL": f"{addresses['redis']}/0" if addresses["redis"] else "",
            "NEXTAUTH_SECRET": "a secret of the benchmarks",
            "CALENDSO_ENCRYPTION_KEY": "a secret of the benchmarks",
            "OPENSLOTS_LOG_LEVEL": "ERROR",
            "RATE_LIMIT_DEFAULT_LIMIT": MANY,
            **variables,
        },
    )
    try:
        end = time.monotonic() + 60
        while caller(port, 0.001).failed:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit("the server did not start")
        yield Target(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(60)


def more_files(wanted: int) -> int:
    """Raises this process's limit of open files; how many connections it may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    aim = wanted + 200
    if soft != resource.RLIM_INFINITY and soft < aim:
        soft = aim if hard == resource.RLIM_INFINITY else min(aim, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, soft - 200)


async def measure(
    target: Target, connections: int, seconds: float, names: list[str]
) -> AsyncIterator[tuple[str, Attack, Seen, float]]:
    """A row for the caller alone, then one for each attack."""
    alone = await asyncio.to_thread(_caller_process, target.port, seconds)
    yield "nobody", Attack(), alone, target.megabytes
    for name in names:
        attacker, divisor = ATTACKS[name]
        count = max(5, connections // divisor)
        async with attacking(attacker, count, target.port) as attack:
            seen = await asyncio.to_thread(_caller_process, target.port, seconds)
            megabytes = target.megabytes
        yield f"{count} {name}", attack, seen, megabytes


async def run(target: Target, connections: int, seconds: float, names: list[str]) -> int:
    rows, failed = [], 0
    async for name, attack, seen, megabytes in measure(target, connections, seconds, names):
        failed += seen.failed
        rows.append(
            [
                name,
                str(len(seen.times)),
                str(seen.failed),
                f"{seen.p50:.1f} ms",
                f"{seen.p99:.1f} ms",
                f"{attack.opened} / {attack.ended}",
                f"{megabytes:.0f} MB",
            ]
        )
        print(f"{name}: done", file=sys.stderr)
    header = ["beside", "requests", "failed", "p50", "p99", "opened / ended", "memory"]
    print(table("An ordinary caller of /ready", header, rows))
    return 1 if failed else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement")
    parser.add_argument("--attack", action="append", choices=list(ATTACKS))
    given = parser.parse_args()
    connections = more_files(given.connections)
    if connections < given.connections:
        print(f"only {connections} connections: the limit of open files", file=sys.stderr)
    names = given.attack or list(ATTACKS)
    with cluster() as made, served(made) as target:
        status = asyncio.run(run(target, connections, given.seconds, names))
    sys.exit(status)


if __name__ == "__main__":
    main()
