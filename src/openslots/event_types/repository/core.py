"""Queries of event types, their owners and hosts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from openslots.models import (
    Booking,
    EventType,
    Host,
    Membership,
    PrivateLink,
    Profile,
    Schedule,
    Team,
    User,
)

MOST = 1000  # event types in one list, which the contract does not page
ADMINS = ("ADMIN", "OWNER")


@dataclass(frozen=True, slots=True)
class Owner:
    """A user with the name and the slug of their first organisation, where there is one."""

    user: User
    org_slug: str | None
    org_username: str | None


async def owners(
    session: AsyncSession,
    *,
    ids: Collection[int] = (),
    usernames: Sequence[str] = (),
    org_slug: str | None = None,
    org_id: int | None = None,
    any_case: bool = False,
) -> list[Owner]:
    """Users by id or by username; with an organisation, by their name inside it. `any_case`:
    the usernames are given in lower case."""
    profile, org = aliased(Profile), aliased(Team)
    query = select(User, org.slug, profile.username).select_from(User)
    inside = org_slug is not None or org_id is not None
    if inside:
        query = query.join(profile, profile.user_id == User.id)
        query = query.join(org, org.id == profile.organization_id)
        query = query.where(org.slug == org_slug if org_slug is not None else org.id == org_id)
    else:
        first = select(func.min(Profile.id)).where(Profile.user_id == User.id).scalar_subquery()
        query = query.outerjoin(profile, profile.id == first)
        query = query.outerjoin(org, org.id == profile.organization_id)
    if ids:
        query = query.where(User.id.in_(ids))
    else:
        name = profile.username if inside else User.username
        query = query.where((func.lower(name) if any_case else name).in_(usernames))
    return [Owner(*row) for row in (await session.execute(query)).all()]


async def of_owner(
    session: AsyncSession,
    owner_id: int,
    *,
    slug: str | None = None,
    hidden: bool = True,
    newest_first: bool = False,
) -> list[EventType]:
    """A person's event types, managed ones included, without the hidden ones on demand."""
    order = EventType.id.desc() if newest_first else EventType.id
    query = select(EventType).where(EventType.owner_id == owner_id).order_by(order).limit(MOST)
    if slug is not None:
        query = query.where(EventType.slug == slug)
    if not hidden:
        query = query.where(EventType.hidden.is_(False))
    return list((await session.scalars(query)).all())


async def of_owner_ignoring_case(
    session: AsyncSession, owner_id: int, slug: str
) -> EventType | None:
    query = select(EventType).where(
        EventType.owner_id == owner_id, func.lower(EventType.slug) == slug.lower()
    )
    found: EventType | None = await session.scalar(query.order_by(EventType.id).limit(1))
    return found


async def by_id(session: AsyncSession, event_type_id: int) -> EventType | None:
    found: EventType | None = await session.scalar(
        select(EventType).where(EventType.id == event_type_id)
    )
    return found


async def let_bookings_go(session: AsyncSession, event_type_id: int) -> None:
    """Takes an event type's bookings from it, as its deletion would, in order of id."""
    held = select(Booking.id).where(Booking.event_type_id == event_type_id).order_by(Booking.id)
    ids = held.with_for_update(key_share=True).scalar_subquery()
    await session.execute(
        update(Booking)
        .where(Booking.id == func.any(func.array(ids)))
        .values(event_type_id=None, updated_at=Booking.updated_at)
        .execution_options(synchronize_session=False)
    )


async def own(
    session: AsyncSession, event_type_id: int, owner_id: int, *, to_change: bool = False
) -> EventType | None:
    """A personal event type of this owner; `to_change` holds the row until the end."""
    query = select(EventType).where(EventType.id == event_type_id, EventType.owner_id == owner_id)
    found: EventType | None = await session.scalar(query.with_for_update() if to_change else query)
    return found


async def slug_taken(
    session: AsyncSession, owner_id: int, slug: str, *, but: int | None = None
) -> bool:
    query = select(EventType.id).where(EventType.owner_id == owner_id, EventType.slug == slug)
    if but is not None:
        query = query.where(EventType.id != but)
    return await session.scalar(query.limit(1)) is not None


async def owns_schedule(session: AsyncSession, user_id: int, schedule_id: int) -> bool:
    query = select(Schedule.id).where(Schedule.id == schedule_id, Schedule.user_id == user_id)
    return await session.scalar(query) is not None


async def default_app(session: AsyncSession, user_id: int) -> str | None:
    found: str | None = await session.scalar(
        select(User.default_conferencing_app).where(User.id == user_id)
    )
    return found


