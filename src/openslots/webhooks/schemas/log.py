"""Answers of the delivery log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from openslots.kernel import clock
from openslots.kernel.http.envelope import Out
from openslots.kernel.http.validation import one_of
from openslots.models import WebhookAttempt, WebhookDelivery

Instant = Annotated[datetime, PlainSerializer(clock.iso, return_type=str)]
Status = Annotated[str, *one_of(["pending", "delivered", "failed", "dropped"])]


class DeliveryOut(Out):
    """A delivery without its body. `pending` ones are sent, or sent again, at `nextAttemptAt`;
    `dropped` ones were overtaken: the webhook was switched off, or the moment had passed."""

    id: str
    webhook_id: str
    trigger: str
    status: str
    attempts: int
    booking_uid: str | None
    created_at: Instant
    due_at: Instant | None
    next_attempt_at: Instant | None
    delivered_at: Instant | None

    @classmethod
    def of(cls, row: WebhookDelivery, next_attempt_at: datetime | None) -> DeliveryOut:
        return cls.model_validate(row).model_copy(update={"next_attempt_at": next_attempt_at})


class AttemptOut(Out):
    """`response` is the first 2 KB of what the endpoint answered."""

    attempted_at: Instant
    status_code: int | None
    duration_ms: int
    response: str | None
    error: str | None


class DeliveryDetailOut(DeliveryOut):
    """A delivery with what was sent and how each attempt went, oldest first."""

    content_type: str
    body: Any  # Any: JSON, or the text of a template that is no JSON
    history: Annotated[list[AttemptOut], Field(default_factory=list)]

    @classmethod
    def of_all(
        cls,
        row: WebhookDelivery,
        next_attempt_at: datetime | None,
        attempts: Sequence[WebhookAttempt],
    ) -> DeliveryDetailOut:
        shown = cls.model_validate(row)
        body = json.loads(row.body) if row.content_type == "application/json" else row.body
        history = [AttemptOut.model_validate(attempt) for attempt in attempts]
        return shown.model_copy(
            update={"body": body, "history": history, "next_attempt_at": next_attempt_at}
        )
