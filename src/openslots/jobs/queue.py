"""The jobs table: putting work in within a business transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from openslots.kernel.uow import UnitOfWork
from openslots.models import Job


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
    values = {
        "kind": kind,
        "key": key,
        "lane": lane,
        "payload": dict(payload or {}),
        "run_at": run_at or uow.now,
        "request_id": uow.request_id,
        "created_at": uow.now,
        "attempts": 0,
    }
    statement = insert(Job).values(values)
    fresh = {name: statement.excluded[name] for name in ("lane", "payload", "run_at", "request_id")}
    await uow.session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "key"],
            set_={**fresh, "attempts": 0, "done_at": None, "locked_until": None},
        )
    )
    if run_at is None or run_at <= uow.now:
        uow.wakeups.add(kind)


async def drop(uow: UnitOfWork, kind: str, *keys: str) -> None:
    """Removes unfinished jobs, for instance reminders of a cancelled booking."""
    if keys:
        await uow.session.execute(
            delete(Job).where(Job.kind == kind, Job.key.in_(keys), Job.done_at.is_(None))
        )
