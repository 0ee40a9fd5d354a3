"""How many jobs wait and run, as `/metrics` says, and what the runner counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from openslots.jobs import gauges, queue
from openslots.jobs.queue import JobFacts, NewJob, Retry
from openslots.jobs.runner import GIVE_UP, Runner
from openslots.kernel import clock as kernel_clock
from openslots.kernel import metrics
from openslots.kernel.exposition import Waiting
from openslots.kernel.uow import Units
from tests.clock import Clock

NOW = "2026-05-04T10:00:00+00:00"


async def test_due_and_running_jobs_by_kind(alone: Units, clock: Clock) -> None:
    now = clock.set(NOW)
    assert await gauges.waiting(alone.engine) == []
    old, later = now - timedelta(seconds=90), now + timedelta(seconds=1)
    async with alone.begin() as uow:
        await queue.put_many(
            uow, "a", [NewJob("1", run_at=old), NewJob("2"), NewJob("3", run_at=later)]
        )
        await queue.put_many(uow, "b", [NewJob("1")])
        await queue.put_many(uow, "c", [NewJob("1", run_at=later)])
        await uow.commit()
    async with alone.begin(autocommit=True) as uow:
        await queue.claim(uow.session, ["b"], now=now, until=later, limit=9, share=9, busy={})
    assert await gauges.waiting(alone.engine) == [
        Waiting("a", due=2, oldest=90.0, running=0),
        Waiting("b", due=0, oldest=0.0, running=1),
    ]
    clock.advance(timedelta(seconds=2))
    found = {
        one.kind: (one.due, one.oldest, one.running) for one in await gauges.waiting(alone.engine)
    }
    assert found == {"a": (3, 92.0, 0), "b": (1, 2.0, 0), "c": (1, 1.0, 0)}


async def test_counting_stops_at_a_bound(
    alone: Units, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.set(NOW)
    monkeypatch.setattr(gauges, "LOOKED_AT", 10)
    jobs = [NewJob(str(n), run_at=now - timedelta(seconds=n)) for n in range(30)]
    async with alone.begin() as uow:
        await queue.put_many(uow, "many", jobs)
        await uow.commit()
    assert await gauges.waiting(alone.engine) == [Waiting("many", due=10, oldest=29.0, running=0)]


@pytest.mark.parametrize(
    ("raised", "attempts", "outcome"),
    [
        (None, 0, "done"),
        (Retry(kernel_clock.now() + timedelta(days=1)), 0, "retried"),
        (Retry(kernel_clock.now() + timedelta(days=1), counted=False), 0, "postponed"),
        (ValueError("no"), 0, "failed"),
        (ValueError("no"), GIVE_UP, "given_up"),
    ],
)
async def test_attempts_are_counted_by_outcome(
    alone: Units, raised: Exception | None, attempts: int, outcome: str
) -> None:
    async def handler(_: Units, __: JobFacts) -> None:
        if raised is not None:
            raised.__traceback__ = None
            raise raised

    async with alone.begin() as uow:
        await queue.put(uow, "counted", "")
        await uow.commit()
    async with alone.begin() as uow:
        await uow.session.execute(text("UPDATE jobs SET attempts = :n"), {"n": attempts})
        await uow.commit()
    counter = metrics.JOB_ATTEMPTS.of("counted", outcome)
    before = counter._value.get()
    await Runner(alone, {"counted": handler}).run_until_idle()
    assert counter._value.get() - before == 1
