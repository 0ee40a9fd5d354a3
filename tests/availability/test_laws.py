"""Laws of the engine that hold for every question."""

from dataclasses import replace
from datetime import datetime
from random import Random
from typing import TypeVar

from hypothesis import assume, given
from hypothesis import strategies as st

from openslots.availability import civil
from openslots.availability.busy import booking_spans
from openslots.availability.engine import compute_slots, outlook
from openslots.availability.explain import ReasonKind, explain
from openslots.availability.hours import plan_of, working
from openslots.availability.inputs import HostInput, Schedule, SlotQuery
from openslots.availability.spans import covers
from tests.availability.strategies import queries, seeds
from tests.availability.test_model import quick

T = TypeVar("T")


def fixed(query: SlotQuery) -> list[HostInput]:
    robin = query.event.kind == "round_robin"
    return [host for host in query.hosts if host.fixed or not robin]


@quick
@given(queries())
def test_no_slot_overlaps_busy_time_of_a_host_who_must_be_there(query: SlotQuery) -> None:
    length = query.minutes * 60
    starts = compute_slots(query).starts
    for host in fixed(query):
        for low, high in booking_spans(query, host.bookings):
            assert not [s for s in starts if low < high and s < high and s + length > low]


@quick
@given(queries())
def test_every_slot_lies_in_working_time(query: SlotQuery) -> None:
    length = query.minutes * 60
    starts = compute_slots(query).starts
    low, high = query.start - 86_400, query.end + 86_400
    open_times = [working(plan_of(h, query.event), low, high) for h in query.hosts]
    must = [working(plan_of(h, query.event), low, high) for h in fixed(query)]
    for start in starts:
        assert any(covers(spans, start, start + length) for spans in open_times)
        assert all(covers(spans, start, start + length) for spans in must)


@quick
@given(queries())
def test_starts_ascend_inside_the_range_asked_for(query: SlotQuery) -> None:
    starts = list(compute_slots(query).starts)
    assert starts == sorted(set(starts))
    assert all(query.start <= start < query.end and start > query.now for start in starts)


@quick
@given(queries(), seeds)
def test_the_order_of_inputs_does_not_matter(query: SlotQuery, seed: int) -> None:
    random = Random(seed)

    def shuffled(items: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(random.sample(items, len(items)))

    def mixed_schedule(schedule: Schedule | None) -> Schedule | None:
        if schedule is None:
            return None
        weekly, overrides = shuffled(schedule.weekly), shuffled(schedule.overrides)
        return replace(schedule, weekly=weekly, overrides=overrides)

    def mixed_host(host: HostInput) -> HostInput:
        calendar = shuffled(host.calendar) if isinstance(host.calendar, tuple) else host.calendar
        return replace(
            host,
            schedule=mixed_schedule(host.schedule),
            away=shuffled(host.away),
            bookings=shuffled(host.bookings),
            calendar=calendar,
            facts=shuffled(host.facts),
        )

    # The first host stays: its zone decides the dates of limits and windows.
    first, *others = (mixed_host(host) for host in query.hosts)
    other = replace(
        query,
        hosts=(first, *shuffled(tuple(others))),
        reservations=shuffled(query.reservations),
        event_facts=shuffled(query.event_facts),
    )
    assert compute_slots(other) == compute_slots(query)


@quick
@given(queries(), st.integers(0, 40))
def test_splitting_the_range_between_open_times_changes_nothing(
    query: SlotQuery, number: int
) -> None:
    """contract: a range's first start and the first slot of a day depend on where a query begins,
    so the cut is made where no open time is, a whole step after the start before."""
    assume(not query.event.only_first_slot)
    seen = outlook(query)
    ranges = seen.board.ranges(seen.team)
    assume(ranges)
    cut = ranges[number % len(ranges)][1]
    assume(query.start < cut < query.end and cut % 60 == 0)
    assume(not any(low < cut < high for low, high in ranges))
    event = query.event
    stride = ((event.slot_interval or query.minutes) + event.offset_start) * 60
    whole = list(compute_slots(query).starts)
    assume(all(start + stride <= cut for start in whole if start < cut))
    left = compute_slots(replace(query, end=cut)).starts
    right = compute_slots(replace(query, start=cut)).starts
    assert [*left, *right] == whole


@quick
@given(queries(), st.data())
def test_a_start_is_offered_if_and_only_if_nothing_explains_why_not(
    query: SlotQuery, data: st.DataObject
) -> None:
    offered = set(compute_slots(query).starts)
    near = [s + step for s in sorted(offered)[::5] for step in (0, 60, 900)]
    drawn = [query.start + data.draw(st.integers(-50, 300)) * 900 for _ in range(4)]
    for start in [*near, *drawn]:
        found = explain(query, start)
        assert (not found) == (start in offered), (start, found)


@quick
@given(queries(), st.data())
def test_grid_is_the_reason_only_where_a_booking_at_that_time_would_do(
    query: SlotQuery, data: st.DataObject
) -> None:
    """An interval of one minute would offer what the grid alone refuses, from that minute on."""
    event = replace(query.event, slot_interval=1, offset_start=0, show_optimized=False)
    every_minute = set(compute_slots(replace(query, event=event)).starts)
    drawn = query.start + data.draw(st.integers(0, 400)) * 300
    for start in [drawn, *sorted(every_minute)[::31]]:
        kinds = {reason.kind for reason in explain(query, start)}
        if ReasonKind.GRID in kinds:
            assert kinds == {ReasonKind.GRID}
            assert start in every_minute


@quick
@given(queries())
def test_grouping_keeps_every_start_on_its_own_date(query: SlotQuery) -> None:
    starts = list(compute_slots(query).starts)
    grouped = civil.group_by_day(starts, query.viewer_zone)
    assert list(grouped) == sorted(grouped)
    assert all(text.startswith(day) for day, texts in grouped.items() for text in texts)
    texts = [text for texts in grouped.values() for text in texts]
    assert [int(datetime.fromisoformat(t).timestamp()) for t in texts] == starts
