"""Queries of what stands around event types: schedules, teams, members, webhooks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from openslots.event_types.repository.core import MOST
from openslots.event_types.types import Stored
from openslots.models import EventType, Membership, Schedule, Team, User, Webhook

MOST_MEMBERS = 500


@dataclass(frozen=True, slots=True)
class TeamGroup:
    """A team of a member: their role, how many belong to it, its event types."""

    team: Team
    organization: Team | None
    role: str
    count: int
    rows: list[EventType]


async def schedule(session: AsyncSession, schedule_id: int | None) -> Schedule | None:
    if schedule_id is None:
        return None
    found: Schedule | None = await session.scalar(
        select(Schedule).where(Schedule.id == schedule_id)
    )
    return found


async def is_member(session: AsyncSession, team_id: int, user_id: int) -> bool:
    query = select(Membership.id).where(
        Membership.team_id == team_id, Membership.user_id == user_id, Membership.accepted
    )
    return await session.scalar(query) is not None


async def members(session: AsyncSession, team_id: int) -> list[tuple[Membership, User]]:
    """The accepted members of a team, oldest first."""
    query = (
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.team_id == team_id, Membership.accepted)
        .order_by(Membership.id)
        .limit(MOST_MEMBERS)
    )
    return [(membership, user) for membership, user in (await session.execute(query)).all()]


async def hooks(session: AsyncSession, event_type_id: int) -> list[Webhook]:
    query = select(Webhook).where(Webhook.event_type_id == event_type_id)
    return list((await session.scalars(query.order_by(Webhook.created_at).limit(MOST))).all())


async def member_groups(session: AsyncSession, user_id: int) -> list[TeamGroup]:
    """The teams that a user belongs to, with their event types; two queries."""
    org, others = aliased(Team), aliased(Membership)
    count = (
        select(func.count())
        .select_from(others)
        .where(others.team_id == Team.id, others.accepted)
        .scalar_subquery()
    )
    query = (
        select(Team, org, Membership.role, count)
        .join(Membership, Membership.team_id == Team.id)
        .outerjoin(org, org.id == Team.parent_id)
        .where(Membership.user_id == user_id, Membership.accepted, Team.is_organization.is_(False))
        .order_by(Membership.id)
        .limit(MOST)
    )
    found = (await session.execute(query)).all()
    rows = await session.scalars(
        select(EventType)
        .where(EventType.team_id.in_([team.id for team, *_ in found]))
        .order_by(EventType.id)
        .limit(MOST)
    )
    by_team: dict[int | None, list[EventType]] = {}
    for row in rows:
        by_team.setdefault(row.team_id, []).append(row)
    return [
        TeamGroup(team, organization, role, number, by_team.get(team.id, []))
        for team, organization, role, number in found
    ]


async def public_team_event_type(
    session: AsyncSession,
    slug: str,
    *,
    team_id: int | None,
    team_slug: str,
    org_slug: str | None,
    org_id: int | None,
) -> EventType | None:
    """A team's event type by its slug; the team by id, else by slug and organisation."""
    org = aliased(Team)
    query = (
        select(EventType)
        .join(Team, Team.id == EventType.team_id)
        .outerjoin(org, org.id == Team.parent_id)
        .where(func.lower(EventType.slug) == slug.lower())
        .order_by(EventType.slug != slug, EventType.id)
        .limit(1)
    )
    if team_id is not None:
        query = query.where(Team.id == team_id)
    else:
        query = query.where(func.lower(Team.slug) == team_slug)
        if org_slug is None and org_id is None:
            query = query.where(Team.parent_id.is_(None))
    if org_slug is not None:
        query = query.where(org.slug == org_slug)
    if org_id is not None:
        query = query.where(org.id == org_id)
    found: EventType | None = await session.scalar(query)
    return found


async def set_locations(
    session: AsyncSession, owner_id: int, event_type_ids: Collection[int], places: list[Stored]
) -> None:
    """Gives several event types of one person the same locations."""
    await session.execute(
        update(EventType)
        .where(EventType.owner_id == owner_id, EventType.id.in_(event_type_ids))
        .values(locations=places)
    )
