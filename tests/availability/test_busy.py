"""Bookings, seats, calendars and reservations: what takes time from the hours."""

from dataclasses import replace

import pytest

from openslots.availability.engine import Seats, compute_slots
from openslots.availability.inputs import Busy, BusyUnknown, HostInput, Reservation, SlotQuery
from tests.availability.build import MON, Fields, ask, at, booking, clock, host, rules

ALL = "09:00 10:00 11:00"


def taken(**fields: Fields) -> HostInput:
    """Nine to twelve with a booking at ten."""
    return host("09:00-12:00", bookings=(booking(f"{MON}T10:00", f"{MON}T11:00", **fields),))


def on_monday(*hosts: HostInput, **fields: Fields) -> str:
    return clock(ask(MON, MON, *hosts, **fields)).get(MON, "")


@pytest.mark.parametrize(
    ("status", "type_id", "blocks", "free"),
    [
        ("accepted", 2, False, "09:00 11:00"),
        ("accepted", None, False, "09:00 11:00"),
        ("pending", 1, False, ALL),
        ("pending", 1, True, "09:00 11:00"),
        ("pending", 2, True, ALL),
        ("cancelled", 1, True, ALL),
        ("rejected", 1, True, ALL),
        ("awaiting_host", 1, True, ALL),
    ],
)
def test_which_bookings_count(status: str, type_id: int | None, blocks: bool, free: str) -> None:
    busy = taken(type_id=type_id, status=status)
    assert on_monday(busy, event=rules(pending_blocks=blocks)) == free


def test_a_dynamic_event_has_no_bookings_of_its_own_type() -> None:
    busy = taken(type_id=None, status="pending", seats_taken=1)
    event = rules(id=None, kind="dynamic", pending_blocks=True, seats_per_slot=3)
    assert on_monday(busy, event=event) == ALL
    accepted = taken(type_id=None, seats_taken=1)
    assert on_monday(accepted, event=event) == "09:00 11:00"


def test_the_booking_being_moved_takes_no_time() -> None:
    assert on_monday(taken(uid="moved"), reschedule_uid="moved") == ALL
    assert on_monday(taken(uid="moved"), reschedule_uid="other") == "09:00 11:00"


def test_a_booking_just_outside_the_range_blocks_through_its_buffer() -> None:
    """contract: the public system misses these for want of a margin."""
    late = booking(f"{MON}T08:00", f"{MON}T09:00", after_buffer=60)
    query = ask(f"{MON}T09:00", f"{MON}T12:00", host("09:00-12:00", bookings=(late,)))
    assert clock(query) == {MON: "10:00 11:00"}


def test_own_buffers_do_not_shrink_hours() -> None:
    assert on_monday(host("09:00-12:00"), event=rules(before_buffer=60, after_buffer=60)) == ALL


SEATED = rules(seats_per_slot=2)


@pytest.mark.parametrize(
    ("seats", "event", "free"),
    [
        (1, SEATED, ALL),
        (2, SEATED, ALL),  # full, and still listed
        (0, SEATED, "09:00 11:00"),
        (1, rules(seats_per_slot=1), "09:00 11:00"),
        (1, rules(), "09:00 11:00"),
        (1, rules(seats_per_slot=2, after_buffer=15), "10:00 11:00"),
        (1, rules(seats_per_slot=2, before_buffer=15), "09:00 10:00"),
        (1, rules(id=9, seats_per_slot=2), "09:00 11:00"),
    ],
)
def test_a_group_meeting_leaves_its_own_time_free(seats: int, event: object, free: str) -> None:
    busy = taken(type_id=1, seats_taken=seats)
    assert on_monday(busy, event=event) == free


def seats_of(query: SlotQuery) -> dict[str, Seats | None]:
    found = compute_slots(query)
    return {text: found.seats_at(at(f"{MON}T{text}")) for text in ("09:00", "10:00")}


