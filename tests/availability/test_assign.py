"""The choice of the round-robin host."""

from dataclasses import replace
from fractions import Fraction

import pytest

from openslots.availability.assign import (
    choose,
    history_span,
    interval,
    standings,
    within_lead,
)
from openslots.availability.inputs import Assignment, HostBooking, HostInput
from openslots.availability.spans import DAY
from tests.availability.build import Fields, at, host

NOW = at("2050-09-15T12:00")
START = at("2050-10-20T09:00")
PLAIN = Assignment()
WEIGHTS = Assignment(weights=True)


def robin(number: int, booked: int = 0, **fields: Fields) -> HostInput:
    """A host with so many bookings this month, the newest `number` hours ago."""
    history = tuple(
        HostBooking(f"{number}-{n}", NOW - (number + n) * 3_600, START) for n in range(booked)
    )
    return host("09:00-17:00", id=number, fixed=False, history=history, **fields)


def chosen(*pool: HostInput, rules: Assignment = PLAIN, available: set[int] | None = None) -> int:
    free = [h for h in pool if available is None or h.id in available]
    return choose(free, pool, rules, NOW, START).id


def test_never_booked_comes_first_then_the_longest_ago_then_the_smallest_id() -> None:
    assert chosen(robin(2, 1), robin(1)) == 1
    assert chosen(robin(1, 1), robin(2, 1)) == 2  # two hours ago
    assert chosen(robin(3), robin(2)) == 2
    old = replace(robin(1), last_booked=NOW - 90 * DAY)
    assert chosen(old, robin(2)) == 2
    assert chosen(old, robin(2, 1)) == 1


def test_two_bookings_go_to_two_hosts_and_the_third_back_to_the_first() -> None:
    one, two = robin(1), robin(2)
    assert chosen(one, two) == 1
    one = replace(one, last_booked=NOW)
    assert chosen(one, two) == 2
    two = replace(two, last_booked=NOW + 60)
    assert chosen(one, two) == 1


def test_the_highest_priority_gets_all_while_free() -> None:
    high = replace(robin(2, 5), priority=3)
    assert chosen(robin(1), high) == 2
    assert chosen(robin(1), high, available={1}) == 1
    assert chosen(replace(robin(1), priority=1), robin(2, 5)) == 2  # unset is medium
    assert chosen(replace(robin(1), priority=2), robin(2)) == 1


def test_a_preferred_host_wins_while_available() -> None:
    pool = [robin(1), robin(2, 3)]
    assert choose(pool, pool, PLAIN, NOW, START, preferred=(2,)).id == 2
    assert choose(pool[:1], pool, PLAIN, NOW, START, preferred=(2,)).id == 1


def test_weights_share_bookings_in_proportion() -> None:
    """Three to one: of each four meetings the heavier host gets three."""
    heavy, light = replace(robin(1), weight=300), robin(2)
    got = []
    for number in range(12):
        taken = chosen(heavy, light, rules=WEIGHTS)
        got.append(taken)
        booking = HostBooking(f"n{number}", NOW - 1_000 + number, START)
        if taken == 1:
            heavy = replace(heavy, history=(*heavy.history, booking))
        else:
            light = replace(light, history=(*light.history, booking))
    assert (got.count(1), got.count(2)) == (9, 3)
    assert got[0] == 1  # equal shortfall: the greater weight


def test_the_target_counts_meetings_of_hosts_who_are_not_available_now() -> None:
    pool = [robin(1, 6), robin(2, 2), robin(3, 1)]
    found = standings(pool, WEIGHTS, NOW, START)
    assert [found[n].bookings for n in (1, 2, 3)] == [6, 2, 1]
    assert [found[n].shortfall for n in (1, 2, 3)] == [-3, 1, 2]


def test_a_meeting_of_two_hosts_is_one_meeting() -> None:
    both = HostBooking("same", NOW - 60, START)
    pool = [replace(robin(n), history=(both,)) for n in (1, 2)]
    assert standings(pool, WEIGHTS, NOW, START)[1].shortfall == Fraction(1, 2) - 1


def test_no_shows_and_other_months_do_not_count() -> None:
    missed = HostBooking("a", NOW - 60, START, no_show=True)
    old = HostBooking("b", at("2050-08-31T23:59"), START)
    pool = [replace(robin(1), history=(missed, old)), robin(2)]
    assert standings(pool, WEIGHTS, NOW, START)[1].bookings == 0
    included = Assignment(weights=True, include_no_shows=True)
    assert standings(pool, included, NOW, START)[1].bookings == 1


