"""Commands of webhooks and the owners they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OwnerKind = Literal["user", "event_type", "team", "oauth_client"]


@dataclass(frozen=True, slots=True)
class WebhookOwner:
    """Whose subscription it is; `team` stands for an organisation, too."""

    kind: OwnerKind
    id: int | str


@dataclass(frozen=True, slots=True)
class CreateWebhook:
    subscriber_url: str
    triggers: tuple[str, ...]
    active: bool
    payload_template: str | None = None
    secret: str | None = None
    version: str | None = None
    time: int | None = None
    time_unit: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateWebhook:
    """`changes` maps columns to new values; what it does not name stays."""

    changes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Retrying:
    """What follows a failed attempt: a wait in seconds, or the end."""

    seconds: float | None
    reason: str
