"""Reads what takes hosts' time, in statements whose number does not grow with hosts or bookings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger

from openslots.kernel.db import int8

# Instants are whole seconds, their fractions cut: a cast alone would round 23:59:59.999 up to the
# next day. Bookings stay JSON text: the cheapest to make, to receive, and to hand to another
# process, which then parses them.
Row = dict[str, Any]  # Any: columns of one statement, of several types

# `OFFSET 0` keeps a look-up by id a look-up by id, however many hosts the planner expects.

# The hosts of an event type in its order. Whoever left the team is no host; a team type that names
# none has the members it is assigned to.
_EVENT_PEOPLE = """
ev AS MATERIALIZED (
  SELECT e.*, t.id AS limits_team_id, t.settings AS team_settings
  FROM event_types e LEFT JOIN LATERAL (
    SELECT t.id, t.settings FROM teams t
    WHERE t.id = coalesce(
      e.team_id, (SELECT o.team_id FROM event_types o WHERE o.id = e.parent_id)) OFFSET 0
  ) t ON true
  WHERE e.id = :event_type_id
),
people AS MATERIALIZED (
  SELECT owner_id AS user_id, true AS fixed, NULL::int AS priority, NULL::int AS weight,
         NULL::varchar AS group_id, NULL::bigint AS schedule_id, NULL::timestamptz AS added_at,
         0::bigint AS position
  FROM ev WHERE owner_id IS NOT NULL
  UNION ALL
  SELECT h.user_id, h.mandatory, h.priority, h.weight, h.group_id, h.schedule_id, h.created_at, h.id
  FROM ev JOIN hosts h ON h.event_type_id = ev.id
  WHERE ev.scheduling_type <> 'managed' AND EXISTS (
    SELECT 1 FROM memberships m WHERE m.team_id = ev.team_id AND m.user_id = h.user_id)
  UNION ALL
  SELECT m.user_id, ev.scheduling_type <> 'roundRobin', NULL, NULL, NULL, NULL, m.created_at, m.id
  FROM ev JOIN memberships m ON m.team_id = ev.team_id AND m.accepted
  WHERE ev.assign_all_team_members AND ev.scheduling_type <> 'managed'
    AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.event_type_id = ev.id)
)
"""

# Several people without an event type, in the order they were named.
_NAMED_PEOPLE = """
ev AS MATERIALIZED (
  SELECT NULL::bigint AS id, NULL::bigint AS schedule_id, NULL::int AS seats_per_slot
),
people AS MATERIALIZED (
  SELECT k.id AS user_id, true AS fixed, NULL::int AS priority, NULL::int AS weight,
         NULL::varchar AS group_id, NULL::bigint AS schedule_id, NULL::timestamptz AS added_at,
         k.n AS position
  FROM unnest(:user_ids) WITH ORDINALITY AS k(id, n)
)
"""

# The bookings that overlap [:low, :high) and take time of one host: what they organise comes from
# one stretch of an index, and only what others organise is looked up by id. `{also}` adds ids.
_TAKING = """(
    SELECT b.* FROM (
      SELECT array_agg(booking_id) AS ids, min(lower(during)) AS first FROM booking_hosts
      WHERE int8range(host_id, host_id, '[]') && int8range({host}, {host}, '[]')
        AND during && tstzrange(:low, :high)
    ) t
    CROSS JOIN LATERAL (SELECT unnest(t.ids) AS id{also}) k
    LEFT JOIN LATERAL (
      SELECT {columns} FROM bookings
      WHERE organizer_id = {host} AND start_at >= t.first AND start_at < :high OFFSET 0
    ) own ON own.id = k.id
    CROSS JOIN LATERAL (
      SELECT own.* WHERE own.id IS NOT NULL
      UNION ALL
      SELECT {columns} FROM bookings WHERE id = k.id AND own.id IS NULL
    ) b
    WHERE b.start_at < :high AND b.end_at > :low
  )"""


def _taking(host: str, also: str = "") -> str:
    columns = "id, uid, start_at, end_at, event_type_id, seated, status"
    return _TAKING.format(host=host, also=also, columns=columns)


_ALSO_ATTENDED = """
      UNION SELECT booking_id FROM attendees WHERE lower(email) = u.email AND kind <> 'host'"""

_EVENT_JSON = """
  json_build_object(
    'id', ev.id, 'owner_id', ev.owner_id, 'team_id', ev.team_id, 'parent_id', ev.parent_id,
    'scheduling_type', ev.scheduling_type, 'length', ev.length, 'slot_interval', ev.slot_interval,
    'offset_start', ev.offset_start, 'minimum_notice', ev.minimum_booking_notice,
    'before_buffer', ev.before_buffer, 'after_buffer', ev.after_buffer,
    'only_first_slot', ev.only_show_first_slot, 'show_optimized', ev.show_optimized_slots,
    'period_type', ev.period_type, 'period_days', ev.period_days,
    'period_calendar_days', ev.period_calendar_days, 'period_start', ev.period_start,
    'period_end', ev.period_end, 'count_limits', ev.booking_limits_count,
    'minute_limits', ev.booking_limits_duration, 'seats_per_slot', ev.seats_per_slot,
    'pending_blocks', ev.requires_confirmation AND ev.confirmation_blocks_slot,
    'own_schedule', ev.schedule_id IS NOT NULL, 'same_host', ev.reschedule_same_host,
    'weights', ev.weights_enabled, 'limits_team_id', ev.limits_team_id,
    'team_settings', ev.team_settings
  )::text
