"""Runs migrations on DATABASE_URL, one transaction for each revision.

`attributes` of the configuration may name another `url`, a `search_path`, and who is told of each
step (`on_version_apply`).
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from openslots.kernel import tls
from openslots.kernel.db import async_url
from openslots.kernel.settings import Database
from openslots.models import Base
from openslots.models.base import BigId


def _render(kind: str, item: object, _: object) -> str | bool:
    """Migrations never import application code: our own types appear as what they store."""
    if kind == "type" and isinstance(item, BigId):
        return "sa.BigInteger()"
    return False


def _ours(name: str | None, kind: str, _: MutableMapping[Any, Any]) -> bool:
    return kind != "schema" or name is None


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        include_name=_ours,
        render_item=_render,
        transaction_per_migration=True,
        on_version_apply=context.config.attributes.get("on_version_apply"),
    )
    with context.begin_transaction():
        context.run_migrations()


async def _main() -> None:
    given = context.config.attributes
    whole = given.get("url") or Database().url.get_secret_value()
    path = given.get("search_path")
    settings = {"search_path": path} if path else {}
    engine = create_async_engine(
        async_url(whole),
        poolclass=NullPool,
        connect_args={"server_settings": settings, **tls.arguments(whole)},
    )
    async with engine.connect() as connection:
        # of a role or a database, as some providers set one: an index of many rows takes longer
        await connection.exec_driver_sql("SET statement_timeout = 0")
        await connection.commit()
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_main())
