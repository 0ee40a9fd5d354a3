"""Deciding one booking: who takes it, what refuses it, and what may be waived."""

from dataclasses import replace

import pytest

from openslots.availability.engine import check_series, check_slot
from openslots.availability.inputs import (
    BookingFact,
    BusyUnknown,
    DaysWindow,
    HostInput,
    Limits,
    Narrowing,
    Reservation,
    SlotQuery,
)
from openslots.availability.spans import DAY, HOUR
from tests.availability.build import MON, TUE, WED, Fields, ask, at, booking, host, rules

NINE = at(f"{MON}T09:00")
ROBIN = rules(kind="round_robin")


def kinds(query: SlotQuery, start: int = NINE, **flags: Fields) -> list[str]:
    return [str(reason.kind) for reason in check_slot(query, start, **flags).reasons]


def robin(number: int, open_hours: str = "09:00-12:00", **fields: Fields) -> HostInput:
    return host(open_hours, id=number, fixed=False, **fields)


def test_a_free_host_takes_the_booking() -> None:
    verdict = check_slot(ask(MON, MON, host("09:00-12:00", id=5)), NINE)
    assert verdict.organizer_id == 5
    assert verdict == (True, (), (5,), (5,), None)


def test_neither_grid_nor_reservations_nor_first_slot_nor_range_matter() -> None:
    held = Reservation("r", NINE, NINE + HOUR, 1, 1)
    event = rules(only_first_slot=True)
    query = ask("2050-01-01", "2050-01-01", host("09:00-12:00"), event=event, reservations=(held,))
    for start in (NINE, NINE + 17 * 60, NINE + 2 * HOUR):
        assert check_slot(query, start).ok


@pytest.mark.parametrize(
    ("now", "found"),
    [(NINE + 1, ["past"]), (NINE, ["notice"]), (NINE - 29 * 60, ["notice"]), (NINE - 1_800, [])],
)
def test_past_and_notice(now: int, found: list[str]) -> None:
    query = ask(MON, MON, host("09:00-12:00"), event=rules(minimum_notice=30))
    query = replace(query, now=now)
    assert kinds(query) == found
    assert kinds(query, ignore_bounds=True) == []


def test_without_notice_a_booking_may_start_now() -> None:
    query = replace(ask(MON, MON, host("09:00-12:00")), now=NINE)
    assert kinds(query) == []


def test_the_window_and_its_waiver() -> None:
    query = ask(MON, MON, host("09:00-12:00"), event=rules(window=DaysWindow(3)))
    assert kinds(query) == ["window"]
    assert kinds(query, ignore_bounds=True) == []


def test_limits_and_their_waiver() -> None:
    fact = (BookingFact("b", at(f"{WED}T09:00"), 60),)
    event = rules(count_limits=Limits(week=1), minute_limits=Limits(month=100))
    query = ask(MON, MON, host("09:00-12:00", limits=Limits(year=1), facts=fact), event=event)
    query = replace(query, event_facts=fact)
    reasons = check_slot(query, NINE).reasons
    limits = [reason.limit for reason in reasons if reason.limit]
    assert [(hit.scope, hit.measure, hit.unit, hit.limit, hit.used) for hit in limits] == [
        ("event_type", "count", "week", 1, 1),
        ("event_type", "minutes", "month", 100, 60),
        ("user", "count", "year", 1, 1),
    ]
    assert [reason.host_id for reason in reasons] == [None, None, 1]
    assert kinds(query, ignore_limits=True) == []
    assert kinds(query, ignore_conflicts=True) == ["limit", "limit", "limit"]


def test_conflicts_and_their_waiver() -> None:
    busy = host("10:00-12:00", bookings=(booking(f"{MON}T09:30", f"{MON}T10:00"),))
    restricted = rules(restriction=host("12:00-13:00").schedule)
    query = ask(MON, MON, busy, event=restricted)
    assert kinds(query) == ["restriction", "outside_hours", "booking"]
    assert kinds(query, ignore_conflicts=True) == []
    unknown = ask(MON, MON, host("09:00-12:00", calendar=BusyUnknown()))
    assert kinds(unknown) == ["calendar_unknown"]
    assert kinds(unknown, ignore_conflicts=True) == []


def test_buffers_of_both_events_bind() -> None:
    buffered = booking(f"{MON}T10:10", f"{MON}T11:00", before_buffer=15)
    query = ask(MON, MON, host("09:00-12:00", bookings=(buffered,)))
    (reason,) = check_slot(query, NINE).reasons
    assert (reason.kind, reason.booking_uid, reason.buffer) == ("booking", buffered.uid, "before")
    assert check_slot(query, NINE - 6 * 60).reasons[0].kind == "outside_hours"


@pytest.mark.parametrize(("taken", "found"), [(1, []), (2, ["seats_full"]), (3, ["seats_full"])])
def test_a_group_meeting_is_joined_until_full(taken: int, found: list[str]) -> None:
    group = booking(f"{MON}T09:00", f"{MON}T10:00", 1, uid="g", seats_taken=taken)
    query = ask(MON, MON, host("09:00-12:00", bookings=(group,)), event=rules(seats_per_slot=2))
    verdict = check_slot(query, NINE)
    assert kinds(query) == found
    assert verdict.seats == (taken, max(2 - taken, 0), 2, "g")


