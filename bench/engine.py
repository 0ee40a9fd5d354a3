"""The availability engine alone: 30 days on a 15-minute grid, by busy spans, hosts and days."""

from collections.abc import Callable
from statistics import median
from time import process_time
from typing import NamedTuple

from openslots.availability import civil
from openslots.availability.engine import check_slot, compute_slots
from openslots.availability.explain import explain
from openslots.availability.inputs import (
    Booking,
    EventRules,
    HostInput,
    Kind,
    Schedule,
    SlotQuery,
    WeeklyHours,
)
from openslots.availability.spans import DAY, HOUR, MINUTE

START = 2_524_608_000 + 150 * DAY  # in the summer of 2050
ZONES = ("Europe/Rome", "America/New_York", "Asia/Kolkata", "Europe/London", "Pacific/Auckland")


class Case(NamedTuple):
    """One row: what is measured and the aim in milliseconds, if there is one."""

    name: str
    run: Callable[[], object]
    aim: float | None = None


class Row(NamedTuple):
    """A measured case, in milliseconds of CPU, as others may share the machine; `found` counts
    the starts that came back."""

    name: str
    best: float
    typical: float
    found: int
    aim: float | None


def busy_host(number: int, spans: int, days: int, *, mixed: bool) -> HostInput:
    """A host with `spans` bookings of 15 minutes spread evenly over the days."""
    zone = ZONES[number % len(ZONES)] if mixed else ZONES[0]
    # Hours differ a little from host to host, so that no two share one working plan when mixed.
    weekly = (WeeklyHours((1, 2, 3, 4, 5), 540 - (number // 5 % 60 if mixed else 0), 1020),)
    gap = days * DAY // max(spans, 1)
    bookings = tuple(
        Booking(f"{number}-{n}", at, at + 15 * MINUTE, 2)
        for n in range(spans)
        for at in (START + n * gap + number % 8 * 15 * MINUTE,)
    )
    return HostInput(
        id=number,
        fixed=False,
        profile_zone=zone,
        schedule=Schedule(weekly, (), zone),
        bookings=bookings,
    )


def question(
    hosts: int, spans: int, days: int = 30, kind: Kind = "personal", *, mixed: bool = True
) -> SlotQuery:
    """The query of one case."""
    return SlotQuery(
        now=START - DAY,
        start=START,
        end=START + days * DAY,
        event=EventRules(1, 15, kind, slot_interval=15),
        hosts=tuple(busy_host(n, spans, days, mixed=mixed) for n in range(hosts)),
        viewer_zone="Europe/Rome",
    )


def listing(name: str, query: SlotQuery, aim: float | None = None) -> Case:
    """A case that lists the slots of a query."""
    return Case(name, lambda: compute_slots(query).starts, aim)


def cases() -> list[Case]:
    """All rows of the table, in order."""
    rows = [
        listing(f"1 host, {spans} busy spans, 30 days", question(1, spans), aim)
        for spans, aim in ((0, None), (200, 1.0), (2_000, None))
    ]
    rows += [
        listing(
            f"1 host, {days // 30 * 100} busy spans, {days} days",
            question(1, days // 30 * 100, days),
        )
        for days in (30, 90, 365)
    ]
    for kind in ("round_robin", "collective"):
        rows += [
            listing(
                f"{hosts} hosts {kind.replace('_', ' ')}, 100 busy spans each",
                question(hosts, 100, kind=kind, mixed=kind == "round_robin"),
                60.0 if hosts == 100 else None,
            )
            for hosts in (10, 100, 1_000)
        ]
    one = question(1, 200)
    middle = START + 10 * DAY + 10 * HOUR
    starts = compute_slots(question(1, 0, 365)).starts
    rows += [
        Case("check one start, 200 busy spans", lambda: check_slot(one, middle)),
        Case("explain one start, 200 busy spans", lambda: explain(one, middle)),
        Case(
            f"group and format {len(starts)} starts",
            lambda: civil.group_by_day(starts, "Europe/Rome"),
        ),
    ]
    return rows


def measure(case: Case, budget: float = 0.6) -> Row:
    """Run a case until the budget (seconds of CPU) is used, at least three times."""
    result = case.run()
    taken: list[float] = []
    while len(taken) < 3 or (sum(taken) < budget and len(taken) < 300):
        began = process_time()
        result = case.run()
        taken.append(process_time() - began)
    found = len(result) if hasattr(result, "__len__") else 0
    return Row(case.name, min(taken) * 1e3, median(taken) * 1e3, found, case.aim)


def main() -> None:
    """Print the table."""
    print(f"{'engine alone':<48}{'best ms':>10}{'p50 ms':>10}{'starts':>8}{'aim ms':>8}")
    for case in cases():
        row = measure(case)
        aim = "" if row.aim is None else f"{row.aim:.0f}"
        print(f"{row.name:<48}{row.best:>10.3f}{row.typical:>10.3f}{row.found:>8}{aim:>8}")


if __name__ == "__main__":
    main()
