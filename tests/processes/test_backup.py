"""Backup and restore with the bundled Postgres: beside `openslots dev`, and while it is down."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.processes.calls import BOOKINGS, book, call, free_starts
from tests.processes.server import OPENSLOTS, Server, environment

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*OPENSLOTS, *words, "--data-dir", str(folder)],
        env=environment(),
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@dataclass
class Moved(Server):
    """A server on restored data: its demo user is the one of the backup."""

    known: dict[str, Any] | None = None

    @property
    def demo(self) -> dict[str, Any]:
        return self.known or super().demo


def test_a_backup_of_dev_is_restored_into_a_new_folder_and_booked_on(
    server: Server, tmp_path: Path
) -> None:
    start, later = free_starts(server)[:2]
    uid, file = book(server, start), str(tmp_path / "backup")
    done = command(server.folder, "backup", file)
    assert (done.returncode, done.stderr) == (0, "")
    refused = command(server.folder, "restore", file)
    assert refused.returncode == 1
    assert "the database is not empty" in refused.stderr

    fresh = tmp_path / "fresh"
    done = command(fresh, "restore", file)
    assert done.returncode == 0, done.stderr
    assert "its own PostgreSQL is started for this" in done.stderr
    moved = Moved(fresh, known=server.demo)
    moved.start("--no-seed")
    try:
        found = call(moved, "GET", f"/v2/bookings/{uid}", version=BOOKINGS)
        assert found["start"] == start
        assert start not in free_starts(moved)
        again = book(moved, later)
    finally:
        moved.stop()

    done = command(fresh, "backup", f"{file}.2")
    assert done.returncode == 0, done.stderr
    done = command(fresh, "restore", f"{file}.2")
    assert "the database is not empty" in done.stderr
    moved.start("--no-seed")
    try:
        assert call(moved, "GET", f"/v2/bookings/{again}", version=BOOKINGS)["uid"] == again
    finally:
        moved.stop()


def test_without_a_server_and_without_data_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    done = command(tmp_path / "nothing", "backup", str(tmp_path / "file"))
    assert done.returncode == 1
    assert "no server runs on the data folder" in done.stderr
    assert not (tmp_path / "nothing" / "postgres").exists()
