"""Rows of users, and what a profile reads of others' tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.kernel.purging import delete_some
from openslots.models import EmailChange, Membership, Schedule, SecondaryEmail, Team, User


async def by_id(session: AsyncSession, user_id: int) -> User | None:
    return await session.scalar(select(User).where(User.id == user_id))


async def by_email(session: AsyncSession, email: str) -> User | None:
    return await session.scalar(select(User).where(User.email == email.lower()))


async def email_taken(session: AsyncSession, email: str) -> bool:
    found = await session.scalar(select(User.id).where(User.email == email.lower()))
    return found is not None


async def username_taken(session: AsyncSession, username: str) -> bool:
    found = await session.scalar(
        select(User.id).where(func.lower(User.username) == username.lower()).limit(1)
    )
    return found is not None


async def organization_of(session: AsyncSession, user_id: int) -> tuple[int, bool] | None:
    """(id, is platform) of the user's main organisation: the first accepted membership."""
    row = (
        await session.execute(
            select(Team.id, Team.is_platform)
            .join(Membership, Membership.team_id == Team.id)
            .where(Membership.user_id == user_id, Membership.accepted, Team.is_organization)
            .order_by(Membership.id)
            .limit(1)
        )
    ).first()
    return (row[0], row[1]) if row is not None else None


async def schedule_owner(session: AsyncSession, schedule_id: int) -> int | None:
    return await session.scalar(select(Schedule.user_id).where(Schedule.id == schedule_id))


async def secondary(session: AsyncSession, email: str) -> SecondaryEmail | None:
    return await session.scalar(select(SecondaryEmail).where(SecondaryEmail.email == email))


async def put_change(
    session: AsyncSession, user_id: int, token_hash: str, expires_at: datetime, now: datetime
) -> None:
    """The one change that waits for consent; an older one is replaced."""
    fresh = {"token_hash": token_hash, "expires_at": expires_at, "updated_at": now}
    statement = insert(EmailChange).values(user_id=user_id, created_at=now, **fresh)
    await session.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=fresh))


async def asker(session: AsyncSession, token_hash: str) -> int | None:
    """Whose change a token belongs to."""
    return await session.scalar(
        select(EmailChange.user_id).where(EmailChange.token_hash == token_hash)
    )


async def change_of(session: AsyncSession, token_hash: str) -> EmailChange | None:
    return await session.scalar(select(EmailChange).where(EmailChange.token_hash == token_hash))


async def purge_changes(session: AsyncSession, before: datetime, limit: int) -> int:
    """Deletes up to `limit` changes that ran out before that; returns how many."""
    return await delete_some(
        session,
        EmailChange,
        EmailChange.expires_at < before,
        oldest=EmailChange.expires_at,
        limit=limit,
    )


async def drop_change(session: AsyncSession, user_id: int) -> None:
    await session.execute(delete(EmailChange).where(EmailChange.user_id == user_id))
