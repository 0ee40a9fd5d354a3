"""The bundled servers by themselves: a start takes over what an earlier one left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from openslots import embedded
from openslots.cli.console import readable

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("embedded")]


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[embedded.Postgres]:
    made = a_postgres(tmp_path)
    made.start()
    made.wait()
    yield made
    made.stop()


def a_postgres(folder: Path) -> embedded.Postgres:
    return embedded.Postgres(folder / "postgres", folder / "log", throwaway=True)


def ask(url: str, statement: str) -> Any:
    async def run() -> Any:
        connection: Any = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def postmaster(server: embedded.Postgres) -> psutil.Process:
    return psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))


def test_the_database_is_there_and_speaks_unicode(postgres: embedded.Postgres) -> None:
    assert ask(postgres.url, "SELECT current_database()") == "openslots"
    assert ask(postgres.url, "SELECT upper('é') || ' ' || current_setting('TimeZone')") == "É UTC"


def test_nobody_gets_in_without_the_password(postgres: embedded.Postgres) -> None:
    guessed = f"postgresql://openslots:guess@127.0.0.1:{postgres.port}/openslots"
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(guessed, "SELECT 1")


def test_a_start_stops_what_still_runs_on_the_folder_and_keeps_the_data(
    postgres: embedded.Postgres, tmp_path: Path
) -> None:
    ask(postgres.url, "CREATE TABLE kept AS SELECT 1 AS one")
    left = postmaster(postgres)
    second = a_postgres(tmp_path)
    second.start()
    try:
        second.wait()
        assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
        assert ask(second.url, "SELECT one FROM kept") == 1
    finally:
        second.stop()


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    server = embedded.Postgres(tmp_path / "postgres", tmp_path / "log")
    server.start()
    try:
        server.wait()
        ask(server.url, "CREATE TABLE kept AS SELECT 1 AS one")
        postmaster(server).kill()
        server.start()
        server.wait()
        assert ask(server.url, "SELECT one FROM kept") == 1
    finally:
        server.stop()


def test_a_pid_file_whose_number_another_program_has_does_not_stop_a_start(
    tmp_path: Path,
) -> None:
    server = a_postgres(tmp_path)
    server.start()
    server.wait()
    lines = (server.data / "postmaster.pid").read_text().splitlines()
    server.stop()
    stranger = str(psutil.Process().pid)
    (server.data / "postmaster.pid").write_text("\n".join([stranger, *lines[1:]]) + "\n")
    server.start()
    try:
        server.wait()
        assert ask(server.url, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_platform_without_the_package_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "postgres_binaries", lambda: None)
    with pytest.raises(embedded.ServerError, match="not installed for this platform; set DATABASE"):
        a_postgres(tmp_path).start()


def test_root_without_user_namespaces_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.unprivileged.cache_clear()
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(embedded.ServerError, match="start openslots as an ordinary user, or set"):
        a_postgres(tmp_path).start()
    embedded.unprivileged.cache_clear()


@pytest.mark.skipif(embedded.redis_binary() is None, reason="there is no Redis here")
def test_redis_wants_its_password_and_a_second_start_replaces_the_first(tmp_path: Path) -> None:
    import redis

    first = embedded.Redis(tmp_path / "redis", tmp_path / "log")
    first.start()
    first.wait()
    second = embedded.Redis(tmp_path / "redis", tmp_path / "log")
    second.start()
    try:
        second.wait()
        assert not first.running
        with redis.Redis.from_url(second.url) as known:
            assert known.ping()
        with redis.Redis(port=second.port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    finally:
        second.stop()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"event": "request", "status": 200, "method": "GET", "route": "/health", "ms": 1}', ""),
        (
            '{"at": "-", "event": "request", "status": 201, "method": "POST", '
            '"route": "/v2/bookings", "ms": 12.4}',
            "201 POST /v2/bookings 12 ms",
        ),
        (
            '{"at": "-", "level": "warning", "event": "redis.away", "error": "TimeoutError"}',
            "api: redis.away error=TimeoutError",
        ),
        ("Traceback (most recent call last):", "api: Traceback (most recent call last):"),
        ("[1, 2]", "api: [1, 2]"),
        ("", ""),
    ],
)
def test_lines_of_a_log_as_a_person_reads_them(line: str, expected: str) -> None:
    assert readable("api", line).endswith(expected)
    assert bool(readable("api", line)) == bool(expected)
