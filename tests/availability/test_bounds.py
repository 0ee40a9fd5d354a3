"""Notice, booking windows, limits per period, and ranges nobody should ask for."""

from dataclasses import replace
from datetime import date
from time import perf_counter

import pytest

from openslots.availability.engine import (
    busy_span,
    calendar_span,
    check_slot,
    compute_slots,
    fact_span,
    needed_span,
)
from openslots.availability.explain import explain
from openslots.availability.inputs import (
    BookingFact,
    DaysWindow,
    Limits,
    Narrowing,
    RangeWindow,
    SlotQuery,
)
from openslots.availability.limits import MAX_DAYS
from openslots.availability.spans import DAY, HOUR
from tests.availability.build import (
    MON,
    TUE,
    WED,
    WEEKDAYS,
    ask,
    at,
    booking,
    clock,
    host,
    hours,
    rules,
)

NINE = host("09:00-10:00")


def days(query: SlotQuery) -> list[str]:
    return [day[5:] for day in clock(query)]


def september(window: object, now: str = f"{MON}T06:00", *, zone: str | None = None) -> SlotQuery:
    event = rules(window=window)
    return ask("2050-09-01", "2050-09-30", NINE, event=event, now=at(now), viewer_zone=zone)


def test_a_start_must_be_a_minute_away_even_without_notice() -> None:
    event = rules(5)
    today = ask(MON, MON, host("09:00-09:15"), event=event, now=at(f"{MON}T09:05"))
    assert clock(today) == {MON: "09:10"}


@pytest.mark.parametrize(
    ("window", "last"),
    [
        (DaysWindow(0), "09-05"),
        (DaysWindow(3), "09-08"),
        (DaysWindow(0, business=True), "09-05"),
        (DaysWindow(1, business=True), "09-06"),
        (DaysWindow(4, business=True), "09-09"),
        (DaysWindow(5, business=True), "09-12"),
        (DaysWindow(10, business=True), "09-19"),
        (DaysWindow(-3), "09-05"),
    ],
)
def test_a_window_of_days_counts_from_today(window: DaysWindow, last: str) -> None:
    assert days(september(window))[-1] == last
    assert days(september(window))[0] == "09-05"


def test_a_window_of_weekdays_from_a_saturday() -> None:
    saturday = "2050-09-03T06:00"
    found = days(september(DaysWindow(5, business=True), saturday))
    assert (found[0], found[-1]) == ("09-03", "09-09")
    assert days(september(DaysWindow(6, business=True), saturday))[-1] == "09-12"


def test_the_days_of_a_window_are_the_viewers() -> None:
    late = f"{MON}T23:00"  # already Tuesday in Auckland
    assert days(september(DaysWindow(1), late))[-1] == "09-06"
    assert days(september(DaysWindow(1), late, zone="Pacific/Auckland"))[-1] == "09-07"


def test_a_window_of_days_over_a_change_of_clocks_ends_at_midnight() -> None:
    """contract: the zone decides, not today's offset, which would be an hour off."""
    zone = "America/New_York"
    late = host("22:00-23:59", zone=zone)
    query = ask(
        "2050-11-04",
        "2050-11-10",
        late,
        event=rules(30, window=DaysWindow(3)),
        now=at("2050-11-04T12:00"),
        viewer_zone=zone,
    )
    assert clock(query)["2050-11-07"] == "22:00 22:30 23:00 23:30"
    assert list(clock(query))[-1] == "2050-11-07"


def test_a_rolling_window_counts_days_with_slots() -> None:
    """Today is full and the weekend closed: three more days with slots are Tuesday to Thursday."""
    work = host(hours("09:00-10:00", WEEKDAYS), bookings=(booking(f"{MON}T09:00", f"{MON}T10:00"),))
    query = replace(september(DaysWindow(3, rolling=True)), hosts=(work,))
    assert days(query) == ["09-06", "09-07", "09-08"]
    query = replace(query, event=rules(window=DaysWindow(5, rolling=True)))
    assert days(query) == ["09-06", "09-07", "09-08", "09-09", "09-12"]


