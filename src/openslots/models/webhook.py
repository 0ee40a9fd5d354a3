"""Webhook subscriptions, what was to be sent to them, and every attempt."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from openslots.kernel import clock
from openslots.models.base import SEALED, Base, Instant, IntId, Timestamps, UuidId


class Webhook(Base, UuidId, Timestamps):
    """A subscription of one owner. One that was deleted belongs to the client `deleted:ID`, which
    nobody is, until a job has removed its log and itself."""

    __tablename__ = "webhooks"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(user_id, event_type_id, team_id, oauth_client_id) = 1", name="one_owner"
        ),
        Index("uq_webhooks_user_id_subscriber_url", "user_id", "subscriber_url", unique=True),
        Index("uq_webhooks_event_type_id_url", "event_type_id", "subscriber_url", unique=True),
        Index("uq_webhooks_team_id_subscriber_url", "team_id", "subscriber_url", unique=True),
        Index("uq_webhooks_oauth_client_id_url", "oauth_client_id", "subscriber_url", unique=True),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    event_type_id: Mapped[int | None] = mapped_column(
        ForeignKey("event_types.id", ondelete="CASCADE")
    )
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    oauth_client_id: Mapped[str | None]
    subscriber_url: Mapped[str]
    triggers: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)
    active: Mapped[bool] = mapped_column(default=True)
    payload_template: Mapped[str | None]
    sealed_secret: Mapped[str | None] = mapped_column("secret", info=SEALED)
    version: Mapped[str] = mapped_column(default="2021-10-20")
    time: Mapped[int | None]
    time_unit: Mapped[str | None]
    # the run of failures since the last success; while it is long, nothing is sent until a moment
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[Instant | None]
    paused_until: Mapped[Instant | None]
    disabled_at: Mapped[Instant | None]
    disabled_reason: Mapped[str | None]

    def show_secret(self, clear: str | None) -> None:
        """Keeps the opened secret beside the row; what is stored is `sealed_secret`."""
        self._secret = clear

    @property
    def secret(self) -> str | None:
        """The secret in clear, once `webhooks.service.secrets` has opened it."""
        return self._secret


class WebhookDelivery(Base, UuidId):
    """One message to one subscription; its id is what receivers de-duplicate by."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'delivered', 'failed', 'dropped')", name="status"),
        Index("ix_webhook_deliveries_webhook_id_created_at", "webhook_id", "created_at", "id"),
        Index("ix_webhook_deliveries_created_at", "created_at"),
    )

    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    trigger: Mapped[str]
    body: Mapped[str]
    content_type: Mapped[str] = mapped_column(default="application/json")
    booking_uid: Mapped[str | None] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(default="pending", server_default=text("'pending'"))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[Instant | None]  # of a timed trigger
    next_attempt_at: Mapped[Instant | None]
    delivered_at: Mapped[Instant | None]
    created_at: Mapped[Instant] = mapped_column(default=clock.now)


class WebhookAttempt(Base, IntId):
    __tablename__ = "webhook_attempts"

    delivery_id: Mapped[str] = mapped_column(
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), index=True
    )
    attempted_at: Mapped[Instant] = mapped_column(default=clock.now)
    status_code: Mapped[int | None]
    duration_ms: Mapped[int]
    response: Mapped[str | None]  # the first 2 KB
    error: Mapped[str | None]
