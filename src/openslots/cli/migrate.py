"""`openslots migrate`: Alembic, which is imported only where there is something to do."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from openslots.cli import environment
from openslots.cli.folder import CommandError
from openslots.kernel import schema

LOCK = 0x6F70656E  # "open": one migration at a time, whoever started it
CONNECT_SECONDS = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", help="data folder of a running `openslots dev`")


def run(given: argparse.Namespace) -> int:
    environment.adopt(given.data_dir)
    url = environment.get("DATABASE_URL")
    if upgrade(url):
        print("the database is at the newest revision now")
    else:
        print("the database is at the newest revision already")
    return 0


def scripts() -> Path:
    """The folder `migrations` beside the source tree, or inside an installed package."""
    folder = schema.scripts()
    if folder is None:
        raise CommandError("the folder `migrations` is missing from this installation")
    return folder


def heads() -> set[str]:
    """The newest revisions, read from the files without importing Alembic."""
    return set(schema.read(scripts()).heads)


def is_current(url: str) -> bool:
    """True when the database is at the newest revision. Raises CommandError if unreachable."""

    async def ask() -> bool:
        async with connection(url) as database:
            return await _revisions(database) == heads()

    return asyncio.run(ask())


def upgrade(url: str) -> bool:
    """Migrates where needed, one process at a time; True when there was something to do."""

    async def work() -> bool:
        async with connection(url) as database:
            if await _revisions(database) == heads():
                return False
            await database.execute("SELECT pg_advisory_lock($1)", LOCK)
            if await _revisions(database) == heads():
                return False
            # Alembic's env.py runs a loop of its own, which this thread's running loop forbids.
            await asyncio.to_thread(_alembic_upgrade)
            return True

    return asyncio.run(work())


def _alembic_upgrade() -> None:
    from alembic import command

    command.upgrade(alembic_config(), "head")


def alembic_config() -> Any:  # Any: alembic.config.Config, whose import this module puts off
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    return config


@contextlib.asynccontextmanager
async def connection(url: str) -> AsyncIterator[Any]:  # Any: asyncpg comes without types
    """One connection outside any pool. Raises CommandError with the reason where there is none."""
    import asyncpg

    plain = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
    plain = re.sub(r"([?&])(schema|pgbouncer)=[^&]*", r"\1", plain).rstrip("?&")
    try:
        made = await asyncpg.connect(plain, timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as error:
        reason = str(error) or type(error).__name__
        raise CommandError(f"the database cannot be reached: {first_line(reason)}") from None
    try:
        yield made
    finally:
        await made.close()


async def _revisions(database: Any) -> set[str]:
    if await database.fetchval("SELECT to_regclass('alembic_version')") is None:
        return set()
    rows: Iterable[Any] = await database.fetch("SELECT version_num FROM alembic_version")
    return {row["version_num"] for row in rows}


def first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "unknown reason"
