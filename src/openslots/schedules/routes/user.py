"""A user's own schedules, contract 2024-06-11."""

from __future__ import annotations

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
from openslots.schedules import service
from openslots.schedules.schemas.v2024_06_11 import (
    CreateScheduleIn,
    ScheduleOut,
    UpdateScheduleIn,
)

router = Router(prefix="/v2/schedules", tags=["Schedules"])

ScheduleId = Annotated[IntId, Path(alias="scheduleId")]
Reader = Annotated[Caller, requires(Scope.SCHEDULE_READ)]
Writer = Annotated[Caller, requires(Scope.SCHEDULE_WRITE)]


@router.post("", status_code=201, summary="Create a schedule")
@serves("2024-06-11", "2024-06-14")
async def create(caller: Writer, body: CreateScheduleIn, uow: Write) -> Success[ScheduleOut]:
    """Makes a schedule of weekly hours and date overrides, read in its own time zone.

    Without `availability` it is Monday to Friday from 09:00 to 17:00; an empty list means no
    hours at all. With `isDefault` it becomes the schedule of every event type that names none.
    """
    made = await service.create(uow, caller.user_id, body.to_command())
    return Success(data=ScheduleOut.of(made))


@router.get("", summary="Get all schedules")
@serves("2024-06-11", "2024-06-14")
async def list_all(caller: Reader, uow: Read) -> Success[list[ScheduleOut]]:
    """Every schedule of the caller, oldest first."""
    found = await service.list_of(uow, caller.user_id)
    return Success(data=[ScheduleOut.of(schedule) for schedule in found])


@router.get("/default", summary="Get the default schedule")
@serves("2024-06-11", "2024-06-14")
async def get_default(caller: Reader, uow: Read) -> Success[ScheduleOut | None]:
    """The schedule that event types without one of their own use; null when there is none."""
    found = await service.default_of(uow, caller.user_id)
    return Success(data=ScheduleOut.of(found) if found else None)


@router.get("/{scheduleId}", summary="Get a schedule")
@serves("2024-06-11", "2024-06-14")
async def get(caller: Reader, schedule_id: ScheduleId, uow: Read) -> Success[ScheduleOut]:
    """One schedule of the caller."""
    return Success(data=ScheduleOut.of(await service.get(uow, caller.user_id, schedule_id)))


@router.patch("/{scheduleId}", summary="Update a schedule")
@serves("2024-06-11", "2024-06-14")
async def update(
    caller: Writer, schedule_id: ScheduleId, body: UpdateScheduleIn, uow: Write
) -> Success[ScheduleOut]:
    """Changes what the body names: `availability` replaces all weekly hours, `overrides` all
    dates, and an empty list clears them. `isDefault` can only make a schedule the default."""
    changed = await service.update(uow, caller.user_id, schedule_id, body.to_command())
    return Success(data=ScheduleOut.of(changed))


@router.delete("/{scheduleId}", summary="Delete a schedule")
@serves("2024-06-11", "2024-06-14")
async def delete(caller: Writer, schedule_id: ScheduleId, uow: Write) -> Done:
    """Removes a schedule. Event types that used it fall back to the default one; when the default
    itself is removed, the oldest remaining schedule becomes the default."""
    await service.delete(uow, caller.user_id, schedule_id)
    return Done()
