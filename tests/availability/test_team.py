"""Kinds of event types, narrowing of hosts and the fallback set."""

from dataclasses import replace

import pytest

from openslots.availability.engine import check_slot, compute_slots
from openslots.availability.explain import explain
from openslots.availability.inputs import (
    Assignment,
    HostBooking,
    HostInput,
    Narrowing,
    SlotQuery,
)
from openslots.availability.spans import DAY, intersect
from openslots.availability.team import Board, consider
from tests.availability.build import MON, NOW, TUE, Fields, ask, at, booking, clock, host, rules
from tests.availability.strategies import Maker

ROBIN = rules(kind="round_robin")


def robin(number: int, open_hours: str = "09:00-10:00", **fields: Fields) -> HostInput:
    return host(open_hours, id=number, fixed=False, **fields)


def considered(query: SlotQuery) -> tuple[list[int], list[int] | None]:
    narrow, fallback = consider(query)
    ids = [host.id for host in narrow.hosts]
    return ids, None if fallback is None else [host.id for host in fallback.hosts]


@pytest.mark.parametrize("kind", ["personal", "collective", "dynamic"])
def test_every_host_of_other_kinds_is_fixed(kind: str) -> None:
    query = ask(MON, MON, robin(1, "09:00-11:00"), robin(2, "10:00-12:00"), event=rules(kind=kind))
    assert clock(query) == {MON: "10:00"}


@pytest.mark.parametrize("kind", ["managed", "personal", "collective", "round_robin"])
def test_nobody_to_book_with(kind: str) -> None:
    hosts = (robin(1),) if kind == "managed" else ()
    query = ask(MON, MON, *hosts, event=rules(kind=kind))
    assert compute_slots(query).starts == []
    start = at(f"{MON}T09:00")
    assert [r.kind for r in explain(query, start)] == ["host_unavailable"]
    assert [r.kind for r in check_slot(query, start).reasons] == ["host_unavailable"]


def test_a_mandatory_host_without_time_is_not_ignored() -> None:
    """contract: the public system offers the others' time."""
    assert clock(ask(MON, MON, host(), robin(2), event=ROBIN)) == {}


def test_a_group_without_time_offers_nothing() -> None:
    query = ask(MON, MON, robin(1, group="a"), host(id=2, fixed=False, group="b"), event=ROBIN)
    assert clock(query) == {}


def test_a_host_named_twice_counts_once() -> None:
    query = ask(MON, MON, robin(1), robin(1), event=ROBIN)
    assert check_slot(query, at(f"{MON}T09:00")).host_ids == (1,)


TEAM = (host("09:00-10:00", id=9), robin(1), robin(2), robin(3))


@pytest.mark.parametrize(
    ("narrowing", "moved", "ids"),
    [
        (Narrowing(), "x", [9, 1, 2, 3]),
        (Narrowing(subset_ids=frozenset({2, 3, 7})), None, [9, 2, 3]),
        (Narrowing(original_host_ids=frozenset({2})), "x", [9, 2]),
        (Narrowing(original_host_ids=frozenset({2})), None, [9, 1, 2, 3]),
        (Narrowing(original_host_ids=frozenset({8})), "x", [9, 1, 2, 3]),
        (Narrowing(original_host_ids=frozenset({2}), routed_ids=frozenset({3})), "x", [9, 3]),
        (Narrowing(original_host_ids=frozenset({2, 3}), segment_ids=frozenset({3})), "x", [9, 3]),
        (Narrowing(segment_ids=frozenset({1, 3}), routed_ids=frozenset({3, 2})), None, [9, 3]),
        (Narrowing(segment_ids=frozenset({1}), routed_ids=frozenset({3})), None, [9, 1]),
        (Narrowing(segment_ids=frozenset({8}), routed_ids=frozenset()), None, [9, 1, 2, 3]),
    ],
)
def test_narrowing_in_order(narrowing: Narrowing, moved: str | None, ids: list[int]) -> None:
    query = ask(MON, MON, *TEAM, event=ROBIN, narrowing=narrowing, reschedule_uid=moved)
    assert considered(query) == (ids, None)


def test_a_subset_without_any_host_offers_nothing() -> None:
    query = ask(MON, MON, *TEAM, event=ROBIN, narrowing=Narrowing(subset_ids=frozenset({8})))
    assert clock(query) == {}


def test_narrowing_does_not_touch_other_kinds() -> None:
    narrowing = Narrowing(subset_ids=frozenset({1}), routed_ids=frozenset({1}))
    query = ask(MON, MON, *TEAM, event=rules(kind="collective"), narrowing=narrowing)
    assert considered(query)[0] == [9, 1, 2, 3]


