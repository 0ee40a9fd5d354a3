"""The jobs table: putting work in within a business transaction, claiming it and settling it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.kernel import tracing
from openslots.kernel.uow import UnitOfWork
from openslots.models import Job

TRACEPARENT = "traceparent"  # a key of payloads that no handler sees


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What a handler is told. `attempts` counts this run; `payload` is JSON as it was put."""

    id: int
    kind: str
    key: str
    lane: str
    payload: Mapping[str, object]
    attempts: int
    run_at: datetime
    created_at: datetime
    request_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work to be put in; `run_at` None means at once. `request_id` and `traceparent` say what led
    to it, where that is not what the transaction belongs to."""

    key: str
    payload: Mapping[str, object] = field(default_factory=dict)
    run_at: datetime | None = None
    lane: str = ""
    request_id: str | None = None
    traceparent: str | None = None


class Retry(Exception):
    """Raised by a handler to run again at `at`.

    `reason` is kept as the job's last error. With `counted` false the attempt does not count: the
    handler only waited for something.
    """

    def __init__(self, at: datetime, reason: str | None = None, *, counted: bool = True) -> None:
        super().__init__(reason or "retry")
        self.at, self.reason, self.counted = at, reason, counted


@dataclass(slots=True)
class Claim:
    """A job held by this worker until `lease`, the value that proves the hold."""

    job: JobFacts
    lease: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: `run_at` None is the end of the job, else it runs again then."""

    job_id: int
    lease: datetime
    run_at: datetime | None = None
    error: str | None = None
    counted: bool = True


async def put(
    uow: UnitOfWork,
    kind: str,
    key: str,
    payload: Mapping[str, object] | None = None,
    *,
    run_at: datetime | None = None,
    lane: str = "",
) -> None:
    """Writes a job to run at `run_at` (now by default), once per (kind, key).

    A job of that kind and key which is not finished moves to the new time and payload; a finished
    one is opened again.
    """
    await put_many(uow, kind, [NewJob(key, payload or {}, run_at, lane)])


async def put_many(
    uow: UnitOfWork, kind: str, jobs: Sequence[NewJob], *, replace: bool = True
) -> None:
    """Writes several jobs of one kind; without `replace` those that exist already, finished or
    not, stay as they are.

    The rows of a transaction are written at its commit, all of them by one statement.
    """
    uow.late(_Puts).add(uow, kind, jobs, replace=replace)


class _Puts:
    """Jobs that the transaction puts in: (kind, key) -> (job, whether it replaces)."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], tuple[NewJob, bool]] = {}

    def add(self, uow: UnitOfWork, kind: str, jobs: Sequence[NewJob], *, replace: bool) -> None:
        for job in jobs:
            if replace or (kind, job.key) not in self._jobs:
                self._jobs[kind, job.key] = (job, replace)
        if any(job.run_at is None or job.run_at <= uow.now for job in jobs):
            uow.wakeups.add(kind)

    def drop(self, kind: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._jobs.pop((kind, key), None)

    async def write(self, uow: UnitOfWork) -> None:
        jobs, self._jobs = self._jobs, {}
        here = tracing.traceparent()
        rows: dict[bool, list[dict[str, object]]] = {}
        for (kind, key), (job, replace) in jobs.items():
            parent = job.traceparent or here
            trace = {TRACEPARENT: parent} if parent is not None else {}
            row: dict[str, object] = {
                "kind": kind,
                "key": key,
                "lane": job.lane,
                "payload": {**job.payload, **trace},
                "run_at": (job.run_at or uow.now).isoformat(),
                "request_id": job.request_id or uow.request_id,
            }
            rows.setdefault(replace, []).append(row)
        for replace, some in rows.items():
            numbered = [{"n": number, **row} for number, row in enumerate(some)]
            await uow.session.execute(
                _PUT if replace else _PUT_NEW,
                {"jobs": json.dumps(numbered), "now": uow.now},
            )


# Constant texts for any number of jobs: an insert of many VALUES would be compiled anew each time.
_INSERT = """
INSERT INTO jobs (kind, key, lane, payload, run_at, attempts, request_id, created_at)
SELECT j.kind, j.key, j.lane, j.payload, j.run_at, 0, j.request_id,
  CAST(:now AS timestamptz)
FROM jsonb_to_recordset(CAST(:jobs AS jsonb)) AS j(
  n int, kind text, key text, lane text, payload jsonb, run_at timestamptz, request_id text)