def test_a_single_seat_is_an_ordinary_booking() -> None:
    group = booking(f"{MON}T09:00", f"{MON}T10:00", 1, seats_taken=1)
    query = ask(MON, MON, host("09:00-12:00", bookings=(group,)), event=rules(seats_per_slot=1))
    assert kinds(query) == ["booking"]


def test_all_fixed_hosts_and_one_of_each_group() -> None:
    team = (
        host("09:00-12:00", id=9),
        host("09:00-12:00", id=8),
        robin(1, group="a"),
        robin(2, group="a"),
        robin(3, "13:00-14:00", group="b"),
        robin(4, group="b"),
    )
    verdict = check_slot(ask(MON, MON, *team, event=ROBIN), NINE)
    assert verdict.host_ids == (9, 8, 1, 4)
    assert verdict.available_ids == (9, 8, 1, 2, 4)


def test_a_missing_fixed_host_refuses_and_says_who_is_free() -> None:
    team = (host("10:00-12:00", id=9), robin(1))
    verdict = check_slot(ask(MON, MON, *team, event=ROBIN), NINE)
    assert not verdict.ok
    assert (verdict.host_ids, verdict.available_ids) == ((), (1,))
    assert [(r.kind, r.host_id) for r in verdict.reasons] == [("outside_hours", 9)]


def test_a_group_without_anyone_gives_the_reasons_of_all_of_it() -> None:
    team = (robin(1, "10:00-11:00"), robin(2, "11:00-12:00"))
    verdict = check_slot(ask(MON, MON, *team, event=ROBIN), NINE)
    assert [r.host_id for r in verdict.reasons] == [1, 2]


def test_the_contact_owner_organises() -> None:
    team = (host("09:00-12:00", id=9), robin(1), robin(2))
    asked = Narrowing(contact_owner_email="h2@example.com")
    query = ask(MON, MON, *team, event=ROBIN, narrowing=asked)
    assert check_slot(query, NINE).host_ids == (2, 9)
    fixed = replace(query, narrowing=Narrowing(contact_owner_email="h9@example.com"))
    assert check_slot(fixed, NINE).host_ids == (9, 1)


def test_a_preferred_host_is_taken_while_free() -> None:
    query = ask(MON, MON, robin(1), robin(2), robin(3, "11:00-12:00"), event=ROBIN)
    assert check_slot(query, NINE, prefer=(2,)).host_ids == (2,)
    assert check_slot(query, NINE, prefer=(3,)).host_ids == (1,)


def test_waiving_conflicts_makes_every_considered_host_available() -> None:
    query = ask(MON, MON, robin(1, "11:00-12:00"), robin(2, "11:00-12:00"), event=ROBIN)
    verdict = check_slot(query, NINE, ignore_conflicts=True)
    assert (verdict.host_ids, verdict.available_ids) == ((1,), (1, 2))


WEEKLY = [NINE, NINE + 7 * DAY, NINE + 14 * DAY]


def test_one_host_takes_a_whole_series_where_one_can() -> None:
    away = booking("2050-09-12T09:00", "2050-09-12T10:00")
    query = ask(MON, "2050-09-30", robin(1, bookings=(away,)), robin(2), event=ROBIN)
    assert check_slot(query, NINE).host_ids == (1,)
    assert [v.host_ids for v in check_series(query, WEEKLY)] == [(2,)] * 3


def test_a_series_nobody_can_take_alone_is_shared() -> None:
    first = booking("2050-09-12T09:00", "2050-09-12T10:00")
    second = booking("2050-09-19T09:00", "2050-09-19T10:00")
    team = (robin(1, bookings=(first,)), robin(2, bookings=(second,)))
    found = check_series(ask(MON, "2050-09-30", *team, event=ROBIN), WEEKLY)
    assert [v.host_ids for v in found] == [(1,), (2,), (1,)]


def test_each_occurrence_counts_for_the_limits_of_the_next() -> None:
    query = ask(MON, "2050-09-30", host("09:00-12:00"), event=rules(count_limits=Limits(month=2)))
    found = check_series(query, WEEKLY)
    assert [v.ok for v in found] == [True, True, False]
    assert [r.kind for r in found[2].reasons] == ["limit"]


def test_occurrences_do_not_overlap_each_other() -> None:
    query = ask(MON, MON, host("09:00-12:00"), event=rules(after_buffer=30))
    found = check_series(query, [NINE, NINE + HOUR, NINE + 2 * HOUR])
    assert [v.ok for v in found] == [True, False, True]
    assert check_series(query, []) == ()


def test_a_booking_of_the_past_may_be_forced() -> None:
    query = replace(ask(MON, MON, host("09:00-12:00")), now=at(TUE))
    assert kinds(query) == ["past"]
    assert check_slot(query, NINE, ignore_bounds=True).ok
