"""The plans that Postgres makes for the statements of the application, and what is wrong with them.

Statements are noted as they are sent; afterwards each is prepared and executed again with the same
values, once with a plan for these values and once with whatever plan a session uses after having
executed it several times. Nothing that this does is committed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import Range

from openslots.kernel.uow import Units

BEFORE = 6  # executions after which Postgres may keep one plan for all values
ANY: Any = Any  # what drivers hand over has no types


@dataclass(frozen=True)
class Statement:
    """As it was sent: text with $1, $2, ... and values."""

    text: str
    values: tuple[object, ...]

    @property
    def hows(self) -> tuple[str, str]:
        """Whether to see the plan for the first and for a later execution, or, of what cannot be
        executed again and again, the plan for these values and the one for any."""
        return ("custom", "generic") if self._writes else ("first", "later")

    @property
    def explain(self) -> str:
        """What was inserted cannot be inserted once more: of that there is only an estimate."""
        analyze = "" if self._inserts else "ANALYZE, TIMING OFF, BUFFERS, "
        return f"EXPLAIN ({analyze}FORMAT JSON) "

    @property
    def _inserts(self) -> bool:
        return "INSERT INTO " in self.text

    @property
    def _writes(self) -> bool:
        return self._inserts or "UPDATE " in self.text or "DELETE FROM " in self.text


@dataclass(frozen=True)
class Scan:
    """What one node of a plan did with one table, all its loops together."""

    kind: str
    table: str
    index: str
    rows: int

    def __str__(self) -> str:
        return f"{self.kind} {self.table} {self.index} read {self.rows} rows"


@dataclass(frozen=True)
class Plan:
    statement: Statement
    how: str
    scans: tuple[Scan, ...]
    blocks: int

    def rows(self) -> int:
        return sum(scan.rows for scan in self.scans)

    def __str__(self) -> str:
        scans = "\n  ".join(map(str, self.scans))
        return f"({self.how}, {self.blocks} blocks)\n  {scans}\n{self.statement.text}"


@contextmanager
def noting(units: Units) -> Iterator[list[Statement]]:
    """Every statement that is sent within the block."""
    sent: list[Statement] = []

    def note(*facts: ANY) -> None:
        _, _, statement, values, _, many = facts
        sent.extend(Statement(statement, tuple(one)) for one in (values if many else [values]))

    engine = units.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def plans(units: Units, statements: Sequence[Statement]) -> list[Plan]:
    """The plans of statements, each text once."""
    found = []
    url = units.settings.db.url.get_secret_value()
    session = {"jit": "off", "timezone": "UTC"}
    database: ANY = await asyncpg.connect(url, statement_cache_size=0, server_settings=session)
    try:
        for statement in {one.text: one for one in statements}.values():
            found += [await _plan_of(database, statement, how) for how in statement.hows]
    finally:
        await database.close()
    return found


async def _plan_of(database: ANY, statement: Statement, how: str) -> Plan:
    values = ", ".join(map(_literal, statement.values))
    execute = f"EXECUTE asked({values})" if values else "EXECUTE asked"
    transaction = database.transaction()
    await transaction.start()
    try:
        if how in ("custom", "generic"):
            await database.execute(f"SET LOCAL plan_cache_mode = force_{how}_plan")
        await database.execute(f"PREPARE asked AS {statement.text}")
        for _ in range(BEFORE if how == "later" else 0):
            await database.execute(execute)
        tree = json.loads(await database.fetchval(statement.explain + execute))
    finally:
        await transaction.rollback()
        await database.execute("DEALLOCATE ALL")
    root = tree[0]["Plan"]
    blocks = root.get("Shared Hit Blocks", 0) + root.get("Shared Read Blocks", 0)
    return Plan(statement, how, tuple(_scans(root)), blocks)


def _literal(value: object) -> str:
    """A value as text that Postgres reads as the type of its parameter."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return _quoted("{" + ",".join(_item(one) for one in value) + "}")
    return _quoted(_plain(value))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Range):
        return f"[{_plain(value.lower)},{_plain(value.upper)})"
    if hasattr(value, "lower_inc"):  # asyncpg's range
        return f"[{_plain(value.lower)},{_plain(value.upper)})"  # type: ignore[attr-defined]
    return str(value)


def _item(value: object) -> str:
    return "NULL" if value is None else json.dumps(_plain(value), ensure_ascii=False)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _scans(node: dict[str, ANY], table: str = "") -> Iterator[Scan]:
    loops = node.get("Actual Loops", 1)
    table = node.get("Relation Name", table)
    if loops and table and "Scan" in node["Node Type"]:
        per_loop = (
            node.get("Actual Rows", 0)
            + node.get("Rows Removed by Filter", 0)
            + node.get("Rows Removed by Index Recheck", 0)
        )
        yield Scan(node["Node Type"], table, node.get("Index Name", ""), round(per_loop * loops))
    for child in node.get("Plans", ()):
        yield from _scans(child, table if node["Node Type"].startswith("Bitmap") else "")
