"""People who host, book and administer."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from openslots.models.base import Base, Instant, IntId, Json, Timestamps


class User(Base, IntId, Timestamps):
    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('USER', 'ADMIN')", name="role"),
        CheckConstraint("time_format IN (12, 24)", name="time_format"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("ix_users_username_lower", func.lower(text("username"))),
    )

    email: Mapped[str] = mapped_column(unique=True)
    username: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str | None]
    bio: Mapped[str | None]
    avatar_url: Mapped[str | None]
    password_hash: Mapped[str | None]
    role: Mapped[str] = mapped_column(default="USER")
    home_tz: Mapped[str] = mapped_column(default="Europe/London")
    time_format: Mapped[int] = mapped_column(default=12)
    week_start: Mapped[str] = mapped_column(default="Sunday")
    locale: Mapped[str] = mapped_column(default="en")
    metadata_: Mapped[Json] = mapped_column("metadata", default=dict)
    default_schedule_id: Mapped[int | None] = mapped_column(
        ForeignKey("schedules.id", ondelete="SET NULL", use_alter=True), index=True
    )
    email_verified_at: Mapped[Instant | None]
    pending_email: Mapped[str | None]
    allow_dynamic_booking: Mapped[bool] = mapped_column(default=True)
    locked_at: Mapped[Instant | None]
    # the user's own booking limits: {"perDay": 2, ...}; only organisation members have them
    booking_limits: Mapped[Json] = mapped_column(default=dict)
    # slug of the conferencing app used when an event type names none
    default_conferencing_app: Mapped[str | None]