"""

_HOSTS = """
SELECT CASE WHEN p.n = 1 OR p.n IS NULL THEN {event} END AS event,
  CASE WHEN p.n IS NOT NULL THEN json_build_object(
    'id', u.id, 'email', u.email, 'zone', u.home_tz, 'limits', u.booking_limits, 'fixed', p.fixed,
    'priority', p.priority, 'weight', p.weight, 'group', p.group_id,
    'added_at', floor(date_part('epoch', p.added_at))::bigint, 'dynamic', u.allow_dynamic_booking,
    'schedule_id', s.id, 'schedule_zone', s.local_tz, 'is_default', s.id = usual.id,
    'items', CASE WHEN ev.schedule_id IS NULL OR p.n = 1 THEN (
      SELECT json_agg(json_build_array(a.days, a.day, a.start_minute, a.end_minute) ORDER BY a.id)
      FROM availabilities a WHERE a.schedule_id = s.id)::text END,
    'trips', (
      SELECT json_agg(json_build_array(t.travel_tz, floor(date_part('epoch', t.start_at))::bigint,
        floor(date_part('epoch', t.end_at))::bigint) ORDER BY t.start_at, t.id)
      FROM travel_schedules t WHERE t.user_id = u.id),
    'away', (
      SELECT json_agg(json_build_array(floor(date_part('epoch', o.start_at))::bigint,
        floor(date_part('epoch', o.end_at))::bigint, o.id) ORDER BY o.start_at, o.id)
      FROM out_of_office o
      WHERE o.user_id = u.id AND o.end_at >= CAST(:low AS timestamptz) - interval '3 days'
        AND o.start_at <= CAST(:high AS timestamptz) + interval '3 days'),
    'held', (
      SELECT json_agg(json_build_array(r.uid, floor(date_part('epoch', r.start_at))::bigint,
        floor(date_part('epoch', r.end_at))::bigint, r.event_type_id, r.is_seat) ORDER BY r.id)
      FROM slot_reservations r
      WHERE r.user_id = u.id AND r.release_at > :now AND r.start_at < :high AND r.end_at > :low)
  )::text END AS host,
  taken.bookings
