"""What counting and measuring adds to a request: the cheapest request with it and without it.

`/health` looks at nothing, so its ratio is the worst there is. Both are taken in turn in one
process, once with numbers in memory and once in files, where `serve --workers N` has them; what is
shown is the lower quartile of the CPU time.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

from bench.harness import table

REQUESTS, ROUNDS = 200, 60
# whether numbers are shared, and the ratio that is allowed
KINDS = {"numbers in memory": (False, 1.10), "numbers in shared files": (True, 1.15)}


def main() -> None:
    rows = []
    for kind, (shared, most) in KINDS.items():
        bare, measured = _measure(shared)
        rows += [
            [f"/health, not measured ({kind})", f"{bare:.1f} us", "1.000", ""],
            [
                f"/health, measured ({kind})",
                f"{measured:.1f} us",
                f"{measured / bare:.3f}",
                f"{most:.2f}",
            ],
        ]
    print(table("Metrics (per request)", ["what", "measured", "ratio", "at most"], rows))


def _measure(shared: bool) -> tuple[float, float]:
    """Microseconds per request, without and with; in a process of its own, because the library
    decides at its import where numbers live."""
    with tempfile.TemporaryDirectory(prefix="openslots-bench-") as folder:
        variables = {
            **os.environ,
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "REDIS_URL": "",
            "NEXTAUTH_SECRET": "a secret of the benchmarks",
            "CALENDSO_ENCRYPTION_KEY": "a secret of the benchmarks",
            "OPENSLOTS_LOG_LEVEL": "WARNING",
            "RATE_LIMIT_DEFAULT_LIMIT": "100000000",
        }
        if shared:
            variables["PROMETHEUS_MULTIPROC_DIR"] = folder
        done = subprocess.run(
            [sys.executable, "-m", "bench.metrics", "measure"],
            env=variables,
            check=True,
            capture_output=True,
            text=True,
        )
    bare, measured = json.loads(done.stdout.splitlines()[-1])
    return bare, measured


async def _in_turn() -> tuple[float, float]:
    from openslots.main import create_app

    app = create_app()
    took: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(2 * ROUNDS):
        on = bool(turn % 2)
        with _switched(on):
            started = time.process_time()
            for _ in range(REQUESTS):
                await _ask(app)
            took[on].append((time.process_time() - started) / REQUESTS * 1e6)
    return quantiles(took[False], n=4)[0], quantiles(took[True], n=4)[0]


@contextmanager
def _switched(on: bool) -> Iterator[None]:
    from openslots.kernel import metrics

    kept = metrics.note_request
    if not on:
        metrics.note_request = lambda *_: None
    try:
        yield
    finally:
        metrics.note_request = kept


async def _ask(app: Any) -> None:  # Any: an ASGI application
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/health",
        "raw_path": b"/health",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"bench")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        if message.get("status", 200) != 200:
            raise SystemExit(f"unexpected answer: {message}")

    await app(scope, receive, send)


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        print(json.dumps(asyncio.run(_in_turn())))
    else:
        main()
