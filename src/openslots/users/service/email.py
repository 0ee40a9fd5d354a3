"""A user's e-mail address: asking for a new one, and the consent of its reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from sqlalchemy.exc import IntegrityError

from openslots.kernel import crypto, ids, locks
from openslots.kernel.logging import Log
from openslots.kernel.uow import UnitOfWork
from openslots.models import User
from openslots.notifications import service as notifications
from openslots.users import repository
from openslots.users.errors import NewEmailTaken

log = Log("users")
VALID_FOR = timedelta(hours=24)
KEPT = timedelta(days=7)  # after that, so that an old link still says that it came late
CHUNK = 1000
PATH = "/auth/verify-email-change"


@dataclass(frozen=True, slots=True)
class Consent:
    """What came of opening the link: the new address, or why there is none."""

    email: str | None = None
    refusal: str | None = None


async def ask(uow: UnitOfWork, user: User, address: str) -> None:
    """Begins to change the address of a user who holds the USER lock (auth notes, 12.3).

    It changes at once where verification is switched off, or when it is one of the user's verified
    secondary addresses; otherwise a link is mailed to it. Raises NewEmailTaken.
    """
    address = address.lower()
    if address == user.email:
        return
    if await repository.email_taken(uow.session, address):
        raise NewEmailTaken
    secondary = await repository.secondary(uow.session, address)
    if secondary is not None and secondary.user_id != user.id and secondary.verified_at:
        raise NewEmailTaken
    own = secondary is not None and secondary.user_id == user.id
    if not uow.settings.email.verification or (own and secondary and secondary.verified_at):
        if not await _set(uow, user, address):
            raise NewEmailTaken
        return
    user.pending_email = address
    token = ids.token()
    await repository.put_change(
        uow.session, user.id, crypto.sha256(token), uow.now + VALID_FOR, uow.now
    )
    await uow.session.flush()
    await _question(uow, user, address, token)


async def _question(uow: UnitOfWork, user: User, address: str, token: str) -> None:
    await notifications.send_notice(
        uow,
        address,
        "Confirm your new e-mail address",
        [
            f"somebody asked to use {address} for your account, until now {user.email}. If that "
            "was you, open the link within 24 hours. Until then nothing changes."
        ],
        to_name=user.name or user.username,
        link=("Use this address", f"{uow.settings.web.base}{PATH}?token={quote(token)}"),
        expires_at=uow.now + VALID_FOR,
    )


async def _set(uow: UnitOfWork, user: User, address: str) -> bool:
    """Makes `address` the primary one; False when somebody else has it.

    Where it was a secondary address of the user, the old primary one takes its place.
    """
    before, verified = user.email, user.email_verified_at
    secondary = await repository.secondary(uow.session, address)
    try:
        async with uow.session.begin_nested():
            user.email, user.email_verified_at, user.pending_email = address, uow.now, None
            if secondary is not None and secondary.user_id == user.id:
                secondary.email, secondary.verified_at = before, verified
            await uow.session.flush()
    except IntegrityError:
        return False
    await repository.drop_change(uow.session, user.id)
    await _farewell(uow, user, before)
    log.info("user.email_changed", user_id=user.id)
    return True


async def _farewell(uow: UnitOfWork, user: User, before: str) -> None:
    await notifications.send_notice(
        uow,
        before,
        "Your e-mail address was changed",
        [
            f"your account now uses {user.email}. If you did not change it, please tell whoever "
            "runs this server."
        ],
        to_name=user.name or user.username,
    )


async def consent(uow: UnitOfWork, token: str) -> Consent:
    """Changes the address that the link was mailed for; the link works once, for a day."""
    token_hash = crypto.sha256(token)
    user_id = await repository.asker(uow.session, token_hash)
    if user_id is not None:
        await uow.lock(locks.USER, user_id)
    change = await repository.change_of(uow.session, token_hash)
    if change is None:  # also for the second of two who open the link at once
        return Consent(refusal="No token found")
    if change.expires_at <= uow.now:
        return Consent(refusal="Token expired")
    user = await repository.by_id(uow.session, change.user_id)
    if user is None or user.pending_email is None:
        return Consent(refusal="Cannot find a user attached to this token")
    address = user.pending_email
    secondary = await repository.secondary(uow.session, address)
    foreign = secondary is not None and secondary.user_id != user.id and secondary.verified_at
    taken = foreign or await repository.email_taken(uow.session, address)
    if taken or not await _set(uow, user, address):
        return Consent(refusal="A User already exists with this email")
    return Consent(email=address)


async def purge(uow: UnitOfWork) -> int:
    """Deletes up to CHUNK changes that ran out long ago; returns how many."""
    return await repository.purge_changes(uow.session, uow.now - KEPT, CHUNK)
