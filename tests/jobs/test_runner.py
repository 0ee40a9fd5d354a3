"""The runner: every due job once, fair over lanes, and nothing lost when it fails or dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from openslots.embedded import free_port
from openslots.jobs import lanes, queue
from openslots.jobs import runner as runners
from openslots.jobs.queue import JobFacts, NewJob, Retry
from openslots.jobs.runner import Runner, periodic
from openslots.kernel import clock as kernel_clock
from openslots.kernel import db
from openslots.kernel import settings as kernel
from openslots.kernel.uow import Units
from tests.clock import Clock
from tests.jobs.conftest import Served, job, the_job, until


async def put(units: Units, kind: str, *jobs: NewJob) -> None:
    async with units.begin(request_id="req-1") as uow:
        await queue.put_many(uow, kind, jobs)
        await uow.commit()


class Recorder:
    """A handler that notes what it was given."""

    def __init__(self) -> None:
        self.seen: list[JobFacts] = []

    async def __call__(self, _: Units, facts: JobFacts) -> None:
        self.seen.append(facts)


async def test_a_due_job_runs_once_and_is_kept_as_done(alone: Units) -> None:
    await put(alone, "greet", NewJob("ann", {"words": ["hello"]}))
    greet = Recorder()
    runner = Runner(alone, {"greet": greet})
    assert await runner.run_until_idle() == 1
    assert await runner.run_until_idle() == 0
    [facts] = greet.seen
    assert (facts.kind, facts.key, facts.payload) == ("greet", "ann", {"words": ["hello"]})
    assert (facts.attempts, facts.request_id) == (1, "req-1")
    row = await the_job(alone, "greet", "ann")
    assert row.done_at is not None
    assert (row.locked_until, row.last_error) == (None, None)


async def test_a_job_of_later_waits_for_its_time(alone: Units, clock: Clock) -> None:
    now = clock.set("2026-05-04T10:00:00+00:00")
    await put(alone, "greet", NewJob("ann", run_at=now + timedelta(hours=1)))
    greet = Recorder()
    runner = Runner(alone, {"greet": greet})
    assert await runner.run_until_idle() == 0
    clock.advance(timedelta(minutes=59, seconds=59))
    assert await runner.run_until_idle() == 0
    clock.advance(timedelta(seconds=1))
    assert await runner.run_until_idle() == 1


async def test_jobs_run_in_the_order_they_are_due(alone: Units, clock: Clock) -> None:
    now = clock.set("2026-05-04T10:00:00+00:00")
    for key, minutes in (("late", 3), ("early", 1), ("middle", 2)):
        await put(alone, "greet", NewJob(key, run_at=now + timedelta(minutes=minutes)))
    clock.advance(timedelta(hours=1))
    greet = Recorder()
    await Runner(alone, {"greet": greet}).run_until_idle()
    assert [facts.key for facts in greet.seen] == ["early", "middle", "late"]


async def test_an_unknown_kind_is_kept_and_hinders_nothing(alone: Units) -> None:
    await put(alone, "of.the.future", NewJob("x"))
    await put(alone, "greet", NewJob("ann"))
    greet = Recorder()
    assert await Runner(alone, {"greet": greet}).run_until_idle() == 1
    row = await the_job(alone, "of.the.future", "x")
    assert (row.done_at, row.attempts) == (None, 0)


async def test_putting_again_moves_an_open_job_and_opens_a_finished_one(alone: Units) -> None:
    greet = Recorder()
    runner = Runner(alone, {"greet": greet})
    for words in ("one", "two"):
        await put(alone, "greet", NewJob("ann", {"words": words}))
    assert await runner.run_until_idle() == 1
    await put(alone, "greet", NewJob("ann", {"words": "three"}))
    assert await runner.run_until_idle() == 1
    assert [facts.payload["words"] for facts in greet.seen] == ["two", "three"]


async def test_a_dropped_job_does_not_run(alone: Units) -> None:
    await put(alone, "greet", NewJob("ann"), NewJob("ben"))
    async with alone.begin() as uow:
        await queue.drop(uow, "greet", "ann", "nobody")
        await uow.commit()
    greet = Recorder()
    await Runner(alone, {"greet": greet}).run_until_idle()
    assert [facts.key for facts in greet.seen] == ["ben"]


async def test_work_of_a_transaction_that_was_rolled_back_never_runs(alone: Units) -> None:
    async with alone.begin() as uow:
        await queue.put(uow, "greet", "ann")
    assert await Runner(alone, {"greet": Recorder()}).run_until_idle() == 0


async def test_a_failing_handler_runs_again_later_and_says_why(alone: Units, clock: Clock) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    attempts: list[int] = []

    async def fragile(_: Units, facts: JobFacts) -> None:
        attempts.append(facts.attempts)
        if len(attempts) < 3:
            raise RuntimeError("the disk is full\x00")

    await put(alone, "fragile", NewJob(""))
    runner = Runner(alone, {"fragile": fragile})
    await runner.run_until_idle()
    row = await the_job(alone, "fragile")
    assert row.last_error == "RuntimeError: the disk is full"
    assert row.run_at == clock.now + timedelta(seconds=5)
    clock.advance(timedelta(seconds=5))
    await runner.run_until_idle()
    assert (await the_job(alone, "fragile")).run_at == clock.now + timedelta(seconds=30)
    clock.advance(timedelta(seconds=30))
    await runner.run_until_idle()
    row = await the_job(alone, "fragile")
    assert row.done_at == clock.now
    assert (row.last_error, attempts) == (None, [1, 2, 3])


async def test_a_job_that_finds_no_database_runs_again_at_once(alone: Units, clock: Clock) -> None:
    """However often that happens: it is not the job that fails."""
    clock.set("2026-05-04T10:00:00+00:00")
    await put(alone, "greet", NewJob("ann"))
    nowhere = db.create_engine(
        kernel.Database(url=SecretStr(f"postgresql://x:y@127.0.0.1:{free_port()}/z"))
    )

    async def ask(units: Units, _: JobFacts) -> None:
        async with nowhere.connect():
            pytest.fail("somebody listens there")

    for _ in range(3):
        assert await Runner(alone, {"greet": ask}).run_until_idle() == 1
        row = await the_job(alone, "greet", "ann")
        assert (row.attempts, row.done_at) == (0, None)
        assert row.last_error is not None
        assert row.run_at == clock.now + timedelta(seconds=1)
        clock.advance(timedelta(seconds=1))
    await nowhere.dispose()


async def test_a_job_that_failed_for_days_gives_up_and_stays_visible(
    alone: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runners, "GIVE_UP", 2)
    monkeypatch.setattr(runners, "BACK_OFF", (0,))

    async def broken(_: Units, __: JobFacts) -> None:
        raise ValueError("no")

    await put(alone, "broken", NewJob(""))
    assert await Runner(alone, {"broken": broken}).run_until_idle() == 2
    row = await the_job(alone, "broken")
    assert row.done_at is not None
    assert row.last_error == "ValueError: no"


async def test_a_handler_may_ask_to_run_again(alone: Units, clock: Clock) -> None:
    now = clock.set("2026-05-04T10:00:00+00:00")
    answers = [Retry(now + timedelta(minutes=1), "busy"), Retry(now, counted=False)]

    async def asking(_: Units, __: JobFacts) -> None:
        if answers:
            raise answers.pop()

    await put(alone, "asking", NewJob(""))
    runner = Runner(alone, {"asking": asking})
    assert await runner.run_until_idle() == 2
    row = await the_job(alone, "asking")
    assert (row.attempts, row.last_error) == (1, "busy")
    assert row.run_at == now + timedelta(minutes=1)


async def test_of_a_long_reason_the_beginning_is_kept(alone: Units, clock: Clock) -> None:
    now = clock.set("2026-05-04T10:00:00+00:00")

    async def asking(_: Units, __: JobFacts) -> None:
        raise Retry(now + timedelta(minutes=1), "no\x00" + "x" * 100_000)

    await put(alone, "asking", NewJob(""))
    assert await Runner(alone, {"asking": asking}).run_until_idle() == 1
    assert (await the_job(alone, "asking")).last_error == "no" + "x" * 498


async def test_a_job_that_runs_twice_in_one_worker_ends_twice(alone: Units) -> None:
    """Put anew while it runs, it is claimed once more by the worker that has it."""
    gates = [asyncio.Event(), asyncio.Event()]
    inside: list[JobFacts] = []

    async def waiting(_: Units, facts: JobFacts) -> None:
        inside.append(facts)
        await gates[len(inside) - 1].wait()

    runner = Runner(alone, {"call": waiting})
    served = Served(runner)
    for number in (1, 2):
        await put(alone, "call", NewJob("", {"n": number}))
        runner.ring()

        async def begun(number: int = number) -> bool:
            return len(inside) == number

        await until(begun)
    assert runner.running == 2
    gates[1].set()

    async def ended() -> bool:
        return (await the_job(alone, "call")).done_at is not None

    await until(ended)
    assert runner.running == 1
    gates[0].set()
    await served.stop()
    assert runner.running == 0


async def test_a_job_of_later_is_not_kept_waiting_for_the_next_poll(alone: Units) -> None:
    slow = alone.settings.model_copy(update={"jobs": kernel.Jobs(poll=timedelta(minutes=5))})
    units = Units(alone.engine, slow, alone.bus)
    due = kernel_clock.now() + timedelta(milliseconds=700)
    await put(units, "greet", NewJob("ann", run_at=due), NewJob("ben", run_at=due))
    greet = Recorder()
    served = Served(Runner(units, {"greet": greet}))

    async def both() -> bool:
        return len(greet.seen) == 2

    await until(both)
    assert kernel_clock.now() >= due
    await served.stop()


async def test_a_periodic_job_exists_by_itself_and_comes_back(alone: Units, clock: Clock) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    ran: list[str] = []

    @periodic(timedelta(hours=1))
    async def tidy(_: Units, __: JobFacts) -> None:
        ran.append("tidy")

    for _ in range(2):
        await Runner(alone, {"tidy": tidy}).run_until_idle()
    assert ran == ["tidy"]
    clock.advance(timedelta(hours=1))
    await Runner(alone, {"tidy": tidy}).run_until_idle()
    assert ran == ["tidy", "tidy"]
    assert (await the_job(alone, "tidy")).done_at is None


async def test_two_runners_share_the_work_without_doing_any_of_it_twice(alone: Units) -> None:
    await put(alone, "count", *(NewJob(str(number)) for number in range(60)))
    counted: Counter[str] = Counter()

    async def count(_: Units, facts: JobFacts) -> None:
        counted[facts.key] += 1

    made = [Runner(alone, {"count": count}) for _ in range(2)]
    done = await asyncio.gather(*(runner.run_until_idle() for runner in made))
    assert sum(done) == 60
    assert set(counted.values()) == {1}


class Gate:
    """A handler that holds jobs of one lane until it is opened."""

    def __init__(self, lane: str = "slow") -> None:
        self.lane = lane
        self.open = asyncio.Event()
        self.inside = 0
        self.most = 0
        self.passed: list[str] = []

    async def __call__(self, _: Units, facts: JobFacts) -> None:
        if facts.lane == self.lane:
            self.inside += 1
            self.most = max(self.most, self.inside)
            await self.open.wait()
            self.inside -= 1
        self.passed.append(facts.lane)


async def test_a_slow_lane_holds_no_more_than_its_share(
    alone: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks = alone.settings.webhooks.model_copy(update={"per_host": 2})
    alone.settings = alone.settings.model_copy(update={"webhooks": webhooks})
    await put(alone, "call", *(NewJob(f"s{n}", lane="slow") for n in range(100)))
    await put(alone, "call", *(NewJob(f"q{n}", lane=f"quick{n}") for n in range(20)))
    gate = Gate()
    served = Served(Runner(alone, {"call": gate}))

    async def quick_ones_passed() -> bool:
        return len(gate.passed) == 20

    await until(quick_ones_passed)
    assert gate.most == 2
    gate.open.set()

    async def all_passed() -> bool:
        return len(gate.passed) == 120

    await until(all_passed)
    assert gate.most == 2
    await served.stop()


async def test_many_hanging_jobs_do_not_fill_the_worker(
    alone: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "YOUNG_SECONDS", 0.1)
    gate = Gate(lane="")
    await put(alone, "call", *(NewJob(f"h{n}") for n in range(6)))
    await put(alone, "call", NewJob("quick", lane="quick"))
    served = Served(Runner(alone, {"call": gate}))

    async def everything_started() -> bool:  # more than the four that may be young at once
        return gate.passed == ["quick"] and gate.inside == 6

    await until(everything_started)
    gate.open.set()
    await served.stop()


async def test_a_stuck_lane_leaves_its_other_jobs_to_other_workers(
    alone: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "YOUNG_SECONDS", 0.1)
    await put(alone, "call", *(NewJob(f"s{n}", lane="slow") for n in range(12)))
    gate = Gate()
    served = Served(Runner(alone, {"call": gate}))

    async def only_the_share_is_held() -> bool:
        async with alone.begin() as uow:
            held = await uow.session.scalar(
                text("SELECT count(*) FROM jobs WHERE locked_until IS NOT NULL")
            )
        return gate.inside == 4 and held == 4

    await until(only_the_share_is_held)
    gate.open.set()

    async def all_passed() -> bool:
        return len(gate.passed) == 12

    await until(all_passed)
    await served.stop()
    async with alone.begin() as uow:
        attempts = await uow.session.scalar(text("SELECT max(attempts) FROM jobs"))
    assert attempts == 1  # those that were given back had none


async def test_the_lease_of_a_long_handler_is_renewed(alone: Units) -> None:
    gate = Gate(lane="")
    await put(alone, "call", NewJob(""))
    served = Served(Runner(alone, {"call": gate}))
    leases: set[object] = set()

    async def leases_seen() -> bool:
        leases.add((await the_job(alone, "call")).locked_until)
        return len(leases - {None}) >= 4  # 0.6 s each, renewed every 0.2 s

    await until(leases_seen)
    gate.open.set()

    async def done() -> bool:
        return (await the_job(alone, "call")).done_at is not None

    await until(done)
    assert (await the_job(alone, "call")).attempts == 1
    assert gate.most == 1
    await served.stop()


async def test_what_a_dead_worker_held_is_run_after_its_lease(alone: Units, clock: Clock) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    await put(alone, "greet", NewJob("ann"))
    now = kernel_clock.now()
    async with alone.begin() as uow:
        claims = await queue.claim(
            uow.session,
            ["greet"],
            now=now,
            until=now + timedelta(seconds=60),
            limit=1,
            share=4,
            busy={},
        )
        await uow.commit()
    assert len(claims) == 1
    greet = Recorder()
    runner = Runner(alone, {"greet": greet})
    assert await runner.run_until_idle() == 0
    clock.advance(timedelta(seconds=60))
    assert await runner.run_until_idle() == 1
    assert greet.seen[0].attempts == 2


async def test_an_outcome_of_somebody_who_lost_the_lease_changes_nothing(
    alone: Units, clock: Clock
) -> None:
    clock.set("2026-05-04T10:00:00+00:00")
    await put(alone, "greet", NewJob("ann"))
    lost = kernel_clock.now() + timedelta(seconds=60)
    async with alone.begin() as uow:
        [claim] = await queue.claim(
            uow.session, ["greet"], now=clock.now, until=lost, limit=1, share=4, busy={}
        )
        await uow.commit()
    await put(alone, "greet", NewJob("ann", {"words": "changed"}))
    async with alone.begin() as uow:
        await queue.settle(uow.session, [queue.Outcome(claim.job.id, claim.lease)], now=clock.now)
        await uow.commit()
    assert (await the_job(alone, "greet", "ann")).done_at is None


async def test_stopping_lets_running_jobs_end_and_gives_late_ones_back(alone: Units) -> None:
    gate = Gate(lane="")
    await put(alone, "call", NewJob("late"))
    runner = Runner(alone, {"call": gate})
    task = asyncio.create_task(runner.serve(drain=0.05))

    async def inside() -> bool:
        return gate.inside == 1

    await until(inside)
    runner.stop()
    await task
    row = await the_job(alone, "call", "late")
    assert (row.done_at, row.locked_until, row.attempts) == (None, None, 0)
    assert row.last_error == "the worker stopped"


async def test_a_runner_survives_the_loss_of_its_connections(alone: Units) -> None:
    greet = Recorder()
    served = Served(Runner(alone, {"greet": greet}))
    async with alone.begin() as uow:
        await uow.session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await put(alone, "greet", NewJob("ann"))

    async def greeted() -> bool:
        row = await job(alone, "greet", "ann")
        return row is not None and row.done_at is not None

    await until(greeted)
    await served.stop()
