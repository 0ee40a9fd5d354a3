"""Values that exist on the server, and how they get into generated requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

Json = Any  # any JSON value
Thing = dict[str, Json]  # name of a parameter or member -> value; these belong together
# names that go by another one's values
SAME = {
    "eventTypeIds": "eventTypeId", "bookingUidToReschedule": "bookingUid",
    "rescheduleUid": "bookingUid", "usernames": "username", "usernameList": "username",
    "eventTypeSlug": "slug", "eventSlug": "slug", "slotStart": "start", "at": "start",
    "slotUtcStartDate": "start", "slotUtcEndDate": "slotEnd", "attendeeEmail": "email",
    "toUserId": "userId", "duration": "lengthInMinutes", "defaultScheduleId": "scheduleId",
    "reservationUid": "uid",
}  # fmt: skip
# in a query these are days, in a body times of other kinds
RANGES = {"start": "day", "startTime": "day", "end": "lastDay", "endTime": "lastDay"}


@dataclass
class Known:
    """What there is: single values by name, and things whose values belong together."""

    values: dict[str, list[Json]] = field(default_factory=dict)
    times: list[Thing] = field(default_factory=list)  # event types with a free start
    pairs: list[Thing] = field(default_factory=list)  # for paths with two names

    def note(self, name: str, values: Iterable[Json]) -> None:
        held = self.values.setdefault(name, [])
        held.extend(value for value in values if value is not None and value not in held)

    def __str__(self) -> str:
        held = {name: len(values) for name, values in self.values.items()}
        return ", ".join(f"{name} {count}" for name, count in held.items())

    def pick(self, name: str, rng: Random, *, query: bool = False) -> Json:
        """A value that exists for a parameter or member of this name, None where there is none."""
        named = RANGES.get(name) if query else None
        held = self.values.get(named or SAME.get(name, name), [])
        return rng.choice(held) if held else None

    def path(self, names: list[str], rng: Random) -> Thing:
        """Values for the names of a path, which belong together where something has them all."""
        fitting = [thing for thing in self.pairs if set(names) <= set(thing)]
        if len(names) > 1 and fitting and rng.random() < 0.8:
            return rng.choice(fitting)
        found = {name: self.pick(name, rng) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def fill(self, body: Json, rng: Random, chance: float) -> Json:
        """A body some of whose members name things that exist and fit each other."""
        return self._fill(body, rng, chance, rng.choice(self.times) if self.times else {})

    def _fill(self, value: Json, rng: Random, chance: float, thing: Thing) -> Json:
        if isinstance(value, list):
            return [self._fill(inner, rng, chance, thing) for inner in value]
        if not isinstance(value, dict):
            return value
        return {key: self._filled(key, inner, rng, chance, thing) for key, inner in value.items()}

    def _filled(self, key: str, value: Json, rng: Random, chance: float, thing: Thing) -> Json:
        if key == "slug" and isinstance(value, str):
            return f"{value[:100]}-{rng.randrange(10**6)}"  # one that exists would be refused
        if not isinstance(value, dict) and value != [] and rng.random() < chance:
            found = thing.get(SAME.get(key, key))
            found = self.pick(key, rng) if found is None else found
            if found is not None:
                return [found] if isinstance(value, list) else found
        return self._fill(value, rng, chance, thing)


def tame(value: Json) -> Json:
    """A body whose addresses for webhooks lead to this machine: others are not to be called."""
    return _walk(value, lambda key, inner: _local(inner) if key.lower().endswith("url") else inner)


def _walk(value: Json, change: Callable[[str, Json], Json]) -> Json:
    if isinstance(value, list):
        return [_walk(inner, change) for inner in value]
    if isinstance(value, dict):
        return {key: change(key, _walk(inner, change)) for key, inner in value.items()}
    return value


def _local(value: Json) -> Json:
    if not isinstance(value, str) or "://" not in value:
        return value
    scheme, _, rest = value.partition("://")
    _, slash, path = rest.partition("/")
    return f"{scheme}://127.0.0.1:9{slash}{path}"
