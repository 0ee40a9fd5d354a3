"""Instants as a reader's calendar shows them: their zone, their language, their clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from babel import dates

from openslots.availability import civil
from openslots.notifications.rendering.languages import ENGLISH, Language


@dataclass(frozen=True)
class Times:
    """How one reader reads times. `clock` is 12 or 24, None for the custom of the language."""

    language: Language
    zone: str
    clock: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", civil.canonical_zone(self.zone) or "UTC")

    def when(self, start: datetime, end: datetime) -> str:
        """`2:00pm - 2:30pm, Monday, June 8, 2026`, as in subjects."""
        return f"{self.hours(start, end)}, {self.day(start)}"

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
        clock = self.clock or (12 if self.language.code == ENGLISH else 24)
        pattern = "HH:mm" if clock == 24 else "h:mma" if self._english else "h:mm a"
        text = dates.format_time(self._local(moment), pattern, locale=self.language.locale)
        return text.lower() if self._english else text

    def zone_name(self, moment: datetime) -> str:
        """`British Summer Time (Europe/London)`, what the zone is called at that moment."""
        if self.zone == "UTC":
            return "UTC"
        name = dates.get_timezone_name(
            self._local(moment), locale=self.language.locale, uncommon=True
        )
        return f"{name} ({self.zone})"

    @property
    def _english(self) -> bool:
        return self.language.code == ENGLISH

    @property
    def _tz(self) -> tzinfo:
        return dates.get_timezone(self.zone)

    def _local(self, moment: datetime) -> datetime:
        try:
            return moment.astimezone(self._tz)
        except (OverflowError, ValueError):  # the last day of the calendar has no local time
            return moment.astimezone(UTC)
