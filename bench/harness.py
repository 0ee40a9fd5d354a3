"""A real server on bundled Postgres and Redis, and a loopback load that measures it.

Requests go over raw keep-alive connections from this process to `uvicorn` in another, so the
client costs little. What is reported are ratios to the floor, measured in the same run.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tests.cluster import Cluster, clone

if TYPE_CHECKING:
    from openslots.kernel.uow import Units

MANY = "100000000"


@dataclass(frozen=True)
class Request:
    """One HTTP request as bytes, made again for every use."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    def encode(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: bench"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body


@dataclass(frozen=True)
class Figures:
    """Latency in milliseconds and requests per second of one load."""

    p50: float
    p99: float
    rate: float
    statuses: frozenset[int]


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request
) -> int:
    writer.write(request.encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if length:
        await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def load(
    port: int, make: Callable[[int], Request], *, clients: int, requests: int
) -> Figures:
    """Sends `requests` requests, `make(n)` each, over `clients` connections."""
    numbers = iter(range(requests))
    times: list[float] = []
    statuses: set[int] = set()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            request = make(number)
            started = time.perf_counter()
            statuses.add(await _exchange(reader, writer, request))
            times.append((time.perf_counter() - started) * 1000)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    took = time.perf_counter() - started
    ordered = sorted(times)
    return Figures(
        p50=median(ordered),
        p99=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        rate=len(ordered) / took,
        statuses=frozenset(statuses),
    )


def load_once(running: Server) -> None:
    """A few requests, so that what is made on first use has been made."""
    floor = Request("GET", "/v2/floor/public", {})
    document = Request("GET", "/openapi.json", {})
    for request in (floor, document):
        asyncio.run(load(running.port, lambda _, r=request: r, clients=1, requests=20))  # type: ignore[misc]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A running API process; `database_url` is its own database."""

    port: int
    pid: int
    database_url: str
    started_in: float

    @asynccontextmanager
    async def units(self) -> AsyncIterator[Units]:
        """Units of work on the server's database, to put data there."""
        from pydantic import SecretStr

        from openslots.kernel import db
        from openslots.kernel.bus import Bus
        from openslots.kernel.settings import Database, Settings
        from openslots.kernel.uow import Units as Made

        settings = Settings(db=Database(url=SecretStr(self.database_url)))
        made = Made(db.create_engine(settings.db, application="bench"), settings, Bus())
        try:
            yield made
        finally:
            await made.close()


@contextmanager
def cluster() -> Iterator[Cluster]:
    made = Cluster()
    made.start()
    try:
        yield made
    finally:
        made.stop()


def environment(servers: Cluster, url: str) -> dict[str, str]:
    """The variables of a process over that database."""
    addresses = servers.addresses()
    return {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": f"{addresses['redis']}/0" if addresses["redis"] else "",
        "NEXTAUTH_SECRET": "a secret of the benchmarks",
        "CALENDSO_ENCRYPTION_KEY": "a secret of the benchmarks",
        "OPENSLOTS_LOG_LEVEL": "WARNING",
        "OPENSLOTS_CHEAP_PASSWORDS": "1",
        "RATE_LIMIT_DEFAULT_LIMIT": MANY,
        "RATE_LIMIT_DEFAULT_LIMIT_API_KEY": MANY,
        "RATE_LIMIT_DEFAULT_LIMIT_ACCESS_TOKEN": MANY,
    }


@contextmanager
def server(servers: Cluster, url: str | None = None) -> Iterator[Server]:
    """An API process with the floor route, on a fresh database or that of `url`; ends with the
    block."""
    url = url or clone(servers.addresses()["admin"])
    command = ["uvicorn", "bench.floor:create", "--factory", "--no-access-log"]
    command += ["--log-level", "warning", "--port"]
    with _running(command, environment(servers, url)) as made:
        yield made


@contextmanager
def api(servers: Cluster, url: str, *, processes: int) -> Iterator[Server]:
    """`openslots serve` with so many processes."""
    command = ["openslots", "serve", "--workers", str(processes), "--port"]
    with _running(command, environment(servers, url)) as made:
        yield made


@contextmanager
def _running(command: list[str], variables: dict[str, str]) -> Iterator[Server]:
    started, port = time.perf_counter(), free_port()
    process = subprocess.Popen([sys.executable, "-m", *command, str(port)], env=variables)
    try:
        _until_up(process, port)
        took = time.perf_counter() - started
        yield Server(port, process.pid, variables["DATABASE_URL"], took)
    finally:
        process.terminate()
        process.wait(20)


def _until_up(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise SystemExit("the server did not start")


def table(title: str, header: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(row: list[str]) -> str:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        return "  ".join(cells)

    return "\n".join(
        [title, line(header), line(["-" * width for width in widths]), *map(line, rows)]
    )
