"""Tables without what is slow to keep row by row, for as long as they are filled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


async def strip(
    database: Any,  # Any: asyncpg comes without types
    tables: Iterable[str],
    *,
    partial: bool = True,
) -> list[str]:
    """Drops indexes, and constraints but checks and primary keys; returns the statements that bring
    them back, foreign keys last. Without `partial` partial indexes stay."""
    names = list(tables)
    constraints = await database.fetch(
        "SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, "
        "pg_get_constraintdef(oid) AS text, contype = 'f' AS foreign "
        "FROM pg_constraint WHERE conrelid = ANY($1::text[]::regclass[]) "
        "AND contype IN ('f', 'u', 'x') ORDER BY contype = 'f', 1, 2",
        names,
    )
    indexes = await database.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS text "
        "FROM pg_index WHERE indrelid = ANY($1::text[]::regclass[]) "
        "AND ($2 OR indpred IS NULL) AND NOT EXISTS ("
        "SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f') ORDER BY 1",
        names,
        partial,
    )
    for row in reversed(constraints):  # a foreign key may hold a unique one
        await database.execute(f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['name']}")
    for row in indexes:
        await database.execute(f"DROP INDEX {row['name']}")
    add = [
        (row["foreign"], f"ALTER TABLE {row['table']} ADD CONSTRAINT {row['name']} {row['text']}")
        for row in constraints
    ]
    return [
        *(statement for foreign, statement in add if not foreign),
        *(row["text"] for row in indexes),
        *(statement for foreign, statement in add if foreign),
    ]
