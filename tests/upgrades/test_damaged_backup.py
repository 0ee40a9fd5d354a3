"""A backup that is not what it was changes nothing in the database that it should replace."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openslots.cli import archive
from openslots.cli.folder import CommandError
from tests.cluster import execute
from tests.upgrades.backups import ask, put_back, run
from tests.upgrades.recorded import Recorded

Change = Callable[[dict[str, bytes]], None]


def rewritten(path: Path, change: Change) -> Path:
    """The backup with some of its parts changed."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


def manifest(change: Callable[[dict[str, Any]], None]) -> Change:
    def changed(parts: dict[str, bytes]) -> None:
        found = json.loads(parts[archive.MANIFEST])
        change(found)
        parts[archive.MANIFEST] = json.dumps(found).encode()

    return changed


def the_table(found: dict[str, Any], name: str) -> dict[str, Any]:
    table: dict[str, Any] = next(one for one in found["tables"] if one["name"] == name)
    return table


def without(name: str) -> Change:
    def changed(parts: dict[str, bytes]) -> None:
        del parts[name]

    return changed


def without_users(parts: dict[str, bytes]) -> None:
    """A table that others refer to is empty, and the manifest agrees."""
    parts["tables/users.copy"] = b""
    empty = hashlib.sha256().hexdigest()
    manifest(lambda found: the_table(found, "users").update(rows=0, sha256=empty))(parts)


def with_other_text(text: bytes) -> Change:
    """A table's text is another one, and the manifest agrees."""

    def changed(parts: dict[str, bytes]) -> None:
        parts["tables/mails.copy"] = text
        digest, rows = hashlib.sha256(text).hexdigest(), text.count(b"\n")
        manifest(lambda found: the_table(found, "mails").update(rows=rows, sha256=digest))(parts)

    return changed


DAMAGES: dict[str, tuple[Change, str]] = {
    "a row less": (
        lambda parts: parts.update({"tables/attendees.copy": b""}),
        "table attendees is not what the manifest says",
    ),
    "a table less": (without("tables/mails.copy"), "table mails: "),
    "a table that nobody names": (
        manifest(lambda found: found.update(tables=found["tables"][1:])),
        "it lacks the table api_key_limits",
    ),
    "no manifest": (without(archive.MANIFEST), "it lacks a manifest"),
    "half a manifest": (
        manifest(lambda found: found.pop("tables")),
        "its manifest is incomplete",
    ),
    "a newer form": (manifest(lambda found: found.update(format=2)), "has the form 2"),
    "a newer schema": (
        manifest(lambda found: found.update(revisions=["29990101"])),
        r"newer version .* \(revision 29990101\)",
    ),
    "a strange table": (
        manifest(lambda found: the_table(found, "mails").update(name="pg_class")),
        "table pg_class is not of its revision",
    ),
    "a strange column": (
        manifest(lambda found: the_table(found, "mails")["columns"].append('x" text')),
        "table mails is not of its revision",
    ),
    "rows that refer to nothing": (without_users, "violates foreign key constraint"),
    "a text of other columns": (with_other_text(b"1\n"), "table mails: missing data"),
}


@pytest.mark.parametrize("name", DAMAGES)
async def test_a_damaged_backup_changes_nothing(newest: Recorded, file: Path, name: str) -> None:
    change, expected = DAMAGES[name]
    rewritten(file, change)
    await execute(newest.url, "UPDATE users SET bio = 'later'")
    before = await newest.rows()
    with pytest.raises(CommandError, match=expected):
        await put_back(newest.url, file, force=True)
    assert await newest.rows() == before
    assert await ask(newest.url, "SELECT count(*) FROM pg_namespace WHERE nspname ~ 'restore'") == 0


def cut_off(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def with_another_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as whole:
        content[whole.getinfo("tables/event_types.copy").header_offset + 100] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (cut_off, "backup is no backup, or was cut off"),
        (with_another_bit, "backup is damaged: table event_types: "),
        (Path.unlink, "backup cannot be read: No such file or directory"),
    ],
)
async def test_a_damaged_file_is_one_line(
    other: str, file: Path, damage: Callable[[Path], None], expected: str
) -> None:
    damage(file)
    status, out, err = await run(other, "restore", str(file))
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert expected in err
