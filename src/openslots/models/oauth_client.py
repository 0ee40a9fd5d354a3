"""Third-party applications that act for people through OAuth."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from openslots.kernel import clock
from openslots.models.base import Base, Instant, IntId, Timestamps


class OAuthClient(Base, Timestamps):
    """`id` is the client id: 64 hex characters. Public clients have no secret."""

    __tablename__ = "oauth_clients"
    __table_args__ = (
        CheckConstraint("type IN ('CONFIDENTIAL', 'PUBLIC')", name="type"),
        CheckConstraint("status IN ('PENDING', 'APPROVED', 'REJECTED')", name="status"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    type: Mapped[str]
    redirect_uris: Mapped[list[str]] = mapped_column(ARRAY(String))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String), default=list)
    logo: Mapped[str | None]
    website_url: Mapped[str | None]
    purpose: Mapped[str | None]
    is_trusted: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(default="PENDING")
    rejection_reason: Mapped[str | None]


class OAuthClientSecret(Base, IntId):
    """Up to two at a time; only the hash and the tail, for display, are kept."""

    __tablename__ = "oauth_client_secrets"

    client_id: Mapped[str] = mapped_column(
        ForeignKey("oauth_clients.id", ondelete="CASCADE"), index=True
    )
    secret_hash: Mapped[str] = mapped_column(unique=True)  # sha256
    hint: Mapped[str]
    created_at: Mapped[Instant] = mapped_column(default=clock.now)
