"""A real `openslots dev` on a folder and a port of its own, and what one needs around it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx
import psutil

from openslots.embedded import free_port

OPENSLOTS = [sys.executable, "-m", "openslots"]
SETTINGS_OF_OTHERS = ("DATABASE_URL", "REDIS_URL", "OPENSLOTS_DATA_DIR", "NEXT_PUBLIC_WEBAPP_URL")
QUIET_SECONDS = 1.2  # for the imports of `slowness`
PASSWORD = "Correct-horse-42-battery"


def environment(**values: str) -> dict[str, str]:
    """The environment of the test run without what would point a server somewhere else."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_OTHERS}
    return kept | {"RATE_LIMIT_DEFAULT_LIMIT": "100000"} | values


T = TypeVar("T")


def eventually(what: Callable[[], T | None], seconds: float, text: str) -> T:
    """Asks until the answer is true and returns it; fails with `text` after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{text}: not within {seconds} s")


def slowness() -> float:
    """How many times slower than a quiet machine of two cores this one is just now, 1 or more.

    Seconds that are promised are multiplied by it: the tests of the other process, or a slow
    machine, are no fault of what is measured.
    """
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import fastapi, sqlalchemy.ext.asyncio"], check=True)
    return max(1.0, (time.monotonic() - started) / QUIET_SECONDS)


@dataclass
class Server:
    """One data folder and port; `start` and `stop` may follow each other any number of times."""

    folder: Path
    port: int = field(default_factory=free_port)
    variables: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """What the running server printed so far."""
        return self._printed.read_text()

    @property
    def _printed(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.{self.starts}.out")

    def start(self, *arguments: str) -> float:
        """Starts and waits until everything is up; returns the seconds to the first 200."""
        self.starts += 1
        started = time.monotonic()
        with self._printed.open("wb") as out:
            self.process = subprocess.Popen(
                [*OPENSLOTS, "dev", f"--port={self.port}", f"--data-dir={self.folder}", *arguments],
                env=environment(**self.variables),
                cwd=self.folder.parent,  # not where a developer's own .env may lie
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        eventually(self.healthy, 60, "first 200")
        took = time.monotonic() - started
        eventually(lambda: "openslots runs at" in self.output, 60, "the welcome")
        return took

    def healthy(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the server ended:\n{self.output[-3000:]}")
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.base}/health", timeout=1).status_code == 200
        return False

    def family(self) -> list[psutil.Process]:
        """Every process that the server started, and what those started."""
        if self.process is None or self.process.poll() is not None:
            return []
        return psutil.Process(self.process.pid).children(recursive=True)

    def children(self) -> list[psutil.Process]:
        """The processes that the server itself started."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children()

    def child(self, words: str) -> psutil.Process:
        """The direct child in whose command line these words stand.

        A process that has only just become another program shows no command line for a moment.
        """
        return eventually(partial(self._child, words), 5, f"no child {words}")

    def _child(self, words: str) -> psutil.Process | None:
        for process in self.children():
            with contextlib.suppress(psutil.Error):
                if words in " ".join(process.cmdline()):
                    return process
        return None

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> float:
        """Signals the server alone and waits for its end; returns the seconds it took."""
        if self.process is None:
            return 0.0
        started = time.monotonic()
        self.process.send_signal(sign)
        self.process.wait(30)
        self.process = None
        return time.monotonic() - started

    def admin(self, *arguments: str) -> dict[str, Any]:
        """Runs an admin command beside the server and returns its JSON."""
        done = subprocess.run(
            [*OPENSLOTS, "admin", *arguments, "--json"],
            env=environment(OPENSLOTS_DATA_DIR=str(self.folder)),
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    @property
    def demo(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return found

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return found

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the server's database, read past the server."""

        async def run() -> list[tuple[Any, ...]]:
            connection: Any = await asyncpg.connect(self.state["database_url"])
            try:
                return [tuple(row) for row in await connection.fetch(statement, *values)]
            finally:
                await connection.close()

        return asyncio.run(run())


class Receiver:
    """A webhook receiver on this machine; with `hold` it keeps every request waiting."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.arrived = 0
        self.open = threading.Event()
        self.open.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.arrived += 1
                receiver.open.wait(60)
                with contextlib.suppress(OSError):  # the sender may be gone by now
                    self.send_response(200)
                    self.end_headers()
                receiver.bodies.append(json.loads(body))

            def log_message(self, *_: Any) -> None:
                """Nothing: the test says what it expects."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def of(self, uid: str) -> list[dict[str, Any]]:
        return [body for body in self.bodies if body.get("payload", {}).get("uid") == uid]

    def close(self) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    try:
        yield made
    finally:
        made.close()
