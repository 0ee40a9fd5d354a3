"""From names to ids: users, teams and event types, inside an organisation or outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import String

from openslots.kernel.db import int8


@dataclass(frozen=True, slots=True)
class Named:
    """What the names of a question lead to: organisation, owner (user or team), event type."""

    organization_id: int | None
    owner_id: int | None
    event_type_id: int | None


# A name inside an organisation is that of the profile there; members without one keep theirs.
_BY_USERNAME = text(
    """
SELECT o.id AS organization_id, w.id AS owner_id, e.id AS event_type_id
FROM (SELECT CAST(:organization AS varchar) AS slug) asked
LEFT JOIN teams o ON o.is_organization AND o.parent_id IS NULL AND o.slug = lower(asked.slug)
LEFT JOIN LATERAL (
  SELECT u.id FROM users u WHERE asked.slug IS NULL AND lower(u.username) = lower(:name)
  UNION ALL
  SELECT p.user_id FROM profiles p
  WHERE p.organization_id = o.id AND lower(p.username) = lower(:name)
  UNION ALL
  SELECT u.id FROM memberships m JOIN users u ON u.id = m.user_id
  WHERE m.team_id = o.id AND m.accepted AND lower(u.username) = lower(:name) AND NOT EXISTS (
    SELECT 1 FROM profiles p WHERE p.organization_id = o.id AND p.user_id = u.id)
  LIMIT 1
) w ON true
LEFT JOIN event_types e ON e.owner_id = w.id AND e.slug = :slug
"""
)

_BY_TEAM = text(
    """
SELECT o.id AS organization_id, w.id AS owner_id, e.id AS event_type_id
FROM (SELECT CAST(:organization AS varchar) AS slug) asked
LEFT JOIN teams o ON o.is_organization AND o.parent_id IS NULL AND o.slug = lower(asked.slug)
LEFT JOIN teams w ON w.slug = :name AND NOT w.is_organization
  AND CASE WHEN asked.slug IS NULL THEN w.parent_id IS NULL ELSE w.parent_id = o.id END
LEFT JOIN event_types e ON e.team_id = w.id AND e.slug = :slug
"""
)

_PEOPLE = text(
    """
SELECT w.id
FROM (SELECT CAST(:organization AS varchar) AS slug) asked
LEFT JOIN teams o ON o.is_organization AND o.parent_id IS NULL AND o.slug = lower(asked.slug)
CROSS JOIN unnest(:names) WITH ORDINALITY AS k(name, n)
JOIN LATERAL (
  SELECT u.id FROM users u WHERE asked.slug IS NULL AND lower(u.username) = lower(k.name)
  UNION ALL
  SELECT p.user_id FROM profiles p
  WHERE p.organization_id = o.id AND lower(p.username) = lower(k.name)
  UNION ALL
  SELECT u.id FROM memberships m JOIN users u ON u.id = m.user_id
  WHERE m.team_id = o.id AND m.accepted AND lower(u.username) = lower(k.name) AND NOT EXISTS (
    SELECT 1 FROM profiles p WHERE p.organization_id = o.id AND p.user_id = u.id)
  LIMIT 1
) w ON true
ORDER BY k.n
"""
).bindparams(bindparam("names", type_=ARRAY(String())))


async def by_username(
    session: AsyncSession, username: str, slug: str, organization: str | None
) -> Named:
    """The user of that name, globally or in an organisation, and their event type of that slug."""
    return await _find(session, _BY_USERNAME, username, slug, organization)


async def by_team(session: AsyncSession, team: str, slug: str, organization: str | None) -> Named:
    """The team of that slug, outside organisations or in one, and its event type of that slug."""
    return await _find(session, _BY_TEAM, team, slug, organization)


async def _find(
    session: AsyncSession, statement: TextClause, name: str, slug: str, organization: str | None
) -> Named:
    found = await session.execute(
        statement, {"name": name, "slug": slug, "organization": organization}
    )
    return Named(*found.one())


async def people(
    session: AsyncSession, usernames: Sequence[str], organization: str | None
) -> list[int]:
    """Ids of the known ones among several usernames, in their order, each once."""
    found = await session.execute(_PEOPLE, {"names": list(usernames), "organization": organization})
    return list(dict.fromkeys(found.scalars()))


async def administers(session: AsyncSession, user_id: int, event_type_id: int) -> bool:
    """Whether a user owns an event type, or administers its team or the organisation above."""
    found = await session.execute(
        text(
            "SELECT EXISTS (SELECT 1 FROM event_types e LEFT JOIN teams t ON t.id = e.team_id "
            "WHERE e.id = :event_type_id AND (e.owner_id = :user_id OR EXISTS ("
            "SELECT 1 FROM memberships m WHERE m.user_id = :user_id AND m.accepted "
            "AND m.role IN ('ADMIN', 'OWNER') AND m.team_id IN (t.id, t.parent_id))))"
        ),
        {"event_type_id": int8(event_type_id), "user_id": user_id},
    )
    return bool(found.scalar_one())
