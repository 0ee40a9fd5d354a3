"""Bodies and answers of private links, the same under every contract date."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from openslots.event_types.errors import InvalidEventType
from openslots.event_types.types import CreateLink, UpdateLink
from openslots.kernel import clock
from openslots.kernel.http.envelope import Out
from openslots.kernel.http.validation import Body, Instant, Int, at_least
from openslots.models import PrivateLink


def _positive(value: object) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and int(value) > 0:
        return int(value)
    raise InvalidEventType("Invalid eventTypeId param.")


PositiveId = Annotated[int, BeforeValidator(_positive)]
Uses = Annotated[Int, at_least(1)]


class CreatePrivateLinkIn(Body):
    """Time-based with `expiresAt`, else usage-based, for one booking by default."""

    expires_at: Instant | None = Field(None, examples=["2030-12-31T23:59:59.000Z"])
    max_usage_count: Uses | None = Field(None, examples=[10])

    def to_command(self, owner_id: int, event_type_id: int) -> CreateLink:
        return CreateLink(event_type_id, owner_id, _whole(self.expires_at), self.max_usage_count)


class UpdatePrivateLinkIn(Body):
    """Makes the link the kind whose property is sent."""

    expires_at: Instant | None = None
    max_usage_count: Uses | None = None

    def to_command(self, owner_id: int, event_type_id: int, link_id: str) -> UpdateLink:
        return UpdateLink(
            event_type_id, owner_id, link_id, _whole(self.expires_at), self.max_usage_count
        )


def _whole(moment: datetime | None) -> datetime | None:
    return None if moment is None else clock.cut(moment)


class _LinkOut(Out):
    link_id: str
    event_type_id: int
    is_expired: bool
    booking_url: str


class TimeBasedLinkOut(_LinkOut):
    expires_at: str


class UsageBasedLinkOut(_LinkOut):
    max_usage_count: int
    usage_count: int


LinkOut = TimeBasedLinkOut | UsageBasedLinkOut


class DeletedLinkOut(Out):
    link_id: str
    message: Literal["Private link deleted successfully"] = "Private link deleted successfully"


def link_out(row: PrivateLink, url: str, expired: bool) -> LinkOut:
    """The kind of answer that the link's kind has; never a mix of both."""
    if row.expires_at is not None:
        return TimeBasedLinkOut(
            link_id=row.link,
            event_type_id=row.event_type_id,
            is_expired=expired,
            booking_url=url,
            expires_at=clock.iso(row.expires_at),
        )
    return UsageBasedLinkOut(
        link_id=row.link,
        event_type_id=row.event_type_id,
        is_expired=expired,
        booking_url=url,
        max_usage_count=row.max_usage_count,
        usage_count=row.usage_count,
    )
