"""`openslots backup FILE`: everything in the database, as of one moment, beside running servers."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from openslots.cli import archive, migrate, place
from openslots.cli.archive import Manifest, SequencePart, TablePart
from openslots.cli.folder import CommandError

STREAM = Path("-")
# What a text looks like must not depend on how a server is set up.
PLAIN = """
SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET timezone = 'UTC';
SET extra_float_digits = 1; SET bytea_output = 'hex';
SET idle_in_transaction_session_timeout = 0
"""
TABLES = """
SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.relname ORDER BY c.relname
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="the backup to write; - for standard output"
    )
    parser.add_argument("--force", action="store_true", help="replace FILE where it exists")
    parser.add_argument("--data-dir", help="data folder of `openslots dev`, running or not")


def run(given: argparse.Namespace) -> int:
    path: Path = given.file
    streamed = path == STREAM
    if streamed and sys.stdout.isatty():
        raise CommandError("a backup is nothing for a terminal: send it on, or name a file")
    if not streamed and path.exists() and not given.force:
        raise CommandError(f"{path} exists: choose another name, or replace it with --force")
    with place.database(given.data_dir, note) as url:
        made = asyncio.run(backup(url, path, note))
    size = "" if streamed else f", {path.stat().st_size / 1e6:.1f} MB"
    print(
        f"{path}: {made.rows} rows of {len(made.tables)} tables at {', '.join(made.revisions)}"
        f"{size}",
        file=sys.stderr if streamed else sys.stdout,
    )
    return 0


def note(text: str) -> None:
    """Tells the person at the shell what is no result."""
    print(f"openslots: {text}", file=sys.stderr, flush=True)


async def backup(url: str, path: Path, say: Callable[[str], None]) -> Manifest:
    """Writes the backup, to standard output for STREAM, and returns its manifest.

    Raises CommandError.
    """
    target = archive.streaming(sys.stdout.buffer) if path == STREAM else archive.writing(path)
    with migrate.clear_about_the_database():
        async with (
            migrate.connection(url) as database,
            migrate.locked(database, say, shared=True),
        ):
            await database.execute(PLAIN)
            with target as out:
                async with database.transaction(isolation="repeatable_read", readonly=True):
                    manifest = await _Backup(database, out, say).run()
                out.manifest(manifest)
    return manifest


class _Backup:
    def __init__(self, database: Any, out: archive.Writer, say: Callable[[str], None]) -> None:
        self._database, self._out, self._say = database, out, say  # Any: asyncpg has no types

    async def run(self) -> Manifest:
        from importlib.metadata import version

        from tqdm import tqdm

        from openslots.kernel import clock

        revisions = await self._revisions()
        tables = await self._tables()
        total = await self._database.fetchval(
            "SELECT sum(greatest(reltuples, 0))::bigint FROM pg_class "
            "WHERE relnamespace = current_schema()::regnamespace AND relname = ANY($1)",
            list(tables),
        )
        parts = []
        with tqdm(total=total, unit=" rows", disable=not sys.stderr.isatty()) as bar:
            for name, columns in tables.items():
                bar.set_description(name)
                parts.append(await self._table(name, columns, bar.update))
        return Manifest(
            format=archive.FORMAT,
            version=version("openslots"),
            made_at=clock.iso(clock.now()),
            postgres=await self._database.fetchval("SHOW server_version"),
            revisions=revisions,
            tables=parts,
            sequences=await self._sequences(tables),
            keys=await self._keys(tables),
        )

    async def _revisions(self) -> list[str]:
        found = await migrate.revisions(self._database)
        if not found:
            raise CommandError("the database holds nothing: `openslots migrate` has not run on it")
        if found - migrate.ours_now().known:
            raise CommandError(
                f"{migrate.described(found)}; a backup of it needs the version that made it"
            )
        return sorted(found)

    async def _tables(self) -> dict[str, list[str]]:
        """Columns by table, of our tables alone."""
        from openslots.models import Base

        found = {row["name"]: row["columns"] for row in await self._database.fetch(TABLES)}
        ours = {name: columns for name, columns in found.items() if name in Base.metadata.tables}
        if others := found.keys() - ours.keys() - {"alembic_version"}:
            self._say(f"left out, because they are not openslots': {', '.join(sorted(others))}")
        return ours

    async def _table(
        self, name: str, columns: list[str], seen: Callable[[int], object]
    ) -> TablePart:
        async def copy(sink: Callable[[bytes], Awaitable[None]]) -> None:
            await self._database.copy_from_table(name, output=sink, columns=columns)

        return await self._out.table(name, columns, copy, seen)

    async def _sequences(self, tables: dict[str, list[str]]) -> list[SequencePart]:
        """Read after the rows: numbers may have been taken since, but none is given out twice."""
        rows = await self._database.fetch(
            "SELECT c.relname AS table, a.attname AS column, "
            "pg_get_serial_sequence(quote_ident(c.relname), a.attname) AS sequence "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relnamespace = current_schema()::regnamespace AND a.attidentity <> '' "
            "AND c.relname = ANY($1) ORDER BY 1, 2",
            list(tables),
        )
        found = []
        for row in rows:
            now = await self._database.fetchrow(
                f"SELECT last_value AS last, is_called AS called FROM {row['sequence']}"  # noqa: S608
            )
            found.append(SequencePart(table=row["table"], column=row["column"], **now))
        return found

    async def _keys(self, tables: dict[str, list[str]]) -> list[str]:
        """Ids of the keys that encrypted something in it."""
        from openslots.kernel.crypto import SEALED
        from openslots.models import Base
        from openslots.models.base import sealed_columns

        found: set[str] = set()
        for column in sealed_columns(Base.metadata):
            if column.name in tables.get(column.table.name, ()):
                rows = await self._database.fetch(
                    f"SELECT DISTINCT split_part(\"{column.name}\", ':', 3) "  # noqa: S608
                    f'FROM "{column.table.name}" WHERE starts_with("{column.name}", $1)',
                    SEALED,
                )
                found.update(row[0] for row in rows)
        return sorted(found)