def test_seats_of_free_started_and_full_slots() -> None:
    query = ask(MON, MON, taken(type_id=1, seats_taken=1, uid="abc"), event=SEATED)
    assert seats_of(query) == {"09:00": (0, 2, 2, None), "10:00": (1, 1, 2, "abc")}
    full = ask(MON, MON, taken(type_id=1, seats_taken=3, uid="abc"), event=SEATED)
    assert seats_of(full)["10:00"] == (3, 0, 2, "abc")
    assert seats_of(ask(MON, MON, host("09:00-12:00")))["09:00"] is None


def test_seats_held_count_without_inventing_a_booking() -> None:
    def held(uid: str, type_id: int = 1) -> Reservation:
        return Reservation(uid, at(f"{MON}T09:00"), at(f"{MON}T10:00"), type_id, 1, is_seat=True)

    query = ask(
        MON,
        MON,
        host("09:00-12:00"),
        event=SEATED,
        reservations=(held("a"), held("b"), held("c"), held("mine"), held("else", 2)),
        own_reservation_uid="mine",
    )
    assert on_monday(*query.hosts, event=SEATED, reservations=query.reservations) == ALL
    assert seats_of(query)["09:00"] == (3, 0, 2, None)


def test_of_two_group_meetings_at_one_start_the_emptier_is_joined() -> None:
    hosts = tuple(
        replace(taken(type_id=1, seats_taken=seats, uid=uid), id=seats, fixed=False)
        for seats, uid in ((2, "fuller"), (1, "emptier"))
    )
    query = ask(MON, MON, *hosts, event=rules(seats_per_slot=5, kind="round_robin"))
    assert seats_of(query)["10:00"] == (1, 4, 5, "emptier")


def calendar(*entries: tuple[str, str], **fields: Fields) -> HostInput:
    busy = tuple(Busy(at(f"{MON}T{start}"), at(f"{MON}T{end}"), "work") for start, end in entries)
    return host("09:00-12:00", calendar=busy, **fields)


def test_calendar_entries_block_with_the_asked_buffers() -> None:
    assert on_monday(calendar(("10:15", "10:45"))) == "09:00 11:00"
    assert on_monday(calendar(("10:15", "10:45")), event=rules(15, before_buffer=20)) == (
        "09:00 09:15 09:30 09:45 10:00 11:15 11:30 11:45"
    )
    assert on_monday(calendar(("10:15", "10:45")), event=rules(15, after_buffer=20)) == (
        "09:00 09:15 09:30 10:45 11:00 11:15 11:30 11:45"
    )


def test_an_unreadable_calendar_is_not_free() -> None:
    unknown = host("09:00-12:00", calendar=BusyUnknown("timeout", "work"))
    other = host("09:00-10:00", id=2)
    assert on_monday(unknown) == ""
    assert on_monday(unknown, other, event=rules(kind="collective")) == ""
    either = (replace(unknown, fixed=False), replace(other, fixed=False))
    assert on_monday(*either, event=rules(kind="round_robin")) == "09:00"


def test_our_own_copies_in_a_calendar_do_not_count() -> None:
    moved = booking(f"{MON}T10:00", f"{MON}T11:00", uid="moved")
    copied = calendar(("10:00", "11:00"), bookings=(moved,))
    assert on_monday(copied) == "09:00 11:00"
    assert on_monday(copied, reschedule_uid="moved") == ALL
    longer = calendar(("10:00", "11:30"), bookings=(moved,))
    assert on_monday(longer, reschedule_uid="moved") == "09:00 10:00"
    group = calendar(("10:00", "11:00"), bookings=(moved._replace(event_type_id=1, seats_taken=1),))
    assert on_monday(group, event=SEATED) == ALL


def hold(start: str, end: str, host_id: int = 1, uid: str = "r") -> Reservation:
    return Reservation(uid, at(f"{MON}T{start}"), at(f"{MON}T{end}"), 1, host_id)


