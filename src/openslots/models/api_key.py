"""API keys (only their hashes) and the rate limits that replace the defaults for one key."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from openslots.kernel import clock
from openslots.models.base import Base, Instant, IntId, UuidId


class ApiKey(Base, UuidId):
    __tablename__ = "api_keys"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    team_id: Mapped[int | None] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), index=True
    )
    note: Mapped[str | None]
    hashed_key: Mapped[str] = mapped_column(unique=True)  # sha256 of the part after the prefix
    created_at: Mapped[Instant] = mapped_column(default=clock.now)
    expires_at: Mapped[Instant | None]
    last_used_at: Mapped[Instant | None]


class ApiKeyLimit(Base, IntId):
    __tablename__ = "api_key_limits"

    api_key_id: Mapped[str] = mapped_column(
        ForeignKey("api_keys.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    limit: Mapped[int]
    window_ms: Mapped[int]
    block_ms: Mapped[int]
