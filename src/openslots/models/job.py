"""Work that must happen, written in the transaction that makes it necessary."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from openslots.kernel import clock
from openslots.models.base import Base, Instant, IntId, Json


class Job(Base, IntId):
    """`kind` names the handler, `key` is unique per kind, `lane` is what shares one worker's time:
    of each lane a worker runs OPENSLOTS_WEBHOOK_PER_HOST jobs at once (for deliveries a lane is the
    subscription)."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("uq_jobs_kind_key", "kind", "key", unique=True),
        Index("ix_jobs_due", "run_at", "id", postgresql_where=text("done_at IS NULL")),
        Index("ix_jobs_done_at", "done_at", postgresql_where=text("done_at IS NOT NULL")),
    )

    kind: Mapped[str]
    key: Mapped[str]
    lane: Mapped[str] = mapped_column(default="")
    payload: Mapped[Json] = mapped_column(default=dict)
    run_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[Instant | None]
    done_at: Mapped[Instant | None]
    last_error: Mapped[str | None]
    request_id: Mapped[str | None]
    created_at: Mapped[Instant] = mapped_column(default=clock.now)
