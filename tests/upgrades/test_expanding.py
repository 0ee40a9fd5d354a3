"""Every migration after the first release leaves the code before it working: it only adds."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openslots.cli import migrate
from tests.cluster import execute
from tests.upgrades import expanding
from tests.upgrades.expanding import broken
from tests.upgrades.released import REVISION

VERSIONS = sorted((migrate.scripts() / "versions").glob("*.py"))

# Breaks that were looked at and cannot hurt, as "table: name (kind) ...": reason.
LOOKED_AT: Mapping[str, str] = {}


def later_revisions() -> list[str]:
    """Those after the first release, in the order in which they are applied."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(migrate.alembic_config())
    found = [step.revision for step in script.walk_revisions(REVISION, "heads")]
    return [one for one in reversed(found) if one != REVISION]


async def test_each_migration_only_adds(empty_database_url: str) -> None:
    await asyncio.to_thread(migrate.run_alembic, empty_database_url, REVISION)
    before, found = await expanding.read(empty_database_url), []
    assert len(before.tables) > 30
    for revision in later_revisions():
        await asyncio.to_thread(migrate.run_alembic, empty_database_url, revision)
        after = await expanding.read(empty_database_url)
        found += [f"{revision}: {text}" for text in broken(before, after) if text not in LOOKED_AT]
        before = after
    assert found == []


def test_the_first_release_is_where_the_history_begins() -> None:
    assert len(later_revisions()) == len(VERSIONS) - 1


CHANGES = {
    "DROP TABLE mails": ["mails.to_address is gone"],
    "ALTER TABLE mails RENAME COLUMN subject TO title": [
        "mails.subject is gone",
        "mails.title is new and has to be filled",
    ],
    "ALTER TABLE users ALTER COLUMN time_format TYPE bigint": [
        "users.time_format was integer and is bigint"
    ],
    "ALTER TABLE users ALTER COLUMN bio SET NOT NULL": ["users.bio takes no null any more"],
    "ALTER TABLE webhook_deliveries ALTER COLUMN status DROP DEFAULT": [
        "webhook_deliveries.status has no default any more"
    ],
    "ALTER TABLE users ADD COLUMN needed text NOT NULL": [
        "users.needed is new and has to be filled"
    ],
    "ALTER TABLE users ADD CONSTRAINT ck_new CHECK (name <> '')": [
        "users: ck_new (constraint c) is new for columns that were there"
    ],
    "CREATE UNIQUE INDEX uq_new ON users (name)": [
        "users: uq_new (unique index) is new for columns that were there"
    ],
    "ALTER TABLE attendees DROP CONSTRAINT pk_attendees CASCADE": [
        "attendees: pk_attendees (constraint p) is gone"
    ],
    "DROP INDEX uq_jobs_kind_key": ["jobs: uq_jobs_kind_key (unique index) is gone"],
    "CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW "
    "EXECUTE FUNCTION suppress_redundant_updates_trigger()": [
        "users: t (trigger) is new for columns that were there"
    ],
}


@pytest.mark.parametrize(("statement", "expected"), CHANGES.items())
async def test_what_would_break_is_noticed(
    fresh_database_url: str, statement: str, expected: list[str]
) -> None:
    before = await expanding.read(fresh_database_url)
    await execute(fresh_database_url, statement)
    assert set(expected) <= set(broken(before, await expanding.read(fresh_database_url)))


async def test_what_only_adds_is_let_through(fresh_database_url: str) -> None:
    before = await expanding.read(fresh_database_url)
    await execute(
        fresh_database_url,
        "ALTER TABLE users ADD COLUMN extra text UNIQUE",
        "ALTER TABLE users ADD COLUMN more int NOT NULL DEFAULT 0 CHECK (more >= 0)",
        "ALTER TABLE users ADD COLUMN friend_id bigint REFERENCES users (id)",
        "CREATE INDEX ix_new ON users (name)",
        "ALTER TABLE users DROP CONSTRAINT ck_users_role",
        "ALTER TABLE mails ALTER COLUMN subject DROP NOT NULL",
        "CREATE TABLE new (id int PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id))",
    )
    assert broken(before, await expanding.read(fresh_database_url)) == []


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_waits_for_no_lock_for_long_and_needs_no_application_code(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(one.name for one in node.names)]
    ]
    assert [name for name in imported if name.startswith("openslots")] == []
    [upgrade] = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    ]
    assert _first_statement(upgrade) == "SET LOCAL lock_timeout = '5s'"


def _first_statement(function: ast.FunctionDef) -> Any:  # Any: whatever is written there
    first = next(node for node in function.body if not _is_docstring(node))
    assert isinstance(first, ast.Expr)
    assert isinstance(first.value, ast.Call)
    assert ast.unparse(first.value.func) == "op.execute"
    return ast.literal_eval(first.value.args[0])


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
