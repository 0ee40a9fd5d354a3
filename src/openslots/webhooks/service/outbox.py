"""The rows of deliveries, each with the job that sends it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel import ids
from openslots.kernel.logging import Log
from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook
from openslots.webhooks.payload import envelope
from openslots.webhooks.payload.envelope import Rendered
from openslots.webhooks.repository import deliveries
from openslots.webhooks.types import Cause, NewDelivery

log = Log("webhooks")
DELIVER = "webhooks.deliver"
REASON = 200  # characters: it may quote the template
# identity of a delivery that fires by the clock: the same however often its job runs
_CLOCKED = uuid.UUID("7d1d6c1e-5b1f-4e55-9a53-0f6f7c0f7a10")


def clocked_id(*what: str) -> str:
    """The id of a delivery that fires by the clock, from what makes it the one that it is."""
    return str(uuid.uuid5(_CLOCKED, " ".join(what)))


def draft(
    uow: UnitOfWork,
    hook: Webhook,
    trigger: str,
    body: str,
    content_type: str,
    *,
    booking_uid: str | None,
    due_at: datetime | None = None,
    delivery_id: str | None = None,
    cause: Cause | None = None,
) -> NewDelivery:
    """A delivery to be written; `delivery_id` where its identity follows from what it tells."""
    return NewDelivery(
        id=delivery_id or str(ids.ordered_uuid(int(uow.now.timestamp() * 1000))),
        webhook_id=hook.id,
        trigger=trigger,
        body=body,
        content_type=content_type,
        booking_uid=booking_uid,
        due_at=due_at,
        cause=cause or Cause(),
    )


def rendered(hook: Webhook, trigger: str, wrapped: Mapping[str, Any]) -> Rendered:
    """The body that a subscription asks for; a template that cannot be filled in is told to the
    log (webhook notes, section 7)."""
    made = envelope.rendered(wrapped, hook.payload_template)
    if made.problem is not None:
        reason = made.problem[:REASON]
        log.warning("webhooks.template_unfit", webhook=hook.id, trigger=trigger, reason=reason)
    return made


async def insert(uow: UnitOfWork, drafts: Sequence[NewDelivery]) -> None:
    """Writes deliveries with their jobs, those that exist already left out."""
    if not drafts:
        return
    await deliveries.insert_new(uow.session, drafts, uow.now)
    jobs = [
        NewJob(
            one.id,
            lane=lane(one.webhook_id),
            request_id=one.cause.request_id,
            traceparent=one.cause.traceparent,
        )
        for one in drafts
    ]
    await queue.put_many(uow, DELIVER, jobs, replace=False)


def lane(webhook_id: str) -> str:
    return f"webhook:{webhook_id}"
