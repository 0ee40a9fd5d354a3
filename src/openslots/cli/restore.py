"""`openslots restore FILE`: puts a backup in the place of what a database holds, all or nothing."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from openslots.cli import archive, bare, migrate, place
from openslots.cli.archive import Manifest, Reader
from openslots.cli.backup import TABLES, note
from openslots.cli.folder import CommandError

# Everything is built and checked here first; then it takes the place of what was there at once.
ASIDE = "openslots_restore"
SERVERS = ("openslots-api", "openslots-worker")
BY_THEMSELVES = {"jobs"}  # a started worker writes its own before anybody has done anything
LOCK_SECONDS = 30


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a file of `openslots backup`")
    parser.add_argument(
        "--force",
        action="store_true",
        help="also replace what the database holds, and beside servers that are connected",
    )
    parser.add_argument("--data-dir", help="data folder of `openslots dev`, running or not")


def run(given: argparse.Namespace) -> int:
    with archive.reading(given.file) as source:
        check(source)
        with place.database(given.data_dir, note, create=True) as url:
            made = source.manifest
            unknown = unknown_keys(made)
            asyncio.run(restore(url, source, note, force=given.force))
            migrate.upgrade(url, note)
    print(f"restored {made.rows} rows of {len(made.tables)} tables, as of {made.made_at}")
    if unknown:
        note(
            f"some secrets in it were encrypted with {', '.join(unknown)}, which is the id of no "
            "key here: they cannot be read until CALENDSO_ENCRYPTION_KEY or "
            "OPENSLOTS_OLD_ENCRYPTION_KEYS name it"
        )
    return 0


def check(source: Reader) -> None:
    """Raises CommandError for a backup of a schema that this version does not know."""
    made = source.manifest
    if unknown := set(made.revisions) - migrate.ours_now().known:
        raise CommandError(
            f"{source.path} was made by the newer version {made.version} (revision "
            f"{', '.join(sorted(unknown))}): restore it with that version"
        )


def unknown_keys(manifest: Manifest) -> list[str]:
    """Ids of keys of a backup that the environment does not know. Raises CommandError where its
    keys cannot be read."""
    from pydantic import ValidationError

    from openslots.kernel.crypto import Keyring
    from openslots.kernel.settings import Security

    try:
        security = Security()
    except ValidationError as error:
        reasons = [problem["msg"].removeprefix("Value error, ") for problem in error.errors()]
        raise CommandError("; ".join(reasons)) from None
    current = security.encryption_key.get_secret_value()
    old = [key.get_secret_value() for key in security.old_keys]
    known = Keyring(current, old).ids if current else frozenset()
    return sorted(set(manifest.keys) - known)


async def restore(
    url: str, source: Reader, say: Callable[[str], None], *, force: bool = False
) -> None:
    """Replaces the database's content by the backup's, at the backup's revision. Whatever goes
    wrong, the content is the old one. Raises CommandError."""
    import asyncpg

    with migrate.clear_about_the_database():
        try:
            async with migrate.connection(url) as database, migrate.locked(database, say):
                await _Restore(url, database, source).run(force=force)
        except asyncpg.InsufficientPrivilegeError as error:
            raise CommandError(
                f"the database refused: {error}; its user must own the database's objects and be "
                "allowed to make schemas in it (GRANT CREATE ON DATABASE)"
            ) from None
        except asyncpg.DependentObjectsStillExistError as error:
            raise CommandError(
                f"the database refused: {migrate.first_line(str(error))}: {error.detail}; drop "
                "these first, or restore into an empty database"
            ) from None


class _Restore:
    def __init__(self, url: str, database: Any, source: Reader) -> None:
        self._url, self._database, self._source = url, database, source  # Any: asyncpg: no types

    async def run(self, *, force: bool) -> None:
        if not force:
            await self._refuse_what_is_in_use()
        target = await self._database.fetchval("SELECT current_schema()")
        try:
            await self._make_aside()
            await self._database.execute(
                f"SET search_path = {ASIDE}; SET maintenance_work_mem = '256MB'"
            )
            again = await bare.strip(self._database, await self._checked_tables())
            await self._fill()
            await self._execute_all(again, "indexes and constraints")
            await self._set_sequences()
            await self._swap(target, force=force)
        finally:
            if not self._database.is_closed():
                await self._database.execute(f"DROP SCHEMA IF EXISTS {ASIDE} CASCADE")
        await self._database.execute(f'SET search_path = "{target}"')
        for table in self._source.manifest.tables:
            await self._database.execute(f'ANALYZE "{table.name}"')

    async def _refuse_what_is_in_use(self) -> None:
        """Raises CommandError where somebody has used the database, or uses it."""
        from openslots.models import Base

        found = await migrate.revisions(self._database)
        if found - migrate.ours_now().known:
            raise CommandError(
                f"{migrate.described(found)}; replace it by this older version with --force"
            )
        present = {row["name"] for row in await self._database.fetch(TABLES)}
        for name in sorted(present & Base.metadata.tables.keys() - BY_THEMSELVES):
            if await self._database.fetchval(f'SELECT EXISTS (SELECT FROM "{name}")'):  # noqa: S608
                raise CommandError(
                    f"the database is not empty ({name} has rows): back it up and replace what it "
                    "holds with --force, or restore into another one"
                )
        servers = await self._database.fetch(
            "SELECT DISTINCT application_name FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = ANY($1) ORDER BY 1",
            list(SERVERS),
        )
        if servers:
            raise CommandError(
                f"{' and '.join(row[0] for row in servers)} work on this database: stop them "
                "first, or go on beside them with --force and restart them then"
            )

    async def _make_aside(self) -> None:
        """An empty schema of the backup's revision; one that a killed run left is dropped."""
        await self._database.execute(
            f"DROP SCHEMA IF EXISTS {ASIDE} CASCADE; CREATE SCHEMA {ASIDE}"
        )
        for revision in self._source.manifest.revisions:
            await asyncio.to_thread(migrate.run_alembic, self._url, revision, search_path=ASIDE)

    async def _checked_tables(self) -> list[str]:
        """The tables of the backup's revision. Raises CommandError unless it has them."""
        from openslots.models import Base

        known = {row["name"]: set(row["columns"]) for row in await self._database.fetch(TABLES)}
        missing = known.keys() & Base.metadata.tables.keys()
        for table in self._source.manifest.tables:
            if not set(table.columns) <= known.get(table.name, set()):
                raise self._source.damaged(f"table {table.name} is not of its revision")
            missing.discard(table.name)
        if missing:
            raise self._source.damaged(f"it lacks the table {', '.join(sorted(missing))}")
        return sorted(known)

    async def _fill(self) -> None:
        import asyncpg
        from tqdm import tqdm

        made = self._source.manifest
        with tqdm(total=made.rows, unit=" rows", disable=not sys.stderr.isatty()) as bar:

            def seen(rows: int) -> None:
                if self._database.is_closed():  # asyncpg would go on sending
                    raise CommandError("the database closed the connection")
                bar.update(rows)

            for table in made.tables:
                bar.set_description(table.name)
                try:
                    await self._database.copy_to_table(
                        table.name,
                        source=self._source.table(table, seen),
                        columns=table.columns,
                    )
                except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
                    reason = migrate.first_line(str(error))
                    raise self._source.damaged(f"table {table.name}: {reason}") from None

    async def _execute_all(self, statements: list[str], name: str) -> None:
        import asyncpg
        from tqdm import tqdm

        for statement in tqdm(statements, desc=name, unit="", disable=not sys.stderr.isatty()):
            try:
                await self._database.execute(statement)
            except asyncpg.IntegrityConstraintViolationError as error:
                raise self._source.damaged(migrate.first_line(str(error))) from None

    async def _set_sequences(self) -> None:
        for one in self._source.manifest.sequences:
            await self._database.execute(
                "SELECT setval(pg_get_serial_sequence(quote_ident($1), $2), $3, $4)",
                one.table,
                one.column,
                one.last,
                one.called,
            )

    async def _swap(self, target: str, *, force: bool) -> None:
        """One transaction: the old tables go, the new ones come."""
        from openslots.models import Base

        ours = [*Base.metadata.tables, "alembic_version"]
        async with self._database.transaction():
            await self._database.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            old = await self._tables_in(target, ours)
            if old:
                names = ", ".join(f'"{target}"."{name}"' for name in old)
                await self._database.execute(f"LOCK TABLE {names}")
                if not force:  # somebody may have begun to use it meanwhile
                    await self._database.execute(f'SET LOCAL search_path = "{target}"')
                    await self._refuse_what_is_in_use()
                await self._database.execute(f"DROP TABLE {names}")
            for name in await self._tables_in(ASIDE, ours):
                await self._database.execute(f'ALTER TABLE {ASIDE}."{name}" SET SCHEMA "{target}"')

    async def _tables_in(self, schema: str, names: list[str]) -> list[str]:
        rows = await self._database.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = $1::text::regnamespace "
            "AND relkind IN ('r', 'p') AND relname = ANY($2) ORDER BY 1",
            schema,
            names,
        )
        return [row[0] for row in rows]
