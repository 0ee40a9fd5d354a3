"""Working time of one host: zones, changes of clocks, overrides, travel, absences."""

from dataclasses import replace

import pytest

from openslots.availability.inputs import Away, HostInput, Schedule, Travel, WeeklyHours
from tests.availability.build import (
    FRI,
    MON,
    THU,
    TUE,
    WED,
    WEEKDAYS,
    ask,
    at,
    clock,
    host,
    hours,
    override,
    rules,
    schedule,
)

ROME = host(hours("09:00-17:00", WEEKDAYS), zone="Europe/Rome")


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Rome", "Australia/Sydney"])
@pytest.mark.parametrize("open_hours", ["00:30-02:00", "01:00-04:00", "09:00-11:00", "20:00-22:00"])
def test_hours_stay_on_the_wall_clock_around_changes(zone: str, open_hours: str) -> None:
    """contract: the day of a change keeps its wall-clock hours (the public system shifts some)."""
    for first, last in (("2050-03-01", "2050-04-10"), ("2050-09-25", "2050-11-10")):
        found = clock(
            ask(first, last, host(open_hours, zone=zone), event=rules(30), viewer_zone=zone)
        )
        usual = max(found.values(), key=list(found.values()).count)
        odd = {day: starts for day, starts in found.items() if starts != usual}
        begins, ends = open_hours.split("-")
        if begins > "02:59":
            assert set(odd) <= {first, last, min(found), max(found)}
        assert all(begins <= start < ends for s in found.values() for start in s.split())


@pytest.mark.parametrize(
    ("open_hours", "starts"),
    [
        ("02:30-04:00", "03:30"),  # 02:30 does not exist: half past three
        ("02:00-03:00", ""),
        ("01:00-03:30", "01:00 01:30 03:00"),
    ],
)
def test_a_skipped_time_moves_forward_by_the_gap(open_hours: str, starts: str) -> None:
    zone = "America/New_York"
    night = host(open_hours, zone=zone)
    found = clock(ask("2050-03-13", "2050-03-13", night, event=rules(30), viewer_zone=zone))
    assert found.get("2050-03-13", "") == starts


def test_a_repeated_time_is_its_first_occurrence() -> None:
    zone = "America/New_York"
    night = host("01:30-02:30", zone=zone)
    day = ask("2050-11-06", "2050-11-06", night, event=rules(30), viewer_zone=zone)
    assert clock(day) == {"2050-11-06": "01:30 01:00 01:30 02:00"}


def test_a_date_the_zone_skips_has_no_hours_and_doubles_no_other() -> None:
    apia = host("09:00-11:00", zone="Pacific/Apia")
    days = ask(
        "2011-12-28",
        "2011-12-31",
        apia,
        now=at("2011-01-01"),
        viewer_zone="Pacific/Apia",
    )
    assert list(clock(days)) == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]


def test_half_hour_changes_of_lord_howe() -> None:
    zone = "Australia/Lord_Howe"
    day = ask(
        "2050-04-01",
        "2050-04-04",
        host("00:00-04:00", zone=zone),
        viewer_zone=zone,
        event=rules(30),
    )
    assert clock(day)["2050-04-03"].split().count("01:30") == 2


def test_an_override_replaces_its_day_and_no_neighbour() -> None:
    """contract: the ranges of an override are clipped like any other (the public system leaks)."""
    changed = host(hours("09:00-11:00", WEEKDAYS), zone="Pacific/Auckland")
    plan = replace(
        changed.schedule or Schedule(()), overrides=(override("2050-09-06", "14:00-16:00"),)
    )
    changed = replace(changed, schedule=plan)
    zone = "Pacific/Auckland"
    found = clock(ask("2050-09-05T12:00", "2050-09-06T12:00", changed, viewer_zone=zone))
    assert found == {"2050-09-06": "14:00 15:00"}
    found = clock(ask("2050-09-06T12:00", "2050-09-07T12:00", changed, viewer_zone=zone))
    assert found == {"2050-09-07": "09:00 10:00"}


