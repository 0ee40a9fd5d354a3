"""Making accounts and API keys."""

from __future__ import annotations

import asyncio

from openslots.access import keys
from openslots.access.caller import Caller
from openslots.accounts import repository, rules
from openslots.accounts.errors import (
    BothLifetimes,
    InvalidLifetime,
    KeyGone,
    NoSuchKey,
    NotAnApiKey,
    WeakPassword,
)
from openslots.accounts.types import CreatedUser, CreateUser, RefreshKey
from openslots.event_types import service as event_types
from openslots.kernel.crypto import Passwords
from openslots.kernel.uow import UnitOfWork
from openslots.schedules import service as schedules
from openslots.users import service as users
from openslots.users.types import NewUser


async def create_user(uow: UnitOfWork, command: CreateUser) -> CreatedUser:
    """A verified user and an API key without expiry.

    With `with_defaults` also the default schedule and the first event types; without it neither.
    Raises WeakPassword, and what users.service.create raises.
    """
    hashed = await _hashed(uow, command.password, admin=command.role == "ADMIN")
    user = await users.create(
        uow,
        NewUser(
            email=command.email,
            username=command.username,
            name=command.name,
            time_zone=command.time_zone,
            password_hash=hashed,
            role=command.role,
        ),
    )
    if command.with_defaults:
        await schedules.create_default(uow, user.id, user.home_tz)
        await event_types.create_defaults(uow, user.id)
    key = await _new_key(uow, user.id, None)
    return CreatedUser(id=user.id, email=user.email, username=str(user.username), api_key=key)


async def _hashed(uow: UnitOfWork, password: str | None, *, admin: bool) -> str | None:
    if password is None:
        return None
    if problem := rules.password_problem(password, admin=admin):
        raise WeakPassword(problem)
    passwords = Passwords(cheap=uow.settings.security.cheap_passwords)
    return await asyncio.to_thread(passwords.hash, password)


async def create_api_key(uow: UnitOfWork, email: str, days: int | None) -> str:
    """One more key of the user with this address, for `days` days or, with None, for good.

    Raises UserNotFound or InvalidLifetime.
    """
    if days is not None and not 1 <= days <= rules.LONGEST_DAYS:
        raise InvalidLifetime
    user = await users.find_by_email(uow, email)
    return await _new_key(uow, user.id, days)


async def revoke_keys(uow: UnitOfWork, email: str) -> int:
    """Ends every key of the user with this address; returns how many. Raises UserNotFound."""
    user = await users.find_by_email(uow, email)
    return await repository.delete_keys_of(uow.session, user.id)


async def revoke_key(uow: UnitOfWork, key: str) -> int:
    """Ends one key, given as it was shown. Raises NoSuchKey."""
    hashed = keys.hash_of(key.strip(), uow.settings.security.api_key_prefix)
    if not (count := await repository.delete_key_by_hash(uow.session, hashed)):
        raise NoSuchKey
    return count


async def _new_key(uow: UnitOfWork, user_id: int, days: int | None) -> str:
    key, hashed = keys.make(uow.settings.security.api_key_prefix)
    await repository.add_key(
        uow.session,
        user_id=user_id,
        hashed=hashed,
        expires_at=rules.expiry(uow.now, days) if days is not None else None,
    )
    return key


async def refresh_key(uow: UnitOfWork, caller: Caller, command: RefreshKey) -> tuple[str, str]:
    """(new key, hash of the old one): the new key keeps note, team and own rate limits of the one
    that the caller used, which stops working.

    Raises NotAnApiKey, BothLifetimes, or KeyGone when another request refreshed it first.
    """
    if caller.kind != "api_key" or caller.api_key_id is None:
        raise NotAnApiKey
    if command.never_expires and command.days_valid is not None:
        raise BothLifetimes
    old = await repository.locked_key(uow.session, caller.api_key_id)
    if old is None:
        raise KeyGone
    days = command.days_valid if command.days_valid is not None else rules.DEFAULT_DAYS
    key, hashed = keys.make(uow.settings.security.api_key_prefix)
    new = await repository.add_key(
        uow.session,
        user_id=old.user_id,
        hashed=hashed,
        expires_at=None if command.never_expires else rules.expiry(uow.now, days),
        note=old.note,
        team_id=old.team_id,
    )
    await repository.move_limits(uow.session, old.id, new.id)
    await repository.delete_key(uow.session, old.id)
    return key, old.hashed_key
