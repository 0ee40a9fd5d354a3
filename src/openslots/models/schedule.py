"""Working hours: a named schedule in one time zone, and its weekly and dated items."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from openslots.models.base import Base, IntId, Timestamps


class Schedule(Base, IntId, Timestamps):
    __tablename__ = "schedules"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    local_tz: Mapped[str]


class Availability(Base, IntId):
    """Weekly hours (`days`, 0 = Sunday) or, with `day`, the override of one calendar day.

    Times are minutes since local midnight; 1439 (23:59) as an end means the next midnight.
    """

    __tablename__ = "availabilities"
    __table_args__ = (
        CheckConstraint("start_minute BETWEEN 0 AND 1439", name="start_minute"),
        CheckConstraint("end_minute BETWEEN 0 AND 1439", name="end_minute"),
    )

    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("schedules.id", ondelete="CASCADE"), index=True
    )
    days: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), default=list)
    day: Mapped[date | None]
    start_minute: Mapped[int] = mapped_column(SmallInteger)
    end_minute: Mapped[int] = mapped_column(SmallInteger)
