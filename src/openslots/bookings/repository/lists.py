"""Lists of bookings: what a caller may see, filters, offset and cursor pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.bookings.repository import list_statements as statements
from openslots.bookings.repository.list_statements import Order, Shape
from openslots.bookings.repository.reads import Found
from openslots.bookings.types import Filters, SeriesFacts
from openslots.models import Booking, EventType, Membership, Team, User


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose bookings: what the people organise or attend, and those of the teams' event types.

    `user_ids` and `emails` are one person's for a plain user, those of all members for an
    administrator.
    """

    user_ids: tuple[int, ...]
    emails: tuple[str, ...]
    team_ids: tuple[int, ...] = ()


async def administered(session: AsyncSession, user_id: int) -> tuple[int, ...]:
    """The teams and organisations that the user administers, teams of the latter included."""
    mine = (
        select(Membership.team_id)
        .where(
            Membership.user_id == user_id,
            Membership.accepted,
            Membership.role.in_(("ADMIN", "OWNER")),
        )
        .scalar_subquery()
    )
    found = await session.scalars(
        select(Team.id).where(or_(Team.id.in_(mine), Team.parent_id.in_(mine)))
    )
    return tuple(found)


async def members(session: AsyncSession, team_ids: Sequence[int]) -> list[tuple[int, str]]:
    """(id, e-mail) of everybody who is in one of the teams."""
    found = await session.execute(
        select(User.id, User.email)
        .join(Membership, and_(Membership.user_id == User.id, Membership.accepted))
        .where(Membership.team_id.in_(team_ids))
        .distinct()
    )
    return list(found)


async def missing_event_types(session: AsyncSession, ids: Sequence[int]) -> bool:
    """Whether none of the event types exists."""
    if not ids:
        return False
    return await session.scalar(select(EventType.id).where(EventType.id.in_(ids)).limit(1)) is None


async def count(session: AsyncSession, audience: Audience, filters: Filters, now: datetime) -> int:
    shape = Shape.of(filters, teams=bool(audience.team_ids))
    return await session.scalar(statements.count(shape), _values(audience, filters, now)) or 0


async def offset_page(
    session: AsyncSession,
    audience: Audience,
    filters: Filters,
    order: Order,
    *,
    now: datetime,
    take: int,
    skip: int,
) -> list[Found]:
    shape = Shape.of(filters, teams=bool(audience.team_ids))
    bounds = {"first": skip + take, "take": take, "skip": skip}
    return await _page(session, shape, order, _values(audience, filters, now) | bounds)


async def cursor_page(
    session: AsyncSession,
    audience: Audience,
    filters: Filters,
    order: Order,
    *,
    now: datetime,
    take: int,
    anchor: datetime | None,
    after: tuple[datetime, int] | None,
) -> list[Found]:
    """The bookings after the last one of the page before; `anchor` bounds the first page."""
    shape = Shape.of(
        filters,
        teams=bool(audience.team_ids),
        after=after is not None,
        anchor=anchor is not None,
    )
    bounds: dict[str, Any] = {"first": take, "take": take, "skip": 0, "anchor": anchor}
    bounds["after_moment"], bounds["after_id"] = after or (None, None)
    return await _page(session, shape, order, _values(audience, filters, now) | bounds)


def _values(
    audience: Audience, filters: Filters, now: datetime
) -> dict[str, Any]:  # Any: parameters of several types
    return statements.values(filters) | {
        "now": now,
        "user_ids": list(audience.user_ids),
        "emails": list(audience.emails),
        "own_team_ids": list(audience.team_ids),
    }


async def _page(
    session: AsyncSession,
    shape: Shape,
    order: Order,
    values: dict[str, Any],  # Any: parameters of several types
) -> list[Found]:
    page = (await session.execute(statements.page(shape, order), values)).all()
    kinds = {booking.event_type_id for booking, _ in page if booking.event_type_id is not None}
    types: dict[int, EventType] = {}
    if kinds:
        found = await session.scalars(select(EventType).where(EventType.id.in_(kinds)))
        types = {row.id: row for row in found}
    return [
        Found(booking, types.get(booking.event_type_id or 0), organizer)
        for booking, organizer in page
    ]


async def series_of(session: AsyncSession, uids: Sequence[str]) -> tuple[SeriesFacts, ...]:
    """How series stand, in the order of their first starts."""
    found = await session.execute(
        select(Booking.recurring_uid, Booking.status, Booking.start_at)
        .where(Booking.recurring_uid.in_(uids))
        .order_by(Booking.start_at, Booking.id)
    )
    starts: dict[str, dict[str, list[datetime]]] = {}
    for uid, status, start in found:
        if uid is not None:
            starts.setdefault(uid, {}).setdefault(status, []).append(start)
    return tuple(
        SeriesFacts(
            recurring_uid=uid,
            count=sum(len(moments) for moments in by_status.values()),
            first=min(moments[0] for moments in by_status.values()),
            starts=by_status,
        )
        for uid, by_status in starts.items()
    )
