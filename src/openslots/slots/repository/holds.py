"""The table of holds, and what a new one has to be compared with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Integer,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.kernel.db import int8
from openslots.kernel.purging import delete_some
from openslots.models import SlotReservation
from openslots.slots.repository.load import with_people
from openslots.slots.rules.holds import LiveHold, Meeting, Place, Taken
from openslots.slots.types import Hold

_PLACE = with_people(
    """
SELECT ev.id, ev.owner_id, ev.team_id, t.parent_id AS organization_id, ev.scheduling_type,
  ev.seats_per_slot, ev.length, ev.length_options,
  array_agg(p.user_id ORDER BY p.position) AS host_ids,
  array_agg(p.user_id) FILTER (WHERE p.fixed) AS fixed_ids
FROM ev LEFT JOIN people p ON true LEFT JOIN teams t ON t.id = ev.team_id
GROUP BY ev.id, ev.owner_id, ev.team_id, t.parent_id, ev.scheduling_type, ev.seats_per_slot,
  ev.length, ev.length_options
"""
)


async def place(session: AsyncSession, event_type_id: int) -> Place | None:
    """The event type with its hosts; None when there is none of that id."""
    found = await session.execute(_PLACE, {"event_type_id": int8(event_type_id)})
    row = found.mappings().first()
    if row is None:
        return None
    round_robin = row["owner_id"] is None and row["scheduling_type"] == "roundRobin"
    return Place(
        id=row["id"],
        owner_id=row["owner_id"],
        team_id=row["team_id"],
        organization_id=row["organization_id"],
        round_robin=round_robin,
        seats=row["seats_per_slot"] or None,
        lengths=(row["length"], *(row["length_options"] or ())),
        variable=bool(row["length_options"]),
        host_ids=tuple(one for one in row["host_ids"] if one is not None),
        mandatory_ids=frozenset(row["fixed_ids"] or ()) if round_robin else frozenset(),
    )


async def entitled(session: AsyncSession, user_id: int, place: Place) -> bool:
    """Whether a user may say how long a hold of the event type lasts: the owner, whoever shares a
    team or organisation with the owner, and the members of its team or organisation."""
    if place.owner_id == user_id:
        return True
    found = await session.execute(
        text(
            "SELECT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = :user_id AND m.accepted "
            "AND (m.team_id = :team_id OR m.team_id = :organization_id OR EXISTS ("
            "SELECT 1 FROM memberships o WHERE o.team_id = m.team_id AND o.accepted "
            "AND o.user_id = :owner_id)))"
        ),
        {
            "user_id": user_id,
            "team_id": place.team_id,
            "organization_id": place.organization_id,
            "owner_id": place.owner_id,
        },
    )
    return bool(found.scalar_one())


# By the time of the hosts, and for bookings without any by their start: an event type's bookings
# that began before some moment would be all of its past.
_MEETINGS = text(
    """
SELECT b.uid,
  (SELECT count(*) FROM attendees a WHERE a.booking_id = b.id AND a.kind <> 'host') AS attendees,
  ARRAY(SELECT h.host_id FROM booking_hosts h WHERE h.booking_id = b.id) AS host_ids
