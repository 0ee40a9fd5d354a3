"""One Postgres cluster and one Redis for a whole test run, and clones of a migrated template."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from openslots.embedded import Postgres, Redis, redis_binary
from tests.pgbouncer import PgBouncer

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "openslots"
PGBOUNCER = "OPENSLOTS_TEST_PGBOUNCER"  # a binary: then the application goes through it


@dataclass
class Cluster:
    """The servers of a run; made by the process that pytest was started as."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="openslots-tests-")))

    pgbouncer: PgBouncer | None = None

    def __post_init__(self) -> None:
        self.postgres = Postgres(
            self.folder / "postgres", self.folder / "postgres.log", throwaway=True
        )
        self.redis = (
            Redis(self.folder / "redis", self.folder / "redis.log") if redis_binary() else None
        )

    def start(self) -> None:
        """Starts both and migrates the template."""
        try:
            if self.redis:
                self.redis.start()
            self.postgres.start()
            self.postgres.wait()
            migrate(self.postgres.url_of(TEMPLATE))
            if binary := os.environ.get(PGBOUNCER):
                self.pgbouncer = PgBouncer(binary, self.folder / "pgbouncer")
                self.pgbouncer.start(self.postgres.url)
            if self.redis:
                self.redis.wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops both and removes their folder; a second call does nothing."""
        if self.redis:
            self.redis.stop()
        if self.pgbouncer:
            self.pgbouncer.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def addresses(self) -> dict[str, str]:
        """What a worker process of pytest-xdist has to know, as plain text."""
        redis = self.redis.url.removesuffix("/0") if self.redis else ""
        port = str(self.pgbouncer.port) if self.pgbouncer else ""
        return {"admin": self.postgres.url_of("postgres"), "redis": redis, "pgbouncer": port}


def migrate(url: str) -> None:
    """Brings the database to the newest revision, in a process of its own."""
    if not (ROOT / "migrations").is_dir():
        return
    done = subprocess.run(
        [sys.executable, "-m", "openslots", "migrate"],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the template could not be migrated:\n{done.stderr[-3000:]}")


async def execute(url: str, *statements: str) -> None:
    """Runs statements outside any transaction."""
    connection: Any = await asyncpg.connect(url)  # Any: asyncpg comes without types
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def clone(admin: str) -> str:
    """A new database made from the migrated template; returns its URL."""
    return create(admin, TEMPLATE)


def create(admin: str, template: str = "template1") -> str:
    """A new database, empty without a `template`; returns its URL."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    asyncio.run(execute(admin, f"CREATE DATABASE {name} TEMPLATE {template}"))
    return admin.rsplit("/", 1)[0] + "/" + name


def drop(admin: str, url: str) -> None:
    """Removes a clone, whoever is still connected to it."""
    name = url.rsplit("/", 1)[1]
    asyncio.run(execute(admin, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
