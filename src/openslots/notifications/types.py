"""What other slices hand over to be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class File:
    """A text file beside a mail; `type` is its media type with parameters."""

    name: str
    type: str
    content: str


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to one address. `text` is always there; `html` is shown where it can be."""

    to: str
    subject: str
    text: str
    html: str | None = None
    to_name: str | None = None
    from_name: str | None = None
    reply_to: str | None = None
    files: Sequence[File] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A device that wants push messages; `token` is what the push service calls it."""

    token: str
    platform: str
    device_id: str


@dataclass(frozen=True, slots=True)
class Subscription:
    id: int
    user_id: int
    token: str
    platform: str
    device_id: str
    created_at: datetime
    updated_at: datetime
