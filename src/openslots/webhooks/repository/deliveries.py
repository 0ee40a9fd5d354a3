"""Queries on deliveries and their attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.kernel.purging import delete_some
from openslots.models import Job, Webhook, WebhookAttempt, WebhookDelivery
from openslots.webhooks.repository.subscriptions import NOBODY
from openslots.webhooks.types import Candidate, NewDelivery, Outcome

# An earlier delivery of the same booking goes first, unless it is stuck for longer than this.
ORDER_PATIENCE = timedelta(minutes=2)


# A constant text for any number of rows; subscriptions are locked in the order of `succeeded`. One
# that was deleted meanwhile drops out here, where the foreign key would fail whoever writes. The
# list of ids keeps that a look-up by id, whatever the planner expects.
_INSERT_NEW = text("""
INSERT INTO webhook_deliveries (id, webhook_id, trigger, body, content_type, booking_uid, status,
  attempts, due_at, next_attempt_at, created_at)
SELECT d.id, d.webhook_id, d.trigger, d.body, d.content_type, d.booking_uid, 'pending', 0,
  d.due_at, CAST(:now AS timestamptz), CAST(:now AS timestamptz)
FROM unnest(
  CAST(:ids AS text[]), CAST(:webhook_ids AS text[]), CAST(:triggers AS text[]),
  CAST(:bodies AS text[]), CAST(:content_types AS text[]), CAST(:booking_uids AS text[]),
  CAST(:due_ats AS timestamptz[])
) AS d(id, webhook_id, trigger, body, content_type, booking_uid, due_at)
JOIN webhooks w ON w.id = d.webhook_id
WHERE w.id = ANY(CAST(:webhook_ids AS text[]))
ORDER BY d.webhook_id, d.id
FOR KEY SHARE OF w
ON CONFLICT (id) DO NOTHING
""")


async def insert_new(session: AsyncSession, drafts: Sequence[NewDelivery], now: datetime) -> None:
    """Writes deliveries in one statement; one whose id exists already stays as it is, and one
    whose subscription is gone is left out."""
    await session.execute(
        _INSERT_NEW,
        {
            "ids": [one.id for one in drafts],
            "webhook_ids": [one.webhook_id for one in drafts],
            "triggers": [one.trigger for one in drafts],
            "bodies": [one.body for one in drafts],
            "content_types": [one.content_type for one in drafts],
            "booking_uids": [one.booking_uid for one in drafts],
            "due_ats": [one.due_at for one in drafts],
            "now": now,
        },
    )


# "earlier": one of the same booking to the same subscription that was not tried yet
_TO_SEND = text("""
SELECT d.id, d.webhook_id, d.trigger, d.body, d.content_type, d.attempts, d.due_at, d.created_at,
  w.subscriber_url, w.secret, w.version, w.active, w.paused_until,
  coalesce(w.oauth_client_id = :nobody || w.id, false) AS deleted,
  w.failures > 0 OR w.failing_since IS NOT NULL AS failing,
  EXISTS (
    SELECT FROM webhook_deliveries other
    WHERE other.booking_uid = d.booking_uid AND other.webhook_id = d.webhook_id
      AND other.status = 'pending' AND other.attempts = 0
      AND other.created_at < d.created_at AND other.created_at > :patience
  ) AS earlier
FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
WHERE d.id = ANY(CAST(:ids AS text[])) AND d.status = 'pending'
""")


async def to_send(
    session: AsyncSession, delivery_ids: Sequence[str], now: datetime
) -> dict[str, Candidate]:
    """Those of the deliveries that are still to be sent, by id."""
    rows = await session.execute(
        _TO_SEND, {"ids": list(delivery_ids), "patience": now - ORDER_PATIENCE, "nobody": NOBODY}
    )
    return {str(row["id"]): Candidate(**row) for row in rows.mappings()}


async def drop(session: AsyncSession, delivery_ids: Sequence[str]) -> None:
    """Ends deliveries that are not to be sent any more."""
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(delivery_ids))
        .values(status="dropped", next_attempt_at=None)
        .execution_options(synchronize_session=False)
    )


# Deliveries are held first: one that is deleted meanwhile would fail the attempts of all.
_RECORD = text("""
WITH outcome AS (
  SELECT * FROM unnest(
    CAST(:ids AS text[]), CAST(:ats AS timestamptz[]), CAST(:codes AS int[]),
    CAST(:ms AS int[]), CAST(:responses AS text[]), CAST(:errors AS text[]),
    CAST(:statuses AS text[]), CAST(:nexts AS timestamptz[])
  ) AS o(id, at, code, ms, response, error, status, next)
), held AS (
  SELECT id FROM webhook_deliveries WHERE id = ANY(CAST(:ids AS text[]))
  ORDER BY id FOR NO KEY UPDATE
), attempt AS (
  INSERT INTO webhook_attempts
    (delivery_id, attempted_at, status_code, duration_ms, response, error)
  SELECT d.id, o.at, o.code, o.ms, o.response, o.error
  FROM outcome o JOIN held d ON d.id = o.id
)
UPDATE webhook_deliveries d SET
  attempts = d.attempts + 1,
  status = o.status,
  next_attempt_at = o.next,
  delivered_at = CASE WHEN o.status = 'delivered' THEN o.at END
