"""`openslots health`: the answers that a container's check goes by."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from openslots import cli
from openslots.embedded import free_port
from openslots.kernel import clock


@pytest.fixture
def api() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/ready" else 503)
            self.end_headers()
            self.wfile.write(b'{"postgres": "missing"}')

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what it expects."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_an_api_that_answers_is_healthy(api: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["health", "--url", f"{api}/ready"]) == 0
    assert "postgres" in capsys.readouterr().out


def test_another_status_says_what_is_wrong(api: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["health", "--url", f"{api}/other"]) == 1
    assert 'answered 503: {"postgres": "missing"}' in capsys.readouterr().err


def test_the_whole_address_is_asked_for(api: str) -> None:
    assert cli.main(["health", "--url", f"{api}/ready?some=thing"]) == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://localhost/",
        "nonsense",
        "http://127.0.0.1:{port}",
        "http://127.0.0.1:99999/ready",
        "http://[::1/ready",
    ],
)
def test_nothing_there_is_one_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["health", "--url", url.format(port=free_port())]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(("age", "status"), [(2, 0), (29, 0), (31, 1)])
def test_a_worker_is_healthy_while_its_file_is_fresh(
    age: float, status: int, tmp_path: Path
) -> None:
    file = tmp_path / "alive"
    file.touch()
    touched = clock.now().timestamp()
    os.utime(file, (touched - age, touched - age))
    with clock.pinned(clock.now()):
        assert cli.main(["health", "--alive", str(file)]) == status


def test_a_worker_that_never_started_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["health", "--alive", str(tmp_path / "alive")]) == 1
    assert "no worker has written" in capsys.readouterr().err
