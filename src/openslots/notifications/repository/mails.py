"""Rows of mails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.events.bookings import LIVE
from openslots.kernel import ids
from openslots.kernel.purging import delete_some
from openslots.models import Booking, BookingSeat, Mail
from openslots.notifications.rules import standing
from openslots.notifications.types import File, NewMail, Standing

CHUNK = 2000


async def add_mails(
    session: AsyncSession, mails: Sequence[NewMail], now: datetime
) -> list[tuple[str, NewMail]]:
    """The new rows' ids with their mails; without those whose `dedupe_key` is there already."""
    by_id = {ids.uuid4(): mail for mail in mails}
    added = await session.scalars(
        insert(Mail).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(Mail.id),
        [_row(mail_id, mail, now) for mail_id, mail in by_id.items()],
    )
    new = set(added)
    return [(mail_id, mail) for mail_id, mail in by_id.items() if mail_id in new]


def _row(mail_id: str, mail: NewMail, now: datetime) -> dict[str, object]:
    several = mail.reply_to or ()
    reply_to = several if isinstance(several, str) else ",".join(several)
    return {
        "id": mail_id,
        "to_address": mail.to,
        "to_name": mail.to_name,
        "from_name": mail.from_name,
        "reply_to": reply_to or None,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "attachments": [_stored(file) for file in mail.files],
        "headers": dict(mail.headers),
        "created_at": now,
        "dedupe_key": mail.dedupe_key,
        "depends_on": None if mail.depends_on is None else standing.facts(mail.depends_on),
        "expires_at": mail.expires_at,
    }


def _stored(file: File) -> dict[str, str]:
    stored = {"name": file.name, "type": file.type, "content": file.content}
    return {**stored, "invitation": "yes"} if file.invitation else stored


async def waiting_mail(session: AsyncSession, mail_id: str) -> Mail | None:
    """The mail, unless it was sent or given up."""
    return await session.scalar(select(Mail).where(Mail.id == mail_id, Mail.ended_at.is_(None)))


async def is_over(session: AsyncSession, told: Standing) -> bool:
    """Whether a booking, all of a series, or a seat was cancelled, declined or moved."""
    over: list[ColumnElement[bool]] = [Booking.status.not_in(LIVE)]
    if told.start is not None:
        over.append(Booking.start_at != told.start)
    if told.seat_uid is not None:
        mine = (BookingSeat.uid == told.seat_uid, BookingSeat.booking_id == Booking.id)
        over.append(~exists().where(*mine))
    named = or_(Booking.uid == told.uid, Booking.recurring_uid == told.uid)
    return await session.scalar(select(func.bool_and(or_(*over))).where(named)) or False


async def end_mail(
    session: AsyncSession, mail_id: str, now: datetime, *, error: str | None = None
) -> None:
    """Marks it as sent, or as given up with `error`, and forgets what it said."""
    await session.execute(
        update(Mail)
        .where(Mail.id == mail_id)
        .values(ended_at=now, error=error, text="", html=None, attachments=[])
    )


async def purge_mails(session: AsyncSession, before: datetime) -> int:
    """Deletes up to CHUNK mails that ended before that; returns how many."""
    return await delete_some(
        session, Mail, Mail.ended_at < before, oldest=Mail.ended_at, limit=CHUNK
    )
