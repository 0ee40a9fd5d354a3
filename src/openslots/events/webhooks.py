"""What happened to webhook subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDisabled:
    """A subscription was switched off by the server; exactly one of the owner ids is set."""

    webhook_id: str
    subscriber_url: str
    user_id: int | None
    event_type_id: int | None
    team_id: int | None
    at: datetime
    reason: str
