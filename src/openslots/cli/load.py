"""`openslots seed --hosts H --bookings N`: much data quickly, to see how a server grows.

Postgres makes the rows itself, so that ten million of them take minutes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from openslots.cli import bare
from openslots.cli.folder import CommandError
from openslots.cli.migrate import clear_about_the_database, connection

BATCH = 100_000
REBUILD_FROM = 50_000  # bookings from which on indexes are dropped and built at the end
PER_DAY = 8  # half hours, every second one free, from 9 to 17
CANCELLED = 16  # every so many of a host's bookings is cancelled
MINUTES = 30
MOST_PER_HOST = 200_000  # past and future half of it each, so about 34 years either way
TABLES = ("bookings", "booking_hosts", "attendees")
MAIL = "load.example"

# What every statement knows; `n` counts the rows, `host` and `own` share bookings among hosts.
_RUN = """
WITH run AS (
  SELECT $1::bigint AS low, $2::bigint AS high, $3::bigint AS users, $4::bigint AS schedules,
    $5::bigint AS types, $6::bigint AS rows, $7::bigint AS hosts, $8::bigint AS guests,
    $9::timestamptz AS now, $10::timestamptz AS first, $11::text AS word
)
"""
_HOSTS = "FROM run, generate_series(low, high) AS n"
_BOOKINGS = f"""
FROM run, generate_series(low, high) AS n
CROSS JOIN LATERAL (SELECT n % hosts AS host, n / hosts AS own, n % guests AS guest OFFSET 0) s
CROSS JOIN LATERAL (
  SELECT first + (own / {PER_DAY} * 86400 + (9 + own % {PER_DAY}) * 3600) * interval '1 second'
    AS start, translate(left(encode(sha256(convert_to(word || n, 'UTF8')), 'base64'), 22),
    '+/0OIl', 'abcdef') AS uid
  OFFSET 0) t
