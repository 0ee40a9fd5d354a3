"""What a schema is, and why a change of it would break the code that is running on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from openslots.cli import migrate


@dataclass(frozen=True)
class Column:
    type: str
    nullable: bool
    filled: bool  # by a default, an identity or a generation


@dataclass(frozen=True)
class Rule:
    """A constraint, unique index or trigger; `columns` are those it looks at."""

    table: str
    kind: str
    columns: frozenset[str]
    text: str


@dataclass(frozen=True)
class Schema:
    """Columns by (table, column), rules by (table, name)."""

    columns: Mapping[tuple[str, str], Column] = field(default_factory=dict)
    rules: Mapping[tuple[str, str], Rule] = field(default_factory=dict)

    @property
    def tables(self) -> set[str]:
        return {table for table, _ in self.columns}


COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
  a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> ''
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'alembic_version'
"""
# NOT NULL is told by the columns; what an index of a constraint says, the constraint says, too.
RULES = """
SELECT c.relname, k.conname, 'constraint ' || k.contype::text,
  ARRAY(SELECT attname::text FROM pg_attribute
    WHERE attrelid = c.oid AND attnum = ANY(k.conkey)), pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = 'public'::regnamespace AND k.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT c.relname, i.relname, 'unique index',
  ARRAY(SELECT attname::text FROM pg_attribute
    WHERE attrelid = c.oid AND attnum = ANY(x.indkey)), pg_get_indexdef(x.indexrelid)
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE c.relnamespace = 'public'::regnamespace AND x.indisunique
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = x.indexrelid)
UNION ALL
SELECT c.relname, t.tgname, 'trigger', '{}', pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
"""
# Code relies on these: they decide what ON CONFLICT finds, and what cannot happen.
RELIED_ON = ("constraint p", "constraint u", "constraint x", "unique index")


async def read(url: str) -> Schema:
    async with migrate.connection(url) as database:
        columns = await database.fetch(COLUMNS)
        rules = await database.fetch(RULES)
    return Schema(
        {(row[0], row[1]): Column(row[2], row[3], row[4]) for row in columns},
        {(row[0], row[1]): Rule(row[0], row[2], frozenset(row[3]), row[4]) for row in rules},
    )


def broken(before: Schema, after: Schema) -> list[str]:
    """What in the change from `before` to `after` code that knows only `before` may not survive."""
    return [*_columns(before, after), *_rules(before, after)]


def _columns(before: Schema, after: Schema) -> list[str]:
    found = []
    for (table, name), old in before.columns.items():
        new = after.columns.get((table, name))
        if new is None:
            found.append(f"{table}.{name} is gone")
        elif new.type != old.type:
            found.append(f"{table}.{name} was {old.type} and is {new.type}")
        elif old.nullable and not new.nullable:
            found.append(f"{table}.{name} takes no null any more")
        elif old.filled and not new.filled:
            found.append(f"{table}.{name} has no default any more")
    for (table, name), new in after.columns.items():
        added = (table, name) not in before.columns and table in before.tables
        if added and not new.nullable and not new.filled:
            found.append(f"{table}.{name} is new and has to be filled")
    return found


def _rules(before: Schema, after: Schema) -> list[str]:
    found = []
    for (table, name), old in before.rules.items():
        if (table, name) not in after.rules and old.kind in RELIED_ON:
            found.append(f"{table}: {name} ({old.kind}) is gone")
    for (table, name), new in after.rules.items():
        if table not in before.tables or before.rules.get((table, name)) == new:
            continue
        known = {column for of, column in before.columns if of == table}
        if new.columns <= known:  # also a trigger, which tells no columns
            found.append(f"{table}: {name} ({new.kind}) is new for columns that were there")
    return found
