"""Schedules as named weekdays and `HH:MM` times (contract 2024-06-11)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from openslots.kernel.http.envelope import Out
from openslots.kernel.http.validation import Body, Bool, Day, Text, TimeZone, broken, matching
from openslots.schedules import rules
from openslots.schedules.types import (
    DayHours,
    NewSchedule,
    ScheduleChanges,
    ScheduleFacts,
    WeeklyHours,
)

Time = Annotated[Text, matching(r"([01]\d|2[0-3]):[0-5]\d", "must be a valid time format HH:MM")]


def _days(value: object) -> list[str]:
    if not isinstance(value, list):
        raise broken("isArray", "must be an array")
    if not all(isinstance(day, str) and day in rules.DAY_NAMES for day in value):
        names = ", ".join(rules.DAY_NAMES)
        raise broken("isEnum", f"=each value in {{property}} must be one of: {names}")
    return list(dict.fromkeys(value))


Days = Annotated[list[str], BeforeValidator(_days)]


def _ends_after_start(end: str, info: ValidationInfo) -> str:
    start = info.data.get("start_time")
    if isinstance(start, str) and rules.backwards(rules.minute(start), rules.minute(end)):
        raise broken("isAfterStart", "must not be before startTime")
    return end


class AvailabilityIn(Body):
    """Hours of the named weekdays; a whole day is 00:00 to 23:59."""

    days: Days = Field(examples=[["Monday", "Tuesday"]])
    start_time: Time = Field(examples=["09:00"])
    end_time: Time = Field(examples=["17:00"])

    _order = field_validator("end_time")(_ends_after_start)

    def to_hours(self) -> WeeklyHours:
        return WeeklyHours(
            days=tuple(rules.DAYS.index(day) for day in self.days),
            start=rules.minute(self.start_time),
            end=rules.minute(self.end_time),
        )


class OverrideIn(Body):
    """Hours of one day instead of the weekly ones; 00:00 to 00:00 is a day off."""

    date: Day = Field(examples=["2024-05-20"])
    start_time: Time = Field(examples=["12:00"])
    end_time: Time = Field(examples=["14:00"])

    _order = field_validator("end_time")(_ends_after_start)

    def to_hours(self) -> DayHours:
        return DayHours(self.date, rules.minute(self.start_time), rules.minute(self.end_time))


class CreateScheduleIn(Body):
    name: Text = Field(examples=["Catch up hours"])
    time_zone: TimeZone = Field(examples=["Europe/Rome"])
    is_default: Bool
    availability: list[AvailabilityIn] | None = None
    overrides: list[OverrideIn] | None = None

    def to_command(self) -> NewSchedule:
        return NewSchedule(
            name=self.name,
            time_zone=self.time_zone,
            is_default=self.is_default,
            hours=_hours(self.availability),
            overrides=_overrides(self.overrides) or (),
        )


class UpdateScheduleIn(Body):
    name: Text | None = None
    time_zone: TimeZone | None = None
    is_default: Bool | None = None
    availability: list[AvailabilityIn] | None = None
    overrides: list[OverrideIn] | None = None

    def to_command(self) -> ScheduleChanges:
        return ScheduleChanges(
            name=self.name,
            time_zone=self.time_zone,
            make_default=bool(self.is_default),
            hours=_hours(self.availability),
            overrides=_overrides(self.overrides),
        )


def _hours(items: list[AvailabilityIn] | None) -> tuple[WeeklyHours, ...] | None:
    return None if items is None else tuple(item.to_hours() for item in items)


def _overrides(items: list[OverrideIn] | None) -> tuple[DayHours, ...] | None:
    return None if items is None else tuple(item.to_hours() for item in items)


class AvailabilityOut(Out):
    days: list[str]
    start_time: str
    end_time: str


class OverrideOut(Out):
    date: str
    start_time: str
    end_time: str


class ScheduleOut(Out):
    """A schedule; its times are read in its own `timeZone`."""

    id: int
    owner_id: int
    name: str
    time_zone: str
    availability: list[AvailabilityOut]
    is_default: bool
    overrides: list[OverrideOut]

    @classmethod
    def of(cls, schedule: ScheduleFacts) -> ScheduleOut:
        return cls(
            id=schedule.id,
            owner_id=schedule.owner_id,
            name=schedule.name,
            time_zone=schedule.time_zone,
            availability=[
                AvailabilityOut(
                    days=[rules.DAYS[day] for day in item.days],
                    start_time=rules.clock_text(item.start),
                    end_time=rules.clock_text(item.end),
                )
                for item in schedule.hours
            ],
            is_default=schedule.is_default,
            overrides=[
                OverrideOut(
                    date=item.day.isoformat(),
                    start_time=rules.clock_text(item.start),
                    end_time=rules.clock_text(item.end),
                )
                for item in schedule.overrides
            ],
        )
