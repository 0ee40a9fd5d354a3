"""The server under test: `openslots dev` on a spare port and a folder that goes away again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

OPENSLOTS = Path(__file__).resolve().parent.parent / ".venv" / "bin" / "openslots"
MANY = "100000000"
OTHERS = ("DATABASE_URL", "REDIS_URL", "OPENSLOTS_DATA_DIR", "NEXT_PUBLIC_WEBAPP_URL")
START_SECONDS, STOP_SECONDS = 180, 30


class ServerGone(Exception):
    """The server does not answer any more; the message says what it printed last."""


@dataclass
class Server:
    """A running server and where it keeps what it writes."""

    base: str
    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def demo_key(self) -> str:
        return str(json.loads((self.folder / "demo.json").read_text())["api_key"])

    def admin(self, *words: str) -> dict[str, Any]:  # Any: JSON of the command
        """Runs `openslots admin WORDS` beside the server."""
        done = subprocess.run(
            [str(OPENSLOTS), "admin", *words, "--json"],
            env=_environment() | {"OPENSLOTS_DATA_DIR": str(self.folder)},
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise ServerGone(f"openslots admin {' '.join(words)}: {done.stderr.strip()[-500:]}")
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    def user(self, name: str) -> str:
        """Makes a user; an API key of theirs."""
        words = ["--username", name, "--name", name.title(), "--password", "Correct-horse-42"]
        made = self.admin(
            "user", "create", "--email", f"{name}@example.com", "--time-zone", "Europe/London",
            "--with-defaults", *words,
        )  # fmt: skip
        return str(made["apiKey"])

    def check(self) -> None:
        """Raises ServerGone unless it answers."""
        try:
            healthy = requests.get(f"{self.base}/health", timeout=20).status_code == 200
        except requests.RequestException:
            healthy = False
        if not healthy:
            raise ServerGone(f"the server does not answer:\n{self.printed()[-3000:]}")

    def printed(self) -> str:
        return (self.folder.parent / "printed").read_text(errors="replace")

    def errors(self, request_id: str) -> str:
        """The tracebacks that the log holds for a request."""
        logs = sorted((self.folder / "log").glob("api*"))
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
        found = [line for line in lines if request_id in line and '"error"' in line]
        return "\n".join(str(json.loads(line).get("error", "")) for line in found)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in OTHERS}
    return kept | {
        "RATE_LIMIT_DEFAULT_LIMIT": MANY,
        "RATE_LIMIT_DEFAULT_LIMIT_API_KEY": MANY,
        "RATE_LIMIT_DEFAULT_LIMIT_ACCESS_TOKEN": MANY,
        "RATE_LIMIT_DEFAULT_LIMIT_OAUTH_CLIENT": MANY,
        "OPENSLOTS_CHEAP_PASSWORDS": "1",
        "OPENSLOTS_LOG_LEVEL": "ERROR",
        "OPENSLOTS_HEADER_TIMEOUT": "2",  # many a raw request is not a whole one
        "OPENSLOTS_BODY_TIMEOUT": "2",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running() -> Iterator[Server]:
    """Starts a server and waits until it is seeded; stops it and removes its folder at the end."""
    with tempfile.TemporaryDirectory(prefix="openslots-fuzz-") as root:
        folder, port = Path(root) / "data", _free_port()
        with (Path(root) / "printed").open("wb") as out:
            process = subprocess.Popen(
                [str(OPENSLOTS), "dev", f"--port={port}", f"--data-dir={folder}"],
                env=_environment(),
                cwd=root,  # not where a developer's own .env may lie
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        server = Server(f"http://127.0.0.1:{port}", port, folder, process)
        try:
            _wait(server)
            yield server
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while "demo key: " not in server.printed():
        if server.process.poll() is not None or time.monotonic() > end:
            raise ServerGone(f"the server did not start:\n{server.printed()[-3000:]}")
        time.sleep(0.1)