FROM outcome o JOIN held ON held.id = o.id
WHERE d.id = o.id AND (d.status = 'pending' OR o.status = 'delivered')
""")


async def record(session: AsyncSession, outcomes: Sequence[Outcome]) -> None:
    """Adds an attempt to each delivery and moves it on, in one statement.

    A failure that comes late, from a worker that lost its lease, changes no delivery that ended
    meanwhile.
    """
    await session.execute(
        _RECORD,
        {
            "ids": [one.delivery_id for one in outcomes],
            "ats": [one.attempted.at for one in outcomes],
            "codes": [one.attempted.status for one in outcomes],
            "ms": [one.attempted.milliseconds for one in outcomes],
            "responses": [one.attempted.response for one in outcomes],
            "errors": [one.attempted.error for one in outcomes],
            "statuses": [one.status for one in outcomes],
            "nexts": [one.next_attempt_at for one in outcomes],
        },
    )


async def succeeded(session: AsyncSession, webhook_ids: Sequence[str]) -> None:
    """Forgets the failures of these subscriptions."""
    locked = select(Webhook.id).where(Webhook.id.in_(webhook_ids)).order_by(Webhook.id)
    await session.execute(
        update(Webhook)
        .where(Webhook.id.in_(locked.with_for_update(key_share=True)))
        .values(failures=0, failing_since=None, paused_until=None, updated_at=Webhook.updated_at)
        .execution_options(synchronize_session=False)
    )


async def failed(session: AsyncSession, webhook_id: str, now: datetime) -> Webhook | None:
    """Counts a failure and returns the subscription, locked; None if it is gone."""
    statement = select(Webhook).where(Webhook.id == webhook_id)
    row = await session.scalar(statement.with_for_update(key_share=True))
    if row is not None:
        row.failures += 1
        row.failing_since = row.failing_since or now
    return row


async def get(session: AsyncSession, webhook_id: str, delivery_id: str) -> WebhookDelivery | None:
    """One delivery of this webhook."""
    return await session.scalar(
        select(WebhookDelivery).where(
            WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook_id
        )
    )


async def list_of(
    session: AsyncSession, webhook_id: str, *, status: str | None, skip: int, take: int
) -> tuple[Sequence[WebhookDelivery], int]:
    """Deliveries of a webhook, newest first, and how many there are."""
    wanted = [WebhookDelivery.webhook_id == webhook_id]
    if status is not None:
        wanted.append(WebhookDelivery.status == status)
    total = await session.scalar(select(func.count()).where(*wanted))
    rows = await session.scalars(
        select(WebhookDelivery)
        .where(*wanted)
        .order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id.desc())
        .offset(skip)
        .limit(take)
    )
    return rows.all(), total or 0


async def jobs_due(
    session: AsyncSession, kind: str, delivery_ids: Sequence[str]
) -> dict[str, datetime]:
    """When the unfinished jobs of deliveries run, by delivery."""
    rows = await session.execute(
        select(Job.key, Job.run_at).where(
            Job.kind == kind, Job.key.in_(delivery_ids), Job.done_at.is_(None)
        )
    )
    return {key: run_at for key, run_at in rows}


async def attempts_of(
    session: AsyncSession, delivery_id: str, limit: int
) -> Sequence[WebhookAttempt]:
    """The last attempts of a delivery, oldest first."""
    rows = await session.scalars(
        select(WebhookAttempt)
        .where(WebhookAttempt.delivery_id == delivery_id)
        .order_by(WebhookAttempt.id.desc())
        .limit(limit)
    )
    return rows.all()[::-1]


async def purge(session: AsyncSession, before: datetime, limit: int) -> int:
    """Deletes up to `limit` ended deliveries from before that, with their attempts."""
    return await delete_some(
        session,
        WebhookDelivery,
        WebhookDelivery.created_at < before,
        WebhookDelivery.status != "pending",
        oldest=WebhookDelivery.created_at,
        limit=limit,
    )


async def clear(session: AsyncSession, webhook_id: str, limit: int) -> int:
    """Deletes up to `limit` deliveries of a webhook, the oldest first, with their attempts."""
    return await delete_some(
        session,
        WebhookDelivery,
        WebhookDelivery.webhook_id == webhook_id,
        oldest=WebhookDelivery.created_at,
        limit=limit,
    )