FROM (
  SELECT h.booking_id AS id FROM unnest(:host_ids) AS k(id) CROSS JOIN LATERAL (
    SELECT booking_id FROM booking_hosts
    WHERE int8range(host_id, host_id, '[]') && int8range(k.id, k.id, '[]')
      AND during && tstzrange(:start, :end) OFFSET 0
  ) h
  UNION
  SELECT id FROM bookings
  WHERE event_type_id = :id AND start_at < :end
    AND start_at > CAST(:start AS timestamptz) - interval '1 day'
) near CROSS JOIN LATERAL (
  SELECT id, uid FROM bookings
  WHERE id = near.id AND event_type_id = :id
    AND status IN ('accepted', 'pending', 'awaiting_host')
    AND start_at < :end AND end_at > :start OFFSET 0
) b
"""
).bindparams(bindparam("host_ids", type_=ARRAY(BigInteger())))


async def taken(
    session: AsyncSession,
    place: Place,
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    besides: str,
) -> Taken:
    """What overlaps [start, end); the hold `besides` is left out. Touching is not overlapping."""
    about = {"id": place.id, "host_ids": list(place.host_ids), "start": start, "end": end}
    found = await session.execute(_MEETINGS, about)
    meetings = [Meeting(uid, count, frozenset(hosts)) for uid, count, hosts in found]
    others = await live(session, place.id, start, end, now=now)
    return Taken(meetings, sum(held.uid != besides for held in others))


async def live(
    session: AsyncSession, event_type_id: int, start: datetime, end: datetime, *, now: datetime
) -> list[LiveHold]:
    """Unexpired holds of an event type that overlap [start, end), the oldest first; one that is
    kept for several hosts comes once."""
    # fenced by OFFSET 0: the index of what is live would be that of all event types
    own = (
        select(SlotReservation)
        .where(
            SlotReservation.event_type_id == event_type_id,
            SlotReservation.start_at < end,
            SlotReservation.end_at > start,
        )
        .offset(literal_column("0", Integer))
        .subquery()
        .c
    )
    found = await session.execute(
        select(
            own.uid, own.start_at, own.end_at, func.max(own.release_at), func.min(own.created_at)
        )
        .where(own.release_at > now)
        .group_by(own.uid, own.start_at, own.end_at)
        .order_by(func.min(own.created_at), func.min(own.id))
    )
    return [LiveHold(*row) for row in found]


async def read(session: AsyncSession, uid: str, *, now: datetime) -> Hold | None:
    """A hold that has not run out."""
    found = await session.execute(
        select(
            SlotReservation.uid,
            SlotReservation.event_type_id,
            SlotReservation.start_at,
            SlotReservation.end_at,
            SlotReservation.release_at,
        )
        .where(SlotReservation.uid == uid, SlotReservation.release_at > now)
        .order_by(SlotReservation.id)
        .limit(1)
    )
    row = found.first()
    return None if row is None else Hold(*row)


async def insert(
    session: AsyncSession, hold: Hold, user_ids: Sequence[int], *, is_seat: bool
) -> None:
    """One row per user; a row of the same user, time and uid lives on, longer."""
    rows = [
        {
            "uid": hold.uid,
            "event_type_id": hold.event_type_id,
            "user_id": user_id,
            "start_at": hold.start,
            "end_at": hold.end,
            "release_at": hold.until,
            "is_seat": is_seat,
        }
        for user_id in user_ids
    ]
    statement = upsert(SlotReservation).values(rows)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "start_at", "end_at", "uid"],
            set_={
                "release_at": statement.excluded.release_at,
                "event_type_id": statement.excluded.event_type_id,
                "is_seat": statement.excluded.is_seat,
            },
        )
    )


async def drop(session: AsyncSession, uid: str) -> None:
    """Deletes every row of a hold."""
    await session.execute(delete(SlotReservation).where(SlotReservation.uid == uid))


async def sweep(session: AsyncSession, event_type_id: int, *, now: datetime) -> None:
    """Deletes the holds of an event type that have run out."""
    await session.execute(
        delete(SlotReservation).where(
            SlotReservation.event_type_id == event_type_id, SlotReservation.release_at <= now
        )
    )


async def purge(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Deletes up to `limit` rows of any holds that have run out; returns how many."""
    return await delete_some(
        session,
        SlotReservation,
        SlotReservation.release_at <= now,
        oldest=SlotReservation.release_at,
        limit=limit,
    )


async def seat_left(session: AsyncSession, booking_uid: str, place: Place) -> bool:
    """Whether an active booking of the event type has attendees and room for one more."""
    found = await session.execute(
        text(
            "SELECT count(*) FROM bookings b JOIN attendees a ON a.booking_id = b.id "
            "AND a.kind <> 'host' WHERE b.uid = :uid AND b.event_type_id = :id "
            "AND b.status IN ('accepted', 'pending')"
        ),
        {"uid": booking_uid, "id": place.id},
    )
    count: int = found.scalar_one()
    return 0 < count < (place.seats or 0)
