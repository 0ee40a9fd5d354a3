"""The delivery log: what was sent, how every attempt went, and sending again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from openslots.jobs import queue
from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook, WebhookAttempt, WebhookDelivery
from openslots.webhooks import rules
from openslots.webhooks.errors import DeliveryNotFound, WebhookIsOff
from openslots.webhooks.repository import deliveries, subscriptions
from openslots.webhooks.repository.subscriptions import is_uuid
from openslots.webhooks.service import announcing, outbox
from openslots.webhooks.service.sending import PENDING

CHUNK = 1000
SHOWN_ATTEMPTS = 100


class Logged(NamedTuple):
    """A delivery, and when it is sent, or sent again: what its job and its endpoint say, which may
    have put that off."""

    delivery: WebhookDelivery
    next_attempt_at: datetime | None


async def list_of(
    uow: UnitOfWork, hook: Webhook, *, status: str | None, skip: int, take: int
) -> tuple[list[Logged], int]:
    """A page of the deliveries to one subscription, newest first, and their number."""
    rows, total = await deliveries.list_of(
        uow.session, hook.id, status=status, skip=skip, take=take
    )
    return await _logged(uow, hook, rows), total


async def _logged(uow: UnitOfWork, hook: Webhook, rows: Sequence[WebhookDelivery]) -> list[Logged]:
    waiting = [row.id for row in rows if row.status == PENDING]
    due: dict[str, datetime] = {}
    if waiting:
        due = await deliveries.jobs_due(uow.session, outbox.DELIVER, waiting)
    paused = hook.paused_until if rules.left_alone(hook.paused_until, uow.now) else None
    found = []
    for row in rows:
        known = [row.next_attempt_at]
        if row.status == PENDING:
            known += [due.get(row.id), None if row.trigger == rules.PING else paused]
        found.append(Logged(row, max((at for at in known if at is not None), default=None)))
    return found


async def get(
    uow: UnitOfWork, hook: Webhook, delivery_id: str
) -> tuple[Logged, Sequence[WebhookAttempt]]:
    """A delivery with its last attempts. Raises DeliveryNotFound."""
    row = await _one(uow, hook, delivery_id)
    [logged] = await _logged(uow, hook, [row])
    return logged, await deliveries.attempts_of(uow.session, row.id, SHOWN_ATTEMPTS)


async def _one(uow: UnitOfWork, hook: Webhook, delivery_id: str) -> WebhookDelivery:
    row = None
    if is_uuid(delivery_id):
        row = await deliveries.get(uow.session, hook.id, delivery_id.lower())
    if row is None:
        raise DeliveryNotFound(delivery_id)
    return row


async def redeliver(uow: UnitOfWork, hook: Webhook, delivery_id: str) -> WebhookDelivery:
    """Sends a delivery again, with the same id and body, on a fresh schedule.

    Raises DeliveryNotFound, or WebhookIsOff for a subscription that is switched off.
    """
    row = await _one(uow, hook, delivery_id)
    if not hook.active:
        raise WebhookIsOff
    row.status, row.next_attempt_at, row.delivered_at = PENDING, uow.now, None
    row.due_at, row.attempts = None, 0
    await uow.session.flush()
    await queue.put(uow, outbox.DELIVER, row.id, lane=outbox.lane(hook.id))
    return row


async def ping(uow: UnitOfWork, hook: Webhook) -> WebhookDelivery:
    """Sends a test event, also to a subscription that is switched off; it is tried once."""
    return await _one(uow, hook, await announcing.ping(uow, hook))


async def purge(uow: UnitOfWork) -> int:
    """Deletes up to a thousand ended deliveries that are older than the setting."""
    before = uow.now - uow.settings.jobs.keep_deliveries
    return await deliveries.purge(uow.session, before, CHUNK)


async def clear(uow: UnitOfWork, webhook_id: str) -> int:
    """Deletes up to a thousand deliveries of a webhook that was deleted."""
    return await deliveries.clear(uow.session, webhook_id, CHUNK)


async def remove(uow: UnitOfWork, webhook_id: str) -> None:
    """Deletes the row of a webhook that was deleted, once its log is gone."""
    await subscriptions.remove(uow.session, webhook_id)
