"""Credits: what an account has left, and every charge."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from openslots.kernel import clock
from openslots.models.base import Base, Instant, IntId, Timestamps


class CreditBalance(Base, IntId, Timestamps):
    """The account of a user or of a team; `monthly_used` counts in the month that starts on
    `month`."""

    __tablename__ = "credit_balances"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, team_id) = 1", name="one_owner"),
        CheckConstraint("additional >= 0", name="additional"),
        CheckConstraint("monthly_used >= 0", name="monthly_used"),
    )

    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), unique=True
    )
    team_id: Mapped[int | None] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), unique=True
    )
    additional: Mapped[int] = mapped_column(default=0)
    month: Mapped[date]
    monthly_used: Mapped[int] = mapped_column(default=0)
    # the months in which the owners were told that little, or nothing, is left
    low_told: Mapped[date | None]
    empty_told: Mapped[date | None]


class CreditCharge(Base, IntId):
    """What one charge took: at most what there was. `external_ref` is charged once."""

    __tablename__ = "credit_charges"
    __table_args__ = (
        UniqueConstraint("balance_id", "external_ref"),
        Index("ix_credit_charges_user_id", "user_id"),
    )

    balance_id: Mapped[int] = mapped_column(ForeignKey("credit_balances.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    credits: Mapped[int]
    from_monthly: Mapped[int]
    from_additional: Mapped[int]
    credit_for: Mapped[str]
    external_ref: Mapped[str | None]
    created_at: Mapped[Instant] = mapped_column(default=clock.now)
