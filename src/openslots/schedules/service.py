"""Making, reading and changing a user's schedules."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork
from openslots.schedules import repository, rules
from openslots.schedules.errors import ScheduleNotFound, ScheduleNotOwned, TooManySchedules
from openslots.schedules.types import (
    DEFAULT_NAME,
    WORKING_WEEK,
    City,
    NewSchedule,
    ScheduleChanges,
    ScheduleFacts,
)


async def create(uow: UnitOfWork, owner_id: int, new: NewSchedule) -> ScheduleFacts:
    """The new schedule; with `is_default` it becomes the owner's default.

    Raises TooManySchedules.
    """
    await uow.lock(locks.USER, owner_id)
    if await repository.count(uow.session, owner_id) >= rules.MOST_SCHEDULES:
        raise TooManySchedules(rules.MOST_SCHEDULES)
    schedule_id = await repository.add(uow.session, owner_id, new)
    hours = WORKING_WEEK if new.hours is None else new.hours
    await repository.add_hours(uow.session, schedule_id, hours)
    await repository.add_overrides(uow.session, schedule_id, new.overrides)
    if new.is_default:
        await repository.set_default(uow.session, owner_id, schedule_id)
    return await _existing(uow, schedule_id)


async def create_default(
    uow: UnitOfWork, owner_id: int, time_zone: str, *, name: str = DEFAULT_NAME
) -> ScheduleFacts:
    """A working week in `time_zone` as the owner's default schedule."""
    return await create(uow, owner_id, NewSchedule(name, time_zone, is_default=True))


async def list_of(uow: UnitOfWork, owner_id: int) -> list[ScheduleFacts]:
    """Every schedule of the owner, oldest first; at most MOST_SCHEDULES exist."""
    return await repository.of_owner(uow.session, owner_id)


async def default_of(uow: UnitOfWork, owner_id: int) -> ScheduleFacts | None:
    return await repository.default_of(uow.session, owner_id)


async def get(uow: UnitOfWork, owner_id: int, schedule_id: int) -> ScheduleFacts:
    """Raises ScheduleNotFound, or ScheduleNotOwned when it is somebody else's."""
    found = await repository.find(uow.session, schedule_id)
    if found is None:
        raise ScheduleNotFound(schedule_id)
    if found.owner_id != owner_id:
        raise ScheduleNotOwned(owner_id, schedule_id)
    return found


async def update(
    uow: UnitOfWork, owner_id: int, schedule_id: int, changes: ScheduleChanges
) -> ScheduleFacts:
    """The schedule after a partial update. Weekly hours and overrides are each replaced as a
    whole, and only when named. Raises as `get`."""
    await uow.lock(locks.USER, owner_id)
    await get(uow, owner_id, schedule_id)
    await repository.change(uow.session, schedule_id, changes)
    if changes.hours is not None:
        await repository.clear_hours(uow.session, schedule_id)
        await repository.add_hours(uow.session, schedule_id, changes.hours)
    if changes.overrides is not None:
        await repository.clear_overrides(uow.session, schedule_id)
        await repository.add_overrides(uow.session, schedule_id, changes.overrides)
    if changes.make_default:
        await repository.set_default(uow.session, owner_id, schedule_id)
    return await _existing(uow, schedule_id)


async def duplicate(uow: UnitOfWork, owner_id: int, schedule_id: int) -> ScheduleFacts:
    """A copy named `... (Copy)`, which is never the default. Raises as `get`, TooManySchedules."""
    found = await get(uow, owner_id, schedule_id)
    copy = NewSchedule(
        name=f"{found.name} (Copy)",
        time_zone=found.time_zone,
        is_default=False,
        hours=found.hours,
        overrides=found.overrides,
    )
    return await create(uow, owner_id, copy)


async def of_event_type(uow: UnitOfWork, owner_id: int, slug: str) -> ScheduleFacts | None:
    """The schedule that an event type of the owner uses, by its slug; None without either."""
    exists, schedule_id = await repository.schedule_of_event_type(uow.session, owner_id, slug)
    if not exists:
        return None
    if schedule_id is None:
        return await repository.default_of(uow.session, owner_id)
    return await repository.find(uow.session, schedule_id)


async def delete(uow: UnitOfWork, owner_id: int, schedule_id: int) -> None:
    """Event types that named the schedule fall back to the default; when it was the default, the
    oldest remaining one takes its place. Raises as `get`."""
    await uow.lock(locks.USER, owner_id)
    found = await get(uow, owner_id, schedule_id)
    await repository.remove(uow.session, schedule_id)
    if found.is_default:
        remaining = await repository.oldest(uow.session, owner_id)
        await repository.set_default(uow.session, owner_id, remaining)


async def default_id(uow: UnitOfWork, owner_id: int) -> int | None:
    return await repository.default_id(uow.session, owner_id)


async def count_of(uow: UnitOfWork, owner_id: int) -> int:
    return await repository.count(uow.session, owner_id)


async def choose_default(uow: UnitOfWork, owner_id: int, schedule_id: int) -> None:
    """Raises as `get`."""
    await uow.lock(locks.USER, owner_id)
    await get(uow, owner_id, schedule_id)
    await repository.set_default(uow.session, owner_id, schedule_id)


async def move_default(uow: UnitOfWork, owner_id: int, time_zone: str) -> None:
    """Reads the owner's default schedule, if there is one, in another zone from now on."""
    schedule_id = await repository.default_id(uow.session, owner_id)
    if schedule_id is not None:
        await repository.set_zone(uow.session, schedule_id, time_zone)


async def _existing(uow: UnitOfWork, schedule_id: int) -> ScheduleFacts:
    found = await repository.find(uow.session, schedule_id)
    if found is None:
        raise ScheduleNotFound(schedule_id)
    return found


@cache
def cities() -> tuple[City, ...]:
    """Places by name, one per name: the most populous."""
    text = files("openslots.schedules").joinpath("cities.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(City(name, zone, int(people)) for name, zone, people in rows)
