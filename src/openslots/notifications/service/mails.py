"""Sending mail: rows now, the sending in the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel import metrics
from openslots.kernel.logging import Log
from openslots.kernel.settings import Settings
from openslots.kernel.uow import UnitOfWork
from openslots.models import Mail
from openslots.notifications import rules
from openslots.notifications.repository import mails as repository
from openslots.notifications.rules import standing
from openslots.notifications.types import NewMail
from openslots.providers import smtp
from openslots.providers.smtp import Attachment, Letter, MailRefused

log = Log("mail")
SEND = "mail.send"
CHUNK = repository.CHUNK
LATE = timedelta(minutes=1)  # until then mails go out as things happened


class Outdated(NamedTuple):
    """A mail that is not sent any more."""

    id: str


async def send_mail(uow: UnitOfWork, mail: NewMail) -> str:
    """Sends one mail after the transaction; returns its id."""
    return (await send_mails(uow, [mail]))[0]


async def send_mails(
    uow: UnitOfWork, mails: Sequence[NewMail], *, since: datetime | None = None
) -> list[str]:
    """Sends each mail after the transaction, independently of the others; returns their ids.

    One whose `dedupe_key` was used before is left out. `since` is when that happened of which they
    tell, if it was not now.
    """
    if not mails:
        return []
    added = await repository.add_mails(uow.session, mails, since or uow.now)
    jobs = [
        NewJob(mail_id, lane=f"mail:{mail.to.rpartition('@')[2].lower()}")
        for mail_id, mail in added
    ]
    await queue.put_many(uow, SEND, jobs)
    return [mail_id for mail_id, _ in added]


async def send_notice(
    uow: UnitOfWork,
    to: str,
    subject: str,
    paragraphs: Sequence[str],
    *,
    to_name: str | None = None,
    link: tuple[str, str] | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Sends a few paragraphs, greeting included, and perhaps one link as (label, URL)."""
    text, html = rules.notice([f"Hi {to_name or 'there'},", *paragraphs], link=link)
    return await send_mail(
        uow, NewMail(to, subject, text, html=html, to_name=to_name, expires_at=expires_at)
    )


async def waiting(uow: UnitOfWork, mail_id: str, *, again: bool) -> Letter | Outdated | None:
    """What is to be sent, unless that was done or given up before; `again` for one that was tried
    already.

    Outdated is what must not be sent any more: after its time, or, late, of a booking that is over
    by now. Who would get that has been told by another mail, or will be.
    """
    row = await repository.waiting_mail(uow.session, mail_id)
    if row is None:
        return None
    expired = row.expires_at is not None and row.expires_at <= uow.now
    late = again or uow.now - row.created_at > LATE
    about = standing.of_facts(row.depends_on) if late and row.depends_on else None
    if expired or (about is not None and await repository.is_over(uow.session, about)):
        return Outdated(row.id)
    return _letter(row)


def _letter(row: Mail) -> Letter:
    return Letter(
        id=row.id,
        to=row.to_address,
        to_name=row.to_name,
        from_name=row.from_name,
        reply_to=row.reply_to,
        subject=row.subject,
        text=row.text,
        html=row.html,
        at=row.created_at,
        attachments=[
            Attachment(item["name"], item["type"], item["content"], "invitation" in item)
            for item in row.attachments
        ],
        headers={name: str(value) for name, value in row.headers.items()},
    )


def leave(outdated: Outdated) -> str:
    """Why it was not sent."""
    metrics.MAILS.inc("outdated")
    log.info("mail.outdated", mail=outdated.id)
    return "outdated"


async def attempt(settings: Settings, letter: Letter, *, last: bool) -> str | None:
    """Sends a mail, or writes it to the data folder when no server is configured.

    None when it is on its way; a text when it never will be. Other failures are raised, unless
    this is the last attempt.
    """
    try:
        message = smtp.compose(settings.email, letter)
        if settings.email.host:
            await smtp.send(settings.email, message)
            metrics.MAILS.inc("sent")
            log.info("mail.sent", mail=letter.id)
        else:
            path = smtp.keep(settings.data_dir / "mail", letter.id, message)
            metrics.MAILS.inc("kept")
            log.info("mail.kept", mail=letter.id, file=str(path))
    except MailRefused as refusal:
        metrics.MAILS.inc("refused")
        log.warning("mail.refused", mail=letter.id, reason=str(refusal))
        return str(refusal)
    except Exception as error:
        metrics.MAILS.inc("given_up" if last else "failed")
        if not last:
            raise
        log.warning("mail.given_up", mail=letter.id, error=type(error).__name__)
        return type(error).__name__
    return None


async def end(uow: UnitOfWork, mail_id: str, error: str | None) -> None:
    await repository.end_mail(uow.session, mail_id, uow.now, error=error)


async def purge(uow: UnitOfWork) -> int:
    """Deletes up to CHUNK mails that ended longer ago than the setting; returns how many."""
    return await repository.purge_mails(uow.session, uow.now - uow.settings.jobs.keep_mails)
