"""Rows of users, and what a profile reads of others' tables."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.models import Membership, Schedule, Team, User


async def by_id(session: AsyncSession, user_id: int, *, lock: bool = False) -> User | None:
    statement = select(User).where(User.id == user_id)
    return await session.scalar(statement.with_for_update() if lock else statement)


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