FROM ev
LEFT JOIN (SELECT *, row_number() OVER (ORDER BY position) AS n FROM people) p ON true
LEFT JOIN LATERAL (
  SELECT id, email, home_tz, booking_limits, allow_dynamic_booking, default_schedule_id
  FROM users WHERE id = p.user_id OFFSET 0
) u ON true
LEFT JOIN LATERAL (
  SELECT coalesce(
    u.default_schedule_id, (SELECT min(o.id) FROM schedules o WHERE o.user_id = u.id)) AS id
) usual ON true
LEFT JOIN LATERAL (
  SELECT id, local_tz FROM schedules
  WHERE id = coalesce(ev.schedule_id, p.schedule_id, usual.id) OFFSET 0
) s ON true
LEFT JOIN LATERAL (
  SELECT string_agg(concat('[', to_json(b.uid), ',',
      floor(date_part('epoch', b.start_at))::bigint, ',',
      floor(date_part('epoch', b.end_at))::bigint, ',', coalesce(b.event_type_id, 0), ',',
      coalesce(x.before_buffer, 0), ',', coalesce(x.after_buffer, 0), ',',
      CASE WHEN b.seated AND b.event_type_id = ev.id AND ev.seats_per_slot > 0 THEN (
        SELECT count(*) FROM attendees a WHERE a.booking_id = b.id AND a.kind <> 'host')
        ELSE 0 END, ',"', b.status, '"]'), ',') AS bookings
  FROM {taking} b
  LEFT JOIN LATERAL (
    SELECT before_buffer, after_buffer FROM event_types WHERE id = b.event_type_id OFFSET 0
  ) x ON true
  WHERE b.status = 'accepted' OR (b.status = 'pending' AND b.event_type_id = ev.id)
) taken ON true
ORDER BY p.n
"""


def with_people(query: str) -> TextClause:
    """A statement over `ev`, the event type `:event_type_id`, and `people`, its hosts with their
    `position`."""
    return text(f"WITH {_EVENT_PEOPLE}\n{query}")


def _hosts(event: str) -> str:
    return _HOSTS.format(event=event, taking=_taking("u.id", _ALSO_ATTENDED))


_BY_EVENT = with_people(_hosts(_EVENT_JSON))
_BY_PEOPLE = text(f"WITH {_NAMED_PEOPLE}\n{_hosts('NULL::text')}").bindparams(
    bindparam("user_ids", type_=ARRAY(BigInteger()))
)


async def by_event(
    session: AsyncSession, event_type_id: int, *, low: datetime, high: datetime, now: datetime
) -> list[Row]:
    """One row per host: the schedule in force, absences and holds, `bookings` that overlap
    [low, high) as JSON text, and in the first row the `event` type as JSON text, too. An event type
    without hosts has one row of `id` None. No row: no such event type."""
    found = await session.execute(
        _BY_EVENT, {"event_type_id": int8(event_type_id), "low": low, "high": high, "now": now}
    )
    return [_row(*columns) for columns in found]


async def by_people(
    session: AsyncSession, user_ids: Sequence[int], *, low: datetime, high: datetime, now: datetime
) -> list[Row]:
    """The same for several people and no event type."""
    found = await session.execute(
        _BY_PEOPLE, {"user_ids": list(user_ids), "low": low, "high": high, "now": now}
    )
    return [_row(*columns) for columns in found if columns[1] is not None]


def _row(event: str | None, host: str | None, bookings: str | None) -> Row:
    row: Row = {"id": None} if host is None else json.loads(host)
    row["event"], row["bookings"] = event, bookings
    return row


_FACT = """
  string_agg(concat('[', to_json(b.uid), ',', floor(date_part('epoch', b.start_at))::bigint, ',',
    floor(date_part('epoch', b.end_at - b.start_at))::bigint / 60, ']'), ',')
"""

_FACTS = text(
    """
SELECT 'event' AS scope, NULL::bigint AS host_id,
{fact} AS bookings
FROM bookings b
WHERE b.event_type_id = :event_type_id AND b.status = 'accepted'
  AND b.start_at >= :low AND b.start_at < :high
