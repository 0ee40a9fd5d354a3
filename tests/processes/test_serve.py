"""`openslots serve`, as a deployment runs it: several processes, and a SIGTERM that drains."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from openslots.embedded import free_port
from tests.processes.server import OPENSLOTS, Server, environment, eventually

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]
HALF_A_REQUEST = (
    b"POST /dev/inbox HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
)


@contextmanager
def starting(
    server: Server, *arguments: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A `serve` on the database of the running server, with the inbox to have slow requests."""
    port = free_port()
    process = subprocess.Popen(
        [*OPENSLOTS, "serve", "--port", str(port), *arguments],
        env=environment(
            **json.loads((server.folder / "secrets.json").read_text()),
            DATABASE_URL=server.state["database_url"],
            OPENSLOTS_DEV="1",
            **variables,
        ),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@contextmanager
def served(
    server: Server, *arguments: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """One that is up."""
    with starting(server, *arguments, **variables) as (process, base):
        eventually(lambda: up(base), 60, "first 200")
        yield process, base


def up(base: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{base}/health", timeout=1).status_code == 200
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_lets_the_request_at_hand_finish(server: Server, workers: str) -> None:
    with served(server, "--workers", workers) as (process, base):
        host, port = base.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as link:
            link.sendall(HALF_A_REQUEST)
            assert b"100 Continue" in link.recv(1000)  # so it is under way
            process.terminate()
            eventually(lambda: not up(base), 20, "no new requests are taken")
            assert process.poll() is None
            link.sendall(b"{}")
            assert link.recv(1000).startswith(b"HTTP/1.1 204 ")
        assert process.wait(20) == 0


def test_who_comes_before_the_server_is_ready_is_refused_and_does_not_wait(server: Server) -> None:
    """A proxy then asks another one at once."""
    began = time.monotonic()
    with starting(server) as (_, base):
        host, port = base.removeprefix("http://").split(":")

        def accepted() -> socket.socket | None:
            with suppress(ConnectionRefusedError):
                return socket.create_connection((host, int(port)), timeout=30)
            return None

        with eventually(accepted, 60, "a connection") as link:
            let_in = time.monotonic()
            link.sendall(b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n")
            assert link.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - let_in < (let_in - began) / 2


def test_one_more_worker_finds_the_running_server_and_ends_when_told(server: Server) -> None:
    with subprocess.Popen(
        [*OPENSLOTS, "worker"],
        env=environment(OPENSLOTS_DATA_DIR=str(server.folder)),
        cwd=server.folder.parent,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        events = (json.loads(line)["event"] for line in process.stdout)
        assert "worker.started" in events
        process.terminate()
        assert list(events)[-1] == "worker.stopped"
    assert process.returncode == 0


def test_a_server_without_its_variables_says_which_ones() -> None:
    done = subprocess.run(
        [*OPENSLOTS, "serve", "--port", str(free_port())],
        env=environment(NEXTAUTH_SECRET="", CALENDSO_ENCRYPTION_KEY=""),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "openslots: missing environment variables: "
        "DATABASE_URL, NEXTAUTH_SECRET, CALENDSO_ENCRYPTION_KEY"
    ]
