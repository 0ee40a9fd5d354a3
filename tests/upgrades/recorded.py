"""A database as the first release left it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import Any

from openslots.cli import migrate
from tests.upgrades.record import FILE
from tests.upgrades.released import REVISION


@dataclass(frozen=True)
class Recorded:
    """`known` is the key and the ids in it, `columns` are those of the first release by table."""

    url: str
    known: dict[str, Any]
    columns: dict[str, list[str]]

    @property
    def name(self) -> str:
        return self.url.rsplit("/", 1)[1]

    def at(self, url: str) -> Recorded:
        """The same in another database."""
        return replace(self, url=url)

    async def rows(self) -> dict[str, list[str]]:
        """The rows of every table, as text, with the columns that the first release had."""
        async with migrate.connection(self.url) as database:
            return {
                table: [
                    row[0]
                    for row in await database.fetch(
                        f"SELECT ROW({', '.join(columns)})::text FROM {table} ORDER BY 1"
                    )
                ]
                for table, columns in self.columns.items()
            }


async def load(url: str) -> Recorded:
    """Makes an empty database what the first release left."""
    text = FILE.read_text()
    await asyncio.to_thread(migrate.run_alembic, url, REVISION)
    columns: dict[str, list[str]] = {}
    async with migrate.connection(url) as database:
        await database.execute("SET session_replication_role = replica; " + text)
        rows = await database.fetch(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name <> 'alembic_version' "
            "ORDER BY ordinal_position"
        )
    for row in rows:
        columns.setdefault(row[0], []).append(f'"{row[1]}"')
    return Recorded(url, json.loads(text.splitlines()[0].removeprefix("-- ")), columns)
