"""Local time: zones, local days and the text of instants; the only file that knows time zones.

Days are numbers (0 = 1 January 1970) and wall-clock times are seconds since that day's midnight on
the local clock, so the rest of the engine never meets a datetime.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from openslots.availability.spans import DAY, MINUTE, Span

# Nothing is computed outside these bounds: they keep a year's arithmetic inside the calendar.
EARLIEST = -59_011_459_200  # 0100-01-01T00:00:00Z
LATEST = 253_339_228_800  # 9998-01-01T00:00:00Z

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_BLOCK_BITS = 25  # 2 ** 25 seconds are 388 days
_PROBE = 3 * DAY  # no zone changes its clock twice within three days
_MARGIN = 3 * DAY
_NOT_ZONES = frozenset({"factory", "localtime"})


class UnknownZone(ValueError):
    """The name is not in the tz database."""


class Zone(NamedTuple):
    """The offsets of one zone over a stretch of time (see `zone`), as tables to bisect.

    `offsets[i]` holds from `instants[i - 1]` to `instants[i]`. `walls[i]` is the wall-clock time
    up to which the offset before change i is used: a skipped time moves forward by the gap, a
    repeated one is its first occurrence.
    """

    name: str
    instants: tuple[int, ...]
    offsets: tuple[int, ...]
    walls: tuple[int, ...]

    def offset(self, instant: int) -> int:
        """Seconds east of UTC at an instant."""
        return self.offsets[bisect_right(self.instants, instant)]

    def instant(self, wall: int) -> int:
        """The instant of a wall-clock time, given as day number * 86400 + seconds."""
        return wall - self.offsets[bisect_right(self.walls, wall)]

    def day(self, instant: int) -> int:
        """The number of the local day an instant falls on."""
        return (instant + self.offset(instant)) // DAY

    def midnight(self, day: int) -> int:
        """The first instant of a local day."""
        return self.instant(day * DAY)

    def days(self, first: int, last: int) -> Span:
        """From the start of the first to the end of the last local day."""
        return Span(self.midnight(first), self.midnight(last + 1))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names = {name.lower(): name for name in sorted(available_timezones())}
    return {lower: name for lower, name in names.items() if lower not in _NOT_ZONES}


def canonical_zone(name: str) -> str | None:
    """The tz database's spelling of a zone name given in any case; None when there is none."""
    return _names().get(name.lower())


def zone(name: str, start: int, end: int) -> Zone:
    """The zone's tables, good from three days before `start` to three days after `end`.

    Raises `UnknownZone`. Tables are cached by blocks of about a year, so this is a dictionary
    look-up for all but the first query in a zone.
    """
    start = min(max(start, EARLIEST), LATEST)
    end = min(max(end, start), LATEST)
    return _tables(name, (start - _MARGIN) >> _BLOCK_BITS, (end + _MARGIN) >> _BLOCK_BITS)


@lru_cache(maxsize=4096)
def _tables(name: str, first: int, last: int) -> Zone:
    known = canonical_zone(name)
    if known is None:
        raise UnknownZone(name)
    changes = [change for block in range(first, last + 1) for change in _changes(known, block)]
    instants = tuple(instant for instant, _ in changes)
    offsets = (_offset(ZoneInfo(known), first << _BLOCK_BITS), *(offset for _, offset in changes))
    walls = tuple(instant + max(offsets[i], offsets[i + 1]) for i, instant in enumerate(instants))
    return Zone(known, instants, offsets, walls)


@lru_cache(maxsize=16_384)
def _changes(name: str, block: int) -> tuple[tuple[int, int], ...]:
    """The (instant, new offset) of every change of offset in one block: (start, start + 2**25]."""
    info = ZoneInfo(name)
    found: list[tuple[int, int]] = []
    start, stop = block << _BLOCK_BITS, (block + 1) << _BLOCK_BITS
    before = _offset(info, start)
    while start < stop:
        end = min(start + _PROBE, stop)
        after = _offset(info, end)
        if after != before:
            found.append((_change(info, start, end, before), after))
        start, before = end, after
    return tuple(found)


def _change(info: ZoneInfo, low: int, high: int, before: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(info, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(info: ZoneInfo, instant: int) -> int:
    instant = min(max(instant, EARLIEST - DAY), LATEST + 360 * DAY)
    offset = datetime.fromtimestamp(instant, info).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def day_number(day: date) -> int:
    """A calendar date as a day number."""
    return day.toordinal() - _EPOCH_ORDINAL


def calendar_date(day: int) -> date:
    """A day number as a calendar date."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


def weekday(day: int) -> int:
    """0 = Sunday ... 6 = Saturday."""
    return (day + 4) % 7


def seconds(moment: datetime) -> int:
    """An aware datetime as whole UTC seconds; fractions are cut."""
    return int(moment.timestamp() // 1)


def moment(instant: int) -> datetime:
    """UTC seconds as an aware datetime in UTC."""
    return datetime.fromtimestamp(instant, UTC)


_CLOCK = tuple(f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))
_WHOLE = tuple(f"{clock}00.000" for clock in _CLOCK)


@lru_cache(maxsize=4096)
def _date_text(day: int) -> str:
    return calendar_date(day).isoformat()


@lru_cache(maxsize=512)
def _suffix(offset: int) -> str:
    sign, rest = ("-", -offset) if offset < 0 else ("+", offset)
    return f"{sign}{rest // 3600:02d}:{rest % 3600 // 60:02d}"


def _is_plain(name: str | None) -> bool:
    """contract: an absent zone, UTC and GMT are written with Z, every other with its offset."""
    return name is None or name.upper() in ("UTC", "GMT")


def format_instants(instants: Sequence[int], zone_name: str | None = None) -> list[str]:
    """Ascending instants as `YYYY-MM-DDTHH:MM:SS.000Z`, or with the zone's numeric offset."""
    texts: list[str] = []
    for _, some in _by_day(instants, zone_name):
        texts += some
    return texts


def group_by_day(starts: Sequence[int], zone_name: str | None = None) -> dict[str, list[str]]:
    """Ascending instants -> {local date `YYYY-MM-DD`: texts as in `format_instants`}."""
    days: dict[str, list[str]] = {}
    for day, texts in _by_day(starts, zone_name):
        found = days.setdefault(_date_text(day), texts)
        if found is not texts:
            found += texts
    return days


def _by_day(instants: Sequence[int], zone_name: str | None) -> Iterator[tuple[int, list[str]]]:
    """The texts of each stretch of instants that share a local day and an offset."""
    if not instants:
        return
    local = zone(zone_name or "UTC", instants[0], instants[-1])
    plain = _is_plain(zone_name)
    first, count = 0, len(instants)
    while first < count:
        at = bisect_right(local.instants, instants[first])
        offset = local.offsets[at]
        day = (instants[first] + offset) // DAY
        midnight = day * DAY - offset
        end = midnight + DAY
        if at < len(local.instants):
            end = min(end, local.instants[at])
        last = bisect_left(instants, end, first)
        date_text, suffix = _date_text(day), "Z" if plain else _suffix(offset)
        texts = []
        for instant in instants[first:last]:
            minute, second = divmod(instant - midnight, MINUTE)
            clock = f"{_CLOCK[minute]}{second:02d}.000" if second else _WHOLE[minute]
            texts.append(date_text + clock + suffix)
        yield day, texts
        first = last
