"""Stored answers of requests that carried an Idempotency-Key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.kernel.purging import delete_some
from openslots.models import IdempotencyKey


async def find(
    session: AsyncSession, scope: str, key: str, since: datetime
) -> IdempotencyKey | None:
    return await session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.scope == scope,
            IdempotencyKey.key == key,
            IdempotencyKey.created_at > since,
        )
    )


async def store(
    session: AsyncSession,
    scope: str,
    key: str,
    *,
    fingerprint: str,
    status: int,
    answer: str,
    now: datetime,
) -> None:
    """Keeps an answer; one that has run out is replaced."""
    values = {
        "fingerprint": fingerprint,
        "status": status,
        "answer": answer,
        "created_at": now,
    }
    statement = insert(IdempotencyKey).values(scope=scope, key=key, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["scope", "key"], set_=values)
    )


async def forget(session: AsyncSession, before: datetime, *, at_most: int) -> int:
    """Removes some answers that have run out; rows that others remove right now are left. Returns
    how many."""
    return await delete_some(
        session,
        IdempotencyKey,
        IdempotencyKey.created_at <= before,
        oldest=IdempotencyKey.created_at,
        limit=at_most,
    )