@pytest.mark.parametrize(
    ("held", "free"),
    [
        (hold("10:00", "11:00"), "09:00 11:00"),
        (hold("10:30", "11:30"), "09:00"),
        (hold("10:59", "11:00"), "09:00 11:00"),
        (hold("08:00", "09:00"), ALL),
        (hold("12:00", "13:00"), ALL),
        (hold("10:00", "11:00", host_id=9), ALL),
        (hold("10:00", "11:00")._replace(event_type_id=7), "09:00 11:00"),
        (hold("10:00", "11:00")._replace(is_seat=True), ALL),
        (hold("10:00", "11:00", uid="mine"), ALL),
    ],
)
def test_a_reservation_hides_what_it_overlaps(held: Reservation, free: str) -> None:
    found = on_monday(host("09:00-12:00"), reservations=(held,), own_reservation_uid="mine")
    assert found == free


def test_a_reservation_does_not_move_the_grid() -> None:
    found = on_monday(host("09:00-12:00"), event=rules(45), reservations=(hold("09:00", "09:10"),))
    assert found == "09:45 10:30 11:15"


def test_a_group_meeting_stays_listed_under_a_reservation() -> None:
    busy = taken(type_id=1, seats_taken=1)
    event = rules(seats_per_slot=3)
    assert on_monday(busy, event=event, reservations=(hold("10:00", "11:00"),)) == ALL


ROBIN = rules(kind="round_robin")


def robins(*open_hours: str) -> tuple[HostInput, ...]:
    return tuple(host(text, id=n, fixed=False) for n, text in enumerate(open_hours, start=1))


@pytest.mark.parametrize(("count", "free"), [(1, ALL), (2, "09:00 11:00"), (3, "09:00 11:00")])
def test_a_round_robin_slot_hides_when_as_many_are_held_as_hosts_free(
    count: int, free: str
) -> None:
    held = tuple(hold("10:00", "11:00", uid=f"r{n}") for n in range(count))
    team = robins("09:00-12:00", "09:00-12:00", "13:00-14:00")
    assert on_monday(*team, event=ROBIN, reservations=held) == (free + " 13:00")


def test_a_mandatory_host_can_be_held_once() -> None:
    team = (host("09:00-12:00", id=9), *robins("09:00-12:00", "09:00-12:00"))
    held = (hold("10:00", "11:00", host_id=9),)
    assert on_monday(*team, event=ROBIN, reservations=held) == "09:00 11:00"


def test_the_smallest_group_decides_how_often_a_slot_can_be_held() -> None:
    one, two, three = robins("09:00-12:00", "09:00-12:00", "09:00-12:00")
    team = (one, two, replace(three, group="b"))
    held = (hold("10:00", "11:00"),)
    assert on_monday(*team, event=ROBIN, reservations=held) == "09:00 11:00"


def test_many_reservations_are_cheap() -> None:
    base = at(MON)
    held = tuple(Reservation(f"r{n}", base + n, base + n + 3_600, 1, 1) for n in range(3_000))
    assert on_monday(host("00:00-23:59"), event=rules(15), reservations=held).startswith("02:00")


def test_the_restriction_schedule_keeps_slots_wholly_inside() -> None:
    inside = host("09:30-11:30").schedule
    assert inside is not None
    event = rules(30, restriction=inside)
    assert on_monday(host("09:00-12:00"), event=event) == "09:30 10:00 10:30 11:00"
    rome = replace(inside, zone=None)
    event = rules(30, restriction=rome)
    found = on_monday(host("09:00-12:00"), event=event, viewer_zone="Europe/Rome")
    assert found == "11:00"


def test_only_the_first_slot_of_each_viewers_day() -> None:
    event = rules(only_first_slot=True)
    query = ask(MON, MON, host("20:00-23:59"), event=event)
    assert clock(query) == {MON: "20:00"}
    rome = replace(query, viewer_zone="Europe/Rome")
    assert clock(rome) == {MON: "22:00", "2050-09-06": "00:00"}


def test_the_length_may_be_chosen_and_sets_the_grid() -> None:
    assert on_monday(host("09:00-11:00"), duration=30) == "09:00 09:30 10:00 10:30"
    assert on_monday(host("09:00-11:00"), event=rules(slot_interval=15), duration=90) == (
        "09:00 09:15 09:30"
    )
