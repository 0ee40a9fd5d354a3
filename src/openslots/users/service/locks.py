"""Shutting somebody out, and letting them in again."""

from __future__ import annotations

from openslots.kernel.uow import UnitOfWork
from openslots.models import User
from openslots.users.service.reads import find_by_email


async def lock(uow: UnitOfWork, email: str) -> User:
    """From now on none of the person's credentials is taken. Raises UserNotFound."""
    user = await find_by_email(uow, email)
    user.locked_at = user.locked_at or uow.now
    await uow.session.flush()
    return user


async def unlock(uow: UnitOfWork, email: str) -> User:
    """The person's credentials count again. Raises UserNotFound."""
    user = await find_by_email(uow, email)
    user.locked_at = None
    await uow.session.flush()
    return user
