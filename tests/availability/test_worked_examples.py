"""The worked examples of the behaviour notes, by number."""

from dataclasses import replace

import pytest

from openslots.availability.inputs import BookingFact, EventRules, HostInput, Limits
from tests.availability.build import (
    MON,
    TUE,
    WED,
    WEEKDAYS,
    answer,
    ask,
    at,
    booking,
    clock,
    host,
    hours,
    override,
    rules,
    schedule,
)

ROME = host(hours("09:00-17:00", WEEKDAYS), zone="Europe/Rome")
NINE_TO_FOUR = "09:00 10:00 11:00 12:00 13:00 14:00 15:00 16:00"


def on_monday(*hosts: HostInput, event: EventRules | None = None) -> str:
    return clock(ask(MON, MON, *hosts, event=event)).get(MON, "")


def test_example_01_rome_on_a_monday() -> None:
    day = ask(MON, MON, ROME)
    assert answer(day) == {MON: [f"{MON}T{hour:02d}:00:00.000Z" for hour in range(7, 15)]}
    assert answer(replace(day, viewer_zone="Europe/Rome")) == {
        MON: [f"{MON}T{hour:02d}:00:00.000+02:00" for hour in range(9, 17)]
    }


def test_example_02_a_range_inside_a_day() -> None:
    assert clock(ask(f"{MON}T09:20", f"{MON}T12:00", ROME)) == {MON: "10:00 11:00"}


def test_example_03_clocks_forward_in_london() -> None:
    found = clock(ask("2050-03-25", "2050-03-28", host("09:00-12:00", zone="Europe/London")))
    before, after = "09:00 10:00 11:00", "08:00 09:00 10:00"
    assert found == {
        "2050-03-25": before,
        "2050-03-26": before,
        "2050-03-27": after,
        "2050-03-28": after,
    }


def test_example_04_clocks_back_in_london_on_the_viewers_clock() -> None:
    london = host("09:00-12:00", zone="Europe/London")
    found = answer(ask("2050-10-29", "2050-10-31", london, viewer_zone="Europe/London"))
    assert found == {
        day: [f"{day}T{hour:02d}:00:00.000{offset}" for hour in (9, 10, 11)]
        for day, offset in (
            ("2050-10-29", "+01:00"),
            ("2050-10-30", "+00:00"),
            ("2050-10-31", "+00:00"),
        )
    }


def test_example_05_afternoons_stay_when_new_york_springs_forward() -> None:
    found = clock(ask("2050-03-12", "2050-03-14", host("13:00-15:00", zone="America/New_York")))
    assert found == {
        "2050-03-12": "18:00 19:00",
        "2050-03-13": "17:00 18:00",
        "2050-03-14": "17:00 18:00",
    }


def test_example_06_a_day_of_25_hours() -> None:
    zone = "America/New_York"
    day = ask(
        "2050-11-06T04:00", "2050-11-07T05:00", host("00:00-23:59", zone=zone), viewer_zone=zone
    )
    found = answer(day)["2050-11-06"]
    assert len(found) == 25
    assert [text for text in found if "T01:00" in text] == [
        "2050-11-06T01:00:00.000-04:00",
        "2050-11-06T01:00:00.000-05:00",
    ]


def test_example_07_half_hour_zone() -> None:
    day = ask(MON, MON, host("09:30-13:00", zone="Asia/Kolkata"))
    assert clock(day) == {MON: "04:00 05:00 06:00"}
    assert answer(replace(day, viewer_zone="Asia/Kolkata")) == {
        MON: [f"{MON}T{hour}:00:00.000+05:30" for hour in (10, 11, 12)]
    }


def test_example_08_quarter_hour_zone() -> None:
    day = ask(MON, MON, host("09:00-12:00", zone="Asia/Kathmandu"))
    assert clock(day) == {MON: "04:00 05:00"}
    assert clock(replace(day, viewer_zone="Asia/Kathmandu")) == {MON: "09:00 10:00 11:00"}


def test_example_09_mondays_in_auckland() -> None:
    day = ask("2050-06-05", "2050-06-06", host(hours("09:00-12:00", [1]), zone="Pacific/Auckland"))
    assert clock(day) == {"2050-06-05": "21:00 22:00 23:00"}
    assert answer(replace(day, viewer_zone="Pacific/Auckland")) == {
        "2050-06-06": [f"2050-06-06T{hour}:00:00.000+12:00" for hour in ("09", "10", "11")]
    }
    assert answer(replace(day, viewer_zone="Pacific/Honolulu")) == {
        "2050-06-05": [f"2050-06-05T{hour}:00:00.000-10:00" for hour in ("11", "12", "13")]
    }


