"""`/metrics` of several API processes on one port, and of a worker on a port of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from openslots.embedded import free_port
from openslots.kernel.http import ownport
from tests.kernel.scrape import Scrape, parse
from tests.processes.server import OPENSLOTS, Server, environment, eventually
from tests.processes.test_serve import served

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]
ROUTE = {"method": "GET", "route": "/v2/timezones", "status": "200"}
REQUESTS = "openslots_http_requests_total"


def read(base: str) -> Scrape:
    answer = httpx.get(f"{base}/metrics", timeout=10)
    assert answer.status_code == 200, answer.text
    return parse(answer.text)


def ask(base: str, times: int) -> None:
    """Each on a connection of its own, so that any of the processes may take it."""
    for _ in range(times):
        assert httpx.get(f"{base}/v2/timezones", timeout=10).status_code == 200


def api_processes(supervisor: int) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(supervisor).children()
        if "spawn_main" in " ".join(child.cmdline())
    ]


def test_two_processes_answer_as_one_and_a_killed_one_is_not_forgotten(
    server: Server, tmp_path: Path
) -> None:
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    with served(server, "--workers", "2", **shared) as (process, base):
        eventually(lambda: read(base).value("openslots_db_pool_size") == 20, 60, "both processes")
        ask(base, 40)
        assert [read(base).value(REQUESTS, **ROUTE) for _ in range(10)] == [40] * 10
        first = api_processes(process.pid)[0]
        first.kill()
        psutil.wait_procs([first], timeout=60)
        eventually(lambda: read(base).value("openslots_db_pool_size") == 10, 60, "one is gone")
        eventually(lambda: read(base).value("openslots_db_pool_size") == 20, 60, "both again")
        assert f"counter_{first.pid}" not in {path.stem for path in tmp_path.glob("*/*.db")}
        ask(base, 10)
        assert [read(base).value(REQUESTS, **ROUTE) for _ in range(10)] == [50] * 10
        process.terminate()
        assert process.wait(20) == 0
    assert list(tmp_path.iterdir()) == []


@contextmanager
def worker(server: Server, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [*OPENSLOTS, "worker"],
        env=environment(OPENSLOTS_DATA_DIR=str(server.folder), OPENSLOTS_METRICS_PORT=str(port)),
        cwd=server.folder.parent,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=30)


def test_a_worker_answers_on_its_own_port(server: Server) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{base}/health", timeout=1).text == "OK"
        return False

    with worker(server, port) as process:
        eventually(answers, 60, "the worker's port")
        assert httpx.get(f"{base}/ready", timeout=10).json()["status"] == "ready"
        found = read(base)
        assert found.value("openslots_db_pool_size") == 10
        assert "openslots_job_attempts" in found.names
        assert found.value("process_resident_memory_bytes") > 0
        proxied = httpx.get(f"{base}/metrics", headers={"X-Forwarded-For": "10.0.0.1"}, timeout=10)
        assert proxied.status_code == 403
        assert httpx.get(f"{base}/v2/me", timeout=10).status_code == 404
        with ExitStack() as idle:
            for _ in range(ownport.CONNECTIONS + 5):
                idle.enter_context(socket.create_connection(("127.0.0.1", port)))
            assert httpx.get(f"{base}/health", timeout=10).text == "OK"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_worker_without_its_port_does_the_jobs_nevertheless(server: Server) -> None:
    with worker(server, server.port) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"")
        assert any(b'"metrics.no_port"' in line for line in lines)
        assert process.poll() is None


def test_a_command_that_measures_nothing_does_not_load_the_library() -> None:
    code = (
        "import sys, openslots.worker, openslots.cli.admin; "
        "sys.exit('prometheus_client' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False)
    assert done.returncode == 0