ORDER BY j.n
ON CONFLICT (kind, key) DO """
_PUT = text(
    _INSERT
    + """UPDATE SET lane = excluded.lane, payload = excluded.payload, run_at = excluded.run_at,
  request_id = excluded.request_id, attempts = 0, done_at = NULL, locked_until = NULL"""
)
_PUT_NEW = text(_INSERT + "NOTHING")


async def drop(uow: UnitOfWork, kind: str, *keys: str) -> None:
    """Removes unfinished jobs, for instance reminders of a cancelled booking."""
    if keys:
        uow.late(_Puts).drop(kind, keys)
        await uow.session.execute(
            delete(Job).where(Job.kind == kind, Job.key.in_(keys), Job.done_at.is_(None))
        )


# The front of the queue is looked at through a window, so that a lane with a long backlog costs
# no more than its share; a lane that is full is left out of the window altogether. Lists of ids
# keep look-ups by id that, whatever the planner expects.
_CLAIM = text("""
WITH front AS (
  SELECT id, lane, run_at FROM jobs
  WHERE done_at IS NULL AND run_at <= :now AND (locked_until IS NULL OR locked_until <= :now)
    AND kind = ANY(CAST(:kinds AS text[])) AND lane <> ALL(CAST(:full AS text[]))
  ORDER BY run_at, id LIMIT :window
), placed AS (
  SELECT id, lane, run_at, row_number() OVER (PARTITION BY lane ORDER BY run_at, id) AS place
  FROM front
), chosen AS (
  SELECT jobs.id FROM jobs JOIN placed ON placed.id = jobs.id
  WHERE jobs.id = ANY(ARRAY(SELECT id FROM placed)) AND (placed.lane = ''
      OR placed.place <= :share - coalesce((CAST(:busy AS jsonb) ->> placed.lane)::int, 0))
    AND jobs.done_at IS NULL AND (jobs.locked_until IS NULL OR jobs.locked_until <= :now)
  ORDER BY placed.run_at, placed.id LIMIT :limit
  FOR UPDATE OF jobs SKIP LOCKED
)
UPDATE jobs SET locked_until = :until, attempts = jobs.attempts + 1
WHERE jobs.id = ANY(ARRAY(SELECT id FROM chosen))
RETURNING jobs.id, jobs.kind, jobs.key, jobs.lane, jobs.payload, jobs.attempts, jobs.run_at,
  jobs.created_at, jobs.request_id
""")


async def claim(
    session: AsyncSession,
    kinds: Iterable[str],
    *,
    now: datetime,
    until: datetime,
    limit: int,
    share: int,
    busy: Mapping[str, int],
) -> list[Claim]:
    """Takes up to `limit` due jobs of the given kinds until `until`, oldest first.

    `busy` says how many jobs of each lane the caller runs already; a named lane gets at most
    `share`. The caller commits before it acts.
    """
    full = [lane for lane, running in busy.items() if running >= share]
    rows = await session.execute(
        _CLAIM,
        {
            "now": now,
            "until": until,
            "limit": limit,
            "window": limit * 8 + 64,
            "share": share,
            "kinds": list(kinds),
            "full": full,
            "busy": json.dumps(busy),
        },
    )
    claims = [Claim(_facts(dict(row)), until) for row in rows.mappings()]
    return sorted(claims, key=lambda claim: (claim.job.run_at, claim.job.id))


def _facts(values: dict[str, object]) -> JobFacts:
    if isinstance(payload := values["payload"], str):
        values["payload"] = payload = json.loads(payload)
    if isinstance(payload, dict):
        values["traceparent"] = payload.pop(TRACEPARENT, None)
    return JobFacts(**values)  # type: ignore[arg-type]  # columns of a text query have no types


_RENEW = text("""
UPDATE jobs SET locked_until = :until
FROM unnest(CAST(:ids AS bigint[]), CAST(:leases AS timestamptz[])) AS held(id, lease)
WHERE jobs.id = held.id AND jobs.locked_until = held.lease
RETURNING held.id, held.lease
""")


async def renew(session: AsyncSession, claims: Sequence[Claim], until: datetime) -> list[Claim]:
    """Holds the claims until `until`; returns those that are still held."""
    rows = await session.execute(
        _RENEW,
        {
            "until": until,
            "ids": [claim.job.id for claim in claims],
            "leases": [claim.lease for claim in claims],
        },
    )
    kept = {(job_id, lease) for job_id, lease in rows}
    return [claim for claim in claims if (claim.job.id, claim.lease) in kept]


_SETTLE = text("""
UPDATE jobs SET
  done_at = CASE WHEN outcome.run_at IS NULL THEN CAST(:now AS timestamptz) END,
  run_at = coalesce(outcome.run_at, jobs.run_at),
  attempts = jobs.attempts - CASE WHEN outcome.counted THEN 0 ELSE 1 END,
  locked_until = NULL,
  last_error = outcome.error
FROM unnest(
  CAST(:ids AS bigint[]), CAST(:leases AS timestamptz[]), CAST(:run_ats AS timestamptz[]),
  CAST(:errors AS text[]), CAST(:counted AS bool[])
) AS outcome(id, lease, run_at, error, counted)
WHERE jobs.id = outcome.id AND jobs.locked_until = outcome.lease
""")


async def settle(session: AsyncSession, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Records how attempts ended; a job that was put anew or claimed by another meanwhile stays
    as it is."""
    await session.execute(
        _SETTLE,
        {
            "now": now,
            "ids": [outcome.job_id for outcome in outcomes],
            "leases": [outcome.lease for outcome in outcomes],
            "run_ats": [outcome.run_at for outcome in outcomes],
            "errors": [outcome.error for outcome in outcomes],
            "counted": [outcome.counted for outcome in outcomes],
        },
    )