def test_example_10_mondays_in_honolulu() -> None:
    day = ask("2050-06-06", "2050-06-07", host(hours("14:00-17:00", [1]), zone="Pacific/Honolulu"))
    assert clock(day) == {"2050-06-07": "00:00 01:00 02:00"}
    assert answer(replace(day, viewer_zone="Pacific/Auckland")) == {
        "2050-06-07": [f"2050-06-07T{hour}:00:00.000+12:00" for hour in (12, 13, 14)]
    }


def test_example_11_until_midnight() -> None:
    assert clock(ask(MON, MON, host(hours("22:00-23:59", [1])))) == {MON: "22:00 23:00"}


def test_example_12_a_slot_spans_midnight() -> None:
    late = host(hours("22:00-23:59", [1]), hours("00:00-02:00", [2]))
    assert clock(ask(MON, TUE, late, event=rules(90))) == {MON: "22:00 23:30"}


def test_example_13_overrides() -> None:
    changed = replace(
        ROME,
        schedule=schedule(
            "Europe/Rome",
            hours("09:00-17:00", WEEKDAYS),
            overrides=[
                override(TUE, "12:00-14:00"),
                override(TUE, "16:00-17:00"),
                override(WED, "00:00-00:00"),
            ],
        ),
    )
    assert clock(ask(TUE, WED, changed)) == {TUE: "10:00 11:00 14:00"}


@pytest.mark.parametrize(
    ("length", "starts"),
    [
        (60, "10:00 11:00"),
        (90, "09:30"),
        (45, "09:15 10:00 10:45"),
        (40, "09:20 10:00 10:40 11:20"),
        (30, "09:30 10:00 10:30 11:00 11:30"),
        (25, "09:10 09:35 10:00 10:25 10:50 11:15 11:40"),
    ],
)
def test_example_14_the_grid_by_length(length: int, starts: str) -> None:
    assert on_monday(host("09:10-12:10"), event=rules(length)) == starts


def test_example_15_slot_intervals() -> None:
    thirty = rules(60, slot_interval=30)
    assert on_monday(host("09:10-12:10"), event=thirty) == "09:30 10:00 10:30 11:00"
    assert on_monday(host("09:22-10:00"), event=rules(8)) == "09:22 09:30 09:38 09:46"


@pytest.mark.parametrize(
    ("open_hours", "starts"),
    [
        ("09:30-17:30", "09:30 10:30 11:30 12:30 13:30 14:30 15:30 16:30"),
        ("09:05-12:55", "09:15 10:15 11:15"),
        ("09:05-12:00", "10:00 11:00"),
        ("09:30-17:50", "09:45 10:45 11:45 12:45 13:45 14:45 15:45 16:45"),
    ],
)
def test_example_16_optimized_slots(open_hours: str, starts: str) -> None:
    assert on_monday(host(open_hours), event=rules(show_optimized=True)) == starts


def test_example_17_offsets() -> None:
    first = rules(25, offset_start=5)
    second = rules(60, offset_start=15)
    assert on_monday(host("09:00-11:00"), event=first) == "09:05 09:35 10:05 10:35"
    assert on_monday(host("09:00-13:00"), event=second) == "09:15 10:30 11:45"


def test_example_18_the_grid_starts_again_after_a_booking() -> None:
    busy = host("09:00-17:00", bookings=(booking(f"{MON}T09:30", f"{MON}T10:00"),))
    assert on_monday(busy) == "10:00 11:00 12:00 13:00 14:00 15:00 16:00"
    short = host("09:00-13:00", bookings=(booking(f"{MON}T09:00", f"{MON}T09:15"),))
    assert on_monday(short, event=rules(45)) == "09:15 10:00 10:45 11:30 12:15"


def test_example_19_own_buffer_counts_twice() -> None:
    own = booking(f"{MON}T10:00", f"{MON}T11:00", 1, after_buffer=60)
    asked = rules(after_buffer=60)
    assert on_monday(host("09:00-17:00", bookings=(own,)), event=asked) == (
        "12:00 13:00 14:00 15:00 16:00"
    )


def test_example_20_buffers_of_both_events() -> None:
    plain = host("09:00-17:00", bookings=(booking(f"{MON}T12:00", f"{MON}T13:00"),))
    asked = rules(before_buffer=30)
    assert on_monday(plain, event=asked) == "09:00 10:00 11:00 14:00 15:00 16:00"
    buffered = booking(f"{MON}T12:00", f"{MON}T13:00", before_buffer=30, after_buffer=15)
    assert on_monday(host("09:00-17:00", bookings=(buffered,))) == "09:00 10:00 14:00 15:00 16:00"


