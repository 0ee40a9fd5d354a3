"""What keeps `openslots dev` from starting is one clear line on stderr and status 1."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openslots.embedded import free_port
from tests.processes.server import OPENSLOTS, Server, environment

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]


def refusal(folder: Path, port: int, **variables: str) -> str:
    """The one line that a start which must fail prints."""
    done = subprocess.run(
        [*OPENSLOTS, "dev", "--port", str(port), "--data-dir", str(folder)],
        env=environment(**variables),
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr.strip()


def test_a_folder_that_another_server_uses(server: Server) -> None:
    assert server.process is not None
    said = refusal(server.folder, free_port())
    assert f"is in use by process {server.process.pid}" in said
    assert server.healthy()


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refusal(tmp_path / "data", port)
    assert f"cannot listen on 127.0.0.1, port {port}: address already in use" in said
    assert not (tmp_path / "data" / "postgres").exists()


def a_file(folder: Path) -> None:
    folder.write_text("a file")


def unreadable_secrets(folder: Path) -> None:
    folder.mkdir()
    (folder / "secrets.json").write_text('{"NEXTAUTH_SECRET": ')


def incomplete_secrets(folder: Path) -> None:
    folder.mkdir()
    (folder / "secrets.json").write_text('{"NEXTAUTH_SECRET": "x"}')


def half_a_cluster(folder: Path) -> None:
    (folder / "postgres" / "data" / "base").mkdir(parents=True)


def cluster_of_another_version(folder: Path) -> None:
    half_a_cluster(folder)
    data = folder / "postgres" / "data"
    (data / "global").mkdir()
    for name in ("global/pg_control", "postgresql.conf", "../password"):
        (data / name).write_text("x")
    (data / "PG_VERSION").write_text("12\n")


def file_in_the_place_of_the_cluster(folder: Path) -> None:
    folder.mkdir()
    (folder / "postgres").write_text("a file")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (a_file, "data cannot be used"),
        (unreadable_secrets, "secrets.json is damaged"),
        (incomplete_secrets, "secrets.json is damaged"),
        (half_a_cluster, "data folder .* is damaged"),
        (cluster_of_another_version, "was made by PostgreSQL 12"),
        (file_in_the_place_of_the_cluster, "postgres cannot be used"),
    ],
)
def test_a_data_folder_that_is_broken(
    damage: Callable[[Path], None], expected: str, tmp_path: Path
) -> None:
    damage(tmp_path / "data")
    assert re.search(expected, refusal(tmp_path / "data", free_port()))


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    said = refusal(
        tmp_path / "data",
        free_port(),
        DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/nothing",
        REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert "the database cannot be reached" in said


def test_an_admin_command_without_a_server(tmp_path: Path) -> None:
    done = admin_command(tmp_path, OPENSLOTS_DATA_DIR=str(tmp_path / "nowhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no server runs on the data folder {tmp_path / 'nowhere'}" in done.stderr


def test_variables_are_also_read_from_a_file_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENSLOTS_DATA_DIR={tmp_path / 'filed'}\n")
    assert str(tmp_path / "filed") in admin_command(tmp_path).stderr
    given = admin_command(tmp_path, OPENSLOTS_DATA_DIR=str(tmp_path / "given"))
    assert str(tmp_path / "given") in given.stderr


def admin_command(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """An admin command that is run in `folder`."""
    return subprocess.run(
        [*OPENSLOTS, "admin", "api-key", "create", "--email", "a@example.com", "--json"],
        env=environment(**variables),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