def test_a_rolling_window_does_not_depend_on_the_range_asked_for() -> None:
    query = september(DaysWindow(3, rolling=True))
    later = replace(query, start=at("2050-09-07"), end=at("2050-09-20"))
    assert days(query) == ["09-05", "09-06", "09-07"]
    assert days(later) == ["09-07"]
    assert days(replace(later, start=at("2050-09-08"))) == []
    for seconds, found in ((0, ["09-07"]), (1, [])):
        assert days(replace(later, start=at("2050-09-07T09:00") + seconds)) == found


def test_a_rolling_window_of_weekdays_steps_over_the_weekend() -> None:
    friday = "2050-09-09T06:00"
    query = september(DaysWindow(2, business=True, rolling=True), friday)
    # Saturday and Sunday lie inside the window but do not count.
    assert days(query) == ["09-09", "09-10", "09-11", "09-12"]


def test_a_rolling_window_looks_at_61_dates() -> None:
    query = replace(september(DaysWindow(40, rolling=True)), end=at("2051-01-01"))
    mondays = replace(query, hosts=(host(hours("09:00-10:00", [1])),))
    found = list(clock(mondays))
    assert (found[0], found[-1]) == (MON, "2050-10-31")
    assert at(found[-1]) - at(MON) < 61 * DAY <= at(found[-1]) - at(MON) + 7 * DAY


def test_a_rolling_window_of_no_days_offers_nothing() -> None:
    assert days(september(DaysWindow(0, rolling=True))) == []


@pytest.mark.parametrize("offset", range(10))
def test_a_booking_obeys_the_rolling_window(offset: int) -> None:
    query = september(DaysWindow(3, rolling=True))
    start = at(f"{MON}T09:00") + offset * DAY
    verdict = check_slot(query, start)
    assert verdict.ok == (offset < 3)
    assert [r.kind for r in verdict.reasons] == ([] if offset < 3 else ["window"])


def test_a_range_of_dates_is_the_events_and_both_ends_are_whole() -> None:
    zone = "Pacific/Auckland"
    window = RangeWindow(date(2050, 9, 6), date(2050, 9, 7))
    all_day = host("00:00-23:59", zone=zone)
    query = ask("2050-09-01", "2050-09-10", all_day, event=rules(window=window))
    starts = compute_slots(query).starts
    assert (starts[0], starts[-1]) == (at("2050-09-05T12:00"), at("2050-09-07T11:00"))
    moved = replace(query, event=replace(query.event, window_zone="UTC"))
    assert compute_slots(moved).starts[0] == at("2050-09-06")


@pytest.mark.parametrize(
    "window", [RangeWindow(date(2050, 9, 7), date(2050, 9, 6)), RangeWindow(date.min, date.min)]
)
def test_an_empty_range_of_dates(window: RangeWindow) -> None:
    assert days(september(window)) == []


def test_the_widest_range_of_dates() -> None:
    assert len(days(september(RangeWindow(date.min, date.max)))) == 26


def fact(start: str, minutes: int = 60) -> BookingFact:
    return BookingFact(start, at(start), minutes)


@pytest.mark.parametrize(
    ("limits", "closed"),
    [
        (Limits(day=1), ["09-07"]),
        (Limits(week=1), [f"09-{day:02d}" for day in range(4, 11)]),
        (Limits(month=1), [f"09-{day:02d}" for day in range(1, 31)]),
        (Limits(year=1), [f"09-{day:02d}" for day in range(1, 31)]),
        (Limits(day=2, week=2, month=2, year=2), []),
        (Limits(day=0), [f"09-{day:02d}" for day in range(1, 31)]),
    ],
)
def test_periods_of_a_count_limit(limits: Limits, closed: list[str]) -> None:
    event = rules(count_limits=limits)
    query = ask("2050-09-01", "2050-09-30", NINE, event=event, event_facts=(fact(f"{WED}T09:00"),))
    every = {f"09-{day:02d}" for day in range(1, 31)}
    assert sorted(every - set(days(query))) == closed