@pytest.mark.parametrize(
    ("rules", "first", "last"),
    [
        (Assignment(weights=True), "2050-09-01", None),
        (Assignment(weights=True, interval="DAY"), "2050-09-15", None),
        (Assignment(lead_threshold=1, basis="start"), "2050-10-01", "2050-11-01"),
        (Assignment(lead_threshold=1, basis="start", interval="DAY"), "2050-10-20", "2050-10-21"),
    ],
)
def test_the_interval_bookings_are_counted_in(
    rules: Assignment, first: str, last: str | None
) -> None:
    assert interval(rules, NOW, START) == (at(first), NOW + 1 if last is None else at(last))
    assert history_span(rules, NOW, START) == interval(rules, NOW, START)
    assert history_span(PLAIN, NOW, START) is None


def test_the_interval_of_december_ends_with_the_year() -> None:
    december = at("2050-12-31T23:00")
    by_start = Assignment(weights=True, basis="start")
    assert interval(by_start, NOW, december) == (at("2050-12-01"), at("2051-01-01"))


def test_a_new_host_is_not_flooded() -> None:
    """Two others had two bookings each before host 3 came: those count as two for host 3."""
    pool = [robin(1, 2), robin(2, 2), replace(robin(3), added_at=NOW - 30)]
    found = standings(pool, WEIGHTS, NOW, START)
    assert found[3].calibration == 2
    assert found[3].shortfall == 0
    early = [robin(1, 2), robin(2, 2), replace(robin(3), added_at=at("2050-08-01"))]
    assert standings(early, WEIGHTS, NOW, START)[3].calibration == 0


def test_a_host_added_before_anyone_was_booked_or_hosts_were_there_has_no_handicap() -> None:
    first = [replace(robin(n, 2), added_at=at("2050-09-10") + n) for n in (1, 2)]
    assert standings(first, WEIGHTS, NOW, START)[1].calibration == 0
    assert standings(first, WEIGHTS, NOW, START)[2].calibration == 0


def test_absences_are_merged_and_count_what_the_others_got_meanwhile() -> None:
    away = ((NOW - 5 * 3_600, NOW - 3_000), (NOW - 4 * 3_600, NOW - 2_000))
    pool = [robin(1, 2), robin(2, 1), replace(robin(3), absences=away)]
    # All three bookings fell into the absence; two others shared them.
    assert standings(pool, WEIGHTS, NOW, START)[3].calibration == Fraction(3, 2)
    alone = [replace(robin(3), absences=away)]
    assert standings(alone, WEIGHTS, NOW, START)[3].calibration == 0


@pytest.mark.parametrize(("threshold", "left"), [(None, [1, 2, 3]), (4, [1, 2, 3]), (2, [1, 2])])
def test_the_lead_threshold_without_weights(threshold: int | None, left: list[int]) -> None:
    pool = [robin(1), robin(2, 2), robin(3, 4)]
    rules = Assignment(lead_threshold=threshold)
    assert [h.id for h in within_lead(pool, rules, NOW, START)] == left
    by_start = replace(rules, basis="start")
    assert [h.id for h in within_lead(pool, by_start, NOW, START)] == [1, 2, 3]


def test_the_lead_threshold_with_weights_looks_at_the_shortfall() -> None:
    pool = [replace(robin(1, 3), weight=300), robin(2, 1), robin(3, 1)]
    # Targets 3, 1, 1: nobody leads, although host 1 has three times the bookings.
    rules = Assignment(weights=True, lead_threshold=1)
    assert [h.id for h in within_lead(pool, rules, NOW, START)] == [1, 2, 3]
    ahead = [replace(robin(1, 1), weight=300), robin(2, 3), robin(3, 1)]
    assert [h.id for h in within_lead(ahead, rules, NOW, START)] == [1]


def test_weights_of_nothing_and_an_empty_pool() -> None:
    pool = [replace(robin(n), weight=0) for n in (1, 2)]
    assert chosen(*pool, rules=WEIGHTS) == 1
    assert within_lead([], Assignment(lead_threshold=1), NOW, START) == []
