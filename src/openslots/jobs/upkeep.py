"""Upkeep of the jobs table: looking at it, running jobs again, deleting what is old."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.jobs.chunks import in_chunks
from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import periodic
from openslots.kernel import clock
from openslots.kernel.purging import delete_some
from openslots.kernel.uow import UnitOfWork, Units
from openslots.models import Job

State = Literal["due", "waiting", "running", "failed", "done"]
STATES: tuple[State, ...] = get_args(State)
ENDED: tuple[State, ...] = ("failed", "done")
SPAN = timedelta(hours=6)  # of ended jobs that one statement looks at
SKEW = timedelta(minutes=1)  # between the clocks of workers
PURGE = "jobs.purge"
CHUNK = 5000


def _in_state(state: State, now: datetime) -> ColumnElement[bool]:
    held = and_(Job.locked_until.is_not(None), Job.locked_until > now)
    match state:
        case "done":
            return and_(Job.done_at.is_not(None), Job.last_error.is_(None))
        case "failed":
            return and_(Job.done_at.is_not(None), Job.last_error.is_not(None))
        case "running":
            return and_(Job.done_at.is_(None), held)
        case "due":
            return and_(Job.done_at.is_(None), Job.run_at <= now, ~held)
    return and_(Job.done_at.is_(None), Job.run_at > now, ~held)


def state_of(job: Job, now: datetime) -> State:
    """`failed` jobs gave up; `waiting` ones run later, maybe again."""
    if job.done_at is not None:
        return "failed" if job.last_error is not None else "done"
    if job.locked_until is not None and job.locked_until > now:
        return "running"
    return "due" if job.run_at <= now else "waiting"


def shown(job: Job, now: datetime) -> dict[str, object]:
    """A job as JSON for operators, without its payload."""
    return {
        "id": job.id,
        "kind": job.kind,
        "key": job.key,
        "state": state_of(job, now),
        "attempts": job.attempts,
        "runAt": clock.iso(job.run_at),
        "lastError": job.last_error,
        "requestId": job.request_id,
    }


async def find(
    uow: UnitOfWork, *, state: State | None = None, kind: str | None = None, limit: int = 100
) -> Sequence[Job]:
    """At most `limit` jobs: unfinished ones by due time, then ended ones, the last first."""
    wanted = _wanted(state, kind, uow.now)
    found: list[Job] = []
    if state not in ENDED:
        unfinished = select(Job).where(Job.done_at.is_(None), *wanted)
        rows = await uow.session.scalars(unfinished.order_by(Job.run_at, Job.id).limit(limit))
        found += rows
    if state is None or state in ENDED:
        ended = select(Job).order_by(Job.done_at.desc(), Job.run_at, Job.id)
        async for span in _spans(uow):
            if len(found) >= limit:
                break
            statement = ended.where(span, *wanted).limit(limit - len(found))
            found += await uow.session.scalars(statement)
    return found


def _wanted(state: State | None, kind: str | None, now: datetime) -> list[ColumnElement[bool]]:
    wanted = [] if state is None else [_in_state(state, now)]
    if state == "running":  # whoever holds a job claimed it when it was due
        wanted.append(Job.run_at < now + SKEW)
    return wanted if kind is None else [*wanted, Job.kind == kind]


async def _spans(uow: UnitOfWork) -> AsyncIterator[ColumnElement[bool]]:
    """Conditions that together hold for every ended job, the last ones first. What looks at one
    after the other meets no time limit, however many there are."""
    ended = Job.done_at.is_not(None)
    row = await uow.session.execute(
        select(func.min(Job.done_at), func.max(Job.done_at)).where(ended)
    )
    oldest, last = row.one()
    while oldest is not None and last is not None and last >= oldest:
        yield and_(ended, Job.done_at > last - SPAN, Job.done_at <= last)
        last -= SPAN


async def counts(uow: UnitOfWork, *, kind: str | None = None) -> dict[State, int]:
    """How many jobs are in each state, of `kind` if given."""
    total: dict[State, int] = dict.fromkeys(STATES, 0)

    async def add(states: Sequence[State], among: ColumnElement[bool]) -> None:
        columns = [func.count().filter(_in_state(one, uow.now)) for one in states]
        statement = select(*columns).where(among, *_wanted(None, kind, uow.now))
        for one, count in zip(states, (await uow.session.execute(statement)).one(), strict=True):
            total[one] += count

    await add([one for one in STATES if one not in ENDED], Job.done_at.is_(None))
    async for span in _spans(uow):
        await add(ENDED, span)
    return total


async def states_of(uow: UnitOfWork, job_ids: Sequence[int]) -> dict[int, State]:
    """The state of each of these jobs that exists."""
    rows = await uow.session.scalars(select(Job).where(Job.id.in_(job_ids)))
    return {row.id: state_of(row, uow.now) for row in rows}


async def retry(uow: UnitOfWork, *job_ids: int, kind: str | None = None) -> int:
    """Makes the named jobs due at once and opens finished ones again; without ids every job that
    gave up, of `kind` if given. A job that runs is left to its worker. Returns how many."""
    if job_ids:
        count = await _open(uow, kind, Job.id.in_(job_ids), ~_in_state("running", uow.now))
    else:
        failed, count = _in_state("failed", uow.now), 0
        async for span in _spans(uow):
            count += await _open(uow, kind, span, failed)
    if count:
        uow.wakeups.add("retry")
    return count


async def _open(uow: UnitOfWork, kind: str | None, *chosen: ColumnElement[bool]) -> int:
    changed = await uow.session.execute(
        update(Job)
        .where(*chosen, *_wanted(None, kind, uow.now))
        .values(run_at=uow.now, attempts=0, done_at=None, locked_until=None)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


async def purge(uow: UnitOfWork, *, older_than: timedelta) -> int:
    """Deletes up to a few thousand jobs that ended before that; returns how many."""
    return await _purge(uow.session, uow.now - older_than)


async def purgeable(uow: UnitOfWork, *, older_than: timedelta) -> bool:
    """Whether a job is left that ended before that. How many is not asked: after each of many
    chunks the rest would be counted again."""
    old = select(exists().where(Job.done_at < uow.now - older_than))
    return bool(await uow.session.scalar(old))


async def _purge(session: AsyncSession, before: datetime) -> int:
    return await delete_some(
        session,
        Job,
        Job.done_at.is_not(None),
        Job.done_at < before,
        oldest=Job.done_at,
        limit=CHUNK,
    )


@periodic(timedelta(hours=1))
async def purge_done(units: Units, _: JobFacts) -> None:
    """Deletes finished jobs that are older than the setting, in chunks."""
    age = units.settings.jobs.keep_done
    await in_chunks(units, lambda uow: purge(uow, older_than=age), CHUNK)
