"""What a change of profile means for the default schedule."""

from __future__ import annotations

from openslots.events.users import DefaultScheduleChosen, TimeZoneChanged
from openslots.kernel.uow import UnitOfWork
from openslots.schedules import service


async def on_time_zone_changed(uow: UnitOfWork, event: TimeZoneChanged) -> None:
    await service.move_default(uow, event.user_id, event.time_zone)


async def on_default_schedule_chosen(uow: UnitOfWork, event: DefaultScheduleChosen) -> None:
    await service.choose_default(uow, event.user_id, event.schedule_id)
