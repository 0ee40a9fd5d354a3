"""Runs due jobs: bounded, fair over lanes, with leases that are renewed while a handler works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import text

from openslots.jobs import queue
from openslots.jobs.lanes import Lanes, Running
from openslots.jobs.queue import Claim, JobFacts, Outcome, Retry
from openslots.kernel import clock, logging, metrics, tracing
from openslots.kernel.ending import end
from openslots.kernel.unreachable import away
from openslots.kernel.uow import Units

log = logging.Log("jobs")
Handler = Callable[[Units, JobFacts], Awaitable[None]]
H = TypeVar("H", bound=Handler)

# What a handler that failed waits for, in seconds; after GIVE_UP attempts (three days) it rests.
BACK_OFF = (5, 30, 120, 600, 1800, 3600, 3 * 3600)
GIVE_UP = 30
AWAY = 1  # seconds until a job is tried again that found no database
TIME_LIMIT = 300  # seconds for one attempt
CLAIM_GAP = 0.01  # seconds between two claims
SETTLE_GAP = 0.05  # outcomes of so many seconds are recorded together
JUST_AFTER = 0.001  # the clock is read in milliseconds
ERROR_LENGTH = 500

_NEXT = text("SELECT min(run_at) FROM jobs WHERE done_at IS NULL AND run_at > :now")


def periodic(every: timedelta) -> Callable[[H], H]:
    """Marks a handler whose one job exists by itself and runs again `every` so often."""

    def mark(handler: H) -> H:
        handler.__dict__["every"] = every
        return handler

    return mark


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt whose outcome is not recorded yet."""

    claim: Claim
    run_at: datetime | None
    error: str | None
    counted: bool

    def outcome(self) -> Outcome:
        return Outcome(self.claim.job.id, self.claim.lease, self.run_at, self.error, self.counted)


def _kept(error: str) -> str:
    """The beginning of an error, as Postgres can store it."""
    return error.replace("\x00", "")[:ERROR_LENGTH]


