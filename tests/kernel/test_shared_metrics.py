"""API processes that share a port add up what they count, and lose nothing when one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from openslots.kernel import shared_metrics
from tests.kernel.scrape import Scrape, parse

COUNT = """
import signal, sys
from openslots.kernel import metrics
metrics.load()
for _ in range(int(sys.argv[1])):
    metrics.note_request("GET", "/v2/slots", 200, 0.2)
metrics.IN_FLIGHT.set(int(sys.argv[1]))
print("counted", flush=True)
signal.pause()
"""


class Process:
    """Counts so many requests and stays until it is killed."""

    def __init__(self, folder: Path, requests: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", COUNT, str(requests)],
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"counted\n"

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


def read(folder: Path) -> Scrape:
    registry = CollectorRegistry()
    with shared_metrics.settled(folder) as sums:
        registry.register(sums)
        return parse(generate_latest(registry).decode())


def counted(found: Scrape) -> list[float]:
    labels = {"method": "GET", "route": "/v2/slots"}
    return [
        found.value("openslots_http_requests_total", status="200", **labels),
        found.value("openslots_http_request_seconds_count", **labels),
        found.value("openslots_http_request_seconds_bucket", le="0.1", **labels),
        found.value("openslots_http_request_seconds_bucket", le="0.25", **labels),
        found.value("openslots_http_requests_in_flight"),
    ]


def test_what_a_dead_process_counted_stays_and_its_files_go(tmp_path: Path) -> None:
    with shared_metrics.folder(tmp_path) as folder:
        first, second = Process(folder, 3), Process(folder, 4)
        try:
            assert counted(read(folder)) == [7, 7, 0, 7, 7]
            first.kill()
            assert counted(read(folder)) == [7, 7, 0, 7, 4]
            third = Process(folder, 5)
            third.kill()
            for _ in range(2):
                assert counted(read(folder)) == [12, 12, 0, 12, 4]
            names = {path.name for path in folder.glob("*.db")}
            assert names == {
                "counter_0.db",
                "histogram_0.db",
                *(f"{kind}_{second.pid}.db" for kind in ("counter", "histogram", "gauge_livesum")),
            }
        finally:
            second.kill()
        assert counted(read(folder)) == [12, 12, 0, 12, 0]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_a_killed_supervisor_left_is_removed(tmp_path: Path) -> None:
    with shared_metrics.folder(tmp_path) as held:
        abandoned = tmp_path / f"{shared_metrics.PREFIX}left"
        abandoned.mkdir()
        (abandoned / shared_metrics.OWNER).touch()
        (abandoned / "counter_1.db").touch()
        foreign = tmp_path / "something else"
        foreign.mkdir()
        with shared_metrics.folder(tmp_path) as second:
            assert set(tmp_path.iterdir()) == {held, second, foreign}
        assert set(tmp_path.iterdir()) == {held, foreign}


def test_what_others_put_beside_is_left_alone(tmp_path: Path) -> None:
    trap = tmp_path / f"{shared_metrics.PREFIX}trap"
    trap.mkdir()
    os.mkfifo(trap / shared_metrics.OWNER)

    def use() -> None:
        with shared_metrics.folder(tmp_path):
            pass

    using = threading.Thread(target=use, daemon=True)
    using.start()
    using.join(10)
    assert not using.is_alive()
    assert [path.name for path in tmp_path.iterdir()] == [trap.name]
