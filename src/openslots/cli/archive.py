"""The file of a backup: a zip of one COPY text per table and a manifest that describes them.

The manifest is written last, so a file that was cut off has none. Postgres's COPY text is the same
in every version, so a backup can be restored into another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import zipfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openslots.cli.folder import CommandError

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 256 * 1024  # bytes
COMPRESSION = 3  # of 9: text shrinks well enough, and Postgres is not kept waiting
LONGEST_MANIFEST = 10_000_000  # bytes
# What the standard library raises for a zip that is damaged, encrypted, or of a form unknown to it.
DAMAGES = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, RuntimeError, ValueError)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class TablePart(_Part):
    """One table: its columns in the order of the text, how many rows, and the text's hash."""

    name: str
    columns: list[str]
    rows: int = Field(ge=0)
    sha256: str


class SequencePart(_Part):
    """Where the numbers of an identity column go on."""

    table: str
    column: str
    last: int
    called: bool


class Manifest(_Part):
    """What a backup holds. `revisions` are those of the schema; `keys` are the ids of the keys that
    encrypted secrets in it."""

    format: int
    version: str
    made_at: str
    postgres: str
    revisions: list[str] = Field(min_length=1)
    tables: list[TablePart]
    sequences: list[SequencePart]
    keys: list[str]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


class Writer:
    """Writes tables into an open archive, then the manifest."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    async def table(
        self,
        name: str,
        columns: list[str],
        copy: Callable[[Callable[[bytes], Awaitable[None]]], Awaitable[None]],
        seen: Callable[[int], object],
    ) -> TablePart:
        """Has `copy` write the table's text; `seen` is told of rows as they come."""
        digest, rows = hashlib.sha256(), 0
        with self._archive.open(_entry(name), "w", force_zip64=True) as out:

            async def sink(data: bytes) -> None:
                nonlocal rows
                out.write(data)
                digest.update(data)
                count = data.count(b"\n")  # a line end within a value is written as \n
                rows += count
                seen(count)

            await copy(sink)
        return TablePart(name=name, columns=columns, rows=rows, sha256=digest.hexdigest())

    def manifest(self, manifest: Manifest) -> None:
        self._archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))


@contextlib.contextmanager
def streaming(out: IO[bytes]) -> Iterator[Writer]:
    """A new archive that goes out as it is made. Raises CommandError where nobody takes it."""
    try:
        with _opened(out) as archive:
            yield Writer(archive)
        out.flush()
    except OSError as error:
        raise CommandError(f"the backup cannot be written: {error.strerror or error}") from None


def _opened(out: IO[bytes]) -> zipfile.ZipFile:
    return zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new archive that takes the place of `path` once it is complete; only its owner may read
    it. Raises CommandError where it cannot be written."""
    # not the number of the process: two containers may have the same one
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with _opened(file) as archive:
                yield Writer(archive)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


class Reader:
    """Reads an archive. What is damaged raises CommandError."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.path, self.manifest = path, manifest
        self._archive = archive

    async def table(self, part: TablePart, seen: Callable[[int], object]) -> AsyncIterator[bytes]:
        """The text of a table in chunks; at the end it must be what the manifest says."""
        digest, rows = hashlib.sha256(), 0
        try:
            with self._archive.open(_entry(part.name)) as text:
                while data := text.read(CHUNK):
                    digest.update(data)
                    count = data.count(b"\n")
                    rows += count
                    if rows > part.rows:  # before it fills a disk
                        break
                    seen(count)
                    yield data
                    await asyncio.sleep(0)  # nothing else lets a lost connection be noticed
        except DAMAGES as error:
            raise self.damaged(f"table {part.name}: {error}") from None
        if (rows, digest.hexdigest()) != (part.rows, part.sha256):
            raise self.damaged(f"table {part.name} is not what the manifest says")

    def damaged(self, reason: str) -> CommandError:
        return CommandError(f"the backup {self.path} is damaged: {reason}")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Raises CommandError for a file that is no backup, or one of a newer form."""
    try:
        archive = zipfile.ZipFile(path)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None
    except DAMAGES:
        raise CommandError(f"{path} is no backup, or was cut off") from None
    with archive:
        yield Reader(path, archive, _manifest(path, archive))


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        with archive.open(MANIFEST) as file:
            text = file.read(LONGEST_MANIFEST)  # a longer one is cut off, and then no JSON
        found = _Form.model_validate_json(text)
    except DAMAGES:
        raise CommandError(f"{path} is no backup: it lacks a manifest") from None
    if found.format != FORMAT:
        raise CommandError(
            f"{path} has the form {found.format}, this version reads {FORMAT}: "
            "restore it with the version that made it, or a newer one"
        )
    try:
        return Manifest.model_validate_json(text)
    except ValidationError:
        raise CommandError(f"the backup {path} is damaged: its manifest is incomplete") from None


class _Form(_Part):
    format: int


def _entry(table: str) -> str:
    return f"tables/{table}.copy"
