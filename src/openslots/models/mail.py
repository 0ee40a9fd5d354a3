"""Mails to send: written in the transaction that makes them necessary."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from openslots.kernel import clock
from openslots.models.base import Base, Instant, Json, UuidId


class Mail(Base, UuidId):
    """One mail to one address. Its text is emptied once it was sent or given up."""

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        Index("uq_mails_dedupe_key", "dedupe_key", unique=True),
    )

    to_address: Mapped[str]
    to_name: Mapped[str | None]
    from_name: Mapped[str | None]
    reply_to: Mapped[str | None]  # addresses, separated by commas
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str | None]
    # [{"name": "event.ics", "type": "text/calendar; method=REQUEST", "content": "..."}], with
    # "invitation": "yes" for one that also stands in the mail itself
    attachments: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    headers: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[Instant] = mapped_column(default=clock.now)
    ended_at: Mapped[Instant | None]
    error: Mapped[str | None]
    dedupe_key: Mapped[str | None]  # what a job that runs twice writes only once
    # {"uid", "start", "seat_uid"}: late, it is only sent while what this names stands
    depends_on: Mapped[Json | None]
    expires_at: Mapped[Instant | None]  # it is not sent any more from then on
