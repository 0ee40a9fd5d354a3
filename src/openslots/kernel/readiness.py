"""What the server needs, and whether it is there: the database, its schema, Redis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from openslots.kernel import db, schema
from openslots.kernel.glance import Glance
from openslots.kernel.redis import Redis
from openslots.kernel.settings import Database

KEEP = 1.0  # seconds for which an answer is remembered
LIMIT = 2.0  # seconds that anybody waits for one
UNDEFINED_TABLE = "42P01"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`schema` is behind where `openslots migrate` has work to do; unknown without a database.

    Redis is `off` where none is configured; without it the server works on.
    """

    postgres: Literal["ok", "missing"] = "missing"
    schema: Literal["ok", "behind", "unknown"] = "unknown"
    redis: Literal["ok", "missing", "off"] = "missing"

    @property
    def ready(self) -> bool:
        return self.postgres == "ok" and self.schema != "behind"


def probe_engine(settings: Database, *, application: str) -> AsyncEngine:
    """An engine with the one connection of probes: what they ask neither waits for the requests'
    connections nor takes one, and ends soon."""
    soon = timedelta(seconds=LIMIT)
    own = settings.model_copy(
        update={"pool_size": 1, "pool_timeout": soon, "statement_timeout": soon}
    )
    return db.create_engine(own, application=application)


def watch(engine: AsyncEngine, redis: Redis) -> Glance[Readiness]:
    """Asks for the readiness within LIMIT seconds; `engine` is that of `probe_engine`."""

    async def look() -> Readiness:
        revisions = await _revisions(engine)
        cache: Literal["ok", "missing", "off"] = "off"
        if redis.configured:
            cache = "ok" if await redis.ping() else "missing"
        if revisions is None:
            return Readiness(redis=cache)
        ours = schema.revisions()
        behind = ours is not None and not ours.serve(revisions)
        return Readiness("ok", "behind" if behind else "ok", cache)

    late = Readiness(redis="missing" if redis.configured else "off")
    return Glance(look, late=late, keep=KEEP, limit=LIMIT)


async def _revisions(engine: AsyncEngine) -> set[str] | None:
    """The revisions that the database is at; None without a database."""
    try:
        async with engine.connect() as connection:
            found = await connection.scalars(text("SELECT version_num FROM alembic_version"))
            return set(found)
    except DBAPIError as error:
        return set() if getattr(error.orig, "sqlstate", "") == UNDEFINED_TABLE else None
    except (SQLAlchemyError, OSError, TimeoutError):
        return None