UNION ALL
SELECT 'user', k.id, f.bookings FROM unnest(:limited_ids) AS k(id) CROSS JOIN LATERAL (
  SELECT {fact} AS bookings FROM {taking} b WHERE b.status = 'accepted' AND b.start_at >= :low
) f
UNION ALL
SELECT 'team', k.id, f.bookings FROM unnest(:member_ids) AS k(id) JOIN users u ON u.id = k.id
CROSS JOIN LATERAL (
  SELECT {fact} AS bookings
  FROM event_types e LEFT JOIN event_types p ON p.id = e.parent_id
  JOIN bookings b ON b.event_type_id = e.id AND b.status = 'accepted'
    AND b.start_at >= :low AND b.start_at < :high
  WHERE (e.team_id = :team_id OR (:managed AND p.team_id = :team_id)) AND (
    EXISTS (SELECT 1 FROM booking_hosts h WHERE h.booking_id = b.id AND h.host_id = k.id)
    OR EXISTS (
      SELECT 1 FROM attendees a WHERE a.booking_id = b.id AND lower(a.email) = u.email))
) f
""".replace("{fact}", _FACT).replace("{taking}", _taking("k.id"))
).bindparams(
    bindparam("event_type_id", type_=BigInteger()),
    bindparam("team_id", type_=BigInteger()),
    bindparam("limited_ids", type_=ARRAY(BigInteger())),
    bindparam("member_ids", type_=ARRAY(BigInteger())),
)


async def facts(
    session: AsyncSession,
    *,
    event_type_id: int | None,
    limited_ids: Sequence[int],
    member_ids: Sequence[int],
    team_id: int | None,
    managed: bool,
    low: datetime,
    high: datetime,
) -> list[Row]:
    """Accepted bookings that start in [low, high), as JSON: of the event type, of each host with
    limits of their own, and of each member in the types of a team (and their managed children)."""
    found = await session.execute(
        _FACTS,
        {
            "event_type_id": event_type_id,
            "limited_ids": list(limited_ids),
            "member_ids": list(member_ids),
            "team_id": team_id,
            "managed": managed,
            "low": low,
            "high": high,
        },
    )
    return [dict(row) for row in found.mappings()]


_HISTORY = text(
    """
SELECT k.id AS host_id, latest.created AS last_booked, past.bookings, absent.absences
FROM unnest(:host_ids) AS k(id)
LEFT JOIN LATERAL (
  SELECT floor(date_part('epoch', max(b.created_at)))::bigint AS created
  FROM booking_hosts h JOIN bookings b ON b.id = h.booking_id
  WHERE h.host_id = k.id AND b.event_type_id = :event_type_id AND b.status = 'accepted'
) latest ON true
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_array(b.uid, floor(date_part('epoch', b.created_at))::bigint,
    floor(date_part('epoch', b.start_at))::bigint, b.no_show_host))::text AS bookings
  FROM booking_hosts h JOIN bookings b ON b.id = h.booking_id
  WHERE :counted AND h.host_id = k.id AND b.event_type_id = :event_type_id
    AND b.status = 'accepted'
    AND CASE WHEN :by_start THEN b.start_at ELSE b.created_at END >= :low
    AND CASE WHEN :by_start THEN b.start_at ELSE b.created_at END < :high
) past ON true
LEFT JOIN LATERAL (
  SELECT json_agg(json_build_array(floor(date_part('epoch', o.start_at))::bigint,
    floor(date_part('epoch', o.end_at))::bigint))::text AS absences
  FROM out_of_office o
  WHERE :counted AND o.user_id = k.id AND o.end_at >= :low AND o.start_at < :high
) absent ON true
"""
).bindparams(bindparam("host_ids", type_=ARRAY(BigInteger())))


async def history(
    session: AsyncSession,
    event_type_id: int,
    host_ids: Sequence[int],
    *,
    counted: bool,
    by_start: bool,
    low: datetime,
    high: datetime,
) -> list[Row]:
    """When each host was last booked for the event type; where `counted`, also the bookings made
    (`by_start`: starting) in [low, high) and the absences that touch it."""
    found = await session.execute(
        _HISTORY,
        {
            "event_type_id": event_type_id,
            "host_ids": list(host_ids),
            "counted": counted,
            "by_start": by_start,
            "low": low,
            "high": high,
        },
    )
    return [dict(row) for row in found.mappings()]


async def hosts_of(session: AsyncSession, booking_uid: str) -> frozenset[int]:
    """Who organises or attends a booking as its host."""
    found = await session.execute(
        text(
            "SELECT h.host_id FROM booking_hosts h JOIN bookings b ON b.id = h.booking_id "
            "WHERE b.uid = :uid UNION "
            "SELECT u.id FROM attendees a JOIN bookings b ON b.id = a.booking_id "
            "JOIN users u ON u.email = lower(a.email) WHERE b.uid = :uid"
        ),
        {"uid": booking_uid},
    )
    return frozenset(found.scalars())