def owner(email: str = "H2@example.com", **fields: Fields) -> Narrowing:
    return replace(Narrowing(contact_owner_email=email), **fields)


def test_a_contact_owner_narrows_and_the_others_are_the_fallback() -> None:
    query = ask(MON, MON, *TEAM, event=ROBIN, narrowing=owner())
    assert considered(query) == ([9, 2], [9, 1, 2, 3])
    outside = owner(routed_ids=frozenset({1, 3}))
    assert considered(replace(query, narrowing=outside)) == ([9, 2], [9, 1, 3, 2])
    assert considered(replace(query, narrowing=owner("nobody@example.com"))) == ([9, 1, 2, 3], None)


def test_hosts_who_lead_too_far_are_left_out() -> None:
    history = tuple(HostBooking(f"b{n}", NOW, NOW) for n in range(3))
    ahead = replace(robin(1), history=history)
    query = ask(MON, MON, ahead, robin(2), event=ROBIN, assignment=Assignment(lead_threshold=2))
    assert considered(query) == ([2], [1, 2])
    lenient = replace(query, assignment=Assignment(lead_threshold=3))
    assert considered(lenient) == ([1, 2], None)


def narrowed(open_hours: str = "09:00-10:00", **fields: Fields) -> SlotQuery:
    """The contact owner (2) beside a host who is free from noon; now is Monday morning."""
    other = robin(1, "12:00-13:00")
    query = ask(MON, TUE, other, robin(2, open_hours), event=ROBIN, narrowing=owner(), **fields)
    return replace(query, now=at(f"{MON}T06:00"))


def test_the_narrow_set_answers_while_it_has_time_soon() -> None:
    assert clock(narrowed()) == {MON: "09:00", TUE: "09:00"}


def test_the_fallback_set_answers_when_the_narrow_one_has_no_time() -> None:
    assert clock(narrowed("00:00-00:00")) == {MON: "12:00", TUE: "12:00"}


@pytest.mark.parametrize(("days", "falls_back"), [(13, False), (14, False), (15, True), (30, True)])
def test_a_narrow_set_busy_for_two_weeks_falls_back(days: int, falls_back: bool) -> None:
    until = f"{at(MON) + days * DAY}"
    taken = booking(MON, MON, uid=until)._replace(end=at(MON) + days * DAY)
    query = narrowed()
    hosts = (query.hosts[0], replace(query.hosts[1], bookings=(taken,)))
    found = compute_slots(replace(query, hosts=hosts, end=at("2050-12-01"))).starts
    noon = at(f"{MON}T12:00")
    assert (noon in found) == falls_back


def test_a_later_query_falls_back_only_without_time_then_and_soon() -> None:
    query = replace(narrowed(), start=at("2050-10-03"), end=at("2050-10-04"))
    assert clock(query) == {"2050-10-03": "09:00"}

    def busy(first: str, last: str) -> SlotQuery:
        taken = booking(first, last)
        return replace(query, hosts=(query.hosts[0], replace(query.hosts[1], bookings=(taken,))))

    assert clock(busy("2050-10-01", "2050-10-10")) == {}
    assert clock(busy(MON, "2050-10-10")) == {"2050-10-03": "12:00"}


def test_a_booking_may_take_a_host_of_the_fallback_set() -> None:
    query = narrowed()
    assert check_slot(query, at(f"{MON}T09:00")).host_ids == (2,)
    assert check_slot(query, at(f"{MON}T12:00")).host_ids == (1,)
    refused = check_slot(query, at(f"{MON}T15:00"))
    assert {reason.host_id for reason in refused.reasons} == {2}


@pytest.mark.parametrize("seed", range(5))
def test_what_many_hosts_share_is_what_each_of_them_has_free(seed: int) -> None:
    """Enough bookings that they are taken from the open time in several batches."""
    maker = Maker(seed)
    taken = [
        tuple(maker.booking()._replace(status="accepted", uid=f"{n}-{i}") for i in range(60))
        for n in range(14)
    ]
    hosts = tuple(host("00:00-23:59", id=n, bookings=own) for n, own in enumerate(taken))
    few = tuple(replace(h, bookings=h.bookings[:4]) for h in hosts)
    for team in (hosts, few):
        query = ask(MON, MON, *team, event=rules(5, kind="collective"))
        board = Board(query, maker.start, maker.end)
        common = board.open(team[0])
        for each in team:
            common = intersect(common, board.free(each))
        expected = [(low, high) for low, high in common if high - low >= 300]
        assert board.shared(team) == expected
    assert expected
