"""Times that a booker holds for some minutes before booking."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from openslots.kernel import clock
from openslots.models.base import Base, Instant, IntId


class SlotReservation(Base, IntId):
    """One row per held host; rows of one reservation share `uid`."""

    __tablename__ = "slot_reservations"
    __table_args__ = (
        Index("ix_slot_reservations_user_id_start_at", "user_id", "start_at"),
        Index("ix_slot_reservations_event_type_id_start_at", "event_type_id", "start_at"),
        Index("uq_slot_reservations_hold", "user_id", "start_at", "end_at", "uid", unique=True),
    )

    uid: Mapped[str] = mapped_column(index=True)
    event_type_id: Mapped[int] = mapped_column(ForeignKey("event_types.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    start_at: Mapped[Instant]
    end_at: Mapped[Instant]
    release_at: Mapped[Instant] = mapped_column(index=True)
    is_seat: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Instant] = mapped_column(default=clock.now)
