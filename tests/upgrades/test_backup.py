"""Backups: one moment of the database, restored whole or not at all, and booked on afterwards."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from openslots.cli import archive, backup, migrate, restore
from openslots.cli.folder import CommandError
from openslots.main import create_app
from tests.cluster import execute
from tests.conftest import make_settings
from tests.processes.server import OPENSLOTS
from tests.upgrades import expanding
from tests.upgrades.backups import ask, put_back, run, silent
from tests.upgrades.recorded import Recorded
from tests.upgrades.released import BOOKINGS, REVISION, SECRETS, SLOTS, Person

INDEXES = """
SELECT array_agg(indexname::text ORDER BY indexname) FROM pg_indexes
WHERE schemaname = current_schema()
"""


@asynccontextmanager
async def served(url: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(make_settings(url, "", folder))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


# -- there and back


async def test_an_empty_server_has_everything_and_takes_bookings(
    newest: Recorded, other: str, tmp_path: Path
) -> None:
    path = tmp_path / "backup"
    before = await newest.rows()
    status, out, err = await run(newest.url, "backup", str(path))
    assert (status, err) == (0, "")
    head = ", ".join(sorted(migrate.heads()))
    assert re.fullmatch(rf"{path}: \d+ rows of \d+ tables at {head}, \d+\.\d MB\n", out)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [path.name]

    status, out, err = await run(other, "restore", str(path))
    assert status == 0, err
    assert re.match(r"restored \d+ rows of \d+ tables, as of ", out)
    assert await newest.at(other).rows() == before
    ours, theirs = await expanding.read(newest.url), await expanding.read(other)
    assert theirs.columns == ours.columns
    assert {name: rule.kind for name, rule in theirs.rules.items()} == {
        name: rule.kind for name, rule in ours.rules.items()
    }
    assert await ask(other, INDEXES) == await ask(newest.url, INDEXES)
    assert await ask(other, "SELECT count(*) FROM pg_namespace WHERE nspname ~ 'restore'") == 0

    headers = {"Authorization": f"Bearer {newest.known['key']}"}
    async with served(other, tmp_path / "data") as client:
        assert (await client.get("/v2/me", headers=headers)).json()["data"]["username"] == "ann"
        query = Person.weeks(newest.known["eventTypeId"])
        found = await client.get("/v2/slots", params=query, headers={"cal-api-version": SLOTS})
        start = next(slot["start"] for day in found.json()["data"].values() for slot in day)
        body = Person.booking(newest.known["eventTypeId"], start)
        for expected in (201, 400):  # numbers go on, and the exclusion of overlaps is there
            answer = await client.post(
                "/v2/bookings", json=body, headers={"cal-api-version": BOOKINGS}
            )
            assert answer.status_code == expected, answer.text
    assert await ask(other, "SELECT max(id) FROM bookings") == 1 + await ask(
        newest.url, "SELECT last_value FROM bookings_id_seq"
    )


async def test_a_backup_of_the_first_release_comes_back_under_todays_code(
    recorded: Recorded, other: str, tmp_path: Path
) -> None:
    before, path = await recorded.rows(), tmp_path / "backup"
    made = await backup.backup(recorded.url, path, silent)
    assert made.revisions == [REVISION]
    status, _, err = await run(other, "restore", str(path))
    assert status == 0, err
    assert f"{REVISION} -> " in err
    assert await asyncio.to_thread(migrate.is_current, other)
    assert await recorded.at(other).rows() == before


async def test_a_backup_goes_through_a_pipe(newest: Recorded, other: str, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    with path.open("wb") as file:
        process = await asyncio.create_subprocess_shell(
            f"{shlex.join(OPENSLOTS)} backup - | cat",
            env={**os.environ, **SECRETS, "DATABASE_URL": newest.url},
            stdout=file,
            stderr=subprocess.PIPE,
        )
        _, err = await process.communicate()
    assert re.fullmatch(rb"-: \d+ rows of \d+ tables at \w+\n", err)
    await put_back(other, path)
    assert await newest.at(other).rows() == await newest.rows()


async def test_a_backup_is_of_one_moment(
    newest: Recorded, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, done = archive.Writer.table, list[str]()

    async def and_then(self: archive.Writer, name: str, *rest: Any) -> archive.TablePart:
        part = await write(self, name, *rest)
        if not done:  # after the first table somebody changes and removes others
            done.append(name)
            await execute(
                newest.url, "UPDATE users SET bio = 'later'", "DELETE FROM bookings WHERE id = 1"
            )
        return part

    monkeypatch.setattr(archive.Writer, "table", and_then)
    before, path = await newest.rows(), tmp_path / "backup"
    await backup.backup(newest.url, path, silent)
    assert await newest.rows() != before
    await put_back(other, path)
    assert await newest.at(other).rows() == before


async def test_a_backup_waits_for_a_migration_and_not_for_another_backup(
    newest: Recorded, tmp_path: Path
) -> None:
    said: list[str] = []
    async with migrate.connection(newest.url) as database:
        async with migrate.locked(database, silent, shared=True):
            await backup.backup(newest.url, tmp_path / "one", said.append)
        assert said == []
        async with migrate.locked(database, silent):
            waiting = asyncio.create_task(backup.backup(newest.url, tmp_path / "two", said.append))
            async with asyncio.timeout(30):
                while not said:
                    await asyncio.wait([waiting], timeout=0.01)
            assert not waiting.done()
        await waiting
    assert "waiting" in said[0]


# -- what is refused


async def test_what_is_there_is_not_replaced_by_accident(
    newest: Recorded, file: Path, other: str
) -> None:
    status, _, err = await run(newest.url, "backup", str(file))
    assert (status, err.splitlines()[-1]) == (
        1,
        f"openslots: {file} exists: choose another name, or replace it with --force",
    )
    await execute(newest.url, "UPDATE users SET bio = 'later'")
    with pytest.raises(CommandError, match=r"the database is not empty \(api_keys has rows\)"):
        await put_back(newest.url, file)
    assert await ask(newest.url, "SELECT bio FROM users") == "later"
    status, _, err = await run(newest.url, "restore", str(file), "--force")
    assert status == 0, err
    assert await ask(newest.url, "SELECT bio FROM users") != "later"

    await asyncio.to_thread(migrate.upgrade, other)  # only migrated: that is empty
    await execute(
        other,
        "INSERT INTO jobs (kind, key, lane, payload, run_at, attempts, created_at) "
        "VALUES ('a', '1', '', '{}', now(), 0, now())",
    )
    await put_back(other, file)
    assert await ask(other, "SELECT count(*) FROM jobs WHERE kind = 'a'") == 0


async def test_servers_have_to_be_stopped_first(file: Path, other: str) -> None:
    async with migrate.connection(other) as server:
        await server.execute("SET application_name = 'openslots-api'")
        with pytest.raises(CommandError, match=r"openslots-api work on .* stop them first"):
            await put_back(other, file)
        await put_back(other, file, force=True)
    assert await ask(other, "SELECT count(*) FROM users") == 1


async def test_a_database_without_a_schema_has_no_backup(other: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="`openslots migrate` has not run on it"):
        await backup.backup(other, tmp_path / "backup", silent)
    assert os.listdir(tmp_path) == []


async def test_a_newer_database_needs_newer_code(newest: Recorded, tmp_path: Path) -> None:
    await execute(newest.url, "UPDATE alembic_version SET version_num = '29990101'")
    with pytest.raises(CommandError, match="needs the version that made it"):
        await backup.backup(newest.url, tmp_path / "backup", silent)
    with pytest.raises(CommandError, match="cannot be written"):
        await backup.backup(newest.url, tmp_path / "nowhere" / "backup", silent)


async def test_tables_of_others_are_left_out(newest: Recorded, tmp_path: Path) -> None:
    await execute(newest.url, "CREATE TABLE reports (id int)")
    said: list[str] = []
    made = await backup.backup(newest.url, tmp_path / "backup", said.append)
    assert "reports" not in [table.name for table in made.tables]
    assert said == ["left out, because they are not openslots': reports"]


async def test_what_is_written_during_a_restore_is_not_replaced(
    file: Path, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(migrate.upgrade, other)
    late = archive.Reader.table

    def and_somebody_else(self: archive.Reader, *given: Any) -> AsyncIterator[bytes]:
        async def rows() -> AsyncIterator[bytes]:
            await execute(
                other,
                "INSERT INTO idempotency_keys (scope, key, fingerprint, status, answer, created_at)"
                " VALUES ('a', 'late', '', 200, '', now()) ON CONFLICT DO NOTHING",
            )
            async for data in late(self, *given):
                yield data

        return rows()

    monkeypatch.setattr(archive.Reader, "table", and_somebody_else)
    with pytest.raises(CommandError, match=r"is not empty \(idempotency_keys has rows\)"):
        await put_back(other, file)
    assert await ask(other, "SELECT count(*) FROM idempotency_keys WHERE key = 'late'") == 1
    assert await ask(other, "SELECT count(*) FROM users") == 0


async def test_what_depends_on_the_tables_is_named(newest: Recorded, file: Path) -> None:
    await execute(newest.url, "CREATE VIEW report AS SELECT id FROM bookings")
    with pytest.raises(CommandError, match=r"view public\.report depends on .* an empty database"):
        await put_back(newest.url, file, force=True)


async def test_a_restore_begins_with_the_keys(newest: Recorded, file: Path) -> None:
    await execute(newest.url, "UPDATE users SET bio = 'later'")
    broken = {"OPENSLOTS_OLD_ENCRYPTION_KEYS": '["a'}
    status, _, err = await run(newest.url, "restore", str(file), "--force", **broken)
    assert (status, len(err.splitlines())) == (1, 1)
    assert "OPENSLOTS_OLD_ENCRYPTION_KEYS begins like JSON" in err
    assert await ask(newest.url, "SELECT bio FROM users") == "later"


# -- a database that goes away

END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
END += "AND pid <> pg_backend_pid()"


async def test_a_backup_whose_database_goes_away(
    newest: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = archive.Writer.table

    async def and_the_end(self: archive.Writer, *given: Any) -> archive.TablePart:
        await execute(newest.url, END)
        return await write(self, *given)

    monkeypatch.setattr(archive.Writer, "table", and_the_end)
    target = tmp_path / "backup"
    # beside the loop of the tests, which minds what asyncpg's callbacks say of a lost connection
    with pytest.raises(CommandError, match=r"the (database answered: .*)?connection"):
        await asyncio.to_thread(asyncio.run, backup.backup(newest.url, target, silent))
    assert os.listdir(tmp_path) == []


async def test_a_restore_whose_database_goes_away(
    newest: Recorded, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, before = archive.Reader.table, await newest.rows()

    def and_the_end(self: archive.Reader, *given: Any) -> AsyncIterator[bytes]:
        async def rows() -> AsyncIterator[bytes]:
            await execute(newest.url, END)
            async for data in read(self, *given):
                yield data

        return rows()

    monkeypatch.setattr(archive.Reader, "table", and_the_end)
    with pytest.raises(CommandError, match=r"the (database (answered|closed)|connection)"):
        await asyncio.to_thread(asyncio.run, put_back(newest.url, file, force=True))
    assert await newest.rows() == before


# -- a restore that is killed


async def test_a_killed_restore_leaves_what_was_there(newest: Recorded, file: Path) -> None:
    before = await newest.rows()
    async with (
        migrate.connection(newest.url) as watch,
        migrate.connection(newest.url) as reader,
        reader.transaction(),
    ):
        await reader.execute("SELECT FROM users")  # the swap has to wait for this one
        process = await asyncio.create_subprocess_exec(
            *OPENSLOTS,
            *("restore", str(file), "--force"),
            env={**os.environ, **SECRETS, "DATABASE_URL": newest.url},
        )
        async with asyncio.timeout(120):
            while not await watch.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'"
            ):
                await watch.execute("SELECT pg_sleep(0.02)")
        process.kill()
        await process.communicate()
    assert await newest.rows() == before
    await put_back(newest.url, file, force=True)  # whatever the killed one left behind
    assert await newest.rows() == before


# -- keys


async def test_a_key_that_is_missing_is_told(
    newest: Recorded, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "backup"
    status, out, _ = await run(newest.url, "admin", "keys", "rotate")
    assert status == 0, out
    [key] = (await backup.backup(newest.url, path, silent)).keys
    new = {"CALENDSO_ENCRYPTION_KEY": "quite another key for encryption"}
    status, _, err = await run(other, "restore", str(path), **new)
    assert status == 0
    assert f"were encrypted with {key}, which is the id of no key here" in err

    with archive.reading(path) as source:
        for name in ("CALENDSO_ENCRYPTION_KEY", "OPENSLOTS_OLD_ENCRYPTION_KEYS"):
            monkeypatch.delenv(name, raising=False)
        assert restore.unknown_keys(source.manifest) == [key]
        monkeypatch.setenv("CALENDSO_ENCRYPTION_KEY", new["CALENDSO_ENCRYPTION_KEY"])
        assert restore.unknown_keys(source.manifest) == [key]
        monkeypatch.setenv("OPENSLOTS_OLD_ENCRYPTION_KEYS", SECRETS["CALENDSO_ENCRYPTION_KEY"])
        assert restore.unknown_keys(source.manifest) == []