def test_example_21_collective_and_round_robin() -> None:
    both = host("09:00-13:00"), host("11:00-17:00", id=2)
    assert on_monday(*both, event=rules(kind="collective")) == "11:00 12:00"
    either = host("09:00-12:00", fixed=False), host("13:00-17:00", id=2, fixed=False)
    found = on_monday(*either, event=rules(kind="round_robin"))
    assert found == "09:00 10:00 11:00 13:00 14:00 15:00 16:00"


def test_example_22_one_grid_over_overlapping_hosts() -> None:
    two = host("11:00-13:00", fixed=False), host("11:15-14:00", id=2, fixed=False)
    robin = rules(45, kind="round_robin")
    assert on_monday(*two, event=robin) == "11:00 11:45 12:30 13:15"
    halves = host("09:00-09:30", fixed=False), host("09:30-10:00", id=2, fixed=False)
    assert on_monday(*halves, event=rules(kind="round_robin")) == ""


def test_example_23_mandatory_hosts_and_groups() -> None:
    robin = rules(kind="round_robin")
    mandatory = host("09:00-12:00"), host("09:00-17:00", id=2, fixed=False)
    assert on_monday(*mandatory, event=robin) == "09:00 10:00 11:00"
    groups = (
        host("09:00-12:00", fixed=False, group="a"),
        host("14:00-17:00", id=2, fixed=False, group="a"),
        host("11:00-15:00", id=3, fixed=False, group="b"),
    )
    assert on_monday(*groups, event=robin) == "11:00 14:00"


@pytest.mark.parametrize(
    ("open_hours", "event", "starts"),
    [
        ("08:00-11:00", rules(20, minimum_notice=45), "09:00 09:20 09:40 10:00 10:20 10:40"),
        ("08:00-12:00", rules(60, minimum_notice=120), "11:00"),
    ],
)
def test_example_24_notice(open_hours: str, event: EventRules, starts: str) -> None:
    today = ask(MON, MON, host(open_hours), event=event, now=at(f"{MON}T08:07:30"))
    assert clock(today) == {MON: starts}


def test_example_25_a_day_of_a_limit_is_the_hosts() -> None:
    zone = "Pacific/Auckland"
    taken = booking("2050-06-06T21:00", "2050-06-06T22:00", 1)
    limited = ask(
        "2050-06-05T12:00",
        "2050-06-08T12:00",
        host(hours("09:00-17:00", WEEKDAYS), zone=zone, bookings=(taken,)),
        event=rules(count_limits=Limits(day=1)),
        event_facts=(BookingFact(taken.uid, taken.start, 60),),
        viewer_zone=zone,
    )
    assert clock(limited) == {"2050-06-06": NINE_TO_FOUR, "2050-06-08": NINE_TO_FOUR}


def test_example_26_a_week_of_a_limit_begins_on_sunday() -> None:
    limited = ask(
        "2050-09-01",
        "2050-09-12",
        host("09:00-17:00"),
        event=rules(count_limits=Limits(week=1)),
        event_facts=(BookingFact("x", at(f"{WED}T09:00"), 60),),
    )
    assert list(clock(limited)) == [
        "2050-09-01",
        "2050-09-02",
        "2050-09-03",
        "2050-09-11",
        "2050-09-12",
    ]


@pytest.mark.parametrize(
    ("limit", "starts"),
    [(60, ""), (120, "09:00 11:00 12:00 13:00 14:00 15:00 16:00")],
)
def test_example_27_minutes_per_day(limit: int, starts: str) -> None:
    taken = booking(f"{MON}T10:00", f"{MON}T11:00", 1)
    limited = ask(
        MON,
        MON,
        host("09:00-17:00", bookings=(taken,)),
        event=rules(minute_limits=Limits(day=limit)),
        event_facts=(BookingFact(taken.uid, taken.start, 60),),
    )
    assert clock(limited).get(MON, "") == starts


def test_example_28_a_utc_day_seen_from_new_york() -> None:
    zone = "America/New_York"
    day = ask(TUE, TUE, host("09:00-21:00", zone=zone), event=rules(120), viewer_zone=zone)
    assert answer(day) == {
        TUE: [f"{TUE}T{hour:02d}:00:00.000-04:00" for hour in (9, 11, 13, 15, 17)]
    }
