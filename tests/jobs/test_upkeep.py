"""What operators do with jobs: list, run again, purge."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, event

from openslots.jobs import queue, upkeep
from openslots.jobs.queue import JobFacts, NewJob
from openslots.jobs.runner import Runner
from openslots.kernel.uow import Units
from openslots.models import Job
from tests.clock import Clock
from tests.jobs.conftest import job, the_job

NOW = "2026-05-04T10:00:00+00:00"
HOUR = timedelta(hours=1)


async def fill(units: Units, clock: Clock) -> None:
    """One job in each state but running."""
    now = clock.set(NOW)

    async def fine(_: Units, __: JobFacts) -> None:
        return

    async with units.begin() as uow:
        await queue.put_many(uow, "fine", [NewJob("done")])
        await uow.commit()
    await Runner(units, {"fine": fine}).run_until_idle()
    async with units.begin() as uow:
        await queue.put_many(
            uow, "fine", [NewJob("due"), NewJob("waiting", run_at=now + timedelta(days=1))]
        )
        await queue.put(uow, "broken", "failed")
        await uow.commit()
    async with units.begin() as uow:
        row = (await upkeep.find(uow, kind="broken"))[0]
        row.done_at, row.last_error = now, "ValueError: no"
        await uow.session.flush()
        await uow.commit()


async def test_jobs_are_found_by_state_and_kind(alone: Units, clock: Clock) -> None:
    await fill(alone, clock)
    states: tuple[upkeep.State, ...] = ("due", "waiting", "failed", "done")
    async with alone.begin() as uow:
        for state in states:
            found = await upkeep.find(uow, state=state)
            assert [row.key for row in found] == [state]
            assert upkeep.state_of(found[0], uow.now) == state
        assert await upkeep.find(uow, state="running") == []
        assert len(await upkeep.find(uow)) == 4
        assert len(await upkeep.find(uow, limit=2)) == 2
        assert [row.key for row in await upkeep.find(uow, kind="broken")] == ["failed"]


async def test_a_job_is_shown_without_its_payload(alone: Units, clock: Clock) -> None:
    await fill(alone, clock)
    row = await the_job(alone, "broken", "failed")
    assert upkeep.shown(row, clock.now) == {
        "id": row.id,
        "kind": "broken",
        "key": "failed",
        "state": "failed",
        "attempts": 0,
        "runAt": "2026-05-04T10:00:00.000Z",
        "lastError": "ValueError: no",
        "requestId": None,
    }


async def test_a_claimed_job_is_running(alone: Units, clock: Clock) -> None:
    await fill(alone, clock)
    async with alone.begin() as uow:
        until = clock.now + timedelta(seconds=60)
        await queue.claim(
            uow.session, ["fine"], now=clock.now, until=until, limit=9, share=4, busy={}
        )
        assert [row.key for row in await upkeep.find(uow, state="running")] == ["due"]
        assert await upkeep.find(uow, state="due") == []


async def test_retry_opens_what_gave_up(alone: Units, clock: Clock) -> None:
    await fill(alone, clock)
    async with alone.begin() as uow:
        assert await upkeep.retry(uow, kind="fine") == 0
        assert await upkeep.retry(uow) == 1
        assert uow.wakeups
        await uow.commit()
    row = await the_job(alone, "broken", "failed")
    assert (row.done_at, row.attempts, row.run_at) == (None, 0, clock.now)


async def test_retry_of_named_jobs_makes_them_due(alone: Units, clock: Clock) -> None:
    await fill(alone, clock)
    waiting = await the_job(alone, "fine", "waiting")
    async with alone.begin() as uow:
        assert await upkeep.retry(uow, waiting.id) == 1
        await uow.commit()
    assert (await the_job(alone, "fine", "waiting")).run_at == clock.now


async def test_purge_deletes_only_what_ended_long_ago(alone: Units, clock: Clock) -> None:
    await fill(alone, clock)
    await Runner(alone, {upkeep.PURGE: upkeep.purge_done}).run_until_idle()
    assert await job(alone, "fine", "done") is not None
    clock.advance(timedelta(days=7, seconds=1))
    await Runner(alone, {upkeep.PURGE: upkeep.purge_done}).run_until_idle()
    assert await job(alone, "fine", "done") is None
    assert await job(alone, "broken", "failed") is None
    assert await job(alone, "fine", "due") is not None
    assert await job(alone, "fine", "waiting") is not None


async def test_what_is_left_to_purge_is_not_counted_each_time(alone: Units, clock: Clock) -> None:
    await fill(alone, clock)
    clock.advance(timedelta(days=7, seconds=1))
    asked: list[str] = []
    week = timedelta(days=7)
    async with alone.begin() as uow:
        assert await upkeep.purgeable(uow, older_than=2 * week) is False
        event.listen(
            alone.engine.sync_engine,
            "before_cursor_execute",
            lambda *given: asked.append(given[2]),
        )
        assert await upkeep.purgeable(uow, older_than=week) is True
    assert len(asked) == 1
    assert "EXISTS" in asked[0]
    assert "count(" not in asked[0]


async def test_jobs_that_ended_long_apart_are_found_in_their_order(
    alone: Units, clock: Clock
) -> None:
    now = clock.set(NOW)
    days = (40, 0, 7, 1, 3)
    async with alone.begin() as uow:
        for place, day in enumerate(days):
            ended = now - timedelta(days=day)
            uow.session.add(
                Job(
                    kind="old" if day == 40 else "new",
                    key=str(day),
                    run_at=ended,
                    done_at=ended,
                    last_error="no" if place % 2 else None,
                )
            )
        await uow.session.flush()
        await queue.put_many(uow, "new", [NewJob("due"), NewJob("first", run_at=now - HOUR)])
        await uow.commit()
    async with alone.begin() as uow:

        async def keys(
            state: upkeep.State | None = None, kind: str | None = None, limit: int = 100
        ) -> list[str]:
            return [one.key for one in await upkeep.find(uow, state=state, kind=kind, limit=limit)]

        assert await keys() == ["first", "due", "0", "1", "3", "7", "40"]
        assert await keys(limit=4) == ["first", "due", "0", "1"]
        assert await keys("failed") == ["0", "1"]
        assert await keys("done", limit=2) == ["3", "7"]
        assert await keys(kind="old") == ["40"]
        assert await upkeep.counts(uow) == {
            "due": 2, "waiting": 0, "running": 0, "failed": 2, "done": 3
        }  # fmt: skip
        assert (await upkeep.counts(uow, kind="old"))["done"] == 1
        assert await upkeep.retry(uow, kind="old") == 0
        assert await upkeep.retry(uow) == 2
        assert await keys("failed") == []


async def test_an_empty_table_has_no_jobs(alone: Units) -> None:
    async with alone.begin() as uow:
        await uow.session.execute(delete(Job))
        assert await upkeep.find(uow) == []
        assert await upkeep.counts(uow) == dict.fromkeys(upkeep.STATES, 0)
        assert await upkeep.retry(uow) == 0
