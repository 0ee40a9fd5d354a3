"""`openslots migrate`: what it says and does, alone, twice at once, and where it cannot go on."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys

import pytest

from openslots.cli import migrate
from tests.cluster import execute

OPENSLOTS = (sys.executable, "-m", "openslots")
HEAD = ", ".join(sorted(migrate.heads()))
LIMIT = 1  # seconds
WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
SECRETS = {
    "NEXTAUTH_SECRET": "a session secret of the tests",
    "CALENDSO_ENCRYPTION_KEY": "an encryption key of the tests",
}


async def run(url: str, *words: str) -> tuple[int, str, str]:
    """(status, stdout, stderr)."""
    process = await asyncio.create_subprocess_exec(
        *OPENSLOTS,
        *words,
        env={**os.environ, **SECRETS, "DATABASE_URL": url, "REDIS_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_it_says_where_the_database_is_and_what_each_step_did(
    empty_database_url: str,
) -> None:
    status, out, _ = await run(empty_database_url, "migrate", "--check")
    assert status == 1
    expected = f"the database is at no revision, this version needs {HEAD}: run `openslots migrate`"
    assert out.splitlines() == [expected]

    status, out, err = await run(empty_database_url, "migrate")
    first, *steps, last = out.splitlines()
    assert (status, err) == (0, "")
    assert first == f"the database goes from nothing to {HEAD}:"
    assert re.fullmatch(r"  nothing -> 20261126: create tables \(\d+\.\d\d s\)", steps[0])
    assert re.search(rf"-> {HEAD}: ", steps[-1])
    assert len(steps) == len(migrate.ours_now().known)
    assert last == f"the database is at {HEAD}, the newest revision"

    for words in (["migrate"], ["migrate", "--check"]):
        status, out, _ = await run(empty_database_url, *words)
        assert (status, out.splitlines()) == (0, [last])


async def test_two_at_once_do_it_once(empty_database_url: str) -> None:
    done = await asyncio.gather(*(run(empty_database_url, "migrate") for _ in range(2)))
    assert [status for status, _, _ in done] == [0, 0]
    assert [err for _, _, err in done] == ["", ""]
    lines = [line for _, out, _ in done for line in out.splitlines()]
    assert sum("-> 20261126: create tables" in line for line in lines) == 1
    assert lines.count(f"the database is at {HEAD}, the newest revision") == 2


async def test_one_that_has_to_wait_says_so(empty_database_url: str) -> None:
    async with migrate.connection(empty_database_url) as database:
        async with migrate.locked(database, lambda _: None):
            process = await asyncio.create_subprocess_exec(
                *OPENSLOTS,
                "migrate",
                env={**os.environ, "DATABASE_URL": empty_database_url},
                stdout=subprocess.PIPE,
            )
            assert process.stdout is not None
            line = await process.stdout.readline()
            assert b"is under way: waiting for its end" in line
            assert await migrate.revisions(database) == set()
        await process.communicate()
        assert process.returncode == 0
        assert await migrate.revisions(database) == migrate.heads()


async def test_a_time_limit_of_the_database_is_not_for_migrations(empty_database_url: str) -> None:
    """One of their statements has to wait for longer than that."""
    name = empty_database_url.rsplit("/", 1)[1]
    await execute(empty_database_url, f"ALTER DATABASE {name} SET statement_timeout = '{LIMIT} s'")
    connected = migrate.connection
    async with connected(empty_database_url) as other, connected(empty_database_url) as watching:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("CREATE TABLE alembic_version (something integer)")
        migrating = asyncio.create_task(run(empty_database_url, "migrate"))
        while not await watching.fetchval(WAITING):  # noqa: ASYNC110  (the database has no event)
            await asyncio.sleep(0.01)
        await asyncio.sleep(LIMIT * 1.5)
        await transaction.rollback()
    status, _, err = await migrating
    assert (status, err) == (0, "")


@pytest.mark.parametrize("words", [("migrate",), ("backup", "-"), ("migrate", "--check")])
async def test_pgbouncer_is_gone_round(
    fresh_database_url: str, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever got the session next would keep the lock, and nobody could migrate again."""
    pooled = f"{fresh_database_url}?pgbouncer=true"
    status, out, err = await run(pooled, *words)
    assert (status, out) == (1, "")
    assert err == (
        "openslots: DATABASE_URL leads to PgBouncer, and this needs a session of its own: "
        "DATABASE_DIRECT_URL has to name Postgres itself\n"
    )
    if words != ("backup", "-"):  # whose output is no text
        monkeypatch.setenv("DATABASE_DIRECT_URL", fresh_database_url)
        status, _, err = await run(pooled, *words)
        assert (status, err) == (0, "")


async def test_a_newer_database_is_left_alone(fresh_database_url: str) -> None:
    await execute(fresh_database_url, "UPDATE alembic_version SET version_num = '29990101'")
    for words in (["migrate"], ["migrate", "--check"]):
        status, out, _ = await run(fresh_database_url, *words)
        assert status == 0
        assert out == (
            f"the database is at 29990101, newer than {HEAD} of this version: nothing to do\n"
        )
    migrate_only = await asyncio.to_thread(migrate.upgrade, fresh_database_url)
    assert migrate_only is False


async def test_a_step_that_fails_is_named_in_one_line(empty_database_url: str) -> None:
    await execute(empty_database_url, "CREATE TABLE users (id int)")
    status, _, err = await run(empty_database_url, "migrate")
    assert status == 1
    [line] = err.splitlines()
    assert line.startswith("openslots: the step after the start failed: ")
    assert 'relation "users" already exists' in line
    assert await asyncio.to_thread(migrate.is_current, empty_database_url) is False

    await execute(empty_database_url, "DROP TABLE users")
    status, _, _ = await run(empty_database_url, "migrate")
    assert status == 0


@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("worker",)])
async def test_servers_refuse_an_older_schema(
    empty_database_url: str, words: tuple[str, ...]
) -> None:
    status, _, err = await run(empty_database_url, *words)
    assert status == 1
    assert err.splitlines()[-1] == (
        f"openslots: the database is at no revision, this version needs {HEAD}: "
        "run `openslots migrate`"
    )
