"""Four API processes and two workers beside one of each, on one database.

The load comes from `wrk`, which is written in C and takes little of the processors that are
measured. Both servers run all the time and are loaded in turns.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import asyncpg
import psutil

from bench.bookings import tomorrow
from bench.harness import Request, Server, api, cluster, environment, load, table
from openslots.cli.load import load as fill
from openslots.kernel.clock import iso
from tests.cluster import Cluster, clone

HOSTS, BOOKINGS = 2_000, 20_000
TURNS, SECONDS, CLIENTS = 4, 5, 16
AIM = 1.8

# Requests of wrk, one after another: every write takes another time of another host.
SCRIPT = """
local kinds, first, hosts, n = "{kind}", {first}, {hosts}, {start}
function request()
  n = n + 1
  local host = first + n % hosts
  if kinds == "slots" then
    return wrk.format("GET", "/v2/slots?eventTypeId=" .. host .. "&start={day}&end={end_day}",
      {{["cal-api-version"] = "2024-09-04"}})
  end
  local turn = math.floor(n / hosts)
  local start = string.format("{month}-%02dT%02d:30:00Z", 1 + turn / 8, 9 + turn % 8)
  local body = string.format('{{"start":"%s","eventTypeId":%d,"attendee":{{"name":"Ann",' ..
    '"email":"ann%d@example.com","timeZone":"UTC"}}}}', start, host, n)
  return wrk.format("POST", "/v2/bookings",
    {{["cal-api-version"] = "2024-08-13", ["Content-Type"] = "application/json"}}, body)
end
function done(summary, latency, requests)
  io.write(string.format("DONE %d %d %d %f\\n", summary.requests, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50) / 1000))
end
"""


@dataclass
class Side:
    """A number of processes over a database of their own."""

    name: str
    running: Server
    workers: list[subprocess.Popen[bytes]]
    first_type: int
    postgres: int
    sent: int = 0

    def cpu(self) -> float:
        """CPU seconds of its own processes so far."""
        return _cpu(self.running.pid, *(worker.pid for worker in self.workers))

    def database_cpu(self) -> float:
        return _cpu(self.postgres)


def _cpu(*pids: int) -> float:
    """CPU seconds of processes and their children so far."""
    seen = 0.0
    for pid in pids:
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            times = process.cpu_times()
            seen += times.user + times.system
    return seen


@dataclass(frozen=True)
class Result:
    rate: float
    p50: float
    cpu: float  # milliseconds of the API and workers per request
    database_cpu: float  # and of Postgres


@contextmanager
def side(servers: Cluster, name: str, processes: int, workers: int) -> Iterator[Side]:
    url = clone(servers.addresses()["admin"])
    asyncio.run(fill(url, HOSTS, BOOKINGS))
    first = asyncio.run(_first_type(url))
    command = [sys.executable, "-m", "openslots", "worker"]
    with ExitStack() as stack:
        running = stack.enter_context(api(servers, url, processes=processes))
        started = [subprocess.Popen(command, env=environment(servers, url)) for _ in range(workers)]
        try:
            yield Side(name, running, started, first, _postmaster(servers))
        finally:
            for worker in started:
                worker.terminate()
            for worker in started:
                worker.wait(60)


def _postmaster(servers: Cluster) -> int:
    return int((servers.postgres.data / "postmaster.pid").read_text().split()[0])


async def _first_type(url: str) -> int:
    database = await asyncpg.connect(url)
    try:
        return int(await database.fetchval("SELECT min(id) FROM event_types"))
    finally:
        await database.close()


def measure(one: Side, kind: str) -> Result:
    """Loads one side for some seconds."""
    before, database_before = one.cpu(), one.database_cpu()
    day = tomorrow() + timedelta(days=1)
    month = f"{day.year + 1}-01"  # nobody is booked so far ahead
    values = {
        "kind": kind,
        "first": one.first_type,
        "hosts": HOSTS,
        "start": one.sent,
        "day": iso(day)[:10],
        "end_day": iso(day + timedelta(days=14))[:10],
        "month": month,
    }
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "load.lua"
        script.write_text(SCRIPT.format(**values))
        command = [
            "wrk",
            "-t1",
            f"-c{CLIENTS}",
            f"-d{SECONDS}s",
            "--timeout",
            "10s",
            "-s",
            str(script),
        ]
        url = f"http://127.0.0.1:{one.running.port}/"
        said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    found = re.search(r"DONE (\d+) (\d+) (\d+) ([\d.]+)", said)
    if found is None or int(found[2]) or int(found[3]):
        raise SystemExit(f"{kind} with {one.name}: {said}")
    requests = int(found[1])
    one.sent += requests + CLIENTS
    spent = (one.cpu() - before) * 1000 / requests
    database_spent = (one.database_cpu() - database_before) * 1000 / requests
    return Result(requests / SECONDS, float(found[4]), spent, database_spent)


def main(servers: Cluster | None = None) -> None:
    if servers is None:
        with cluster() as made:
            main(made)
        return
    if shutil.which("wrk") is None:
        print("scale: needs wrk (apt-get install wrk), which loads without taking much itself")
        return
    rows = []
    with side(servers, "1 + 1", 1, 1) as few, side(servers, "4 + 2", 4, 2) as many:
        for running in (few, many):
            _warm_up(running)
        for kind in ("slots", "bookings"):
            found: dict[str, list[Result]] = {few.name: [], many.name: []}
            for _ in range(TURNS):
                for one in (few, many):
                    found[one.name].append(measure(one, kind))
            rates = [median(result.rate for result in results) for results in found.values()]
            for name, results in found.items():
                rate = median(result.rate for result in results)
                cpu = median(result.cpu for result in results)
                database = median(result.database_cpu for result in results)
                rows.append(
                    [
                        f"{kind}, {name}",
                        f"{rate:.0f}",
                        f"{median(result.p50 for result in results):.1f}",
                        f"{cpu:.1f}",
                        f"{database:.1f}",
                        f"{rate * (cpu + database) / 1000:.2f}",
                        f"{rate / rates[0]:.2f}",
                    ]
                )
    header = ["API processes + workers", "requests/s", "p50 ms", "CPU ms/request"]
    header += ["of Postgres", "cores busy", "to one"]
    cores = f"{psutil.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    print(table(f"one database, {CLIENTS} clients, {cores} (aim: {AIM})", header, rows))


def _warm_up(one: Side) -> None:
    """Every process answers some requests first."""
    path = f"/v2/event-types?eventTypeId={one.first_type}"
    for _ in range(4):
        asyncio.run(
            load(one.running.port, lambda _: Request("GET", path, {}), clients=32, requests=64)
        )
        measure(one, "slots")


if __name__ == "__main__":
    main()
