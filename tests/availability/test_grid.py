"""Start times: what the worked examples leave out."""

import pytest

from openslots.availability import civil
from openslots.availability.grid import Grid, starts
from tests.availability.build import MON, NOW, ask, at, clock, host, rules

UTC = civil.zone("UTC", NOW, NOW)


@pytest.mark.parametrize(
    ("frequency", "step"),
    [
        *((15, 15), (20, 20), (25, 5), (30, 30), (40, 20), (45, 15), (50, 10)),
        *((60, 60), (120, 60), (75, 15), (80, 20), (90, 30), (8, 1)),
    ],
)
def test_the_step_of_each_frequency(frequency: int, step: int) -> None:
    assert Grid(frequency, frequency, 0, optimized=False, earliest=0).step == step


def test_a_start_is_brought_up_to_a_whole_minute() -> None:
    """contract: seconds are not cut off; nothing starts before it is free."""
    soon = ask(MON, MON, host("09:00-09:10"), event=rules(5), now=at(f"{MON}T09:00:30"))
    assert clock(soon) == {MON: "09:05"}


def test_without_hours_rounding_a_minute_grid_follows_the_second() -> None:
    soon = ask(MON, MON, host("09:00-09:05"), event=rules(1), now=at(f"{MON}T09:01:30"))
    assert clock(soon) == {MON: "09:03 09:04"}


@pytest.mark.parametrize(
    ("open_hours", "interval", "found"),
    [
        # Step 20, spare 10 minutes: from :35 five more minutes reach a whole 20; from :25 fifteen
        # would be lost, but :30 is a round quarter.
        ("09:35-11:05", 20, "09:40 10:00"),
        ("09:25-10:55", 20, "09:30 09:50"),
        ("09:05-10:05", 20, "09:05"),
    ],
)
def test_optimized_starts_use_the_minute_of_the_hour(
    open_hours: str, interval: int, found: str
) -> None:
    event = rules(60, slot_interval=interval, show_optimized=True)
    assert clock(ask(MON, MON, host(open_hours), event=event)) == {MON: found}


def test_overlapping_ranges_share_one_grid_and_separate_ones_do_not() -> None:
    grid = Grid(45, 45, 0, optimized=False, earliest=0)
    base = at(MON)
    overlapping = [(base, base + 120 * 60), (base + 20 * 60, base + 200 * 60)]
    assert [(s - base) // 60 for s in starts(overlapping, grid, UTC)] == [0, 45, 90, 135]
    apart = [(base, base + 50 * 60), (base + 70 * 60, base + 200 * 60)]
    assert [(s - base) // 60 for s in starts(apart, grid, UTC)] == [0, 75, 120]


def test_an_optimized_later_range_may_fill_gaps_of_an_earlier_one() -> None:
    grid = Grid(60, 60, 0, optimized=True, earliest=0)
    base = at(f"{MON}T09:00")
    ranges = [(base + 5 * 60, base + 180 * 60), (base + 10 * 60, base + 250 * 60)]
    found = [(s - base) // 60 for s in starts(ranges, grid, UTC)]
    assert found == [10, 60, 70, 120, 130, 190]
