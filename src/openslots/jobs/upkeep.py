"""Upkeep of the jobs table: looking at it, running jobs again, deleting what is old."""

from __future__ import annotations

from collections.abc import Sequence
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
    order = (Job.done_at.desc().nulls_first(), Job.run_at, Job.id)
    statement = select(Job).order_by(*order).limit(limit)
    if state is not None:
        statement = statement.where(_in_state(state, uow.now))
    if kind is not None:
        statement = statement.where(Job.kind == kind)
    return (await uow.session.scalars(statement)).all()


async def counts(uow: UnitOfWork, *, kind: str | None = None) -> dict[State, int]:
    """How many jobs are in each state, of `kind` if given."""
    statement = select(*(func.count().filter(_in_state(one, uow.now)) for one in STATES))
    statement = statement.select_from(Job)
    if kind is not None:
        statement = statement.where(Job.kind == kind)
    row = (await uow.session.execute(statement)).one()
    return dict(zip(STATES, map(int, row), strict=True))


async def states_of(uow: UnitOfWork, job_ids: Sequence[int]) -> dict[int, State]:
    """The state of each of these jobs that exists."""
    rows = await uow.session.scalars(select(Job).where(Job.id.in_(job_ids)))
    return {row.id: state_of(row, uow.now) for row in rows}


async def retry(uow: UnitOfWork, *job_ids: int, kind: str | None = None) -> int:
    """Makes the named jobs due at once and opens finished ones again; without ids every job that
    gave up, of `kind` if given. A job that runs is left to its worker. Returns how many."""
    chosen = _in_state("failed", uow.now)
    if job_ids:
        chosen = and_(Job.id.in_(job_ids), ~_in_state("running", uow.now))
    if kind is not None:
        chosen = and_(chosen, Job.kind == kind)
    changed = await uow.session.execute(
        update(Job)
        .where(chosen)
        .values(run_at=uow.now, attempts=0, done_at=None, locked_until=None)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    count = len(changed.all())
    if count:
        uow.wakeups.add("retry")
    return count


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


async def backlog(session: AsyncSession, now: datetime) -> tuple[int, datetime | None]:
    """How many jobs are due, and since when the oldest of them."""
    row = await session.execute(
        select(func.count(), func.min(Job.run_at)).where(_in_state("due", now))
    )
    count, oldest = row.one()
    return int(count), oldest


@periodic(timedelta(hours=1))
async def purge_done(units: Units, _: JobFacts) -> None:
    """Deletes finished jobs that are older than the setting, in chunks."""
    age = units.settings.jobs.keep_done
    await in_chunks(units, lambda uow: purge(uow, older_than=age), CHUNK)
