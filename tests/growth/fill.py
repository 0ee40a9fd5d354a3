"""A database with enough rows in every table that grows for a bad plan to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
from fastapi import FastAPI

from bench.bookings import make_host
from openslots.cli import load
from openslots.kernel.uow import Units
from openslots.models import EventType, Webhook
from tests.factories import Person, make_event_type, make_schedule, make_team, make_user

HOSTS, BOOKINGS = 2_000, 20_000
BUSY = 500  # bookings of the one who asks
EARLY = 2_000  # of so many rows of each kind a statistic knows when it is stale: a tenth
FEW = 50  # of the busy host's bookings are among them
ALWAYS = ((0, 1, 2, 3, 4, 5, 6), "00:00", "23:59")

# Every table that grows by itself; $1 rows of each.
TABLES = """
INSERT INTO jobs (kind, key, lane, payload, run_at, attempts, done_at, created_at)
SELECT CASE WHEN n % 3 = 0 THEN 'webhooks.meeting' ELSE 'webhooks.deliver' END, 'old-' || n,
  'lane-' || n % 50, '{}', now() - interval '1 day', 1, now() - interval '1 day' * (n % 20), now()
FROM generate_series(1, $1::int) n
ON CONFLICT DO NOTHING;
INSERT INTO jobs (kind, key, lane, payload, run_at, attempts, created_at)
SELECT 'webhooks.meeting', 'coming-' || n, '', '{}', now() + interval '1 hour' * n, 0, now()
FROM generate_series(1, $1::int) n
ON CONFLICT DO NOTHING;
INSERT INTO webhooks (id, user_id, subscriber_url, triggers, active, version, failures, created_at,
  updated_at)
SELECT gen_random_uuid(), u.id, 'http://127.0.0.1:9/' || u.id, '{BOOKING_CREATED}', true,
  '2021-10-20', 0, now(), now()
FROM users u ORDER BY u.id DESC LIMIT $1::int / 10
ON CONFLICT DO NOTHING;
INSERT INTO webhook_deliveries (id, webhook_id, trigger, body, content_type, booking_uid, status,
  attempts, created_at)
SELECT gen_random_uuid(), w.ids[1 + n % array_length(w.ids, 1)], 'BOOKING_CREATED', '{}',
  'application/json', 'uid-' || n, CASE WHEN n % 50 = 0 THEN 'pending'
  WHEN n % 49 = 0 THEN 'failed' ELSE 'delivered' END, 1, now() - interval '10 minutes' * n
FROM generate_series(1, $1::int) n CROSS JOIN (SELECT array_agg(id) AS ids FROM webhooks) w
ON CONFLICT DO NOTHING;
INSERT INTO webhook_attempts (delivery_id, attempted_at, status_code, duration_ms)
SELECT id, created_at, 200, 5 FROM webhook_deliveries ON CONFLICT DO NOTHING;
INSERT INTO idempotency_keys (scope, key, fingerprint, status, answer, created_at)
SELECT 'scope', 'key-' || n, 'f', 201, '{}', now() - interval '1 minute' * n
FROM generate_series(1, $1::int) n
ON CONFLICT DO NOTHING;
INSERT INTO mails (id, to_address, subject, text, attachments, headers, created_at, ended_at)
SELECT gen_random_uuid(), 'a@x.org', 's', '', '[]', '{}', now(), now() - interval '10 minutes' * n
FROM generate_series(1, $1::int) n
ON CONFLICT DO NOTHING;
INSERT INTO verification_codes (kind, address, code_hash, expires_at, tries, created_at,
  updated_at)
SELECT 'email', 'code-' || n || '@x.org', 'h', now() - interval '1 minute' * (n - 100), 0, now(),
  now()