class Runner:
    """Claims and runs jobs on one loop until it is told to stop."""

    def __init__(
        self,
        units: Units,
        handlers: Mapping[str, Handler],
        alive: Callable[[], None] | None = None,
    ) -> None:
        """`alive` is called each time the database has been asked for jobs."""
        self._units = units
        self._alive = alive or (lambda: None)
        self._handlers = dict(handlers)
        self._settings = units.settings.jobs
        self._lanes = Lanes(
            share=units.settings.webhooks.per_host, bound=self._settings.concurrency
        )
        self._bell = asyncio.Event()
        self._stopping = False
        self._planted = False
        self._ended: list[Ended] = []
        self._unsettled = asyncio.Event()
        self._leases = asyncio.Lock()  # renewing and settling compare the lease they write

    def ring(self) -> None:
        """There may be something to do."""
        self._bell.set()

    def stop(self) -> None:
        """Claims and starts nothing more; what runs goes on."""
        self._stopping = True
        self._bell.set()

    async def serve(self, drain: float) -> None:
        """Runs jobs until `stop()`, then gives those that run `drain` seconds to end.

        What does not end is let go, for another worker to take at once.
        """
        helpers = [asyncio.create_task(work()) for work in (self._settle_always, self._renew)]
        try:
            while not self._stopping:
                self._bell.clear()
                if not self._planted:
                    await self._attempt(self._plant)
                if await self._attempt(self._claim_all):
                    self._alive()
                pause = await self._pause()
                try:
                    async with asyncio.timeout(pause):
                        await self._bell.wait()
                    await asyncio.sleep(CLAIM_GAP)
                except TimeoutError:
                    continue
        finally:
            await self._let_go(drain)
            await end(*helpers)
            await self._attempt(self._settle)

    async def _pause(self) -> float:
        """Seconds until the table is looked at again: until the next job is due, and no longer than
        the setting says, since somebody may put in one that is due before."""
        longest = self._settings.poll.total_seconds()
        if self._bell.is_set():
            return longest
        now = clock.now()
        try:
            async with self._units.begin(autocommit=True) as uow:
                due: datetime | None = await uow.session.scalar(_NEXT, {"now": now})
        except Exception:  # claiming has told the log, or will
            return longest
        if due is None:
            return longest
        return min(longest, (due - now).total_seconds() + JUST_AFTER)

    async def run_until_idle(self) -> int:
        """Runs what is due now, and what that makes due, and returns how many attempts it took."""
        await self._plant()
        attempts = 0
        while True:
            claimed = await self._claim_all()
            while tasks := [running.task for running in self._lanes.running if running.task]:
                await asyncio.gather(*tasks)
            await self._settle()
            if not claimed:
                return attempts
            attempts += claimed

    async def _attempt(self, step: Callable[[], Awaitable[object]]) -> bool:
        """Does one step; a database that is away is told to the log and asked again later."""
        try:
            await step()
        except Exception as error:
            log.warning("jobs.database", step=step.__name__, error=type(error).__name__)
            return False
        return True

    async def _plant(self) -> None:
        """Makes sure that every periodic kind has its job."""
        kinds = [kind for kind, handler in self._handlers.items() if hasattr(handler, "every")]
        async with self._units.begin() as uow:
            for kind in kinds:
                await queue.put_many(uow, kind, [queue.NewJob("")], replace=False)
            await uow.commit()
        self._planted = True

    @property
    def running(self) -> int:
        """How many jobs run just now."""
        return len(self._lanes.running)

    # -- claiming

    async def _claim_all(self) -> int:
        """Claims and starts due jobs until nothing is due or enough are held; returns how many."""
        claimed = 0
        self._release(self._lanes.give_back(time.monotonic()))
        while not self._stopping and (room := self._lanes.room(time.monotonic())) > 0:
            claims = await self._claim(room)
            self._lanes.add(claims)
            self._start_some()
            claimed += len(claims)
            if not claims:
                break
        return claimed

    async def _claim(self, limit: int) -> list[Claim]:
        now = clock.now()
        async with self._units.begin(autocommit=True) as uow:
            return await queue.claim(
                uow.session,
                self._handlers,
                now=now,
                until=now + self._settings.lease,
                limit=limit,
                share=self._lanes.claim_share,
                busy=self._lanes.busy(time.monotonic()),
            )

    def _start_some(self) -> None:
        while not self._stopping:
            running = self._lanes.start_next(time.monotonic())
            if running is None:
                return
            running.task = asyncio.create_task(self._run(running))

    def _release(self, claims: list[Claim]) -> None:
        self._ended += [Ended(claim, claim.job.run_at, None, False) for claim in claims]
        if claims:
            self._unsettled.set()

    # -- running

    async def _run(self, running: Running) -> None:
        job = running.claim.job
        logging.request_id.set(job.request_id)
        run_at, error, counted = None, None, True
        outcome = "done"
        try:
            async with asyncio.timeout(TIME_LIMIT):
                with tracing.job(job.kind, job.traceparent, id=job.id, attempt=job.attempts):
                    run_at = await self._call(job)
        except Retry as retry:
            outcome = "retried" if retry.counted else "postponed"
            run_at, counted = retry.at, retry.counted
            error = None if retry.reason is None else _kept(retry.reason)
        except asyncio.CancelledError:
            outcome = "stopped"
            run_at, error, counted = clock.now(), "the worker stopped", False
        except Exception as failure:
            error = _kept(f"{type(failure).__name__}: {failure}")
            run_at, counted = self._after(failure, job)
            outcome = "failed" if run_at is not None else "given_up"
            log.exception("job.failed", kind=job.kind, job=job.id, attempt=job.attempts)
        finally:
            self._lanes.end(running)
        elapsed = time.monotonic() - running.since
        metrics.JOB_ATTEMPTS.inc(job.kind, outcome)
        metrics.JOB_SECONDS.observe(elapsed, job.kind)
        log.info(
            "job",
            kind=job.kind,
            job=job.id,
            attempt=job.attempts,
            outcome=outcome,
            ms=round(elapsed * 1000),
            again=run_at,
        )
        self._ended.append(Ended(running.claim, run_at, error, counted))
        self._unsettled.set()
        self._start_some()
        if self._lanes.runs_low:
            self._bell.set()

    async def _call(self, job: JobFacts) -> datetime | None:
        """Runs the handler; returns when a periodic one runs again."""
        handler = self._handlers[job.kind]
        await handler(self._units, job)
        every: timedelta | None = getattr(handler, "every", None)
        return clock.now() + every if every else None

    def _after(self, failure: Exception, job: JobFacts) -> tuple[datetime | None, bool]:
        """When a job that failed runs again, and whether that attempt counts: not while the
        database is away, since then every job fails."""
        if away(failure):
            return clock.now() + timedelta(seconds=AWAY), False
        return self._later(job), True

    def _later(self, job: JobFacts) -> datetime | None:
        if job.attempts >= GIVE_UP and not hasattr(self._handlers[job.kind], "every"):
            return None
        seconds = BACK_OFF[min(job.attempts, len(BACK_OFF)) - 1]
        return clock.now() + timedelta(seconds=seconds)

    # -- recording

    async def _settle(self) -> None:
        ended, self._ended = self._ended, []
        if not ended:
            return
        try:
            async with self._leases, self._units.begin(autocommit=True) as uow:
                outcomes = [one.outcome() for one in ended]
                await queue.settle(uow.session, outcomes, now=clock.now())
        except BaseException:
            self._ended = [*ended, *self._ended]
            raise

    async def _settle_always(self) -> None:
        """Records outcomes as they come; those of the same moment go together."""
        while True:
            await self._unsettled.wait()
            self._unsettled.clear()
            await asyncio.sleep(SETTLE_GAP)
            if not await self._attempt(self._settle):
                self._unsettled.set()
                await asyncio.sleep(self._settings.poll.total_seconds())

    async def _renew(self) -> None:
        """Holds on to what was claimed, three times a lease."""
        pause = self._settings.lease.total_seconds() / 3
        while True:
            await asyncio.sleep(pause)
            await self._attempt(self._renew_once)

    async def _renew_once(self) -> None:
        held = self._lanes.held()
        if not held:
            return
        until = clock.now() + self._settings.lease
        async with self._leases:
            async with self._units.begin(autocommit=True) as uow:
                kept = await queue.renew(uow.session, held, until)
            for claim in kept:
                claim.lease = until

    async def _let_go(self, drain: float) -> None:
        self._release(self._lanes.give_back(time.monotonic(), every=True))
        tasks = [running.task for running in self._lanes.running if running.task]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=drain)
        await end(*late)
