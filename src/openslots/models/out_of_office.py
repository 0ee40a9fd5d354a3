"""Absences of a user, as whole UTC days."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from openslots.kernel import ids
from openslots.models.base import Base, Instant, IntId, Timestamps


class OutOfOffice(Base, IntId, Timestamps):
    __tablename__ = "out_of_office"
    __table_args__ = (
        CheckConstraint("end_at > start_at", name="order"),
        UniqueConstraint("user_id", "start_at", "end_at"),
        Index("ix_out_of_office_user_id_end_at", "user_id", "end_at"),
    )

    uuid: Mapped[str] = mapped_column(unique=True, default=ids.uuid4)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    to_user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    start_at: Mapped[Instant]
    end_at: Mapped[Instant]
    reason: Mapped[str] = mapped_column(default="unspecified")
    notes: Mapped[str | None]


class TravelSchedule(Base, IntId):
    """Days on which the user's default schedule is read in another zone."""

    __tablename__ = "travel_schedules"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    travel_tz: Mapped[str]
    start_at: Mapped[Instant]
    end_at: Mapped[Instant | None]
