"""Short ways to write instants, hours and queries, and to read answers back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from openslots.availability import civil
from openslots.availability.engine import compute_slots
from openslots.availability.inputs import (
    Booking,
    EventRules,
    HostInput,
    Override,
    Schedule,
    SlotQuery,
    WeeklyHours,
)

# Fields of whatever class a helper builds; `replace` checks them when it runs.
Fields: TypeAlias = Any

EVERY_DAY = tuple(range(7))
WEEKDAYS = (1, 2, 3, 4, 5)
MON, TUE, WED, THU, FRI = (f"2050-09-0{day}" for day in range(5, 10))


def at(text: str) -> int:
    """`2050-09-05` or `2050-09-05T09:00` (with or without an offset, UTC by default) as seconds."""
    moment = datetime.fromisoformat(text)
    return civil.seconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


NOW = at("2049-01-01")


def minute(text: str) -> int:
    hour, minutes = text.split(":")
    return int(hour) * 60 + int(minutes)


def hours(text: str, days: Sequence[int] = EVERY_DAY) -> WeeklyHours:
    """`hours("09:00-17:00", WEEKDAYS)`."""
    start, end = text.split("-")
    return WeeklyHours(tuple(days), minute(start), minute(end))


def override(day: str, text: str) -> Override:
    start, end = text.split("-")
    return Override(date.fromisoformat(day), minute(start), minute(end))


def schedule(zone: str, *items: WeeklyHours | str, overrides: Iterable[Override] = ()) -> Schedule:
    weekly = tuple(hours(item) if isinstance(item, str) else item for item in items)
    return Schedule(weekly, tuple(overrides), zone, id=1)


def rules(length: int = 60, **fields: Fields) -> EventRules:
    return replace(EventRules(1, length), **fields)


def host(*items: WeeklyHours | str, zone: str = "UTC", id: int = 1, **fields: Fields) -> HostInput:
    made = HostInput(id=id, email=f"h{id}@example.com", profile_zone=zone)
    return replace(made, schedule=schedule(zone, *items), **fields)


def booking(
    start: str, end: str, type_id: int | None = 2, uid: str = "", **fields: Fields
) -> Booking:
    made = Booking(uid or f"b{start}", at(start), at(end), type_id)
    return made._replace(**fields)


def ask(
    start: str, end: str, *hosts: HostInput, event: EventRules | None = None, **fields: Fields
) -> SlotQuery:
    """A query over [start, end); a bare end date is the end of that day."""
    last = at(end) + 86_400 if len(end) == 10 else at(end)
    rules = event or EventRules(1, 60)
    query = SlotQuery(NOW, at(start), last, rules, hosts)
    return replace(query, **fields)


def answer(query: SlotQuery) -> dict[str, list[str]]:
    """Date key -> texts of the starts, as the API gives them."""
    return civil.group_by_day(compute_slots(query).starts, query.viewer_zone)


def clock(query: SlotQuery) -> dict[str, str]:
    """Date key -> `09:00 10:00 ...` on the viewer's clock."""
    return {day: " ".join(text[11:16] for text in texts) for day, texts in answer(query).items()}
