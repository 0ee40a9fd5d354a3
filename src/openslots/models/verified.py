"""Addresses and numbers that somebody proved to read, and codes on their way."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from openslots.models.base import Base, Instant, IntId, Timestamps

_ONE_OWNER = "num_nonnulls(user_id, team_id) = 1"


class VerifiedEmail(Base, IntId, Timestamps):
    __tablename__ = "verified_emails"
    __table_args__ = (
        CheckConstraint(_ONE_OWNER, name="one_owner"),
        UniqueConstraint("user_id", "email"),
        UniqueConstraint("team_id", "email"),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    email: Mapped[str]


class VerifiedPhone(Base, IntId, Timestamps):
    __tablename__ = "verified_phones"
    __table_args__ = (
        CheckConstraint(_ONE_OWNER, name="one_owner"),
        UniqueConstraint("user_id", "phone_number"),
        UniqueConstraint("team_id", "phone_number"),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    phone_number: Mapped[str]  # E.164


class VerificationCode(Base, IntId, Timestamps):
    """The newest code for an address; without user and team it is a booker's.

    `code_hash` is null where the provider keeps the code itself.
    """

    __tablename__ = "verification_codes"
    __table_args__ = (
        CheckConstraint("kind IN ('email', 'phone')", name="kind"),
        UniqueConstraint(
            "user_id", "team_id", "kind", "address", postgresql_nulls_not_distinct=True
        ),
        Index("ix_verification_codes_expires_at", "expires_at"),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    kind: Mapped[str]
    address: Mapped[str]
    code_hash: Mapped[str | None]
    expires_at: Mapped[Instant]
    tries: Mapped[int] = mapped_column(default=0)
