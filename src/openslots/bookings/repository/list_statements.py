"""The statements of lists, made once for each shape: making one costs more than sending it.

What somebody sees is a union of branches, each of which walks an index by itself, for one person
after the other: the same conditions joined with OR would read the whole table, and those for
several people at once all of their bookings for each page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    Subquery,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from openslots.bookings.types import Filters, SortKey, Status
from openslots.models import Attendee, Booking, EventType, User

Column = InstrumentedAttribute[Any]  # Any: datetimes and ids
# `OFFSET 0` keeps a look-up of one row's or one person's rows that, whatever the planner expects.
_FENCE = literal_column("0", Integer)
COLUMNS: dict[SortKey, Column] = {
    "start": Booking.start_at,
    "end": Booking.end_at,
    "created": Booking.created_at,
    "updated": Booking.updated_at,
}
_SHAPES = 256  # that are kept
_NOW = bindparam("now", type_=Booking.start_at.type)
_IDS = ARRAY(BigInteger())
_FILTERS = tuple(field.name for field in fields(Filters) if field.name != "statuses")


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


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement depends on besides its values: which filters have one, whether the caller
    administers teams, and for a cursor page which end bounds it."""

    statuses: frozenset[Status]
    given: frozenset[str]
    teams: bool
    after: bool = False
    anchor: bool = False

    @classmethod
    def of(cls, filters: Filters, **rest: bool) -> Shape:
        return cls(frozenset(filters.statuses), frozenset(values(filters)), **rest)


def values(filters: Filters) -> dict[str, Any]:  # Any: of the filters' types
    """The values of the filters that are given, by the names of the statements' parameters."""
    found = {name: getattr(filters, name) for name in _FILTERS}
    given = {name: value for name, value in found.items() if value is not None}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in given.items()
    }


@lru_cache(_SHAPES)
def count(shape: Shape) -> Select[int]:
    """Parameters: those of `values`, `now`, `user_ids`, `emails`, and `own_team_ids` with teams."""
    return select(func.count()).select_from(_ids(shape))


@lru_cache(_SHAPES)
def page(shape: Shape, order: Order) -> Select[Booking, User | None]:
    """Parameters: those of `count`; `first`, how many of each branch are enough; `take` and `skip`;
    `anchor`, or `after_moment` and `after_id` of a cursor page."""
    ids = _ids(shape, order)
    return (
        select(Booking, User)
        .outerjoin(User, User.id == Booking.organizer_id)
        .where(Booking.id == func.any(func.array(select(ids.c.id).scalar_subquery())))
        .order_by(*order.by)
        .limit(bindparam("take", type_=Integer))
        .offset(bindparam("skip", type_=Integer))
    )


def _ids(shape: Shape, order: Order | None = None) -> Subquery:
    """The ids of what each person organises and attends and of what each event type of the teams
    has; with an order the first of each."""
    narrowed = _conditions(shape, order or Order())
    person = _each("person", bindparam("user_ids", type_=_IDS))
    email = _each("email", bindparam("emails", type_=ARRAY(String())))
    organised = select(Booking.id).where(Booking.organizer_id == person.c.value, *narrowed)
    branches = [
        _of_each(person, _first(organised, order)),
        _of_each(email, _attended(email, narrowed, order)),
    ]
    if shape.teams:
        mine = EventType.team_id == any_(bindparam("own_team_ids", type_=_IDS))
        own = select(EventType.id).where(mine).subquery()
        of_type = select(Booking.id).where(Booking.event_type_id == own.c.id, *narrowed)
        branches.append(_of_each(own, _first(of_type, order)))
    return union(*branches).subquery()


def _conditions(shape: Shape, order: Order) -> list[ColumnElement[bool]]:
    """What every booking of the list fulfils."""
    out: list[ColumnElement[bool]] = []
    if shape.statuses:
        out.append(or_(*(_status(status) for status in sorted(shape.statuses))))
    narrow = _narrow()
    out += [narrow[name] for name in _FILTERS if name in shape.given]
    start = Booking.start_at
    if shape.after:
        key = tuple_(start, Booking.id)
        last = tuple_(
            bindparam("after_moment", type_=start.type), bindparam("after_id", type_=BigInteger)
        )
        out.append(key < last if order.descending else key > last)
    if shape.anchor:
        anchor = bindparam("anchor", type_=start.type)
        out.append(start < anchor if order.descending else start > anchor)
    return out


def _narrow() -> dict[str, ColumnElement[bool]]:
    """The condition of each filter, by its name."""
    types = bindparam("event_type_ids", type_=_IDS)
    of_teams = EventType.team_id == any_(bindparam("team_ids", type_=_IDS))
    email = func.lower(bindparam("attendee_email", type_=String))
    return {
        "attendee_email": _has_attendee(func.lower(Attendee.email) == email),
        "attendee_name": _has_attendee(Attendee.name == bindparam("attendee_name")),
        "booking_uid": Booking.uid == bindparam("booking_uid"),
        "event_type_ids": Booking.event_type_id == any_(types),
        "team_ids": Booking.event_type_id.in_(select(EventType.id).where(of_teams)),
        "after_start": Booking.start_at >= bindparam("after_start"),
        "before_end": Booking.end_at <= bindparam("before_end"),
        "after_created": Booking.created_at >= bindparam("after_created"),
        "before_created": Booking.created_at <= bindparam("before_created"),
        "after_updated": Booking.updated_at >= bindparam("after_updated"),
        "before_updated": Booking.updated_at <= bindparam("before_updated"),
    }


def _status(status: Status) -> ColumnElement[bool]:
    live = Booking.status.not_in(("cancelled", "rejected"))
    match status:
        case "upcoming":
            shown = or_(
                and_(Booking.recurring_uid.is_not(None), Booking.status == "accepted"),
                and_(Booking.recurring_uid.is_(None), live),
            )
            return and_(Booking.end_at >= _NOW, shown)
        case "recurring":
            return and_(Booking.end_at >= _NOW, Booking.recurring_uid.is_not(None), live)
        case "past":
            return and_(Booking.end_at <= _NOW, live)
        case "cancelled":
            return Booking.status.in_(("cancelled", "rejected"))
        case "unconfirmed":
            return and_(Booking.end_at >= _NOW, Booking.status == "pending")


def _has_attendee(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(Attendee.id)
        .where(Attendee.booking_id == Booking.id, condition)
        .correlate(Booking)
        .offset(_FENCE)
        .exists()
    )


def _attended(
    email: FromClause, narrowed: Sequence[ColumnElement[bool]], order: Order | None
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
        select(Booking.id, COLUMNS[(order or Order()).key].label("moment"))
        .where(Booking.id == met.c.booking_id, *narrowed)
        .correlate(met)
        .offset(_FENCE)
        .lateral("attended")
    )
    found = select(row.c.id).select_from(met.join(row, true()))
    if order is None:
        return found
    by = [row.c.moment, row.c.id]
    return found.order_by(*(column.desc() if order.descending else column for column in by)).limit(
        _enough()
    )


def _first(matching: Select[int], order: Order | None) -> Select[int]:
    if order is None:
        return matching.offset(_FENCE)
    return matching.order_by(*order.by).limit(_enough())


def _enough() -> ColumnElement[int]:
    return bindparam("first", type_=Integer)


def _of_each(key: FromClause, matching: Select[int]) -> Select[int]:
    found = matching.correlate(key).lateral()
    return select(found.c.id).select_from(key.join(found, true()))


def _each(name: str, array: ColumnElement[Any]) -> FromClause:  # Any: of either type
    """A row for each value."""
    return func.unnest(array).table_valued("value", name=name).render_derived()
