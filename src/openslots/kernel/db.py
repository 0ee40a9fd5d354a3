"""The engine and its pool."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, PoolProxiedConnection

from openslots.kernel import metrics, pooler, tls, unreachable
from openslots.kernel.settings import Database


class Pool(AsyncAdaptedQueuePool):
    """Knows how many callers wait for a connection, and counts those who wait in vain."""

    waiting = 0

    def connect(self) -> PoolProxiedConnection:
        if self.checkedout() < self.size():
            return super().connect()
        self.waiting += 1
        try:
            return super().connect()
        except PoolTimeout:
            metrics.POOL_TIMEOUTS.inc()
            raise
        finally:
            self.waiting -= 1


# SQLAlchemy logs under the name of the pool's class, which is one of ours here.
logging.getLogger(f"{__name__}.{Pool.__name__}").setLevel(logging.WARNING)


def int8(value: int) -> int:
    """The number itself, or 0, which is no row's id, where a bigint cannot hold it."""
    return value if -(2**63) <= value < 2**63 else 0


def async_url(url: str) -> str:
    """A DATABASE_URL as people write it, in the form SQLAlchemy wants.

    `schema` and `pgbouncer` are options of other systems' clients and are left out; those of TLS
    go another way (kernel.tls).
    """
    parts = urlsplit(re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url))
    left_out = {"schema", "pgbouncer", *tls.OPTIONS}
    query = [(k, v) for k, v in parse_qsl(parts.query) if k not in left_out]
    return urlunsplit(parts._replace(query=urlencode(query)))


def create_engine(
    settings: Database, *, application: str = "openslots", url: str | None = None
) -> AsyncEngine:
    """An engine whose connections time out instead of hanging, and which survives a restart of
    Postgres: a dead pooled connection is noticed before it is used. `url` replaces the one of the
    settings."""
    session = {
        "jit": "off",
        "statement_timeout": str(int(settings.statement_timeout.total_seconds() * 1000)),
        "lock_timeout": str(int(settings.lock_timeout.total_seconds() * 1000)),
        "idle_in_transaction_session_timeout": "60000",
    }
    arguments: dict[str, Any] = {
        "server_settings": {"application_name": application, "timezone": "UTC", **session}
    }
    if settings.behind_pgbouncer(url):
        arguments = pooler.arguments(application, session)
    whole = url or settings.url.get_secret_value()
    return create_async_engine(
        async_url(whole),
        poolclass=Pool,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout.total_seconds(),
        pool_pre_ping=True,
        pool_use_lifo=True,
        hide_parameters=True,  # they hold secrets and people's data, and errors are logged
        connect_args={
            "async_creator_fn": unreachable.connect,
            "timeout": 10,
            "command_timeout": settings.statement_timeout.total_seconds() + 5,
            **tls.arguments(whole),
            **arguments,
        },
    )
