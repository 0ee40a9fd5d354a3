"""`POST /v2/bookings` against the floor and as bookings pile up; lists in a table of a million."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import httpx
from sqlalchemy import text

from bench.harness import Figures, Request, Server, cluster, load, server, table
from openslots.kernel import clock
from openslots.kernel.clock import iso
from openslots.kernel.uow import Units
from tests.cluster import Cluster
from tests.factories import Person, make_event_type, make_schedule, make_user

DATED = {"cal-api-version": "2024-08-13"}
CURSOR = {"cal-api-version": "2026-05-01"}
FLOOR = Request("POST", "/v2/floor/optional", {}, b"{}")
ALWAYS = ((0, 1, 2, 3, 4, 5, 6), "00:00", "23:59")
MINUTES, STEP = 15, timedelta(hours=3)  # eight bookings a day, as busy people have
PILES = (0, 1_000, 100_000)
ROWS, HOSTS, BATCH = 1_000_000, 20, 5_000

# Quarter hours one after another, the last of them yesterday, with a booker each.
_PILE = text(
    """
WITH made AS (
  INSERT INTO bookings (uid, title, description, status, start_at, end_at, event_type_id,
    organizer_id, seated, location, responses, metadata, ics_uid, ics_sequence, rescheduled,
    no_show_host, paid, creation_source, created_at, updated_at)
  SELECT 'pile' || h.id || 'x' || n, 'Bench between Host and Booker', '', 'accepted', s.at,
    s.at + interval '15 minutes', CAST(:event_type_id AS bigint), h.id, false, 'integrations:daily',
    '{"name": "Booker", "email": "booker@example.com"}', '{}', 'pile' || h.id || 'x' || n, 0,
    false, false, false, 'API_V2', now(), now()
  FROM (SELECT CAST(:host_id AS bigint) AS id) h
  CROSS JOIN generate_series(CAST(:low AS int), CAST(:high AS int)) AS n CROSS JOIN LATERAL (
    SELECT CAST(:last AS timestamptz) - make_interval(mins => 15 * n) AS at) s
  RETURNING id, organizer_id, start_at, end_at
), hosts AS (
  INSERT INTO booking_hosts (booking_id, host_id, during, blocks)
  SELECT id, organizer_id, tstzrange(start_at, end_at), true FROM made WHERE :blocking
)
INSERT INTO attendees (booking_id, kind, name, email, attendee_tz, locale, absent)
SELECT id, 'booker', 'Booker', 'b' || id || '@example.com', 'Europe/Rome', 'en', false FROM made
"""
)


@dataclass(frozen=True)
class Host:
    """Somebody who is always open, and what can be booked with them."""

    person: Person
    event_type_id: int

    def create(self, first: datetime) -> Callable[[int], Request]:
        """Requests for one start after another."""

        def make(number: int) -> Request:
            body = {
                "start": iso(first + STEP * number),
                "eventTypeId": self.event_type_id,
                "attendee": {
                    "name": "Booker",
                    "email": f"booker{number}@example.com",
                    "timeZone": "Europe/Rome",
                },
            }
            return Request("POST", "/v2/bookings", DATED, json.dumps(body).encode())

        return make


def tomorrow() -> datetime:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


async def make_host(units: Units, pile: int, *, blocking: bool = True) -> Host:
    """A host with `pile` bookings in the past; lists do not look at the time they block, which
    takes longest to write."""
    person = await make_user(units, time_zone="UTC")
    await make_schedule(units, person, hours=[ALWAYS])
    kind = await make_event_type(units, person, length=MINUTES)
    host = Host(person, kind.id)
    for low in range(0, pile, BATCH):
        async with units.begin() as uow:
            await uow.session.execute(text("SET LOCAL statement_timeout = 0"))
            await uow.session.execute(
                _PILE,
                {
                    "host_id": person.id,
                    "event_type_id": kind.id,
                    "low": low,
                    "high": min(low + BATCH, pile) - 1,
                    "blocking": blocking,
                    "last": tomorrow() - timedelta(days=2),
                },
            )
            await uow.commit()
    return host


async def settle(units: Units) -> None:
    """What autovacuum does sooner or later."""
    async with units.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SET statement_timeout = 0"))
        await connection.execute(text("VACUUM ANALYZE"))


def _middle(figures: list[Figures]) -> Figures:
    return Figures(
        p50=median(one.p50 for one in figures),
        p99=median(one.p99 for one in figures),
        rate=median(one.rate for one in figures),
        statuses=frozenset().union(*(one.statuses for one in figures)),
    )


async def creates(
    port: int, hosts: dict[int, Host], *, clients: int, requests: int, first: datetime
) -> tuple[Figures, dict[int, Figures]]:
    """The floor and a create per pile, in turns, so that all meet the same machine."""
    turns = 5
    each = requests // turns
    floor: list[Figures] = []
    found: dict[int, list[Figures]] = {pile: [] for pile in hosts}
    for turn in range(turns):
        floor.append(await load(port, lambda _: FLOOR, clients=clients, requests=each))
        for pile, host in hosts.items():
            start = first + STEP * each * turn
            figures = await load(port, host.create(start), clients=clients, requests=each)
            if figures.statuses != {201}:
                raise SystemExit(f"POST /v2/bookings: {figures.statuses}")
            found[pile].append(figures)
    return _middle(floor), {pile: _middle(figures) for pile, figures in found.items()}


async def report_creates(running: Server, *, requests: int = 500) -> str:
    """The cost of a booking in floors, and its growth with the host's bookings."""
    async with running.units() as units:
        hosts = {pile: await make_host(units, pile) for pile in PILES}
        await settle(units)
    rows = []
    for clients, first in ((1, tomorrow()), (8, tomorrow() + STEP * (requests + 100))):
        floor, found = await creates(
            running.port, hosts, clients=clients, requests=requests, first=first
        )
        for pile, figures in found.items():
            rows.append(
                [
                    f"{pile:,} bookings, {clients} client{'s' if clients > 1 else ''}",
                    f"{floor.p50:.2f}",
                    f"{figures.p50:.2f}",
                    f"{figures.p50 / floor.p50:.2f}",
                    f"{floor.rate / figures.rate:.2f}",
                    f"{figures.p50 / found[PILES[0]].p50:.2f}",
                ]
            )
    header = ["host has", "floor p50 ms", "p50 ms", "p50 ratio", "throughput ratio", "to none"]
    return table("POST /v2/bookings against the floor", header, rows)


