"""The free times of two weeks, as they are listed for whoever moves a booking."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from babel.dates import get_timezone

from openslots.availability import civil
from openslots.events.bookings import BookingFacts
from openslots.kernel.uow import UnitOfWork
from openslots.slots import service as slots
from openslots.slots.types import Listing, Target

STEP = timedelta(days=14)
FARTHEST = timedelta(days=5 * 365)
MOST_STARTS = 1000  # of a page, unless one day alone has more


@dataclass(frozen=True)
class Window:
    """Two weeks of local days of a zone, and the first days of those before and after."""

    zone: str
    first: date
    earlier: date | None
    later: date | None

    @property
    def start(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        return _midnight(self.first + STEP, self.zone)


def window(now: datetime, zone: str, wanted: date | None) -> Window:
    """The weeks from the wanted day, from today where none is wanted or it has passed."""
    today = now.astimezone(get_timezone(zone)).date()
    last = today + FARTHEST
    first = min(max(wanted or today, today), last)
    return Window(
        zone=zone,
        first=first,
        earlier=max(first - STEP, today) if first > today else None,
        later=first + STEP if first + STEP <= last else None,
    )


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), get_timezone(zone)).astimezone(UTC)


async def starts(
    uow: UnitOfWork, booking: BookingFacts, shown: Window
) -> dict[str, list[datetime]]:
    """Local day -> the starts that the booking can be moved to, without its own."""
    if booking.event_type_id is None:
        return {}
    ask = Listing(
        target=Target(event_type_id=booking.event_type_id),
        start=civil.seconds(shown.start),
        end=civil.seconds(shown.end),
        zone=shown.zone,
        duration=max(int((booking.end - booking.start).total_seconds()) // 60, 1),
        reschedule_uid=booking.uid,
    )
    days: dict[str, list[dict[str, str]]] = json.loads(await slots.listing(uow, ask))
    found = {
        day: [
            moment
            for moment in (datetime.fromisoformat(one["start"]) for one in some)
            if moment != booking.start
        ]
        for day, some in days.items()
    }
    return {day: some for day, some in found.items() if some}


def bounded(
    shown: Window, starts: Mapping[str, Sequence[datetime]]
) -> tuple[Window, Mapping[str, Sequence[datetime]]]:
    """The first whole days that have MOST_STARTS together; `later` is the first day left out."""
    kept: dict[str, Sequence[datetime]] = {}
    count = 0
    for day, some in starts.items():
        count += len(some)
        if kept and count > MOST_STARTS:
            return replace(shown, later=date.fromisoformat(day)), kept
        kept[day] = some
    return shown, kept
