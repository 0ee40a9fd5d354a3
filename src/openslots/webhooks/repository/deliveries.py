"""Queries on deliveries and their attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from openslots.models import Webhook, WebhookAttempt, WebhookDelivery
from openslots.webhooks.types import Attempted

# An earlier delivery of the same booking goes first, unless it is stuck for longer than this.
ORDER_PATIENCE = timedelta(minutes=2)


async def insert_new(session: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    """Writes deliveries; one whose id exists already stays as it is."""
    statement = insert(WebhookDelivery).values(list(rows))
    await session.execute(statement.on_conflict_do_nothing(index_elements=["id"]))


async def to_send(
    session: AsyncSession, delivery_id: str, now: datetime
) -> tuple[WebhookDelivery, Webhook, bool] | None:
    """A delivery, its subscription, and whether an earlier one of the same booking to the same
    subscription was not tried yet."""
    other = aliased(WebhookDelivery)
    earlier = exists().where(
        other.webhook_id == WebhookDelivery.webhook_id,
        other.booking_uid == WebhookDelivery.booking_uid,
        other.status == "pending",
        other.attempts == 0,
        other.created_at < WebhookDelivery.created_at,
        other.created_at > now - ORDER_PATIENCE,
    )
    row = (
        await session.execute(
            select(WebhookDelivery, Webhook, earlier)
            .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
            .where(WebhookDelivery.id == delivery_id)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1], bool(row[2]))


_RECORD = text("""
WITH attempt AS (
  INSERT INTO webhook_attempts
    (delivery_id, attempted_at, status_code, duration_ms, response, error)
  SELECT id, CAST(:at AS timestamptz), CAST(:status_code AS int), CAST(:ms AS int),
    CAST(:response AS text), CAST(:error AS text)
  FROM webhook_deliveries WHERE id = :id
)
UPDATE webhook_deliveries SET
  attempts = attempts + 1,
  status = CAST(:status AS text),
  next_attempt_at = CAST(:next AS timestamptz),
  delivered_at = CASE WHEN CAST(:status AS text) = 'delivered' THEN CAST(:at AS timestamptz) END
WHERE id = :id
""")


async def record(
    session: AsyncSession,
    delivery_id: str,
    attempted: Attempted,
    status: str,
    next_attempt_at: datetime | None,
) -> None:
    """Adds an attempt and moves its delivery on, in one statement."""
    await session.execute(
        _RECORD,
        {
            "id": delivery_id,
            "at": attempted.at,
            "status_code": attempted.status,
            "ms": attempted.milliseconds,
            "response": attempted.response,
            "error": attempted.error,
            "status": status,
            "next": next_attempt_at,
        },
    )


async def succeeded(session: AsyncSession, webhook_id: str) -> None:
    await session.execute(
        update(Webhook)
        .where(Webhook.id == webhook_id)
        .values(failures=0, failing_since=None, paused_until=None, updated_at=Webhook.updated_at)
        .execution_options(synchronize_session=False)
    )


async def failed(session: AsyncSession, webhook_id: str, now: datetime) -> Webhook | None:
    """Counts a failure and returns the subscription, locked; None if it is gone."""
    row = await session.scalar(select(Webhook).where(Webhook.id == webhook_id).with_for_update())
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
        .order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id)
        .offset(skip)
        .limit(take)
    )
    return rows.all(), total or 0


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
    old = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.created_at < before, WebhookDelivery.status != "pending")
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = await session.scalars(
        delete(WebhookDelivery)
        .where(WebhookDelivery.id.in_(old))
        .returning(WebhookDelivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
