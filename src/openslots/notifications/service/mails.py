"""Sending mail: rows now, the sending in the worker."""

from __future__ import annotations

from collections.abc import Sequence

from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel import metrics
from openslots.kernel.logging import Log
from openslots.kernel.settings import Settings
from openslots.kernel.uow import UnitOfWork
from openslots.models import Mail
from openslots.notifications import rules
from openslots.notifications.repository import mails as repository
from openslots.notifications.types import NewMail
from openslots.providers import smtp
from openslots.providers.smtp import Attachment, Letter, MailRefused

log = Log("mail")
SEND = "mail.send"
CHUNK = repository.CHUNK


async def send_mail(uow: UnitOfWork, mail: NewMail) -> str:
    """Sends one mail after the transaction; returns its id."""
    return (await send_mails(uow, [mail]))[0]


async def send_mails(uow: UnitOfWork, mails: Sequence[NewMail]) -> list[str]:
    """Sends each mail after the transaction, independently of the others; returns their ids.

    One whose `dedupe_key` was used before is left out.
    """
    if not mails:
        return []
    added = await repository.add_mails(uow.session, mails, uow.now)
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
) -> str:
    """Sends a few paragraphs, greeting included, and perhaps one link as (label, URL)."""
    text, html = rules.notice([f"Hi {to_name or 'there'},", *paragraphs], link=link)
    return await send_mail(uow, NewMail(to, subject, text, html=html, to_name=to_name))


async def waiting(uow: UnitOfWork, mail_id: str) -> Letter | None:
    """What is to be sent, unless that was done or given up before."""
    row = await repository.waiting_mail(uow.session, mail_id)
    return None if row is None else _letter(row)


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


async def outdated(uow: UnitOfWork, mail_id: str) -> bool:
    """Whether a mail that waits would tell of a booking that was cancelled, declined or moved
    meanwhile: who gets it has been told so, or will be, by another mail."""
    if not await repository.is_outdated(uow.session, mail_id):
        return False
    metrics.MAILS.inc("outdated")
    log.info("mail.outdated", mail=mail_id)
    return True


async def end(uow: UnitOfWork, mail_id: str, error: str | None) -> None:
    await repository.end_mail(uow.session, mail_id, uow.now, error=error)


async def purge(uow: UnitOfWork) -> int:
    """Deletes up to CHUNK mails that ended longer ago than the setting; returns how many."""
    return await repository.purge_mails(uow.session, uow.now - uow.settings.jobs.keep_mails)