"""
_NAME = "'load-' || word || '-' || n"
_GUEST = f"'guest-' || guest || '-' || word || '@{MAIL}'"


async def load(
    url: str, hosts: int, bookings: int, *, add: bool = False, rebuild: bool | None = None
) -> dict[str, int]:
    """Adds `hosts` users, each with a schedule and an event type, and `bookings` bookings shared
    evenly among them, half of them past, one in sixteen cancelled.

    Everything is one transaction: another session sees all of it or nothing, and a run that was
    interrupted left nothing behind. With `rebuild` (by default from 50,000 bookings on) nobody else
    can read or write bookings meanwhile: indexes and foreign keys are dropped and made again at
    the end, which is many times faster than keeping them row by row. Raises CommandError for
    numbers that do not fit, and where bookings exist that were not loaded, unless `add`.
    """
    if hosts < 1 or bookings < 0:
        raise CommandError("--hosts must be at least 1, --bookings at least 0")
    if bookings > hosts * MOST_PER_HOST:
        raise CommandError(f"at most {MOST_PER_HOST} bookings a host: give more --hosts")
    if rebuild is None:
        rebuild = bookings >= REBUILD_FROM
    with clear_about_the_database():
        async with connection(url) as database:
            await _load(database, hosts, bookings, add=add, rebuild=rebuild)
    return {"hosts": hosts, "bookings": bookings}


async def _load(
    database: Any,  # Any: asyncpg
    hosts: int,
    bookings: int,
    *,
    add: bool,
    rebuild: bool,
) -> None:
    await database.execute("SET statement_timeout = 0")
    await database.execute("SET lock_timeout = '10s'")
    if not add:
        await _require_nobody_else(database)
    async with database.transaction():
        if rebuild:
            async with _without_indexes(database):
                await _Loader(database, hosts, bookings).run()
        else:
            await _Loader(database, hosts, bookings).run()
    for table in ("users", "schedules", "availabilities", "event_types", *TABLES):
        await database.execute(f"VACUUM (ANALYZE) {table}")


async def _require_nobody_else(database: Any) -> None:  # Any: asyncpg
    found = await database.fetchval(
        "SELECT b.uid FROM bookings b LEFT JOIN users u ON u.id = b.organizer_id "
        "WHERE u.email IS NULL OR u.email NOT LIKE '%@' || $1 LIMIT 1",
        MAIL,
    )
    if found is not None:
        raise CommandError(
            "this server has bookings of its own: they would be locked while others are loaded, "
            "which nothing takes out again; --add loads all the same"
        )


class _Loader:
    def __init__(self, database: Any, hosts: int, bookings: int) -> None:  # Any: asyncpg
        from openslots.kernel import clock

        self._database, self._hosts, self._bookings = database, hosts, bookings
        self._word = secrets.token_hex(4)
        # one more than a round number, so that a guest meets one host after the other
        self._guests = max(10_000, bookings // 20) + 1
        self._now = clock.now()
        midnight = self._now.replace(hour=0, minute=0, second=0, microsecond=0)
        days = -(-bookings // hosts) // PER_DAY
        self._first = midnight - timedelta(days=days // 2)

    async def run(self) -> None:
        from tqdm import tqdm

        self._users = await self._ids("users", self._hosts)
        self._schedules = await self._ids("schedules", self._hosts)
        self._types = await self._ids("event_types", self._hosts)
        self._rows = await self._ids("bookings", self._bookings)
        with tqdm(total=self._hosts, desc="hosts", unit="") as bar:
            for part in _parts(self._hosts):
                await self._add_hosts(part)
                bar.update(len(part))
        with tqdm(total=self._bookings, desc="bookings", unit="") as bar:
            for part in _parts(self._bookings):
                await self._add_bookings(part)
                bar.update(len(part))

    async def _ids(self, table: str, count: int) -> int:
        """The first of `count` ids that nobody else will get."""
        sequence = "pg_get_serial_sequence($1, 'id')"
        first = await self._database.fetchval(f"SELECT nextval({sequence})", table)
        if count:
            await self._database.execute(f"SELECT setval({sequence}, $2)", table, first + count)
        return int(first)

    async def _add_hosts(self, part: range) -> None:
        from openslots.models import Availability, EventType, Schedule, User

        stamps = {"created_at": "now", "updated_at": "now"}
        user = {
            "id": "users + n",
            "email": f"{_NAME} || '@{MAIL}'",
            "username": _NAME,
            "name": "'Host ' || n",
            "home_tz": "'UTC'",
            "email_verified_at": "now",
        }
        schedule = {
            "id": "schedules + n",
            "user_id": "users + n",
            "name": "'Working hours'",
            "local_tz": "'UTC'",
        }
        hours = {
            "schedule_id": "schedules + n",
            "days": "'{0,1,2,3,4,5,6}'",
            "start_minute": "540",
            "end_minute": "1020",
        }
        event_type = {
            "id": "types + n",
            "owner_id": "users + n",
            "title": "'30 minutes'",
            "slug": "'30min'",
            "length": str(MINUTES),
        }
        await self._insert(User, {**user, **stamps}, _HOSTS, part)
        await self._insert(Schedule, {**schedule, **stamps}, _HOSTS, part)
        await self._insert(Availability, hours, _HOSTS, part)
        await self._insert(EventType, {**event_type, **stamps}, _HOSTS, part)
        await self._database.execute(
            "UPDATE users SET default_schedule_id = id - $1::bigint + $2::bigint "
            "WHERE id BETWEEN $3 AND $4",
            self._users,
            self._schedules,
            self._users + part[0],
            self._users + part[-1],
        )

    async def _add_bookings(self, part: range) -> None:
        from openslots.models import Attendee, Booking, BookingHost

        end = f"start + interval '{MINUTES} minutes'"
        cancelled = f"own % {CANCELLED} = {CANCELLED - 1}"
        booking = {
            "id": "rows + n",
            "uid": "uid",
            "title": "'30 minutes between Host ' || host || ' and Guest ' || guest",
            "description": "''",
            "status": f"CASE WHEN {cancelled} THEN 'cancelled' ELSE 'accepted' END",
            "start_at": "start",
            "end_at": end,
            "event_type_id": "types + host",
            "organizer_id": "users + host",
            "organizer_email": f"'load-' || word || '-' || host || '@{MAIL}'",
            "location": "'integrations:daily'",
            "responses": f'(\'{{"name": "Guest \' || guest || \'", "email": "\' || {_GUEST} || '
            "'\"}')::jsonb",
            "ics_uid": "uid || '@Cal.com'",
            "created_at": "now",
            "updated_at": "now",
        }
        host = {
            "booking_id": "rows + n",
            "host_id": "users + host",
            "during": f"tstzrange(start, {end})",
            "blocks": f"NOT ({cancelled})",
        }
        attendee = {
            "booking_id": "rows + n",
            "name": "'Guest ' || guest",
            "email": _GUEST,
            "attendee_tz": "'UTC'",
        }
        await self._insert(Booking, booking, _BOOKINGS, part)
        await self._insert(BookingHost, host, _BOOKINGS, part)
        await self._insert(Attendee, attendee, _BOOKINGS, part)

    async def _insert(
        self, model: Any, values: Mapping[str, str], source: str, part: range
    ) -> None:  # Any: a model's class
        """A row for each number of `part`; what is not named gets the model's default."""
        row = {**_defaults(model), **values}
        columns = ", ".join(f'"{name}"' for name in row)
        words = ("INSERT INTO", model.__tablename__, f"({columns})", _RUN, "SELECT")
        await self._database.execute(
            " ".join((*words, ", ".join(row.values()), source)),
            part[0],
            part[-1],
            self._users,
            self._schedules,
            self._types,
            self._rows,
            self._hosts,
            self._guests,
            self._now,
            self._first,
            self._word,
        )


@asynccontextmanager
async def _without_indexes(database: Any) -> AsyncIterator[None]:  # Any: asyncpg
    """Drops what is slow to keep row by row, and makes it again: every index and constraint of the
    three tables of bookings but checks, partial indexes and primary keys, which grow at their
    end."""
    from tqdm import tqdm

    await database.execute("SET LOCAL timezone = 'UTC'")
    await database.execute("SET LOCAL maintenance_work_mem = '256MB'")
    await database.execute(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS EXCLUSIVE MODE")
    again = await bare.strip(database, TABLES, partial=False)
    yield
    for statement in tqdm(again, desc="indexes and constraints", unit=""):
        await database.execute(statement)


def _defaults(model: Any) -> dict[str, str]:  # Any: a model's class
    """The defaults that the model gives to columns itself, as SQL."""
    from sqlalchemy.dialects.postgresql import ARRAY, JSONB

    found = {}
    for column in model.__table__.columns:
        if column.default is None:
            continue
        value = column.default.arg(None) if column.default.is_callable else column.default.arg
        if isinstance(column.type, JSONB):
            found[column.name] = _quoted(json.dumps(value)) + "::jsonb"
        elif isinstance(column.type, ARRAY):
            found[column.name] = _quoted("{" + ",".join(map(json.dumps, value)) + "}")
        elif isinstance(value, bool | int):
            found[column.name] = str(value).lower()
        else:
            found[column.name] = _quoted(str(value))
    return found


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _parts(count: int) -> Iterator[range]:
    for low in range(0, count, BATCH):
        yield range(low, min(low + BATCH, count))
