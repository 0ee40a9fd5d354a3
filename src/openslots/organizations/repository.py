"""Rows of organisations, their memberships and profiles."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.models import Membership, Profile, Team


async def slug_taken(session: AsyncSession, slug: str) -> bool:
    """Whether an organisation or a team without one has the slug."""
    found = await session.scalar(
        select(Team.id).where(Team.slug == slug, Team.parent_id.is_(None)).limit(1)
    )
    return found is not None


async def add(session: AsyncSession, team: Team) -> Team:
    session.add(team)
    await session.flush()
    return team


async def add_owner(session: AsyncSession, team_id: int, user_id: int, username: str) -> None:
    session.add(Membership(team_id=team_id, user_id=user_id, role="OWNER", accepted=True))
    session.add(Profile(organization_id=team_id, user_id=user_id, username=username))
    await session.flush()
