"""A user's own schedules, contract 2024-04-15 and requests without a date."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Done, Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import IntId
from openslots.kernel.http.versions import serves
from openslots.kernel.uow import UnitOfWork
from openslots.schedules import service
from openslots.schedules.schemas.v2024_04_15 import (
    CreateScheduleIn,
    ScheduleOut,
    UpdatedScheduleOut,
    UpdateScheduleIn,
)
from openslots.schedules.types import ScheduleFacts

router = Router(prefix="/v2/schedules", tags=["Schedules 2024-04-15"])

ScheduleId = Annotated[IntId, Path(alias="scheduleId")]
Reader = Annotated[Caller, requires(Scope.SCHEDULE_READ)]
Writer = Annotated[Caller, requires(Scope.SCHEDULE_WRITE)]


async def shown(uow: UnitOfWork, caller: Caller, schedule: ScheduleFacts) -> ScheduleOut:
    count = await service.count_of(uow, schedule.owner_id)
    return _shown(caller, schedule, count, uow.now.date())


def _shown(caller: Caller, schedule: ScheduleFacts, count: int, today: date) -> ScheduleOut:
    return ScheduleOut.of(schedule, viewer_id=caller.user_id, only_one=count <= 1, today=today)


@router.post("", status_code=201, summary="Create a schedule")
@serves("2024-04-15")
async def create(caller: Writer, body: CreateScheduleIn, uow: Write) -> Success[ScheduleOut]:
    """Makes a schedule; of each instant in `availabilities` only the UTC time of day counts.

    Without `availabilities` it is Monday to Friday from 9 to 17.
    """
    made = await service.create(uow, caller.user_id, body.to_command())
    return Success(data=await shown(uow, caller, made))


@router.get("", summary="Get all schedules")
@serves("2024-04-15")
async def list_all(caller: Reader, uow: Read) -> Success[list[ScheduleOut]]:
    """Every schedule of the caller, oldest first."""
    found = await service.list_of(uow, caller.user_id)
    today = uow.now.date()
    return Success(data=[_shown(caller, schedule, len(found), today) for schedule in found])


@router.get("/default", summary="Get the default schedule")
@serves("2024-04-15")
async def get_default(caller: Reader, uow: Read) -> Success[ScheduleOut | None]:
    """The schedule that event types without one of their own use; null when there is none."""
    found = await service.default_of(uow, caller.user_id)
    return Success(data=await shown(uow, caller, found) if found else None)


@router.get("/{scheduleId}", summary="Get a schedule")
@serves("2024-04-15")
async def get(caller: Reader, schedule_id: ScheduleId, uow: Read) -> Success[ScheduleOut]:
    """One schedule of the caller."""
    found = await service.get(uow, caller.user_id, schedule_id)
    return Success(data=await shown(uow, caller, found))


@router.patch("/{scheduleId}", summary="Update a schedule")
@serves("2024-04-15")
async def update(
    caller: Writer, schedule_id: ScheduleId, body: UpdateScheduleIn, uow: Write
) -> Success[UpdatedScheduleOut]:
    """Changes what the body names: `schedule` replaces all weekly hours, `dateOverrides` all
    dates."""
    before = await service.default_id(uow, caller.user_id)
    changed = await service.update(uow, caller.user_id, schedule_id, body.to_command())
    after = await service.default_id(uow, caller.user_id)
    return Success(data=UpdatedScheduleOut.of(changed, previous=before, current=after))


@router.delete("/{scheduleId}", summary="Delete a schedule")
@serves("2024-04-15")
async def delete(caller: Writer, schedule_id: ScheduleId, uow: Write) -> Done:
    """Removes a schedule of the caller."""
    await service.delete(uow, caller.user_id, schedule_id)
    return Done()
