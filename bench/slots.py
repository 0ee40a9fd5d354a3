"""`GET /v2/slots` against the floor, its growth with hosts and days, and what a heavy question does
to everybody else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import text

from bench.harness import Figures, Request, Server, cluster, load, server, table
from openslots.kernel import clock
from openslots.kernel.uow import Units
from tests.cluster import Cluster
from tests.factories import make_event_type, make_schedule, make_team, make_user

DATED = {"cal-api-version": "2024-09-04"}
FLOOR = Request("GET", "/v2/floor/public", {})
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)

# Half hours from tomorrow on, every second one free, eight of them a day between 9 and 17.
BULK = text(
    """
WITH made AS (
  INSERT INTO bookings (uid, title, status, start_at, end_at, event_type_id, organizer_id, seated,
    responses, metadata, ics_uid, ics_sequence, rescheduled, no_show_host, paid, creation_source,
    created_at, updated_at)
  SELECT 'bench' || h.id || 'x' || n, 'Bench', 'accepted', s.at, s.at + interval '30 minutes',
    :event_type_id, h.id, false, '{}', '{}', 'bench' || h.id || 'x' || n, 0, false, false, false,
    'API_V2', now(), now()
  FROM unnest(CAST(:host_ids AS bigint[])) AS h(id)
    CROSS JOIN generate_series(CAST(:low AS int), CAST(:high AS int)) AS n
  CROSS JOIN LATERAL (
    SELECT CAST(:first AS timestamptz) + make_interval(days => n / 8, hours => 9 + n % 8) AS at
  ) s
  RETURNING id, organizer_id, start_at, end_at
)
INSERT INTO booking_hosts (booking_id, host_id, during, blocks)
SELECT id, organizer_id, tstzrange(start_at, end_at), true FROM made
"""
)


@dataclass(frozen=True)
class Case:
    """An event type to ask for, and for how many days."""

    name: str
    event_type_id: int
    days: int

    def request(self) -> Request:
        first = tomorrow().date()
        last = first + timedelta(days=self.days - 1)
        return Request(
            "GET", f"/v2/slots?eventTypeId={self.event_type_id}&start={first}&end={last}", DATED
        )


def tomorrow() -> datetime:
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


async def make(units: Units, *, hosts: int, bookings: int, kind: str = "roundRobin") -> int:
    """An event type of half an hour with `hosts`, each with `bookings`; returns its id."""
    people = []
    for _ in range(hosts):
        people.append(await make_user(units, time_zone="Europe/Rome"))
        await make_schedule(
            units, people[-1], time_zone="UTC", hours=[(EVERY_DAY, "09:00", "17:00")]
        )
    if hosts == 1:
        event = await make_event_type(units, people[0], length=30)
    else:
        team = await make_team(units, members=[(person, "MEMBER") for person in people])
        event = await make_event_type(
            units, team_id=team, hosts=people, scheduling_type=kind, length=30
        )
    await fill(units, event.id, [person.id for person in people], bookings, tomorrow())
    return event.id


async def fill(
    units: Units, event_type_id: int, host_ids: list[int], bookings: int, first: datetime
) -> None:
    """Gives each host so many bookings from `first` on, a batch for each statement."""
    batch = max(1, 10_000 // len(host_ids))
    for low in range(0, bookings, batch):
        async with units.begin() as uow:
            await uow.session.execute(
                BULK,
                {
                    "event_type_id": event_type_id,
                    "host_ids": host_ids,
                    "low": low,
                    "high": min(low + batch, bookings) - 1,
                    "first": first,
                },
            )
            await uow.commit()


async def analyze(units: Units) -> None:
    async with units.begin() as uow:
        await uow.session.execute(text("ANALYZE"))
        await uow.commit()


async def ratios(port: int, case: Case, *, clients: int, requests: int) -> tuple[Figures, Figures]:
    """Floor and case, in turns, so that both meet the same machine; the medians of the turns."""
    turns = 5
    pairs: list[tuple[Figures, Figures]] = []
    asked = case.request()
    for _ in range(turns):
        floor = await load(port, lambda _: FLOOR, clients=clients, requests=requests // turns)
        found = await load(port, lambda _: asked, clients=clients, requests=requests // turns)
        if found.statuses != {200}:
            raise SystemExit(f"{case.name}: {found.statuses}")
        pairs.append((floor, found))
    return middle([floor for floor, _ in pairs]), middle([found for _, found in pairs])


def middle(figures: list[Figures]) -> Figures:
    return Figures(
        p50=median(one.p50 for one in figures),
        p99=median(one.p99 for one in figures),
        rate=median(one.rate for one in figures),
        statuses=figures[0].statuses,
    )


async def disturbance(port: int, case: Case, *, heavy: int = 6) -> tuple[float, float]:
    """(p50, worst) milliseconds of the floor while heavy questions are answered."""
    done = asyncio.Event()

    async def ask() -> None:
        await load(port, lambda _: case.request(), clients=2, requests=heavy)
        done.set()

    task = asyncio.create_task(ask())
    times: list[float] = []
    while not done.is_set():
        figures = await load(port, lambda _: FLOOR, clients=1, requests=1)
        times.append(figures.p50)
        await asyncio.sleep(0.005)
    await task
    return median(times), max(times)


async def report(running: Server, *, requests: int = 500, many: int = 1000) -> str:
    """Both tables as text."""
    async with running.units() as units:
        one = await make(units, hosts=1, bookings=200)
        empty = await make(units, hosts=1, bookings=0)
        ten = await make(units, hosts=10, bookings=100)
        hundred = await make(units, hosts=100, bookings=100)
        thousand = await make(units, hosts=many, bookings=100)
        await analyze(units)
    light = [
        Case("1 host, 200 bookings, 30 days", one, 30),
        Case("1 host, no bookings, 30 days", empty, 30),
        Case("1 host, 200 bookings, 1 day", one, 1),
    ]
    heavy = [
        Case("1 host, 200 bookings, 365 days", one, 365),
        Case("10 hosts, 100 bookings each, 30 days", ten, 30),
        Case("100 hosts, 100 bookings each, 30 days", hundred, 30),
        Case(f"{many} hosts, 100 bookings each, 30 days", thousand, 30),
    ]
    rows = []
    for case in light:
        for clients in (1, 8):
            floor, found = await ratios(running.port, case, clients=clients, requests=requests)
            rows.append(
                [
                    f"{case.name}, {clients} client{'s' if clients > 1 else ''}",
                    f"{floor.p50:.2f}",
                    f"{found.p50:.2f}",
                    f"{found.p50 / floor.p50:.2f}",
                    f"{floor.rate / found.rate:.2f}",
                ]
            )
    first = table(
        "GET /v2/slots against the floor",
        ["question", "floor p50 ms", "p50 ms", "p50 ratio", "throughput ratio"],
        rows,
    )
    rows = []
    for case in heavy:
        found = await load(running.port, lambda _, c=case: c.request(), clients=1, requests=5)  # type: ignore[misc]
        calm, worst = await disturbance(running.port, case)
        rows.append([case.name, f"{found.p50:.1f}", f"{calm:.2f}", f"{worst:.1f}"])
    second = table(
        "Heavy questions, and the floor while they are answered",
        ["question", "p50 ms", "floor p50 ms", "floor worst ms"],
        rows,
    )
    return f"{first}\n\n{second}"


def main(servers: Cluster | None = None) -> None:
    if servers is None:
        with cluster() as made:
            main(made)
        return
    with server(servers) as running:
        print(asyncio.run(report(running)))


if __name__ == "__main__":
    main()
