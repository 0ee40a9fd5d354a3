"""E-mail addresses of a user beside the primary one, and changes that wait for consent."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from openslots.models.base import Base, Instant, IntId, Timestamps


class SecondaryEmail(Base, IntId, Timestamps):
    __tablename__ = "secondary_emails"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(unique=True)
    verified_at: Mapped[Instant | None]


class EmailChange(Base, IntId, Timestamps):
    """The newest request of a user; the address is `users.pending_email`."""

    __tablename__ = "email_changes"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)  # sha256
    expires_at: Mapped[Instant] = mapped_column(index=True)
