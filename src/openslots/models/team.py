"""Teams and organisations (a team with `is_organization`), memberships and profiles."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from openslots.models.base import Base, IntId, Json, Timestamps


class Team(Base, IntId, Timestamps):
    __tablename__ = "teams"
    __table_args__ = (
        Index("uq_teams_slug_top", "slug", unique=True, postgresql_where=text("parent_id IS NULL")),
        UniqueConstraint("parent_id", "slug"),
    )

    name: Mapped[str]
    slug: Mapped[str | None]
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), index=True
    )
    is_organization: Mapped[bool] = mapped_column(default=False)
    is_platform: Mapped[bool] = mapped_column(default=False)
    pbac_enabled: Mapped[bool] = mapped_column(default=False)
    home_tz: Mapped[str] = mapped_column(default="Europe/London")
    settings: Mapped[Json] = mapped_column(default=dict)
    metadata_: Mapped[Json] = mapped_column("metadata", default=dict)


class Membership(Base, IntId, Timestamps):
    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("team_id", "user_id"),
        CheckConstraint("role IN ('MEMBER', 'ADMIN', 'OWNER')", name="role"),
    )

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(default="MEMBER")
    accepted: Mapped[bool] = mapped_column(default=False)
    disable_impersonation: Mapped[bool] = mapped_column(default=False)


class Profile(Base, IntId, Timestamps):
    """The name of a user inside one organisation; may differ from the global username."""

    __tablename__ = "profiles"
    __table_args__ = (
        UniqueConstraint("organization_id", "username"),
        UniqueConstraint("organization_id", "user_id"),
    )

    organization_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    username: Mapped[str]
