"""The same requests beside ten thousand and beside ten million bookings: what grows with the table?

Three databases, measured in turns: a small one whose hosts have as many bookings as those of the
large one, a small one with as many hosts, and the large one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx

from bench.bookings import CURSOR, DATED, tomorrow
from bench.harness import Request, Server, cluster, load, server, table
from openslots.cli.load import PER_DAY
from openslots.cli.load import load as fill
from openslots.kernel.clock import iso
from tests.cluster import Cluster

SMALL = 10_000
HOSTS, BOOKINGS = 10_000, 1_000_000
SAMPLE = 40  # hosts that are asked about, in turn
TURNS, EACH = 5, 12
SLOTS = {"cal-api-version": "2024-09-04"}
AIM = 1.2


@dataclass(frozen=True)
class Sampled:
    """One host of a world: what requests name."""

    event_type_id: int
    headers: dict[str, str]
    booking_uid: str
    guest: str
    deep: str  # the cursor of the last page of a hundred; empty where there is only one page


@dataclass(frozen=True)
class World:
    """A server with its data; `rows` is how many bookings it has."""

    name: str
    running: Server
    hosts: int
    rows: int
    sample: Sequence[Sampled]

    def at(self, number: int) -> Sampled:
        return self.sample[number % len(self.sample)]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hosts", type=int, default=HOSTS, help="of the large database")
    parser.add_argument("--bookings", type=int, default=BOOKINGS, help="of the large database")
    parser.add_argument("--database", help="URL of a large database that was seeded already")


async def seed(running: Server, name: str, hosts: int, bookings: int) -> None:
    started = time.perf_counter()
    await fill(running.database_url, hosts, bookings)
    took = time.perf_counter() - started
    rate = f" ({bookings / took:,.0f} a second)" if bookings > SMALL else ""
    print(f"{name}: {bookings:,} bookings of {hosts:,} hosts loaded in {took:.0f} s{rate}")


async def prepare(running: Server, name: str, hosts: int, bookings: int, *, made: bool) -> World:
    """Fills a server's database, unless it is `made`, and picks the hosts to ask about."""
    if not made:
        await seed(running, name, hosts, bookings)
    database = await asyncpg.connect(running.database_url)
    try:
        found = await database.fetch(_SAMPLE, max(1, hosts // SAMPLE), SAMPLE)
    finally:
        await database.close()
    sample = [await _sampled(running, dict(row)) for row in found]
    return World(name, running, hosts, bookings, sample)


async def newest(world: World) -> int:
    """The id of the booking that was made last."""
    database = await asyncpg.connect(world.running.database_url)
    try:
        return int(await database.fetchval("SELECT max(id) FROM bookings"))
    finally:
        await database.close()


async def forget(world: World, last: int) -> None:
    """Deletes the bookings after `last`, so that a given database can be measured again."""
    database = await asyncpg.connect(world.running.database_url)
    try:
        await database.execute("DELETE FROM bookings WHERE id > $1", last)
    finally:
        await database.close()


_SAMPLE = """
SELECT e.owner_id, e.id AS event_type_id, b.uid, a.email AS guest
FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM event_types) e
CROSS JOIN LATERAL (
  SELECT id, uid FROM bookings WHERE organizer_id = e.owner_id ORDER BY start_at LIMIT 1) b
CROSS JOIN LATERAL (SELECT email FROM attendees WHERE booking_id = b.id) a
WHERE e.n % $1 = 0 ORDER BY e.n LIMIT $2
"""


async def _sampled(running: Server, row: dict[str, Any]) -> Sampled:  # Any: columns
    """A host with a key of its own and, read page by page, the cursor of its last page."""
    from openslots.access import keys
    from openslots.models import ApiKey

    async with running.units() as units, units.begin() as uow:
        key, hashed = keys.make(uow.settings.security.api_key_prefix)
        uow.session.add(ApiKey(user_id=row["owner_id"], hashed_key=hashed, note="bench"))
        await uow.session.flush()
        await uow.commit()
    headers = {"Authorization": f"Bearer {key}"}
    base, deep = f"http://127.0.0.1:{running.port}", ""
    async with httpx.AsyncClient(base_url=base, headers={**headers, **CURSOR}) as client:
        while True:
            more = f"&cursor={deep}" if deep else ""
            answer = await client.get(f"/v2/bookings?limit=100{more}", timeout=60)
            following = answer.raise_for_status().json()["pagination"]["nextCursor"]
            if following is None:
                break
            deep = following
    return Sampled(row["event_type_id"], headers, row["uid"], row["guest"], deep)


def operations(world: World) -> Iterator[tuple[str, int, Callable[[int], Request]]]:
    """(name, expected status, n-th request) of everything that is measured."""
    day = tomorrow()
    month = f"start={iso(day)[:10]}&end={iso(day + timedelta(days=30))[:10]}"

    def slots(number: int) -> Request:
        path = f"/v2/slots?eventTypeId={world.at(number).event_type_id}&{month}"
        return Request("GET", path, SLOTS)

    def create(number: int) -> Request:
        host, turn = world.at(number), number // len(world.sample)
        start = day + timedelta(days=1 + turn // PER_DAY, hours=9 + turn % PER_DAY, minutes=30)
        booker = {"name": "Ann", "email": f"ann{number}@example.com", "timeZone": "UTC"}
        body = {"start": iso(start), "eventTypeId": host.event_type_id, "attendee": booker}
        return Request("POST", "/v2/bookings", DATED, json.dumps(body).encode())

    def one(number: int) -> Request:
        return Request("GET", f"/v2/bookings/{world.at(number).booking_uid}", DATED)

    def listed(query: str, version: dict[str, str]) -> Callable[[int], Request]:
        def make(number: int) -> Request:
            host = world.at(number)
            filled = query.format(
                guest=quote(host.guest),
                deep=f"&cursor={host.deep}" if host.deep else "",
                type=host.event_type_id,
                day=quote(iso(day)),
            )
            return Request("GET", f"/v2/bookings?{filled}", {**host.headers, **version})

        return make

    yield "slots of a month", 200, slots
    yield "POST a booking", 201, create
    yield "GET one booking", 200, one
    for name, query in (
        ("first page", "limit=50"),
        ("last page", "limit=100{deep}"),
        ("of a guest", "limit=50&attendeeEmail={guest}"),
    ):
        yield f"cursor list, {name}", 200, listed(query, CURSOR)
    for name, query in (
        ("first page", "take=50"),
        ("upcoming", "take=50&status=upcoming"),
        ("past", "take=50&status=past&sortStart=desc"),
        ("cancelled", "take=50&status=cancelled"),
        ("of a guest", "take=50&attendeeEmail={guest}"),
        ("from a day on", "take=50&afterStart={day}"),
        ("of an event type, newest", "take=50&eventTypeId={type}&sortCreated=desc"),
    ):
        yield f"offset list, {name}", 200, listed(query, DATED)


async def measure(worlds: Sequence[World]) -> list[list[str]]:
    """A row per operation: the median of each world, and the ratios to the large one (the last)."""
    rows = []
    for name, expected, _ in operations(worlds[0]):
        times: dict[str, list[float]] = {world.name: [] for world in worlds}
        for turn in range(TURNS + 1):  # the first one warms up
            for world in worlds:
                make = {one: made for one, _, made in operations(world)}[name]
                asked = [make(turn * EACH + number) for number in range(EACH)]
                found = await load(world.running.port, asked.__getitem__, clients=1, requests=EACH)
                if found.statuses != {expected}:
                    raise SystemExit(f"{name} in {world.name}: {found.statuses}")
                if turn:
                    times[world.name].append(found.p50)
        middle = [median(times[world.name]) for world in worlds]
        ratios = [f"{middle[-1] / one:.2f}" for one in middle[:-1]]
        rows.append([name, *(f"{one:.2f}" for one in middle), *ratios])
    return rows


def main(
    servers: Cluster | None = None,
    *,
    hosts: int = HOSTS,
    bookings: int = BOOKINGS,
    database: str | None = None,
) -> None:
    if servers is None:
        with cluster() as made:
            main(made, hosts=hosts, bookings=bookings, database=database)
        return
    busy = min(hosts, max(1, SMALL * hosts // bookings))
    plan = (("as busy hosts", busy, SMALL), ("as many hosts", hosts, SMALL))
    print(f"load average {os.getloadavg()[0]:.1f}")
    with ExitStack() as stack:
        worlds = []
        for name, some, count in (*plan, ("large", hosts, bookings)):
            given = database if name == "large" else None
            running = stack.enter_context(server(servers, given))
            made_already = given is not None
            worlds.append(asyncio.run(prepare(running, name, some, count, made=made_already)))
        last = asyncio.run(newest(worlds[-1]))
        try:
            rows = asyncio.run(measure(worlds))
        finally:
            asyncio.run(forget(worlds[-1], last))
    header = ["request, p50 ms"]
    header += [f"{world.rows:,} of {world.hosts:,}" for world in worlds]
    header += ["to as busy", "to as many"]
    print(table(f"the same among more bookings (aim: at most {AIM})", header, rows))
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    arguments(parser)
    main(**vars(parser.parse_args()))
