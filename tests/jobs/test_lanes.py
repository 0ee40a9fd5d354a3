"""Lanes: a share for each, turns between them, and nothing kept waiting behind what is stuck."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from openslots.jobs.lanes import Lanes
from openslots.jobs.queue import Claim, JobFacts

AT = datetime(2026, 5, 4, 10, tzinfo=UTC)
_numbers = count(1)


def claims(lane: str, number: int) -> list[Claim]:
    return [
        Claim(JobFacts(next(_numbers), "kind", "", lane, {}, 1, AT, AT), AT) for _ in range(number)
    ]


def started(lanes: Lanes, now: float = 0) -> list[str]:
    """The lanes of all that may start now, in their order."""
    found = []
    while (running := lanes.start_next(now)) is not None:
        found.append(running.claim.job.lane)
    return found


def test_lanes_take_turns_up_to_their_share() -> None:
    lanes = Lanes(share=2, bound=10)
    lanes.add([*claims("a", 5), *claims("b", 1), *claims("c", 3)])
    assert started(lanes) == ["a", "b", "c", "a", "c"]
    assert lanes.waiting == 4
    assert lanes.busy(0) == {"a": 5, "b": 1, "c": 3}


def test_the_lane_without_a_name_has_no_share() -> None:
    lanes = Lanes(share=2, bound=10)
    lanes.add(claims("", 5))
    assert len(started(lanes)) == 5
    assert lanes.busy(0) == {}


def test_what_ends_makes_room_in_its_lane() -> None:
    lanes = Lanes(share=1, bound=10)
    lanes.add(claims("a", 2))
    first = lanes.start_next(0)
    assert first is not None
    assert lanes.start_next(0) is None
    lanes.end(first)
    assert lanes.start_next(0) is not None
    assert lanes.waiting == 0


def test_a_job_that_was_claimed_twice_runs_twice() -> None:
    lanes = Lanes(share=2, bound=10)
    [claim] = claims("a", 1)
    lanes.add([claim, replace(claim, lease=AT + timedelta(seconds=1))])
    first, second = lanes.start_next(0), lanes.start_next(0)
    assert first is not None
    assert second is not None
    assert lanes.busy(0) == {"a": 2}
    lanes.end(first)
    assert lanes.running == [second]
    assert lanes.held() == [second.claim]
    lanes.end(second)
    assert lanes.running == []


def test_old_jobs_make_room_for_young_ones() -> None:
    lanes = Lanes(share=9, bound=2)
    lanes.add(claims("", 5))
    assert len(started(lanes, now=0)) == 2
    assert lanes.room(0) == 2 * 2 - 2 - 3
    assert started(lanes, now=0.9) == []
    assert len(started(lanes, now=1.0)) == 2
    assert len(started(lanes, now=2.0)) == 1


def test_the_number_of_old_jobs_is_bounded() -> None:
    lanes = Lanes(share=99, bound=2)
    for now in range(0, 16, 2):
        assert lanes.room(now) > 0
        lanes.add(claims("", 2))
        started(lanes, now=now)
    assert lanes.room(100) == 0


def test_a_stuck_lane_gives_back_what_waits_and_asks_for_nothing() -> None:
    lanes = Lanes(share=2, bound=10)
    lanes.add([*claims("stuck", 6), *claims("moving", 6)])
    started(lanes, now=0)
    moving = [running for running in lanes.running if running.claim.job.lane == "moving"]
    for running in moving:
        lanes.end(running)
    started(lanes, now=0.5)
    assert lanes.give_back(0.9) == []
    returned = lanes.give_back(1.0)
    assert [claim.job.lane for claim in returned] == ["stuck"] * 4
    assert lanes.busy(1.0) == {"stuck": lanes.claim_share, "moving": 4}
    assert {claim.job.lane for claim in lanes.give_back(1.0, every=True)} == {"moving"}
    assert lanes.waiting == 0
    assert len(lanes.held()) == 4