def _administers(user_id: int, team: ColumnElement[int | None]) -> ColumnElement[bool]:
    return exists().where(
        Membership.team_id == team,
        Membership.user_id == user_id,
        Membership.accepted,
        Membership.role.in_(ADMINS),
    )


def _administers_org_of(user_id: int, member: ColumnElement[int | None]) -> ColumnElement[bool]:
    theirs, mine = aliased(Membership), aliased(Membership)
    return exists().where(
        theirs.user_id == member,
        theirs.accepted,
        theirs.team_id == Team.id,
        Team.is_organization,
        mine.team_id == Team.id,
        mine.user_id == user_id,
        mine.accepted,
        mine.role.in_(ADMINS),
    )


async def readable(session: AsyncSession, event_type_id: int, user_id: int) -> EventType | None:
    """The event type if this user may read it (event type notes, 10.1): its owner or a host, an
    administrator of its team, of the team's organisation or of an organisation of the owner."""
    team = aliased(Team)
    above = select(team.parent_id).where(team.id == EventType.team_id)
    parent = above.correlate(EventType).scalar_subquery()
    hosted = exists().where(Host.event_type_id == EventType.id, Host.user_id == user_id)
    query = select(EventType).where(
        EventType.id == event_type_id,
        or_(
            EventType.owner_id == user_id,
            hosted,
            _administers(user_id, EventType.team_id.expression),
            _administers(user_id, parent),
            and_(
                EventType.owner_id.is_not(None),
                _administers_org_of(user_id, EventType.owner_id.expression),
            ),
        ),
    )
    found: EventType | None = await session.scalar(query)
    return found


async def administers_member(session: AsyncSession, user_id: int, member_id: int) -> bool:
    """Whether a user administers an organisation of the other."""
    member = select(User.id).where(User.id == member_id).scalar_subquery()
    found: bool | None = await session.scalar(select(_administers_org_of(user_id, member)))
    return bool(found)


async def hosts(session: AsyncSession, event_type_id: int) -> list[tuple[Host, User]]:
    """The hosts of a team event type, oldest first."""
    query = (
        select(Host, User)
        .join(User, User.id == Host.user_id)
        .where(Host.event_type_id == event_type_id)
        .order_by(Host.id)
    )
    return [(host, user) for host, user in (await session.execute(query)).all()]


async def children_owners(session: AsyncSession, parent_id: int) -> list[User]:
    """The members to whom a managed event type is assigned."""
    query = (
        select(User)
        .join(EventType, EventType.owner_id == User.id)
        .where(EventType.parent_id == parent_id)
        .order_by(EventType.id)
    )
    return list((await session.scalars(query)).all())


async def team(session: AsyncSession, team_id: int) -> tuple[Team, Team | None] | None:
    """A team and its organisation."""
    org = aliased(Team)
    query = select(Team, org).outerjoin(org, org.id == Team.parent_id).where(Team.id == team_id)
    row = (await session.execute(query)).first()
    return (row[0], row[1]) if row else None


async def links(session: AsyncSession, event_type_id: int, *, limit: int) -> list[PrivateLink]:
    query = select(PrivateLink).where(PrivateLink.event_type_id == event_type_id)
    return list((await session.scalars(query.order_by(PrivateLink.id).limit(limit))).all())


async def link(
    session: AsyncSession, event_type_id: int, link: str, *, to_change: bool = False
) -> PrivateLink | None:
    query = select(PrivateLink).where(
        PrivateLink.link == link, PrivateLink.event_type_id == event_type_id
    )
    found: PrivateLink | None = await session.scalar(
        query.with_for_update() if to_change else query
    )
    return found


async def links_elsewhere(
    session: AsyncSession, event_type_id: int, names: Collection[str]
) -> bool:
    """Whether some of these links open another event type."""
    query = select(PrivateLink.id).where(
        PrivateLink.link.in_(names), PrivateLink.event_type_id != event_type_id
    )
    return await session.scalar(query.limit(1)) is not None


async def count_use(session: AsyncSession, link: str, event_type_id: int) -> bool:
    """Counts one use of a usage-based link that has some left; False when there is none such."""
    counted = await session.scalar(
        update(PrivateLink)
        .where(
            PrivateLink.link == link,
            PrivateLink.event_type_id == event_type_id,
            PrivateLink.expires_at.is_(None),
            PrivateLink.usage_count < PrivateLink.max_usage_count,
        )
        .values(usage_count=PrivateLink.usage_count + 1)
        .returning(PrivateLink.id)
    )
    return counted is not None
