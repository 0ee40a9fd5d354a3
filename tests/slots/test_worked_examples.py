"""The worked examples of the slots notes, section 19, from the tables to the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from openslots.kernel.uow import Units
from tests.clock import Clock
from tests.factories import (
    Person,
    make_booking,
    make_event_type,
    make_schedule,
    make_team,
    make_user,
)
from tests.slots.conftest import EVERY_DAY, MON, TUE, WED, WORKDAYS, Asker, Hours, MakeHost, utc

NINE_TO_FIVE = (WORKDAYS, "09:00", "17:00")


def every(start: str, end: str) -> Sequence[Hours]:
    return [(EVERY_DAY, start, end)]


@dataclass(frozen=True)
class Example:
    """One host's hours, one question, and the wall-clock starts in the viewer's zone by day."""

    number: str
    zone: str
    hours: Sequence[Hours]
    start: str
    end: str
    expected: Mapping[str, Sequence[str]]
    viewer: str | None = None
    overrides: Sequence[tuple[str, str, str]] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    now: str | None = None


LONDON, ROME, YORK = "Europe/London", "Europe/Rome", "America/New_York"
AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"
TEN_PAST = every("09:10", "12:10")
ONE_ON_SIXTH = ["00:00", "01:00", "01:00", *(f"{hour:02d}:00" for hour in range(2, 24))]

EXAMPLES = [
    Example("1", ROME, [NINE_TO_FIVE], MON, MON, {MON: [f"{h:02d}:00" for h in range(7, 15)]}),
    Example(
        "1 seen from Rome", ROME, [NINE_TO_FIVE], MON, MON,
        {MON: [f"{h:02d}:00" for h in range(9, 17)]}, viewer=ROME,
    ),
    Example("2", ROME, [NINE_TO_FIVE], f"{MON}T09:20Z", f"{MON}T12:00Z", {MON: ["10:00", "11:00"]}),
    Example(
        "3", LONDON, every("09:00", "12:00"), "2050-03-25", "2050-03-28",
        {
            "2050-03-25": ["09:00", "10:00", "11:00"], "2050-03-26": ["09:00", "10:00", "11:00"],
            "2050-03-27": ["08:00", "09:00", "10:00"], "2050-03-28": ["08:00", "09:00", "10:00"],
        },
    ),
    Example(
        "4", LONDON, every("09:00", "12:00"), "2050-10-29", "2050-10-31",
        {f"2050-10-{day}": ["09:00", "10:00", "11:00"] for day in (29, 30, 31)}, viewer=LONDON,
    ),
    Example(
        "5", YORK, every("13:00", "15:00"), "2050-03-12", "2050-03-14",
        {
            "2050-03-12": ["18:00", "19:00"], "2050-03-13": ["17:00", "18:00"],
            "2050-03-14": ["17:00", "18:00"],
        },
    ),
    Example(
        "6", YORK, every("00:00", "23:59"), "2050-11-06T04:00:00Z", "2050-11-07T05:00:00Z",
        {"2050-11-06": ONE_ON_SIXTH}, viewer=YORK,
    ),
    Example(
        "7 seen from Kolkata", "Asia/Kolkata", every("09:30", "13:00"), MON, MON,
        {MON: ["10:00", "11:00", "12:00"]}, viewer="Asia/Kolkata",
    ),
    Example(
        "7", "Asia/Kolkata", every("09:30", "13:00"), MON, MON, {MON: ["04:00", "05:00", "06:00"]}
    ),
    Example("8", "Asia/Kathmandu", every("09:00", "12:00"), MON, MON, {MON: ["04:00", "05:00"]}),
    Example(
        "9 seen from Honolulu", AUCKLAND, [((1,), "09:00", "12:00")], "2050-06-05", "2050-06-06",
        {"2050-06-05": ["11:00", "12:00", "13:00"]}, viewer=HONOLULU,
    ),
    Example(
        "10 seen from Auckland", HONOLULU, [((1,), "14:00", "17:00")], "2050-06-06", "2050-06-07",
        {"2050-06-07": ["12:00", "13:00", "14:00"]}, viewer=AUCKLAND,
    ),
    Example("11", "UTC", [((1,), "22:00", "23:59")], MON, MON, {MON: ["22:00", "23:00"]}),
    Example(
        "12", "UTC", [((1,), "22:00", "23:59"), ((2,), "00:00", "02:00")], MON, TUE,
        {MON: ["22:00", "23:30"]}, columns={"length": 90},
    ),
    Example(
        "13", ROME, [NINE_TO_FIVE], TUE, WED, {TUE: ["10:00", "11:00", "14:00"]},
        overrides=[(TUE, "12:00", "14:00"), (TUE, "16:00", "17:00"), (WED, "00:00", "00:00")],
    ),
    *(
        Example(f"14, {length} minutes", "UTC", TEN_PAST, MON, MON, {MON: starts},
                columns={"length": length})
        for length, starts in (
            (60, ["10:00", "11:00"]),
            (90, ["09:30"]),
            (45, ["09:15", "10:00", "10:45"]),
            (40, ["09:20", "10:00", "10:40", "11:20"]),
            (30, ["09:30", "10:00", "10:30", "11:00", "11:30"]),
            (25, ["09:10", "09:35", "10:00", "10:25", "10:50", "11:15", "11:40"]),
        )
    ),
    Example(
        "15", "UTC", TEN_PAST, MON, MON, {MON: ["09:30", "10:00", "10:30", "11:00"]},
        columns={"slot_interval": 30},
    ),
    Example(
        "16", "UTC", every("09:05", "12:55"), MON, MON, {MON: ["09:15", "10:15", "11:15"]},
        columns={"show_optimized_slots": True},
    ),
    Example(
        "17", "UTC", every("09:00", "13:00"), MON, MON, {MON: ["09:15", "10:30", "11:45"]},
        columns={"offset_start": 15},
    ),
    Example(
        "24", "UTC", every("08:00", "11:00"), MON, MON,
        {MON: ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40"]},
        columns={"length": 20, "minimum_booking_notice": 45}, now=f"{MON}T08:07:30Z",
    ),
    Example(
        "28", YORK, every("09:00", "21:00"), TUE, TUE,
        {TUE: ["09:00", "11:00", "13:00", "15:00", "17:00"]}, viewer=YORK, columns={"length": 120},
    ),
]  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.number)
async def test_example(ask: Asker, host: MakeHost, now: Clock, example: Example) -> None:
    if example.now is not None:
        now.set(example.now)
    _, event = await host(example.zone, example.hours, example.overrides, **example.columns)
    query: dict[str, Any] = {"eventTypeId": event.id}
    if example.viewer is not None:
        query["timeZone"] = example.viewer
    found = await ask.clock(example.start, example.end, zone=example.viewer or "UTC", **query)
    assert found == {day: list(starts) for day, starts in example.expected.items()}
    assert list(found) == sorted(found)


async def test_example_6_tells_the_two_ones_apart(ask: Asker, host: MakeHost) -> None:
    _, event = await host(YORK, every("00:00", "23:59"))
    found = await ask.data(
        "2050-11-06T04:00:00Z", "2050-11-07T05:00:00Z", eventTypeId=event.id, timeZone=YORK
    )
    assert [slot["start"] for slot in found["2050-11-06"][1:3]] == [
        "2050-11-06T01:00:00.000-04:00",
        "2050-11-06T01:00:00.000-05:00",
    ]


async def test_example_19_own_buffer_after(ask: Asker, units: Units, host: MakeHost) -> None:
    person, event = await host(after_buffer=60)
    await make_booking(units, person, event_type=event, start=utc(MON, 10))
    assert await ask.clock(eventTypeId=event.id) == {MON: [f"{hour}:00" for hour in range(12, 17)]}


async def team(
    units: Units, kind: str, length: int, *hours: tuple[str, str]
) -> tuple[list[Person], int]:
    people = []
    for start, end in hours:
        people.append(await make_user(units, time_zone="UTC"))
        await make_schedule(units, people[-1], hours=every(start, end))
    made = await make_team(units, members=[(person, "MEMBER") for person in people])
    event = await make_event_type(
        units, team_id=made, hosts=people, scheduling_type=kind, length=length
    )
    return people, event.id


@pytest.mark.parametrize(
    ("kind", "length", "hours", "expected"),
    [
        ("collective", 60, (("09:00", "13:00"), ("11:00", "17:00")), ["11:00", "12:00"]),
        (
            "roundRobin", 60, (("09:00", "12:00"), ("13:00", "17:00")),
            ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00"],
        ),
        (
            "roundRobin", 45, (("11:00", "13:00"), ("11:15", "14:00")),
            ["11:00", "11:45", "12:30", "13:15"],
        ),
        ("roundRobin", 60, (("09:00", "09:30"), ("09:30", "10:00")), []),
    ],
    ids=["21 collective", "21 round robin", "22", "22 none"],
)  # fmt: skip
async def test_examples_of_teams(
    ask: Asker,
    units: Units,
    kind: str,
    length: int,
    hours: Sequence[tuple[str, str]],
    expected: list[str],
) -> None:
    _, event_id = await team(units, kind, length, *hours)
    found = await ask.clock(eventTypeId=event_id)
    assert found == ({MON: expected} if expected else {})


async def test_example_25_a_day_of_a_limit_is_the_hosts(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    person, event = await host(AUCKLAND, booking_limits_count={"day": 1})
    await make_booking(units, person, event_type=event, start=utc("2050-06-06", 21))
    found = await ask.clock(
        "2050-06-05T12:00:00Z", "2050-06-08T12:00:00Z",
        zone=AUCKLAND, eventTypeId=event.id, timeZone=AUCKLAND,
    )  # fmt: skip
    full = [f"{hour:02d}:00" for hour in range(9, 17)]
    assert found == {"2050-06-06": full, "2050-06-08": full}


@pytest.mark.parametrize(("limit", "left"), [(60, 0), (120, 7)])
async def test_example_27_minutes_per_day(
    ask: Asker, units: Units, host: MakeHost, limit: int, left: int
) -> None:
    person, event = await host(booking_limits_duration={"day": limit})
    await make_booking(units, person, event_type=event, start=utc(MON, 10))
    found = await ask.clock(eventTypeId=event.id)
    assert len(found.get(MON, [])) == left
    assert "10:00" not in found.get(MON, [])
