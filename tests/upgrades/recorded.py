"""A database as the first release left it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from openslots.cli import migrate
from tests.upgrades.record import FILE
from tests.upgrades.released import REVISION


@dataclass
class Recorded:
    """`known` is the key and the ids in the database."""

    url: str
    known: dict[str, Any]

    async def rows(self) -> dict[str, list[str]]:
        """The rows of every table, as text, with the columns that the first release had."""
        if not hasattr(self, "_columns"):
            self._columns = await self._read_columns()
        async with migrate.connection(self.url) as database:
            return {
                table: [
                    row[0]
                    for row in await database.fetch(
                        f"SELECT ROW({', '.join(columns)})::text FROM {table} ORDER BY 1"
                    )
                ]
                for table, columns in self._columns.items()
            }

    async def rows_like(self, other: Recorded) -> dict[str, list[str]]:
        """The rows, with the columns that another one was first read with."""
        self._columns = other._columns
        return await self.rows()

    async def _read_columns(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        async with migrate.connection(self.url) as database:
            rows = await database.fetch(
                "SELECT table_name, column_name FROM information_schema.columns "
                "WHERE table_schema = 'public' AND table_name <> 'alembic_version' "
                "ORDER BY ordinal_position"
            )
        for row in rows:
            found.setdefault(row[0], []).append(f'"{row[1]}"')
        return found


async def load(url: str) -> Recorded:
    """Makes an empty database what the first release left."""
    text = FILE.read_text()
    await asyncio.to_thread(migrate.run_alembic, url, REVISION)
    async with migrate.connection(url) as database:
        await database.execute("SET session_replication_role = replica; " + text)
    return Recorded(url, json.loads(text.splitlines()[0].removeprefix("-- ")))
