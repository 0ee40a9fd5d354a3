"""`/v2/atoms/schedules`: what the published React components ask for, under any date."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import QueryInt
from openslots.schedules import service
from openslots.schedules.routes.user_2024_04_15 import Reader, ScheduleId, Writer, shown
from openslots.schedules.schemas.atoms import AllOut, CreateIn, ListedOut, MadeOut
from openslots.schedules.schemas.v2024_04_15 import ScheduleOut, UpdateScheduleIn

router = Router(prefix="/v2/atoms/schedules", tags=["Atoms"])


@router.get("", summary="Get a schedule for the availability component")
async def get(
    caller: Reader,
    uow: Read,
    schedule_id: Annotated[QueryInt | None, Query(alias="scheduleId")] = None,
) -> Success[ScheduleOut | None]:
    """One schedule of the caller, the default one without an id; null when there is none."""
    if schedule_id is None:
        found = await service.default_of(uow, caller.user_id)
    else:
        found = await service.get(uow, caller.user_id, schedule_id)
    return Success(data=await shown(uow, caller, found) if found else None)


@router.get("/all", summary="Get all schedules for the list component")
async def list_all(caller: Reader, uow: Read) -> Success[AllOut]:
    """Every schedule of the caller with its hours and dates, oldest first."""
    found = await service.list_of(uow, caller.user_id)
    return Success(data=AllOut(schedules=[ListedOut.of(schedule) for schedule in found]))


@router.get(
    "/event-type/{eventSlug}", summary="Get the schedule of an event type for its component"
)
async def get_of_event_type(
    caller: Reader, event_slug: Annotated[str, Path(alias="eventSlug")], uow: Read
) -> Success[ScheduleOut | None]:
    """The schedule that an event type of the caller uses: its own or the default one. Null when
    there is none."""
    found = await service.of_event_type(uow, caller.user_id, event_slug)
    return Success(data=await shown(uow, caller, found) if found else None)


@router.post("/create", status_code=201, summary="Create a schedule from its component")
async def create(caller: Writer, body: CreateIn, uow: Write) -> Success[MadeOut]:
    """Makes a schedule in the caller's time zone; the first one becomes the default."""
    first = await service.count_of(uow, caller.user_id) == 0
    command = body.to_command(caller.time_zone, is_default=first)
    return Success(data=MadeOut.of(await service.create(uow, caller.user_id, command)))


@router.post("/{scheduleId}/duplicate", status_code=201, summary="Copy a schedule")
async def duplicate(caller: Writer, schedule_id: ScheduleId, uow: Write) -> Success[MadeOut]:
    """Makes a copy of a schedule of the caller, with its hours and dates."""
    return Success(data=MadeOut.of(await service.duplicate(uow, caller.user_id, schedule_id)))


@router.patch("/{scheduleId}", summary="Save a schedule from its component")
async def update(
    caller: Writer, schedule_id: ScheduleId, body: UpdateScheduleIn, uow: Write
) -> Success[ScheduleOut]:
    """Changes what the body names: `schedule` replaces all weekly hours, `dateOverrides` all
    dates."""
    changed = await service.update(uow, caller.user_id, schedule_id, body.to_command())
    return Success(data=await shown(uow, caller, changed))
