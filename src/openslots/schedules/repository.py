"""Rows of schedules, their hours, and which schedule is a user's default."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.kernel import clock
from openslots.models import Availability, EventType, Schedule, User
from openslots.schedules.types import (
    DayHours,
    NewSchedule,
    ScheduleChanges,
    ScheduleFacts,
    WeeklyHours,
)

_Heads = Select[int, int, str, str, bool]


def _heads() -> _Heads:
    return select(
        Schedule.id,
        Schedule.user_id,
        Schedule.name,
        Schedule.local_tz,
        (func.coalesce(User.default_schedule_id, 0) == Schedule.id).label("is_default"),
    ).join(User, User.id == Schedule.user_id)


async def _facts(session: AsyncSession, statement: _Heads) -> list[ScheduleFacts]:
    heads = (await session.execute(statement)).all()
    hours: dict[int, list[WeeklyHours]] = {head.id: [] for head in heads}
    days: dict[int, list[DayHours]] = {head.id: [] for head in heads}
    if heads:
        items = await session.scalars(
            select(Availability)
            .where(Availability.schedule_id.in_(hours))
            .order_by(Availability.id)
        )
        for item in items:
            if item.day is not None:
                days[item.schedule_id].append(
                    DayHours(item.day, item.start_minute, item.end_minute, item.id)
                )
            else:
                hours[item.schedule_id].append(
                    WeeklyHours(tuple(item.days), item.start_minute, item.end_minute, item.id)
                )
    return [
        ScheduleFacts(
            id=head.id,
            owner_id=head.user_id,
            name=head.name,
            time_zone=head.local_tz,
            is_default=head.is_default,
            hours=tuple(hours[head.id]),
            overrides=tuple(days[head.id]),
        )
        for head in heads
    ]


async def of_owner(session: AsyncSession, owner_id: int) -> list[ScheduleFacts]:
    """Every schedule of a user, oldest first."""
    return await _facts(session, _heads().where(Schedule.user_id == owner_id).order_by(Schedule.id))


async def find(session: AsyncSession, schedule_id: int) -> ScheduleFacts | None:
    found = await _facts(session, _heads().where(Schedule.id == schedule_id))
    return found[0] if found else None


async def default_of(session: AsyncSession, owner_id: int) -> ScheduleFacts | None:
    found = await _facts(
        session,
        _heads().where(Schedule.user_id == owner_id, Schedule.id == User.default_schedule_id),
    )
    return found[0] if found else None


async def owner(session: AsyncSession, schedule_id: int) -> int | None:
    return await session.scalar(select(Schedule.user_id).where(Schedule.id == schedule_id))


async def count(session: AsyncSession, owner_id: int) -> int:
    found = await session.scalar(
        select(func.count()).select_from(Schedule).where(Schedule.user_id == owner_id)
    )
    return found or 0


async def oldest(session: AsyncSession, owner_id: int) -> int | None:
    return await session.scalar(select(func.min(Schedule.id)).where(Schedule.user_id == owner_id))


async def add(session: AsyncSession, owner_id: int, new: NewSchedule) -> int:
    row = Schedule(user_id=owner_id, name=new.name, local_tz=new.time_zone)
    session.add(row)
    await session.flush()
    return row.id


async def add_hours(session: AsyncSession, schedule_id: int, hours: Sequence[WeeklyHours]) -> None:
    """Weekly items in this order; one without a day is nothing."""
    session.add_all(
        Availability(
            schedule_id=schedule_id,
            days=list(item.days),
            start_minute=item.start,
            end_minute=item.end,
        )
        for item in hours
        if item.days
    )
    await session.flush()


async def add_overrides(
    session: AsyncSession, schedule_id: int, overrides: Sequence[DayHours]
) -> None:
    session.add_all(
        Availability(
            schedule_id=schedule_id,
            days=[],
            day=item.day,
            start_minute=item.start,
            end_minute=item.end,
        )
        for item in overrides
    )
    await session.flush()


async def change(session: AsyncSession, schedule_id: int, changes: ScheduleChanges) -> None:
    values = {
        Schedule.name: changes.name,
        Schedule.local_tz: changes.time_zone,
        Schedule.updated_at: clock.now(),
    }
    await session.execute(
        update(Schedule)
        .where(Schedule.id == schedule_id)
        .values({column: value for column, value in values.items() if value is not None})
    )


async def clear_hours(session: AsyncSession, schedule_id: int) -> None:
    await session.execute(
        delete(Availability).where(
            Availability.schedule_id == schedule_id, Availability.day.is_(None)
        )
    )


async def clear_overrides(session: AsyncSession, schedule_id: int) -> None:
    await session.execute(
        delete(Availability).where(
            Availability.schedule_id == schedule_id, Availability.day.is_not(None)
        )
    )


async def remove(session: AsyncSession, schedule_id: int) -> None:
    await session.execute(delete(Schedule).where(Schedule.id == schedule_id))


async def default_id(session: AsyncSession, owner_id: int) -> int | None:
    return await session.scalar(select(User.default_schedule_id).where(User.id == owner_id))


async def set_default(session: AsyncSession, owner_id: int, schedule_id: int | None) -> None:
    await session.execute(
        update(User).where(User.id == owner_id).values(default_schedule_id=schedule_id)
    )


async def set_zone(session: AsyncSession, schedule_id: int, time_zone: str) -> None:
    await session.execute(
        update(Schedule)
        .where(Schedule.id == schedule_id)
        .values(local_tz=time_zone, updated_at=clock.now())
    )


async def schedule_of_event_type(
    session: AsyncSession, owner_id: int, slug: str
) -> tuple[bool, int | None]:
    """Whether the owner has such an event type, and the schedule that it names."""
    found = await session.execute(
        select(EventType.schedule_id)
        .where(EventType.owner_id == owner_id, EventType.slug == slug)
        .limit(1)
    )
    row = found.first()
    return (False, None) if row is None else (True, row[0])
