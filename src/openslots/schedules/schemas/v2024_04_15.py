"""Schedules as numbered weekdays and instants of which the UTC clock counts (2024-04-15)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, field_validator
from pydantic_core.core_schema import ValidationInfo

from openslots.kernel.clock import iso
from openslots.kernel.http.envelope import Out
from openslots.kernel.http.validation import Body, Bool, Text, TimeZone, broken, parse_instant
from openslots.schedules import rules
from openslots.schedules.errors import InvalidDateText
from openslots.schedules.types import (
    DayHours,
    NewSchedule,
    ScheduleChanges,
    ScheduleFacts,
    WeeklyHours,
)

NO_DAY = date(1970, 1, 1)  # the date of a clock time


def _moment(value: object) -> datetime:
    moment = parse_instant(value) if isinstance(value, str) and "T" in value.upper() else None
    if moment is None:
        raise InvalidDateText(value)
    return moment


Moment = Annotated[datetime, BeforeValidator(_moment)]


def _clock_minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _day_numbers(value: object) -> list[int]:
    if not isinstance(value, list):
        raise broken("isArray", "must be an array")
    if not all(isinstance(day, int) and not isinstance(day, bool) for day in value):
        raise broken("isNumber", "=each value in {property} must be a number")
    if not all(0 <= day <= 6 for day in value):
        raise broken("max", "=each value in {property} must be from 0 (Sunday) to 6 (Saturday)")
    return list(dict.fromkeys(value))


def _ends_after_start(end: datetime, info: ValidationInfo) -> datetime:
    start = info.data.get("start_time", info.data.get("start"))
    if isinstance(start, datetime) and rules.backwards(_clock_minute(start), _clock_minute(end)):
        raise broken("isAfterStart", "must not be before the start")
    return end


class HoursIn(Body):
    days: Annotated[list[int], BeforeValidator(_day_numbers)]
    start_time: Moment
    end_time: Moment

    _order = field_validator("end_time")(_ends_after_start)

    def to_hours(self) -> WeeklyHours:
        start, end = _clock_minute(self.start_time), _clock_minute(self.end_time)
        return WeeklyHours(tuple(self.days), start, end)


class CreateScheduleIn(Body):
    name: Text
    time_zone: TimeZone
    is_default: Bool
    availabilities: list[HoursIn] | None = None

    def to_command(self) -> NewSchedule:
        hours = self.availabilities
        return NewSchedule(
            name=self.name,
            time_zone=self.time_zone,
            is_default=self.is_default,
            hours=None if hours is None else tuple(item.to_hours() for item in hours),
        )


class RangeIn(Body):
    start: Moment
    end: Moment

    _order = field_validator("end")(_ends_after_start)

    @property
    def minutes(self) -> tuple[int, int]:
        return _clock_minute(self.start), _clock_minute(self.end)


def _week(value: list[list[RangeIn]]) -> list[list[RangeIn]]:
    if len(value) > len(rules.DAYS):
        raise broken("arrayMaxSize", "must contain no more than 7 elements")
    return value


class UpdateScheduleIn(Body):
    """`schedule` holds one list of ranges per weekday, Sunday first."""

    name: Text | None = None
    time_zone: TimeZone | None = None
    is_default: Bool | None = None
    schedule: list[list[RangeIn]] | None = None
    date_overrides: list[RangeIn] | None = None

    _seven = field_validator("schedule")(lambda value: None if value is None else _week(value))

    def to_command(self) -> ScheduleChanges:
        week, days = self.schedule, self.date_overrides
        return ScheduleChanges(
            name=self.name,
            time_zone=self.time_zone,
            make_default=bool(self.is_default),
            hours=None
            if week is None
            else rules.hours_of([[item.minutes for item in day] for day in week]),
            overrides=None
            if days is None
            else tuple(DayHours(item.start.date(), *item.minutes) for item in days),
        )


def _at(day: date, minute: int) -> str:
    return iso(datetime.combine(day, time(), UTC) + timedelta(minutes=minute))


class WorkingHoursOut(Out):
    """Minutes since local midnight of numbered weekdays."""

    days: list[int]
    start_time: int
    end_time: int


class RowOut(Out):
    """One stored item; `date` only for an override."""

    id: int
    user_id: int
    event_type_id: int | None = None
    schedule_id: int
    days: list[int]
    start_time: str
    end_time: str
    date: str | None

    @classmethod
    def rows(cls, schedule: ScheduleFacts) -> list[RowOut]:
        items: list[WeeklyHours | DayHours] = [*schedule.hours, *schedule.overrides]
        return [cls._of(schedule, item) for item in sorted(items, key=lambda item: item.id)]

    @classmethod
    def _of(cls, schedule: ScheduleFacts, item: WeeklyHours | DayHours) -> RowOut:
        return cls(
            id=item.id,
            user_id=schedule.owner_id,
            schedule_id=schedule.id,
            days=list(item.days) if isinstance(item, WeeklyHours) else [],
            start_time=_at(NO_DAY, item.start),
            end_time=_at(NO_DAY, item.end),
            date=_at(item.day, 0) if isinstance(item, DayHours) else None,
        )


class RangeOut(Out):
    start: str
    end: str


class RangesOut(Out):
    ranges: list[RangeOut]


def _week_out(schedule: ScheduleFacts) -> list[list[RangeOut]]:
    return [
        [RangeOut(start=_at(NO_DAY, start), end=_at(NO_DAY, end)) for start, end in day]
        for day in rules.week_of(schedule.hours)
    ]


class ScheduleOut(Out):
    """A schedule in every form that the components of this contract read."""

    id: int
    name: str
    is_managed: bool
    working_hours: list[WorkingHoursOut]
    schedule: list[RowOut]
    availability: list[list[RangeOut]]
    time_zone: str
    date_overrides: list[RangesOut]
    is_default: bool
    is_last_schedule: bool
    read_only: bool
    user_id: int

    @classmethod
    def of(
        cls, schedule: ScheduleFacts, *, viewer_id: int, only_one: bool, today: date
    ) -> ScheduleOut:
        """`today` is the first day whose override is shown."""
        foreign = schedule.owner_id != viewer_id
        return cls(
            id=schedule.id,
            name=schedule.name,
            is_managed=foreign,
            working_hours=[
                WorkingHoursOut(days=list(item.days), start_time=item.start, end_time=item.end)
                for item in schedule.hours
            ],
            schedule=RowOut.rows(schedule),
            availability=_week_out(schedule),
            time_zone=schedule.time_zone,
            date_overrides=[
                RangesOut(
                    ranges=[
                        RangeOut(start=_at(day, item.start), end=_at(day, item.end))
                        for item in items
                    ]
                )
                for day, items in rules.days_from(schedule.overrides, today).items()
            ],
            is_default=schedule.is_default,
            is_last_schedule=only_one,
            read_only=foreign,
            user_id=schedule.owner_id,
        )


class UpdatedHeadOut(Out):
    id: int
    user_id: int
    name: str
    time_zone: str
    availability: list[RowOut]


class UpdatedScheduleOut(Out):
    """What an update answers: the schedule and which one was and is the default."""

    schedule: UpdatedHeadOut
    availability: list[list[RangeOut]]
    time_zone: str
    is_default: bool
    prev_default_id: int | None
    current_default_id: int | None

    @classmethod
    def of(
        cls, schedule: ScheduleFacts, *, previous: int | None, current: int | None
    ) -> UpdatedScheduleOut:
        return cls(
            schedule=UpdatedHeadOut(
                id=schedule.id,
                user_id=schedule.owner_id,
                name=schedule.name,
                time_zone=schedule.time_zone,
                availability=RowOut.rows(schedule),
            ),
            availability=_week_out(schedule),
            time_zone=schedule.time_zone,
            is_default=schedule.is_default,
            prev_default_id=previous,
            current_default_id=current,
        )
