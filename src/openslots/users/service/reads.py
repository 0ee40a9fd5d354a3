"""Finding users."""

from __future__ import annotations

from openslots.kernel.uow import UnitOfWork
from openslots.models import User
from openslots.users import repository
from openslots.users.errors import UserNotFound


async def get(uow: UnitOfWork, user_id: int) -> User:
    """Raises UserNotFound."""
    user = await repository.by_id(uow.session, user_id)
    if user is None:
        raise UserNotFound(f"with ID={user_id}")
    return user


async def find_by_email(uow: UnitOfWork, email: str) -> User:
    """The user with this primary address, in any case. Raises UserNotFound."""
    user = await repository.by_email(uow.session, email.strip())
    if user is None:
        raise UserNotFound(f"with e-mail address {email}")
    return user
