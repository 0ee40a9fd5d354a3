"""Schedules as the published components list, create and copy them."""

from __future__ import annotations

from openslots.kernel.http.envelope import Out
from openslots.kernel.http.validation import Body, BodyId, Text
from openslots.schedules import rules
from openslots.schedules.schemas.v2024_04_15 import RangeIn, RowOut
from openslots.schedules.types import NewSchedule, ScheduleFacts


class CreateIn(Body):
    """A schedule by its name; without `schedule` it is Monday to Friday from 9 to 17."""

    name: Text
    schedule: list[list[RangeIn]] | None = None
    event_type_id: BodyId | None = None

    def to_command(self, time_zone: str, *, is_default: bool) -> NewSchedule:
        week = self.schedule
        return NewSchedule(
            name=self.name,
            time_zone=time_zone,
            is_default=is_default,
            hours=None
            if week is None
            else rules.hours_of([[item.minutes for item in day] for day in week[:7]]),
        )


class ListedOut(Out):
    id: int
    name: str
    time_zone: str
    is_default: bool
    availability: list[RowOut]

    @classmethod
    def of(cls, schedule: ScheduleFacts) -> ListedOut:
        return cls(
            id=schedule.id,
            name=schedule.name,
            time_zone=schedule.time_zone,
            is_default=schedule.is_default,
            availability=RowOut.rows(schedule),
        )


class AllOut(Out):
    schedules: list[ListedOut]


class HeadOut(Out):
    id: int
    user_id: int
    name: str
    time_zone: str


class MadeOut(Out):
    schedule: HeadOut

    @classmethod
    def of(cls, schedule: ScheduleFacts) -> MadeOut:
        return cls(
            schedule=HeadOut(
                id=schedule.id,
                user_id=schedule.owner_id,
                name=schedule.name,
                time_zone=schedule.time_zone,
            )
        )
