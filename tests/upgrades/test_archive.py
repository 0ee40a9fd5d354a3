"""The file of a backup: whatever happens to it, its reader has its content or one line to say."""

from __future__ import annotations

import asyncio
import os
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from openslots.cli import archive
from openslots.cli.archive import Manifest, TablePart, Writer
from openslots.cli.folder import CommandError

ROW = b"1\thello\n"
Sink = Callable[[bytes], Awaitable[None]]


def silent(_: int) -> None:
    """For who does not listen."""


async def put(out: Writer, rows: int) -> TablePart:
    async def copy(sink: Sink) -> None:
        await sink(ROW * rows)

    return await out.table("mails", ["id", "text"], copy, silent)


def described(*tables: TablePart) -> Manifest:
    return Manifest(
        format=archive.FORMAT,
        version="1",
        made_at="2026-11-26T12:00:00.000Z",
        postgres="16",
        revisions=["a"],
        tables=list(tables),
        sequences=[],
        keys=[],
    )


async def make(path: Path, rows: int = 10) -> None:
    with archive.writing(path) as out:
        out.manifest(described(await put(out, rows)))


async def content(path: Path) -> bytes:
    with archive.reading(path) as source:
        [table] = source.manifest.tables
        return b"".join([data async for data in source.table(table, silent)])


@pytest.mark.parametrize("change", [0x01, 0xFF])
async def test_every_byte_that_is_another_one(tmp_path: Path, change: int) -> None:
    path = tmp_path / "backup"
    await make(path)
    good = path.read_bytes()
    refused = 0
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ change]) + good[place + 1 :])
        try:
            assert await content(path) == ROW * 10
        except CommandError:
            refused += 1
    assert refused > len(good) / 2


async def test_every_length_of_a_file_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    await make(path)
    good = path.read_bytes()
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(CommandError, match="is no backup"):
            await content(path)


async def test_a_manifest_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LONGEST_MANIFEST", 1000)
    path = tmp_path / "backup"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(archive.MANIFEST, described().model_dump_json().replace("16", "16" * 1000))
    with pytest.raises(CommandError, match="lacks a manifest"), archive.reading(path):
        raise AssertionError


async def test_rows_that_the_manifest_does_not_know_go_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "backup"
    with archive.writing(path) as out:
        whole = await put(out, 200_000)
        out.manifest(described(whole.model_copy(update={"rows": 10})))
    with archive.reading(path) as source:
        [table] = source.manifest.tables
        with pytest.raises(CommandError, match="is not what the manifest says"):
            await anext(source.table(table, silent))


async def test_two_that_write_one_file_do_not_meet(tmp_path: Path) -> None:
    """As two containers do, whose processes have the same number."""
    path = tmp_path / "backup"
    with archive.writing(path) as first:
        with archive.writing(path) as second:
            part = await put(first, 1)
            second.manifest(described(await put(second, 2)))
        assert await content(path) == ROW * 2
        first.manifest(described(part))
    assert await content(path) == ROW
    assert os.listdir(tmp_path) == [path.name]


async def test_a_reader_lets_others_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or nobody would notice that the database is gone."""
    monkeypatch.setattr(archive, "CHUNK", 10)
    path = tmp_path / "backup"
    await make(path, 100)
    other = asyncio.create_task(asyncio.sleep(0))
    with archive.reading(path) as source:
        [table] = source.manifest.tables
        turns = [other.done() async for _ in source.table(table, silent)]
    assert not turns[0]
    assert turns[-1]
