"""Devices that take push messages of the mobile app."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from openslots.models.base import Base, IntId, Timestamps


class PushSubscription(Base, IntId, Timestamps):
    """A token belongs to the user who registered it last."""

    __tablename__ = "push_subscriptions"
    __table_args__ = (CheckConstraint("platform IN ('IOS', 'ANDROID')", name="platform"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    identifier: Mapped[str] = mapped_column(unique=True)  # the push token
    platform: Mapped[str]
    device_id: Mapped[str]
