"""Reading and changing a profile."""

from __future__ import annotations

from collections.abc import Mapping

from openslots.events.users import DefaultScheduleChosen, TimeZoneChanged
from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork
from openslots.models import User
from openslots.users import repository, rules
from openslots.users.errors import ScheduleMissing, ScheduleNotOwned
from openslots.users.service import email
from openslots.users.service.reads import get
from openslots.users.types import Profile, ProfileChanges, Unset


async def profile(uow: UnitOfWork, user_id: int) -> Profile:
    """Raises UserNotFound."""
    return await _shown(uow, await get(uow, user_id))


async def _shown(uow: UnitOfWork, user: User) -> Profile:
    organization = await repository.organization_of(uow.session, user.id)
    return Profile(
        id=user.id,
        username=user.username,
        email=user.email,
        name=user.name,
        avatar_url=_absolute(user.avatar_url, uow.settings.web.base),
        bio=user.bio,
        time_format=user.time_format,
        default_schedule_id=user.default_schedule_id,
        week_start=user.week_start,
        time_zone=user.home_tz,
        booking_limits=rules.limits_of(user.booking_limits),
        organization_id=organization[0] if organization else None,
        organization_is_platform=organization is not None and organization[1],
    )


def _absolute(url: str | None, base: str) -> str | None:
    return f"{base}{url}" if url is not None and url.startswith("/") else url


_COLUMNS = {
    "name": "name",
    "bio": "bio",
    "avatar_url": "avatar_url",
    "time_format": "time_format",
    "week_start": "week_start",
    "time_zone": "home_tz",
    "locale": "locale",
    "metadata": "metadata_",
}


async def update(uow: UnitOfWork, user_id: int, changes: ProfileChanges) -> Profile:
    """The profile after a partial update.

    A new time zone is also that of the default schedule from now on. A new e-mail address waits
    for its owner's consent. Raises ScheduleMissing or ScheduleNotOwned for a default schedule that
    is not the user's own, and NewEmailTaken.
    """
    await uow.lock(locks.USER, user_id)
    user = await get(uow, user_id)
    if not isinstance(changes.default_schedule_id, Unset):
        await _check_schedule(uow, user_id, changes.default_schedule_id)
    for field, column in _COLUMNS.items():
        value = getattr(changes, field)
        if not isinstance(value, Unset):
            setattr(user, column, dict(value) if isinstance(value, Mapping) else value)
    await uow.session.flush()
    if not isinstance(changes.email, Unset):
        await email.ask(uow, user, changes.email)
    if not isinstance(changes.default_schedule_id, Unset):
        await uow.publish(
            DefaultScheduleChosen(user_id=user_id, schedule_id=changes.default_schedule_id)
        )
    if not isinstance(changes.time_zone, Unset):
        await uow.publish(TimeZoneChanged(user_id=user_id, time_zone=changes.time_zone))
    await uow.session.refresh(user)
    return await _shown(uow, user)


async def _check_schedule(uow: UnitOfWork, user_id: int, schedule_id: int) -> None:
    owner = await repository.schedule_owner(uow.session, schedule_id)
    if owner is None:
        raise ScheduleMissing(schedule_id)
    if owner != user_id:
        raise ScheduleNotOwned(user_id, schedule_id)
