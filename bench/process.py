"""What the API process costs before its first request: time to start and resident memory."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator

from bench.harness import Server, cluster, load_once, server, table
from tests.cluster import Cluster

BARE = "import fastapi, sqlalchemy.ext.asyncio, asyncpg"
OURS = "from openslots.main import create_app; create_app()"
ROUNDS = 7


def _cpu(code: str, environment: dict[str, str]) -> float:
    """CPU milliseconds of a Python process that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.DEVNULL
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def _resident_mb(pid: int) -> float:
    import psutil

    return float(psutil.Process(pid).memory_info().rss) / 2**20


def _rows(running: Server) -> Iterator[list[str]]:
    environment = {
        **os.environ,
        "DATABASE_URL": running.database_url,
        "NEXTAUTH_SECRET": "a secret of the benchmarks",
        "CALENDSO_ENCRYPTION_KEY": "a secret of the benchmarks",
    }
    # taken in turn, so that what else the machine does weighs on both
    pairs = [(_cpu(BARE, environment), _cpu(OURS, environment)) for _ in range(ROUNDS)]
    bare, ours = (min(column) for column in zip(*pairs, strict=True))
    yield ["start: bare import of fastapi, sqlalchemy, asyncpg", f"{bare:.0f} ms", "1.00", ""]
    yield ["start: application ready", f"{ours:.0f} ms", f"{ours / bare:.2f}", "at most 2.00"]
    load_once(running)
    yield ["resident after first requests", f"{_resident_mb(running.pid):.0f} MB", "", "150 MB"]


def main(servers: Cluster | None = None) -> None:
    if servers is None:
        with cluster() as made:
            main(made)
        return
    with server(servers) as running:
        rows = list(_rows(running))
    print(table("API process (CPU time)", ["what", "measured", "ratio", "aim"], rows))


if __name__ == "__main__":
    main()
