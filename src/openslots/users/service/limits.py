"""A user's own booking limits, over all their event types."""

from __future__ import annotations

from collections.abc import Mapping

from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork
from openslots.models import User
from openslots.users import repository, rules
from openslots.users.errors import NotInOrganization
from openslots.users.service.reads import get

Limits = dict[str, int | None]


async def booking_limits(uow: UnitOfWork, user_id: int) -> Limits:
    """All four periods. Raises NotInOrganization."""
    return rules.limits_of((await _member(uow, user_id)).booking_limits)


async def change_booking_limits(
    uow: UnitOfWork, user_id: int, changes: Mapping[str, int | None]
) -> Limits:
    """The limits after a merge: None removes one, what is not named stays. Any order of the
    periods is fine, the stricter one wins. Raises NotInOrganization."""
    await uow.lock(locks.USER, user_id)
    user = await _member(uow, user_id)
    merged = rules.limits_of({**user.booking_limits, **changes})
    user.booking_limits = {period: limit for period, limit in merged.items() if limit is not None}
    await uow.session.flush()
    return merged


async def clear_booking_limits(uow: UnitOfWork, user_id: int) -> None:
    """Raises NotInOrganization."""
    user = await _member(uow, user_id)
    user.booking_limits = {}
    await uow.session.flush()


async def _member(uow: UnitOfWork, user_id: int) -> User:
    if await repository.organization_of(uow.session, user_id) is None:
        raise NotInOrganization
    return await get(uow, user_id)
