"""Instants as a reader's calendar shows them: their zone, their language, their clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from babel import dates

from openslots.availability import civil
from openslots.notifications.rendering.languages import ENGLISH, Language


@dataclass(frozen=True)
class Times:
    """How one reader reads times: by 24 hours where so wanted, else as the language does."""

    language: Language
    zone: str
    long_clock: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", civil.canonical_zone(self.zone) or "UTC")

    def when(self, start: datetime, end: datetime) -> str:
        """`2:00pm - 2:30pm, Monday, June 8, 2026`, as in subjects."""
        hours, day = self.hours(start, end), self.day(start)
        return self.language.say("formats.when", hours=hours, day=day)

    def day(self, moment: datetime) -> str:
        """`Monday, June 8, 2026`."""
        return dates.format_date(self._local(moment), "full", self.language.locale)

    def hours(self, start: datetime, end: datetime) -> str:
        """`2:00pm - 2:30pm`; with the day of the end, where that is another one."""
        first, last = self.hour(start), self.hour(end)
        if self._local(start).date() == self._local(end).date():
            return f"{first} - {last}"
        return f"{first} - {last} ({self.day(end)})"

    def hour(self, moment: datetime) -> str:
        """`2:00pm`, or `14:00`."""
        local, english = self._local(moment), self.language.code == ENGLISH
        pattern = "h:mma" if english and not self.long_clock else "HH:mm"
        return dates.format_time(local, pattern, locale=self.language.locale).lower()

    def zone_name(self, moment: datetime) -> str:
        """`British Summer Time (Europe/London)`, what the zone is called at that moment."""
        if self.zone == "UTC":
            return "UTC"
        name = dates.get_timezone_name(
            self._local(moment), locale=self.language.locale, uncommon=True
        )
        return f"{name} ({self.zone})"

    @property
    def _tz(self) -> tzinfo:
        return dates.get_timezone(self.zone)

    def _local(self, moment: datetime) -> datetime:
        try:
            return moment.astimezone(self._tz)
        except (OverflowError, ValueError):  # the last day of the calendar has no local time
            return moment.astimezone(UTC)
