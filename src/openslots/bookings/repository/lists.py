"""Lists of bookings: what a caller may see, filters, offset and cursor pages.

What somebody sees is a union of branches, each of which walks an index by itself, for one person
after the other: the same conditions joined with OR would read the whole table, and those for
several people at once all of their bookings for each page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from openslots.bookings.repository.reads import Found
from openslots.bookings.types import Filters, SeriesFacts, SortKey, Status
from openslots.models import Attendee, Booking, EventType, Membership, Team, User

Column = InstrumentedAttribute[Any]  # Any: datetimes and ids
# `OFFSET 0` keeps a look-up of one row's or one person's rows that, whatever the planner expects.
_FENCE = literal_column("0", Integer)
COLUMNS: dict[SortKey, Column] = {
    "start": Booking.start_at,
    "end": Booking.end_at,
    "created": Booking.created_at,
    "updated": Booking.updated_at,
}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose bookings: what the people organise or attend, and those of the teams' event types.

    `user_ids` and `emails` are one person's for a plain user, those of all members for an
    administrator.
    """

    user_ids: tuple[int, ...]
    emails: tuple[str, ...]
    team_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """By a column, then by id in the same direction."""

    key: SortKey = "start"
    descending: bool = False

    @property
    def by(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:  # Any: either column
        column = COLUMNS[self.key]
        if self.descending:
            return column.desc(), Booking.id.desc()
        return column.asc(), Booking.id.asc()


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


def _status(status: Status, now: datetime) -> ColumnElement[bool]:
    live = Booking.status.not_in(("cancelled", "rejected"))
    match status:
        case "upcoming":
            shown = or_(
                and_(Booking.recurring_uid.is_not(None), Booking.status == "accepted"),
                and_(Booking.recurring_uid.is_(None), live),
            )
            return and_(Booking.end_at >= now, shown)
        case "recurring":
            return and_(Booking.end_at >= now, Booking.recurring_uid.is_not(None), live)
        case "past":
            return and_(Booking.end_at <= now, live)
        case "cancelled":
            return Booking.status.in_(("cancelled", "rejected"))
        case "unconfirmed":
            return and_(Booking.end_at >= now, Booking.status == "pending")


def _has_attendee(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(Attendee.id)
        .where(Attendee.booking_id == Booking.id, condition)
        .correlate(Booking)
        .offset(_FENCE)
        .exists()
    )


def conditions(filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    """What every booking of the list fulfils."""
    out: list[ColumnElement[bool]] = []
    if filters.statuses:
        out.append(or_(*(_status(status, now) for status in filters.statuses)))
    if filters.attendee_email is not None:
        out.append(_has_attendee(func.lower(Attendee.email) == filters.attendee_email.lower()))
    if filters.attendee_name is not None:
        out.append(_has_attendee(Attendee.name == filters.attendee_name))
    if filters.booking_uid is not None:
        out.append(Booking.uid == filters.booking_uid)
    if filters.event_type_ids is not None:
        out.append(Booking.event_type_id.in_(filters.event_type_ids))
    if filters.team_ids is not None:
        out.append(
            Booking.event_type_id.in_(
                select(EventType.id).where(EventType.team_id.in_(filters.team_ids))
            )
        )
    bounds: list[tuple[datetime | None, Column, bool]] = [
        (filters.after_start, Booking.start_at, True),
        (filters.before_end, Booking.end_at, False),
        (filters.after_created, Booking.created_at, True),
        (filters.before_created, Booking.created_at, False),
        (filters.after_updated, Booking.updated_at, True),
        (filters.before_updated, Booking.updated_at, False),
    ]
    out += [
        column >= bound if lower else column <= bound
        for bound, column, lower in bounds
        if bound is not None
    ]
    return out


def _branches(
    audience: Audience,
    narrowed: Sequence[ColumnElement[bool]],
    order: Order | None = None,
    limit: int | None = None,
) -> list[Select[int]]:
    """The ids of what each person organises and attends and of what each event type of the teams
    has; with an order the first `limit` of each."""

    person = _each("person", audience.user_ids, BigInteger())
    email = _each("email", audience.emails, String())
    organised = select(Booking.id).where(Booking.organizer_id == person.c.value)
    out = [
        _of_each(person, _first(organised.where(*narrowed), order, limit)),
        _of_each(email, _attended(email, narrowed, order or Order(), limit)),
    ]
    if audience.team_ids:
        own = select(EventType.id).where(EventType.team_id.in_(audience.team_ids)).subquery()
        of_type = select(Booking.id).where(Booking.event_type_id == own.c.id, *narrowed)
        out.append(_of_each(own, _first(of_type, order, limit)))
    return out


def _attended(
    email: FromClause, narrowed: Sequence[ColumnElement[bool]], order: Order, limit: int | None
) -> Select[int]:
    """All that a person attends is looked up, one by one: no index has it in any order."""
    met = (
        select(Attendee.booking_id)
        .distinct()
        .where(func.lower(Attendee.email) == email.c.value)
        .correlate(email)
        .lateral("met")
    )
    row = (
        select(Booking.id, COLUMNS[order.key].label("moment"))
        .where(Booking.id == met.c.booking_id, *narrowed)
        .correlate(met)
        .offset(_FENCE)
        .lateral("attended")
    )
    found = select(row.c.id).select_from(met.join(row, true()))
    if limit is None:
        return found
    by = [row.c.moment, row.c.id]
    return found.order_by(*(column.desc() if order.descending else column for column in by)).limit(
        limit
    )


def _first(matching: Select[int], order: Order | None, limit: int | None) -> Select[int]:
    if order is None:
        return matching.offset(_FENCE)
    return matching.order_by(*order.by).limit(limit)


def _of_each(key: FromClause, matching: Select[int]) -> Select[int]:
    found = matching.correlate(key).lateral()
    return select(found.c.id).select_from(key.join(found, true()))


def _each(name: str, values: Sequence[object], kind: TypeEngine[Any]) -> FromClause:
    """A row for each value; Any: of either type."""
    array = literal(list(values), ARRAY(kind))
    return func.unnest(array).table_valued("value", name=name).render_derived()


def _union(branches: Sequence[Select[int]]) -> CompoundSelect[Any]:  # Any: one id
    return union(*branches)


async def count(session: AsyncSession, audience: Audience, filters: Filters, now: datetime) -> int:
    matching = _union(_branches(audience, conditions(filters, now))).subquery()
    return await session.scalar(select(func.count()).select_from(matching)) or 0


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
    first = _branches(audience, conditions(filters, now), order, skip + take)
    return await _page(session, first, order, take=take, skip=skip)


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
    narrowed = conditions(filters, now)
    if after is not None:
        key = tuple_(Booking.start_at, Booking.id)
        narrowed.append(key < after if order.descending else key > after)
    if anchor is not None:
        start = Booking.start_at
        narrowed.append(start < anchor if order.descending else start > anchor)
    first = _branches(audience, narrowed, order, take)
    return await _page(session, first, order, take=take, skip=0)


async def _page(
    session: AsyncSession,
    branches: Sequence[Select[int]],
    order: Order,
    *,
    take: int,
    skip: int,
) -> list[Found]:
    ids = _union(branches).subquery()
    rows = await session.execute(
        select(Booking, User)
        .outerjoin(User, User.id == Booking.organizer_id)
        .where(Booking.id == func.any(func.array(select(ids.c.id).scalar_subquery())))
        .order_by(*order.by)
        .limit(take)
        .offset(skip)
    )
    page = list(rows)
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
