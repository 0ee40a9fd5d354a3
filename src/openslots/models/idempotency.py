"""Stored answers of requests that carried an Idempotency-Key."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from openslots.kernel import clock
from openslots.models.base import Base, Instant, IntId


class IdempotencyKey(Base, IntId):
    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("scope", "key"),)

    scope: Mapped[str]  # caller and operation
    key: Mapped[str]
    fingerprint: Mapped[str]  # sha256 of the body
    status: Mapped[int]
    answer: Mapped[str]
    created_at: Mapped[Instant] = mapped_column(default=clock.now, index=True)
