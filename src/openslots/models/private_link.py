"""Private links: addresses that open one event type until a moment or for a number of bookings."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from openslots.models.base import Base, Instant, IntId, Timestamps


class PrivateLink(Base, IntId, Timestamps):
    """Time-based when `expires_at` is set, else good for `max_usage_count` bookings."""

    __tablename__ = "private_links"
    __table_args__ = (
        CheckConstraint("max_usage_count >= 1", name="max_usage_count"),
        CheckConstraint("usage_count >= 0", name="usage_count"),
    )

    event_type_id: Mapped[int] = mapped_column(
        ForeignKey("event_types.id", ondelete="CASCADE"), index=True
    )
    link: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[Instant | None]
    max_usage_count: Mapped[int] = mapped_column(default=1)
    usage_count: Mapped[int] = mapped_column(default=0)
