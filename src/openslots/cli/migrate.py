"""`openslots migrate`: Alembic, which is imported only where there is something to do."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from openslots.cli import environment
from openslots.cli.folder import CommandError
from openslots.kernel import schema, tls

LOCK = 0x6F70656E  # "open": one migration at a time, whoever started it
LOCK_PAUSE = 0.1  # seconds between two looks at whether it is free
CONNECT_SECONDS = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", help="data folder of a running `openslots dev`")
    parser.add_argument(
        "--check",
        action="store_true",
        help="change nothing; status 1 where the database is behind this version",
    )


def run(given: argparse.Namespace) -> int:
    environment.adopt(given.data_dir)
    url = environment.direct_url()
    if not given.check:
        upgrade(url, _say)
        return 0
    found = asyncio.run(_ask(url))
    _say(described(found))
    return int(is_behind(found))


def _say(text: str) -> None:
    print(text, flush=True)


def described(found: set[str]) -> str:
    """Where a database at these revisions stands, in one line."""
    ours, at = ours_now(), ", ".join(sorted(found)) or "no revision"
    newest = ", ".join(sorted(ours.heads))
    if found == ours.heads:
        return f"the database is at {at}, the newest revision"
    if is_behind(found):
        return f"the database is at {at}, this version needs {newest}: run `openslots migrate`"
    return f"the database is at {at}, newer than {newest} of this version: nothing to do"


def is_behind(found: set[str]) -> bool:
    """A database that is newer is not: newer schemas keep older code working."""
    return not ours_now().serve(found)


def refuse_older(url: str) -> None:
    """Raises CommandError where the database is behind this code. One that does not answer may
    come back: that is no reason not to start."""
    try:
        found = asyncio.run(_ask(url))
    except CommandError:
        return
    if is_behind(found):
        raise CommandError(described(found))


def ours_now() -> schema.Revisions:
    return schema.read(scripts())


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
    return asyncio.run(_ask(url)) == heads()


async def _ask(url: str) -> set[str]:
    async with connection(url) as database, database.transaction():
        return await revisions(database)


def upgrade(url: str, say: Callable[[str], None] = lambda _: None) -> bool:
    """Migrates where needed, one process at a time, and says what it does; True when there was
    something to do. Raises CommandError with the revision that failed."""
    return asyncio.run(_upgrade(url, say))


async def _upgrade(url: str, say: Callable[[str], None]) -> bool:
    async with connection(url) as database, locked(database, say):
        found = await revisions(database)
        if not is_behind(found):
            say(described(found))
            return False
        before, newest = ", ".join(sorted(found)) or "nothing", ", ".join(sorted(heads()))
        say(f"the database goes from {before} to {newest}:")
        # Alembic's env.py runs a loop of its own, which this thread's running loop forbids.
        await asyncio.to_thread(run_alembic, url, say=say)
        say(described(await revisions(database)))
        return True


@contextlib.asynccontextmanager
async def locked(
    database: Any, say: Callable[[str], None], *, shared: bool = False
) -> AsyncIterator[None]:
    """Keeps migrations and restores of other processes out until the end; with `shared` those who
    share it may go on beside each other."""
    kind = "_shared" if shared else ""
    for name in ("statement_timeout", "lock_timeout", "idle_session_timeout"):
        await database.execute(f"SET {name} = 0")
    told = False
    # Asking again and again, because a statement that waits has a snapshot, and a migration that
    # builds an index concurrently waits for everybody who has an older one.
    while not await database.fetchval(f"SELECT pg_try_advisory_lock{kind}($1)", LOCK):
        if not told:
            say("another migration, backup or restore is under way: waiting for its end")
            told = True
        await asyncio.sleep(LOCK_PAUSE)
    try:
        yield
    finally:
        if not database.is_closed():
            await database.execute(f"SELECT pg_advisory_unlock{kind}($1)", LOCK)


def run_alembic(
    url: str,
    target: str = "head",
    *,
    search_path: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Upgrades to `target`, each revision in a transaction of its own; in the first
    schema of `search_path`, if given. Raises CommandError."""
    from alembic import command, util
    from sqlalchemy.exc import DBAPIError

    config, steps = alembic_config(), _Steps(say)
    config.attributes.update(url=url, search_path=search_path, on_version_apply=steps)
    try:
        command.upgrade(config, target)
    except (DBAPIError, OSError) as error:
        reason = first_line(str(getattr(error, "orig", error)))
        raise CommandError(
            f"the step after {steps.last or 'the start'} failed: {reason}; "
            "the steps before it are done, it can be run again"
        ) from None
    except util.CommandError as error:
        raise CommandError(f"the migrations cannot be followed: {error}") from None


class _Steps:
    """Says what Alembic has done, step by step."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._since = time.perf_counter()
        self.last = ""

    def __call__(self, *, step: Any, **_: Any) -> None:  # Any: Alembic's MigrationInfo
        took, self._since = time.perf_counter() - self._since, time.perf_counter()
        before, self.last = ", ".join(step.down_revision_ids) or "nothing", step.up_revision_id
        self._say(f"  {before} -> {self.last}: {step.up_revision.doc} ({took:.2f} s)")


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
        made = await asyncpg.connect(
            plain, timeout=CONNECT_SECONDS, statement_cache_size=0, **tls.arguments(url)
        )
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as error:
        reason = str(error) or type(error).__name__
        raise CommandError(f"the database cannot be reached: {first_line(reason)}") from None
    try:
        yield made
    finally:
        await made.close()


async def revisions(database: Any) -> set[str]:
    """Where the database is; empty before the first migration."""
    if await database.fetchval("SELECT to_regclass('alembic_version')") is None:
        return set()
    rows: Iterable[Any] = await database.fetch("SELECT version_num FROM alembic_version")
    return {row["version_num"] for row in rows}


@contextlib.contextmanager
def clear_about_the_database() -> Iterator[None]:
    """Turns what Postgres refuses, and a connection that is lost, into a CommandError."""
    import asyncpg

    try:
        yield
    except asyncpg.PostgresError as error:
        raise CommandError(f"the database answered: {first_line(str(error))}") from None
    except asyncpg.InterfaceError:  # whatever was about to be done on it
        raise CommandError("the connection to the database was lost") from None


def first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "unknown reason"
