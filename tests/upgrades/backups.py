"""What tests of backups do with them."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

from openslots.cli import archive, migrate, restore
from tests.processes.server import OPENSLOTS
from tests.upgrades.released import SECRETS


def silent(_: str) -> None:
    """For who does not listen."""


async def put_back(url: str, path: Path, *, force: bool = False) -> None:
    with archive.reading(path) as source:
        restore.check(source)
        await restore.restore(url, source, silent, force=force)


async def ask(url: str, statement: str) -> Any:
    async with migrate.connection(url) as database:
        return await database.fetchval(statement)


async def run(url: str, *words: str, **more: str) -> tuple[int, str, str]:
    """(status, stdout, stderr) of a command."""
    process = await asyncio.create_subprocess_exec(
        *OPENSLOTS,
        *words,
        env={**os.environ, **SECRETS, "DATABASE_URL": url, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()
