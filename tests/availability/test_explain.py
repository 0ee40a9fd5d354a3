"""Each kind of reason, with the ids and words it carries."""

from dataclasses import replace
from datetime import date

from openslots.availability.explain import Reason, explain
from openslots.availability.inputs import (
    Away,
    BookingFact,
    Busy,
    BusyUnknown,
    DaysWindow,
    Limits,
    RangeWindow,
    Reservation,
    SlotQuery,
)
from tests.availability.build import MON, TUE, ask, at, booking, host, override, rules, schedule

NINE, TEN = at(f"{MON}T09:00"), at(f"{MON}T10:00")
OPEN = host("09:00-12:00")


def only(query: SlotQuery, start: int = TEN) -> Reason:
    (reason,) = explain(query, start)
    return reason


def test_an_offered_start_has_no_reason() -> None:
    assert explain(ask(MON, MON, OPEN), TEN) == ()


def test_outside_hours_names_the_schedule_and_the_host() -> None:
    closed = replace(host(id=4), schedule=replace(schedule("UTC", "11:00-12:00"), id=77))
    reason = only(ask(MON, MON, closed))
    assert (reason.kind, reason.schedule_id, reason.host_id) == ("outside_hours", 77, 4)
    assert reason.text == "Outside the working hours of 2050-09-05."


def test_an_override_is_told_from_weekly_hours() -> None:
    plan = schedule("UTC", "09:00-12:00", overrides=[override(MON, "09:00-10:00")])
    reason = only(ask(MON, MON, replace(OPEN, schedule=plan)))
    assert (reason.kind, reason.schedule_id) == ("override", 1)
    assert reason.text == "Outside the hours set for 2050-09-05 alone."


def test_out_of_office_names_the_entry() -> None:
    reason = only(ask(MON, MON, replace(OPEN, away=(Away(at(MON), at(MON), "trip"),))))
    assert (reason.kind, reason.away_id) == ("out_of_office", "trip")


def test_a_slot_over_midnight_names_the_closed_day() -> None:
    late = replace(host("00:00-23:59"), away=(Away(at(TUE), at(TUE), 5),))
    reason = only(ask(MON, TUE, late), at(f"{MON}T23:30"))
    assert (reason.kind, reason.away_id) == ("out_of_office", 5)
    assert "2050-09-06" in reason.text


def test_a_booking_and_the_part_in_the_way() -> None:
    busy = replace(OPEN, bookings=(booking(f"{MON}T11:15", f"{MON}T12:00", uid="abc"),))
    event = rules(after_buffer=30)
    reason = only(ask(MON, MON, busy, event=event))
    assert (reason.kind, reason.booking_uid, reason.buffer) == ("booking", "abc", "before")
    assert reason.span == (at(f"{MON}T11:15"), at(f"{MON}T12:00"))
    assert reason.text == (
        "The buffer before a booking from 2050-09-05T11:15:00.000Z to 2050-09-05T12:00:00.000Z."
    )
    direct = only(ask(MON, MON, busy), at(f"{MON}T11:00"))
    assert direct.buffer == "none"
    assert direct.text.startswith("A booking from")
    after = replace(OPEN, bookings=(booking(f"{MON}T09:00", f"{MON}T09:50", after_buffer=15),))
    assert only(ask(MON, MON, after)).buffer == "after"


def test_a_calendar_entry_and_an_unreadable_calendar() -> None:
    entry = Busy(TEN, TEN + 60, "google:7")
    reason = only(ask(MON, MON, replace(OPEN, calendar=(entry,))))
    assert (reason.kind, reason.source, reason.buffer) == ("calendar", "google:7", "none")
    unknown = only(ask(MON, MON, replace(OPEN, calendar=BusyUnknown("timeout", "google:7"))))
    assert (unknown.kind, unknown.source) == ("calendar_unknown", "google:7")


def test_a_reservation() -> None:
    held = Reservation("r1", TEN, TEN + 3_600, 1, 1)
    reason = only(ask(MON, MON, OPEN, reservations=(held,)))
    assert (reason.kind, reason.reservation_uid) == ("reservation", "r1")


def test_a_limit_names_scope_unit_and_period() -> None:
    event = rules(minute_limits=Limits(day=90))
    fact = BookingFact("b", at(f"{MON}T15:00"), 60)
    reason = only(ask(MON, MON, OPEN, event=event, event_facts=(fact,)))
    assert reason.kind == "limit"
    assert reason.limit == ((at(MON), at(TUE)), "event_type", "minutes", "day", 90, 60)
    assert reason.text == "The limit of the event type of 90 minutes per day is reached."


def test_past_notice_window_and_range() -> None:
    query = ask(MON, MON, OPEN, event=rules(minimum_notice=90))
    assert only(replace(query, now=TEN + 1)).kind == "past"
    soon = only(replace(query, now=NINE))
    assert soon.kind == "notice"
    assert soon.text == "Too soon: the first start possible is 2050-09-05T10:30:00.000Z."
    far = replace(query, event=rules(window=DaysWindow(5)), now=at("2050-08-01"))
    assert only(far).kind == "window"
    dates = RangeWindow(date(2050, 9, 6), date(2050, 9, 7))
    assert only(replace(query, event=rules(window=dates))).kind == "window"
    assert only(replace(query, end=at(f"{MON}T10:30"))).kind == "range"
    assert only(replace(query, start=at(f"{MON}T10:30"))).kind == "range"


def test_grid_and_first_slot() -> None:
    assert only(ask(MON, MON, OPEN), TEN + 60).kind == "grid"
    first = ask(MON, MON, OPEN, event=rules(only_first_slot=True))
    assert only(first).kind == "not_first"
    assert only(first, TEN + 60).kind == "grid"


def test_the_restriction_schedule() -> None:
    restriction = replace(schedule("UTC", "09:00-10:00"), id=9)
    reason = only(ask(MON, MON, OPEN, event=rules(restriction=restriction)))
    assert (reason.kind, reason.schedule_id) == ("restriction", 9)


def test_every_reason_at_once() -> None:
    busy = replace(
        OPEN,
        away=(Away(at(MON), at(MON), 5),),
        bookings=(booking(f"{MON}T10:00", f"{MON}T11:00"),),
        calendar=(Busy(TEN, TEN + 60),),
        limits=Limits(day=0),
    )
    query = ask(
        MON,
        MON,
        busy,
        event=rules(count_limits=Limits(day=0), window=DaysWindow(1), minimum_notice=1),
        reservations=(Reservation("r", TEN, TEN + 60, 1, 1),),
    )
    found = [str(reason.kind) for reason in explain(replace(query, now=TEN), TEN)]
    assert found == [
        "notice",
        "limit",
        "out_of_office",
        "booking",
        "calendar",
        "limit",
        "reservation",
    ]


def test_one_free_host_of_a_group_is_enough_to_keep_the_others_reasons_out() -> None:
    team = (
        host("09:00-12:00", id=1, fixed=False),
        host("11:00-12:00", id=2, fixed=False),
    )
    query = ask(MON, MON, *team, event=rules(kind="round_robin"))
    assert explain(query, TEN) == ()
    assert [reason.host_id for reason in explain(query, at(f"{MON}T08:00"))] == [1, 2]
    assert only(query, TEN + 60).kind == "grid"