def test_a_fact_outside_the_range_asked_for_counts_for_its_period() -> None:
    event = rules(count_limits=Limits(year=1))
    for start, left in (("2050-01-01T00:30", 0), ("2049-12-31T23:30", 1), ("2051-01-01T00:30", 1)):
        query = ask(MON, MON, NINE, event=event, event_facts=(fact(start),))
        assert len(compute_slots(query).starts) == left


def test_minutes_count_the_new_booking_and_all_hosts() -> None:
    event = rules(minute_limits=Limits(week=120))
    query = ask(MON, TUE, NINE, event=event, event_facts=(fact(f"{WED}T09:00"),))
    assert days(query) == ["09-05", "09-06"]
    assert days(replace(query, duration=90)) == []
    assert days(replace(query, event_facts=(fact(f"{WED}T09:00"), fact(f"{WED}T10:00")))) == []
    too_long = replace(query, event=rules(minute_limits=Limits(day=59)), event_facts=())
    assert days(too_long) == []


def test_the_booking_being_moved_and_doubles_do_not_count() -> None:
    event = rules(count_limits=Limits(day=2))
    twice = fact(f"{MON}T12:00")
    query = ask(MON, MON, NINE, event=event, event_facts=(twice, twice))
    assert days(query) == ["09-05"]
    full = replace(query, event_facts=(twice, fact(f"{MON}T13:00")))
    assert days(full) == []
    assert days(replace(full, reschedule_uid=twice.uid)) == ["09-05"]


def test_the_zone_of_limits_is_the_events_schedules_or_the_first_hosts_profile() -> None:
    taken = (fact("2050-09-05T23:00"),)  # Tuesday in Rome
    work = host("09:00-10:00", zone="UTC", profile_zone="Europe/Rome")
    query = ask(MON, TUE, work, event=rules(count_limits=Limits(day=1)), event_facts=taken)
    assert days(query) == ["09-05"]
    own = replace(query, event=replace(query.event, own_schedule_zone="UTC"))
    assert days(own) == ["09-06"]


def test_a_users_limit_closes_that_host_only_in_the_profile_zone() -> None:
    busy = host("09:00-11:00", fixed=False, limits=Limits(day=1), facts=(fact(f"{MON}T23:00"),))
    busy = replace(busy, profile_zone="Europe/Rome")
    other = host("10:00-11:00", id=2, fixed=False)
    query = ask(MON, TUE, busy, other, event=rules(kind="round_robin"))
    assert clock(query) == {MON: "09:00 10:00", TUE: "10:00"}


def test_a_teams_limit_counts_per_member() -> None:
    event = rules(kind="round_robin", team_limits=Limits(week=1))
    busy = host("09:00-10:00", fixed=False, team_facts=(fact(f"{WED}T09:00"),))
    other = host("09:00-10:00", id=2, fixed=False)
    query = ask(MON, MON, busy, other, event=event)
    assert check_slot(query, at(f"{MON}T09:00")).host_ids == (2,)
    assert days(replace(query, hosts=(busy,))) == []


ABSURD = [
    (at(WED), at(MON)),
    (at(MON), at(MON)),
    (-(10**15), 10**15),
    (10**12, 10**13),
    (-62_135_596_800, 253_402_300_799),
    (253_402_214_400, 253_402_300_799),
    (-(10**12), -(10**11)),
    (0, 2**63),
]
WINDOWS = [
    None,
    DaysWindow(10**9),
    DaysWindow(10**9, business=True),
    DaysWindow(10**9, rolling=True),
    DaysWindow(10**9, business=True, rolling=True),
    RangeWindow(date.min, date.max),
]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(("start", "end"), ABSURD)
def test_absurd_ranges_are_cut_or_empty_and_cheap(start: int, end: int, window: object) -> None:
    event = rules(
        window=window,
        count_limits=Limits(1, 1, 1, 1),
        minute_limits=Limits(year=10**9),
        only_first_slot=True,
    )
    facts = (fact(f"{MON}T09:00"), BookingFact("far", 253_402_300_000, 60))
    query = ask(MON, MON, NINE, event=event, event_facts=facts, viewer_zone="Pacific/Kiritimati")
    query = replace(query, now=at(MON), start=start, end=end)
    began = perf_counter()
    found = compute_slots(query).starts
    assert len(found) <= MAX_DAYS + 1
    assert isinstance(explain(query, start), tuple)
    assert isinstance(check_slot(query, start).ok, bool)
    for span in (needed_span(query), busy_span(query), calendar_span(query), fact_span(query)):
        assert span.end - span.start <= (MAX_DAYS + 3 * 366) * DAY
    assert perf_counter() - began < 10  # minutes, where it walks through all that time


