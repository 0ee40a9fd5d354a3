"""The engine equals the slow model on random questions: listing, seats, single checks."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openslots.availability.engine import check_slot, compute_slots
from openslots.availability.inputs import SlotQuery
from tests.availability.model import Model, instant, local, minutes
from tests.availability.strategies import queries

quick = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@quick
@given(queries())
def test_the_engine_lists_what_the_model_lists(query: SlotQuery) -> None:
    found = compute_slots(query)
    assert list(found.starts) == Model(query).answer()


@settings(quick, max_examples=40)
@given(queries(most_hosts=5, kind="round_robin"))
def test_the_engine_equals_the_model_with_up_to_five_hosts(query: SlotQuery) -> None:
    assert list(compute_slots(query).starts) == Model(query).answer()


@settings(quick, max_examples=60)
@given(queries())
def test_seats_are_those_of_the_booking_and_of_the_reservations_there(query: SlotQuery) -> None:
    event = replace(query.event, id=1, seats_per_slot=3, slot_interval=15)
    query = replace(query, event=event)
    found = compute_slots(query)
    taken = Model(query).seats_taken()
    for start in found.starts:
        held = sum(
            r.is_seat and r.event_type_id == 1 and r.start == start
            for r in query.reservations
            if r.uid != query.own_reservation_uid
        )
        booked = taken.get(start, 0) + held
        seats = found.seats_at(start)
        assert seats is not None
        assert seats[:3] == (booked, max(3 - booked, 0), 3)
        assert (seats.booking_uid is not None) == (start in taken)


def may_be_booked(query: SlotQuery, start: int) -> bool:
    """Section 18, from the model: no grid, no reservations, no query range."""
    model = Model(query)
    model.start, model.end = start, start + model.length
    event = query.event
    full = (event.seats_per_slot or 0) > 1 and (
        model.seats_taken().get(start, 0) >= (event.seats_per_slot or 0)
    )
    if start < query.now + event.minimum_notice * 60 or full:
        return False
    if not model.in_range_window(start) or not model.allowed(start) or not model.takes(start):
        return False
    day = local(start, model.viewer).date()
    until = Model(replace(query, end=instant(day + timedelta(days=1), 0, model.viewer)))
    starts: list[int] = []
    if until.rolling and until.start < until.end:
        starts = [s for s in until.starts() if until.allowed(s) and not until.reserved(s)]
    last = until.last_day(starts)
    return last is None or day <= last


@settings(quick, max_examples=80)
@given(queries(), st.data())
def test_a_booking_is_accepted_when_the_model_would(query: SlotQuery, data: st.DataObject) -> None:
    offered = compute_slots(query).starts
    start = query.start + data.draw(st.integers(-30, 400)) * 300
    for moment in [start, *offered[::7]]:
        verdict = check_slot(query, moment)
        assert verdict.ok == may_be_booked(query, moment), verdict.reasons
        assert verdict.ok == (not verdict.reasons)
        assert verdict.ok or moment not in offered


@settings(quick, max_examples=60)
@given(queries())
def test_who_takes_a_booking_is_free_and_complete(query: SlotQuery) -> None:
    for start in compute_slots(query).starts[::9]:
        model = Model(query)
        model.start, model.end = start, start + model.length
        wanted = minutes(model.start, model.end)
        fixed, groups = model.parts()
        verdict = check_slot(query, start)
        by_id = {host.id: host for host in query.hosts}
        assert all(wanted <= model.free(by_id[number]) for number in verdict.host_ids)
        assert {host.id for host in fixed} <= set(verdict.host_ids)
        pool = [number for number in verdict.host_ids if by_id[number] not in fixed]
        assert sorted(str(by_id[n].group) for n in pool) == sorted(str(g) for g in groups)
        free = {host.id for host in query.hosts if wanted <= model.free(host)}
        assert set(verdict.available_ids) == free
