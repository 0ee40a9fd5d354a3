"""`POST /v2/bookings` against the floor, and whether a host's past makes the next one slower."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

from bench.harness import Figures, Request, Server, cluster, load, server, table
from bench.slots import analyze, fill, middle, tomorrow
from openslots.kernel import clock
from openslots.kernel.uow import Units
from tests.cluster import Cluster
from tests.factories import make_event_type, make_schedule, make_user

DATED = {"cal-api-version": "2024-08-13"}
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
MINUTES = 5
TURNS = 5
FLOOR = Request("POST", "/v2/floor/optional", DATED, b'{"nothing": true}')


async def make(units: Units, *, bookings: int) -> int:
    """An event type of a host who is always open and has `bookings` already; returns its id."""
    host = await make_user(units, time_zone="UTC")
    await make_schedule(units, host, time_zone="UTC", hours=[(EVERY_DAY, "00:00", "23:59")])
    event = await make_event_type(units, host, length=MINUTES)
    # far away: what is measured is the weight of the rows, not of busy time
    await fill(units, event.id, [host.id], bookings, tomorrow() + timedelta(days=400))
    return event.id


def requests(event_type_id: int) -> Callable[[int], Request]:
    """Makes requests that each book another time; the argument is not looked at."""
    first = tomorrow()
    numbers: Iterator[int] = count()

    def one(_: int) -> Request:
        start = first + timedelta(minutes=MINUTES * next(numbers))
        body = {
            "start": clock.iso(start),
            "eventTypeId": event_type_id,
            "attendee": {"name": "Ada", "email": "ada@example.com", "timeZone": "Europe/London"},
        }
        return Request("POST", "/v2/bookings", DATED, json.dumps(body).encode())

    return one


async def pair(
    port: int, make_one: Callable[[int], Request], *, clients: int, number: int
) -> tuple[Figures, Figures]:
    """Floor and bookings in turns, and the medians of the turns."""
    turns: list[tuple[Figures, Figures]] = []
    for _ in range(TURNS):
        floor = await load(port, lambda _: FLOOR, clients=clients, requests=number // TURNS)
        made = await load(port, make_one, clients=clients, requests=number // TURNS)
        if made.statuses != {201}:
            raise SystemExit(f"bookings answered {sorted(made.statuses)}")
        turns.append((floor, made))
    return middle([turn[0] for turn in turns]), middle([turn[1] for turn in turns])


async def report(running: Server, *, number: int = 500) -> str:
    async with running.units() as units:
        kinds = [(size, await make(units, bookings=size)) for size in (0, 1_000, 100_000)]
        await analyze(units)
    rows = []
    for size, event_type_id in kinds:
        one = requests(event_type_id)
        for clients in (1, 8):
            floor, made = await pair(running.port, one, clients=clients, number=number)
            rows.append(
                [
                    f"host with {size} bookings, {clients} client{'s' if clients > 1 else ''}",
                    f"{floor.p50:.2f}",
                    f"{made.p50:.2f}",
                    f"{made.p50 / floor.p50:.2f}",
                    f"{floor.rate / made.rate:.2f}",
                ]
            )
    return table(
        "POST /v2/bookings against the floor",
        ["case", "floor p50 ms", "p50 ms", "p50 ratio", "throughput ratio"],
        rows,
    )


def main(servers: Cluster | None = None) -> None:
    if servers is None:
        with cluster() as made:
            main(made)
        return
    with server(servers) as running:
        print(asyncio.run(report(running)))


if __name__ == "__main__":
    main()
