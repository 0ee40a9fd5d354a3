"""`openslots seed --hosts H --bookings N`: much data quickly, to see how a server grows."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from openslots.cli.folder import CommandError
from openslots.cli.migrate import connection

BATCH = 20_000
PER_DAY = 8  # half hours, every second one free, from 9 to 17
MINUTES = 30
ZONE = "UTC"
MOST_PER_HOST = 200_000  # past and future half of it each, so about 34 years either way


async def load(url: str, hosts: int, bookings: int) -> dict[str, int]:
    """Adds `hosts` users, each with a schedule and an event type, and `bookings` accepted bookings
    shared evenly among them, half of them past.

    Everything is one transaction: another session sees all of it or nothing. While it runs nobody
    else can book, because the index behind the exclusion constraint is built at the end, which is
    many times faster than keeping it row by row. Raises CommandError for numbers that do not fit.
    """
    if hosts < 1 or bookings < 0:
        raise CommandError("--hosts must be at least 1, --bookings at least 0")
    if bookings > hosts * MOST_PER_HOST:
        raise CommandError(f"at most {MOST_PER_HOST} bookings a host: give more --hosts")
    async with connection(url) as database:
        await database.execute("SET statement_timeout = 0")
        async with database.transaction():
            await _Loader(database, hosts, bookings).run()
        await database.execute("ANALYZE")
    return {"hosts": hosts, "bookings": bookings}


class _Loader:
    def __init__(self, database: Any, hosts: int, bookings: int) -> None:  # Any: asyncpg
        from openslots.kernel import clock

        self._database, self._hosts, self._bookings = database, hosts, bookings
        self._run = secrets.token_hex(4)
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
        exclusion = await self._without_exclusion()
        with tqdm(total=self._bookings, desc="bookings", unit="") as bar:
            for part in _parts(self._bookings):
                await self._add_bookings(part)
                bar.update(len(part))
        for statement in tqdm(exclusion, desc="indexes", unit=""):
            await self._database.execute(statement)

    async def _ids(self, table: str, count: int) -> int:
        """The first of `count` ids that nobody else will get."""
        sequence = "pg_get_serial_sequence($1, 'id')"
        first = await self._database.fetchval(f"SELECT nextval({sequence})", table)
        if count:
            await self._database.execute(
                f"SELECT setval({sequence}, $2)",
                table,
                first + count,
            )
        return int(first)

    async def _without_exclusion(self) -> Sequence[str]:
        """Drops what is slow to keep row by row; returns the statements that bring it back."""
        found = await self._database.fetch(
            "SELECT conname AS name, pg_get_constraintdef(oid) AS text FROM pg_constraint "
            "WHERE conrelid = 'booking_hosts'::regclass AND contype = 'x'"
        )
        again = [f"ALTER TABLE booking_hosts ADD CONSTRAINT {r['name']} {r['text']}" for r in found]
        for row in found:
            await self._database.execute(f"ALTER TABLE booking_hosts DROP CONSTRAINT {row['name']}")
        indexes = await self._database.fetch(
            "SELECT indexname AS name, indexdef AS text FROM pg_indexes "
            "WHERE tablename = 'booking_hosts' AND indexdef LIKE '%USING gist%'"
        )
        for row in indexes:
            await self._database.execute(f"DROP INDEX {row['name']}")
        return [*again, *(row["text"] for row in indexes)]

    async def _add_hosts(self, part: range) -> None:
        from openslots.models import Availability, EventType, Schedule, User

        run, now = self._run, {"created_at": self._now, "updated_at": self._now}
        names = {n: f"load-{run}-{n}" for n in part}
        await self._copy(
            User,
            [
                {
                    "id": self._users + n,
                    "email": f"{names[n]}@load.example",
                    "username": names[n],
                    "name": f"Host {n}",
                    "home_tz": ZONE,
                    "email_verified_at": self._now,
                    **now,
                }
                for n in part
            ],
        )
        await self._copy(
            Schedule,
            [
                {
                    "id": self._schedules + n,
                    "user_id": self._users + n,
                    "name": "Working hours",
                    "local_tz": ZONE,
                    **now,
                }
                for n in part
            ],
        )
        await self._copy(
            Availability,
            [
                {
                    "schedule_id": self._schedules + n,
                    "days": list(range(7)),
                    "start_minute": 540,
                    "end_minute": 1020,
                }
                for n in part
            ],
            leave_out=("id",),
        )
        await self._database.execute(
            "UPDATE users SET default_schedule_id = id - $1::bigint + $2::bigint "
            "WHERE id BETWEEN $3 AND $4",
            self._users,
            self._schedules,
            self._users + part[0],
            self._users + part[-1],
        )
        await self._copy(
            EventType,
            [
                {
                    "id": self._types + n,
                    "owner_id": self._users + n,
                    "title": "30 minutes",
                    "slug": "30min",
                    "length": MINUTES,
                    **now,
                }
                for n in part
            ],
        )

    def _start(self, n: int) -> datetime:
        """Of the n-th booking: hosts in turn, each filling its days one after the other."""
        own = n // self._hosts
        return self._first + timedelta(days=own // PER_DAY, hours=9 + own % PER_DAY)

    async def _add_bookings(self, part: range) -> None:
        import asyncpg

        from openslots.kernel import ids
        from openslots.models import Attendee, Booking, BookingHost

        times = {n: self._start(n) for n in part}
        length = timedelta(minutes=MINUTES)
        uids = {n: ids.booking_uid() for n in part}
        await self._copy(
            Booking,
            [
                {
                    "id": self._rows + n,
                    "uid": uids[n],
                    "title": f"30 minutes between Host {n % self._hosts} and Guest {n}",
                    "status": "accepted",
                    "start_at": times[n],
                    "end_at": times[n] + length,
                    "event_type_id": self._types + n % self._hosts,
                    "organizer_id": self._users + n % self._hosts,
                    "ics_uid": f"{uids[n]}@load.example",
                    "created_at": self._now,
                    "updated_at": self._now,
                }
                for n in part
            ],
        )
        await self._copy(
            BookingHost,
            [
                {
                    "booking_id": self._rows + n,
                    "host_id": self._users + n % self._hosts,
                    "during": asyncpg.Range(times[n], times[n] + length),
                    "blocks": True,
                }
                for n in part
            ],
        )
        await self._copy(
            Attendee,
            [
                {
                    "booking_id": self._rows + n,
                    "name": f"Guest {n}",
                    "email": f"guest-{n % 10_000}-{self._run}@load.example",
                    "attendee_tz": ZONE,
                }
                for n in part
            ],
            leave_out=("id",),
        )

    async def _copy(
        self, model: Any, rows: Sequence[Mapping[str, Any]], leave_out: Sequence[str] = ()
    ) -> None:
        """COPY of rows into a model's table; what a row does not name gets the model's default."""
        columns = [column for column in model.__table__.columns if column.name not in leave_out]
        constants = {column.name: _default(column) for column in columns}
        await self._database.copy_records_to_table(
            model.__tablename__,
            columns=[column.name for column in columns],
            records=[tuple({**constants, **row}[c.name] for c in columns) for row in rows],
        )


def _default(column: Any) -> Any:  # Any: SQLAlchemy's column and whatever its default is
    from sqlalchemy.dialects.postgresql import JSONB

    if column.default is None:
        return None
    value = column.default.arg(None) if column.default.is_callable else column.default.arg
    return json.dumps(value) if isinstance(column.type, JSONB) else value


def _parts(count: int) -> Iterator[range]:
    for low in range(0, count, BATCH):
        yield range(low, min(low + BATCH, count))
