"""Rows of push subscriptions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.models import PushSubscription
from openslots.notifications.types import NewSubscription, Subscription


async def put_subscription(
    session: AsyncSession, user_id: int, new: NewSubscription, now: datetime
) -> Subscription:
    """Registers a token for the user; one that another user had moves to this one."""
    fresh = {
        "user_id": user_id,
        "platform": new.platform,
        "device_id": new.device_id,
        "updated_at": now,
    }
    statement = insert(PushSubscription).values(identifier=new.token, created_at=now, **fresh)
    rows = await session.scalars(
        statement.on_conflict_do_update(index_elements=["identifier"], set_=fresh)
        .returning(PushSubscription)
        .execution_options(populate_existing=True)
    )
    row = rows.one()
    return Subscription(
        id=row.id,
        user_id=row.user_id,
        token=row.identifier,
        platform=row.platform,
        device_id=row.device_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def drop_subscription(session: AsyncSession, user_id: int, token: str) -> bool:
    """Whether there was one."""
    gone = await session.execute(
        delete(PushSubscription)
        .where(PushSubscription.user_id == user_id, PushSubscription.identifier == token)
        .returning(PushSubscription.id)
    )
    return gone.first() is not None