async def _timed(client: httpx.AsyncClient, path: str, times: int = 15) -> float:
    """The median milliseconds of a GET."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        answer = await client.get(path)
        took.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
    return median(took)


async def report_lists(running: Server, *, rows: int = ROWS) -> str:
    """First pages and the thousandth cursor page of a host among `rows` bookings."""
    async with running.units() as units:
        hosts = [await make_host(units, rows // HOSTS, blocking=False) for _ in range(HOSTS)]
        await settle(units)
    base = f"http://127.0.0.1:{running.port}"
    headers = {**hosts[0].person.headers, **DATED}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=120) as client:
        offset = await _timed(client, "/v2/bookings?take=50")
        past = await _timed(client, "/v2/bookings?take=50&status=past")
        client.headers.update(CURSOR)
        path = "/v2/bookings?limit=50"
        first = await _timed(client, path)
        cursor = await _walk(client, pages=500, limit=100)
        deep = await _timed(client, f"{path}&cursor={cursor}")
    return table(
        f"GET /v2/bookings among {rows:,} bookings of {HOSTS} hosts",
        ["page", "p50 ms", "to the first"],
        [
            ["cursor, first page", f"{first:.1f}", "1.00"],
            ["cursor, 1,000th page", f"{deep:.1f}", f"{deep / first:.2f}"],
            ["offset, first page with its total", f"{offset:.1f}", f"{offset / first:.2f}"],
            ["offset, first page of the past", f"{past:.1f}", f"{past / first:.2f}"],
        ],
    )


async def _walk(client: httpx.AsyncClient, *, pages: int, limit: int) -> str:
    """The cursor after so many pages."""
    cursor = ""
    for _ in range(pages):
        more = f"&cursor={cursor}" if cursor else ""
        answer = await client.get(f"/v2/bookings?limit={limit}{more}")
        answer.raise_for_status()
        following = answer.json()["pagination"]["nextCursor"]
        if following is None:
            break
        cursor = str(following)
    return cursor


def main(servers: Cluster | None = None) -> None:
    if servers is None:
        with cluster() as made:
            main(made)
        return
    with server(servers) as running:
        print(asyncio.run(report_creates(running)))
        print()
        print(asyncio.run(report_lists(running)))


if __name__ == "__main__":
    main()