FROM generate_series(1, $1::int) n
ON CONFLICT DO NOTHING;
INSERT INTO email_changes (user_id, token_hash, expires_at, created_at, updated_at)
SELECT id, 'hash-' || id, now() - interval '1 hour' * (id % 500), now(), now()
FROM users ORDER BY id DESC LIMIT $1::int / 10 ON CONFLICT DO NOTHING;
INSERT INTO slot_reservations (uid, event_type_id, user_id, start_at, end_at, release_at, is_seat,
  created_at)
SELECT 'hold-' || e.id || '-' || n, e.id, e.owner_id,
  date_trunc('hour', now() + interval '1 hour' * n),
  date_trunc('hour', now() + interval '1 hour' * n) + interval '30 minutes',
  now() + interval '1 minute' * (n - 3), false, now()
FROM event_types e CROSS JOIN generate_series(1, 5) n WHERE e.owner_id IS NOT NULL
ORDER BY e.id DESC LIMIT $1::int
ON CONFLICT DO NOTHING;
INSERT INTO api_keys (id, user_id, hashed_key, created_at)
SELECT gen_random_uuid(), id, 'of-' || id, now() FROM users ORDER BY id DESC LIMIT $1::int
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Grown:
    """The application over the full database, and somebody whose bookings are among the others."""

    app: FastAPI
    units: Units
    me: Person
    mine: EventType
    admin: Person
    team_id: int
    team_type: EventType
    webhook_id: str


async def grow(app: FastAPI, *, stale: bool) -> Grown:
    """Fills the database of the application. When `stale`, statistics are from before nearly
    everything was there."""
    units: Units = app.state.units
    url = units.settings.db.url.get_secret_value()
    database: Any = await asyncpg.connect(url)  # Any: asyncpg comes without types
    try:
        await load.load(url, HOSTS // 10, EARLY)
        me = await _people(units)
        await _tables(database, EARLY // 2)
        await database.execute("ANALYZE")
        await _more_bookings(database, me[0].id, me[1].id)
        async with database.transaction():
            await load._Loader(database, HOSTS, BOOKINGS).run()
        await _tables(database, BOOKINGS // 2)
        if not stale:
            await database.execute("VACUUM ANALYZE")
    finally:
        await database.close()
    return Grown(app, units, *me)


async def _more_bookings(database: Any, host_id: int, event_type_id: int) -> None:
    """Of the busy host, in the past, hour by hour before those that are there; Any: asyncpg."""
    async with database.transaction():
        loader = load._Loader(database, 1, BUSY)
        loader._users, loader._types, loader._schedules = host_id, event_type_id, 0
        loader._first -= timedelta(days=BUSY)
        loader._rows = await loader._ids("bookings", BUSY)
        await loader._add_bookings(range(BUSY))


async def _tables(database: Any, rows: int) -> None:  # Any: asyncpg
    for statement in TABLES.split(";\n"):
        given = (rows,) if "$1" in statement else ()
        await database.execute(statement, *given)


async def _people(
    units: Units,
) -> tuple[Person, EventType, Person, int, EventType, str]:
    """A host with many bookings, and a team that somebody administers."""
    host = await make_host(units, FEW)
    async with units.begin() as uow:
        mine = await uow.session.get_one(EventType, host.event_type_id)
        hook = Webhook(
            user_id=host.person.id,
            subscriber_url="http://127.0.0.1:9/mine",
            triggers=["BOOKING_CREATED", "BOOKING_CANCELLED", "MEETING_ENDED"],
        )
        uow.session.add(hook)
        await uow.session.flush()
        await uow.commit()
    admin, colleague = await make_user(units), await make_user(units)
    for person in (admin, colleague):
        await make_schedule(units, person, hours=[ALWAYS])
    team_id = await make_team(
        units, members=[(admin, "ADMIN"), (colleague, "MEMBER"), (host.person, "MEMBER")]
    )
    team_type = await make_event_type(
        units, team_id=team_id, hosts=[colleague, admin], scheduling_type="roundRobin"
    )
    return host.person, mine, admin, team_id, team_type, hook.id