def test_a_long_range_is_cut_after_the_documented_days() -> None:
    query = replace(ask(MON, MON, NINE), end=at("2060-01-01"))
    starts = compute_slots(query).starts
    assert len(starts) == MAX_DAYS
    assert [r.kind for r in explain(query, starts[-1] + DAY)] == ["range"]


@pytest.mark.parametrize("duration", [10**9, 10**18, 60 * 24 * 400])
def test_an_absurd_duration_finds_no_room(duration: int) -> None:
    query = ask(MON, WED, host("00:00-23:59"), duration=duration)
    assert compute_slots(query).starts == []
    assert [r.kind for r in explain(query, at(MON))] == ["window"]
    assert [r.kind for r in check_slot(query, at(MON)).reasons] == ["window"]
    needs = (needed_span(query), busy_span(query), calendar_span(query), fact_span(query))
    assert all(span.end - span.start < 10 * 366 * DAY for span in needs)


def test_absurd_settings_offer_nothing() -> None:
    query = ask(MON, WED, NINE, event=rules(minimum_notice=10**15))
    assert compute_slots(query).starts == []
    assert [r.kind for r in explain(query, at(f"{MON}T09:00"))] == ["notice"]
    assert compute_slots(replace(query, event=rules(offset_start=10**9))).starts == []
    assert len(compute_slots(replace(query, event=rules(slot_interval=10**9))).starts) == 1


def test_what_a_loader_must_bring() -> None:
    query = ask(MON, TUE, NINE, event=rules(before_buffer=30, after_buffer=15))
    assert needed_span(query) == (at(MON), at(WED))
    busy, calendar = busy_span(query), calendar_span(query)
    assert busy.start == at(MON) - DAY - 45 * 60
    assert (calendar.start, calendar.end - needed_span(query).end) == (
        at(MON) - 11 * HOUR,
        14 * HOUR,
    )
    assert fact_span(query) == needed_span(query)


@pytest.mark.parametrize(
    ("limits", "first", "last"),
    [
        (Limits(day=1), "2050-09-03", "2050-09-10"),
        (Limits(week=1), "2050-08-28", "2050-09-11"),
        (Limits(month=1, day=1), "2050-09-01", "2050-10-01"),
        (Limits(year=1, day=1), "2050-01-01", "2051-01-01"),
    ],
)
def test_facts_cover_whole_periods_in_any_zone(limits: Limits, first: str, last: str) -> None:
    for query in (
        ask(MON, TUE, NINE, event=rules(count_limits=limits)),
        ask(MON, TUE, host("09:00-10:00", limits=limits)),
    ):
        span = fact_span(query)
        assert span == (at(first), at(last))


def test_rolling_windows_and_narrowing_need_time_from_today() -> None:
    query = september(DaysWindow(3, rolling=True))
    assert needed_span(query).start <= at(f"{MON}T06:01")
    narrowed = ask(
        "2050-10-01",
        "2050-10-02",
        NINE,
        event=rules(kind="round_robin"),
        now=at(MON),
        narrowing=Narrowing(contact_owner_email="h1@example.com"),
    )
    assert needed_span(narrowed).start <= at(MON) + 60
