"""Rows of API keys and of their own rate limits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.models import ApiKey, ApiKeyLimit


async def add_key(
    session: AsyncSession,
    *,
    user_id: int,
    hashed: str,
    expires_at: datetime | None,
    note: str | None = None,
    team_id: int | None = None,
) -> ApiKey:
    row = ApiKey(
        user_id=user_id, team_id=team_id, hashed_key=hashed, expires_at=expires_at, note=note
    )
    session.add(row)
    await session.flush()
    return row


async def locked_key(session: AsyncSession, key_id: str) -> ApiKey | None:
    """The row, locked until the transaction ends; None when it was deleted meanwhile."""
    return await session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())


async def move_limits(session: AsyncSession, old_id: str, new_id: str) -> None:
    await session.execute(
        update(ApiKeyLimit).where(ApiKeyLimit.api_key_id == old_id).values(api_key_id=new_id)
    )


async def delete_key(session: AsyncSession, key_id: str) -> None:
    await session.execute(delete(ApiKey).where(ApiKey.id == key_id))


async def delete_keys_of(session: AsyncSession, user_id: int) -> int:
    """Deletes every key of a person; returns how many there were."""
    gone = await session.scalars(
        delete(ApiKey).where(ApiKey.user_id == user_id).returning(ApiKey.id)
    )
    return len(gone.all())


async def delete_key_by_hash(session: AsyncSession, hashed: str) -> int:
    """Deletes the key with this hash; returns 1, or 0 where there is none."""
    gone = await session.scalars(
        delete(ApiKey).where(ApiKey.hashed_key == hashed).returning(ApiKey.id)
    )
    return len(gone.all())
