"""The rows of deliveries, each with the job that sends it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel import ids
from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook
from openslots.webhooks.repository import deliveries

DELIVER = "webhooks.deliver"
# identity of a delivery that fires by the clock: the same however often its job runs
_CLOCKED = uuid.UUID("7d1d6c1e-5b1f-4e55-9a53-0f6f7c0f7a10")


def clocked_id(*what: str) -> str:
    """The id of a delivery that fires by the clock, from what makes it the one that it is."""
    return str(uuid.uuid5(_CLOCKED, " ".join(what)))


def row(
    uow: UnitOfWork,
    hook: Webhook,
    trigger: str,
    body: str,
    content_type: str,
    *,
    booking_uid: str | None,
    due_at: datetime | None = None,
    delivery_id: str | None = None,
) -> dict[str, object]:
    """A delivery to be written; `delivery_id` where its identity follows from what it tells."""
    return {
        "id": delivery_id or str(ids.ordered_uuid(int(uow.now.timestamp() * 1000))),
        "webhook_id": hook.id,
        "trigger": trigger,
        "body": body,
        "content_type": content_type,
        "booking_uid": booking_uid,
        "status": "pending",
        "attempts": 0,
        "due_at": due_at,
        "next_attempt_at": uow.now,
        "created_at": uow.now,
    }


async def insert(uow: UnitOfWork, rows: Sequence[dict[str, object]]) -> list[str]:
    """Writes deliveries with their jobs, those that exist already left out; their ids."""
    await deliveries.insert_new(uow.session, rows)
    jobs = [NewJob(str(row["id"]), lane=lane(str(row["webhook_id"]))) for row in rows]
    await queue.put_many(uow, DELIVER, jobs, replace=False)
    return [job.key for job in jobs]


def lane(webhook_id: str) -> str:
    return f"webhook:{webhook_id}"
