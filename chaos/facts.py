"""What the database says after the test, read past the servers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

MOST_ROWS = 500_000


@dataclass(frozen=True, slots=True)
class Row:
    """A booking; `updated_at` of one that ended is when it did."""

    uid: str
    status: str
    event_type_id: int
    start_at: datetime
    end_at: datetime
    from_reschedule: str | None
    rescheduled: bool
    created_at: datetime
    updated_at: datetime
    booker: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the delivery log; `hook` is the path of its subscription at the receiver."""

    id: str
    hook: str
    trigger: str
    booking_uid: str
    status: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """The time that an accepted booking takes from a host."""

    host_id: int
    uid: str
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail; `key` begins with the uid of a booking and what happened to it."""

    id: str
    key: str
    ended: bool
    error: str | None


@dataclass
class Facts:
    """`unfinished_jobs` counts by kind."""

    now: datetime
    bookings: dict[str, Row]
    deliveries: list[Delivery]
    taken: list[Taken]
    unfinished_jobs: dict[str, int]
    failed_jobs: list[str]
    inactive_hooks: list[str]
    mails: list[MailRow]


_BOOKINGS = """
SELECT b.uid, b.status, b.event_type_id, b.start_at, b.end_at, b.from_reschedule, b.rescheduled,
  b.created_at, b.updated_at, coalesce((SELECT a.email FROM attendees a WHERE a.booking_id = b.id
  AND a.kind = 'booker' ORDER BY a.id LIMIT 1), '') AS booker
FROM bookings b LIMIT $1
"""
_DELIVERIES = """
SELECT d.id, regexp_replace(w.subscriber_url, '.*/', '') AS hook, d.trigger,
  coalesce(d.booking_uid, '') AS booking_uid, d.status, d.attempts, d.created_at
FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id LIMIT $1
"""
_TAKEN = """
SELECT h.host_id, b.uid, b.start_at, b.end_at
FROM booking_hosts h JOIN bookings b ON b.id = h.booking_id
WHERE b.status = 'accepted' ORDER BY h.host_id, b.start_at LIMIT $1
"""
# periodic jobs wait for their next time, those of a coming meeting for theirs
_UNFINISHED = """
SELECT kind, count(*) FROM jobs
WHERE done_at IS NULL AND key <> ''
  AND NOT (kind IN ('webhooks.meeting', 'mail.reminder') AND run_at > now())
GROUP BY kind
"""
_AHEAD = """
SELECT EXISTS (SELECT FROM bookings WHERE status = 'accepted'
  AND end_at > now() AND start_at < now() + interval '5 minutes')
"""
_FAILED = """
SELECT kind || ' ' || key || ': ' || last_error AS text FROM jobs
WHERE done_at IS NOT NULL AND last_error IS NOT NULL LIMIT 50
"""
_MAILS = """
SELECT id, coalesce(dedupe_key, '') AS key, ended_at IS NOT NULL AS ended, error FROM mails LIMIT $1
"""


async def unfinished(url: str) -> dict[str, int]:
    """Jobs that are due or run or are tried again, by kind."""
    connection: Any = await asyncpg.connect(url)  # Any: asyncpg comes without types
    try:
        return {row[0]: row[1] for row in await connection.fetch(_UNFINISHED)}
    finally:
        await connection.close()


async def meetings_ahead(url: str) -> bool:
    """Whether an accepted booking has yet to begin or to end within a few minutes."""
    connection: Any = await asyncpg.connect(url)  # Any: asyncpg comes without types
    try:
        return bool(await connection.fetchval(_AHEAD))
    finally:
        await connection.close()


async def gather(url: str) -> Facts:
    connection: Any = await asyncpg.connect(url)  # Any: asyncpg comes without types
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _gather(connection)
    finally:
        await connection.close()


async def _gather(connection: Any) -> Facts:
    async def texts(query: str) -> list[str]:
        return [str(row[0]) for row in await connection.fetch(query)]

    bookings = [Row(**dict(row)) for row in await connection.fetch(_BOOKINGS, MOST_ROWS)]
    return Facts(
        now=await connection.fetchval("SELECT now()"),
        bookings={row.uid: row for row in bookings},
        deliveries=[
            Delivery(**dict(row)) for row in await connection.fetch(_DELIVERIES, MOST_ROWS)
        ],
        taken=[Taken(**dict(row)) for row in await connection.fetch(_TAKEN, MOST_ROWS)],
        unfinished_jobs={row[0]: row[1] for row in await connection.fetch(_UNFINISHED)},
        failed_jobs=await texts(_FAILED),
        inactive_hooks=await texts("SELECT subscriber_url FROM webhooks WHERE NOT active"),
        mails=[MailRow(**dict(row)) for row in await connection.fetch(_MAILS, MOST_ROWS)],
    )