def test_an_override_opens_a_day_off() -> None:
    plan = schedule(
        "UTC", hours("09:00-10:00", WEEKDAYS), overrides=[override("2050-09-04", "12:00-13:00")]
    )
    open_sunday = replace(host(), schedule=plan)
    assert clock(ask("2050-09-03", "2050-09-04", open_sunday)) == {"2050-09-04": "12:00"}


def test_reversed_empty_and_double_hours() -> None:
    odd = host("17:00-09:00", "12:00-12:00", "09:00-10:00", "09:30-11:00", "11:00-12:00")
    assert clock(ask(MON, MON, odd, event=rules(180))) == {MON: "09:00"}


def test_the_last_minute_of_a_day_may_be_a_start() -> None:
    last = host("23:58-23:59")
    assert clock(ask(MON, MON, last, event=rules(1))) == {MON: "23:58 23:59"}


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (f"{TUE}T00:00", f"{THU}T23:59"),
        (f"{TUE}T00:00", f"{THU}T00:00"),
        (f"{TUE}T12:00", f"{THU}T13:00"),
    ],
)
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "UTC", "Pacific/Honolulu"])
def test_out_of_office_blocks_whole_local_dates(start: str, end: str, zone: str) -> None:
    away = host("09:00-17:00", zone=zone, away=(Away(at(start), at(end), 7),))
    found = clock(ask("2050-09-04T12:00", "2050-09-10T12:00", away, viewer_zone=zone))
    assert {MON, FRI} <= set(found)
    assert not {TUE, WED, THU} & set(found)


def test_out_of_office_also_closes_a_day_opened_by_an_override() -> None:
    plan = schedule("UTC", overrides=[override(TUE, "12:00-14:00")])
    away = replace(host(), schedule=plan, away=(Away(at(TUE), at(TUE)),))
    assert clock(ask(TUE, TUE, away)) == {}


def test_an_absence_of_a_thousand_years_is_cheap() -> None:
    away = host("09:00-17:00", away=(Away(at("1900-01-01"), at("2900-01-01")),))
    assert clock(ask(MON, FRI, away)) == {}


def test_travel_moves_the_hours_of_the_default_schedule_only() -> None:
    trip = Travel("America/New_York", at(f"{TUE}T00:00"), at(f"{WED}T00:00"))
    abroad = replace(host("09:00-11:00"), travel=(trip,))
    assert clock(ask(MON, THU, abroad)) == {
        MON: "09:00 10:00",
        TUE: "13:00 14:00",
        WED: "13:00 14:00",
        THU: "09:00 10:00",
    }
    assert abroad.schedule is not None
    fixed = replace(abroad, schedule=replace(abroad.schedule, is_default=False))
    assert clock(ask(TUE, TUE, fixed)) == {TUE: "09:00 10:00"}


def test_an_open_ended_trip_and_the_first_of_two() -> None:
    trips = (
        Travel("America/New_York", at(f"{TUE}T00:00")),
        Travel("Asia/Tokyo", at(f"{MON}T00:00")),
    )
    abroad = replace(host("09:00-10:00"), travel=trips)
    assert clock(ask(MON, "2050-09-20", abroad))["2050-09-20"] == "13:00"
    assert clock(ask(MON, MON, abroad)) == {MON: "00:00"}


def test_without_any_schedule_monday_to_friday_nine_to_five_in_the_profile_zone() -> None:
    plain = HostInput(1, profile_zone="Europe/Rome")
    found = clock(ask("2050-09-03", MON, plain))
    assert found == {MON: "07:00 08:00 09:00 10:00 11:00 12:00 13:00 14:00"}


def test_the_zone_of_a_schedule_without_one() -> None:
    """Rule 9.1: the event's legacy zone, else the profile's."""
    plain = HostInput(
        1, profile_zone="Asia/Tokyo", schedule=Schedule((WeeklyHours((1,), 540, 600),))
    )
    assert clock(ask("2050-09-05", MON, plain)) == {MON: "00:00"}
    assert clock(ask(MON, MON, plain, event=rules(legacy_zone="Europe/Rome"))) == {MON: "07:00"}


def test_partial_first_and_last_days() -> None:
    assert clock(ask(f"{MON}T12:30", f"{TUE}T09:00", ROME)) == {
        MON: "13:00 14:00",
        TUE: "07:00 08:00",
    }
