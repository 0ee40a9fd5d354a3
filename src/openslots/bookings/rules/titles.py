"""The title of a booking: the event type's own template, or who meets whom (section 6.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_VARIABLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Names:
    """What a title is made of. `team` is set for events of several hosts."""

    event: str
    host: str
    attendee: str
    minutes: int
    location: str = ""
    team: str | None = None
    attendee_first: str | None = None
    attendee_last: str | None = None


def title(template: str | None, names: Names, answers: Mapping[str, object]) -> str:
    """The title; a variable without a value becomes empty."""
    side = names.team or names.host
    if not template or not template.strip():
        return f"{names.event} between {side} and {names.attendee}"
    words = names.attendee.split()
    first = names.attendee_first if names.attendee_first is not None else " ".join(words[:1])
    last = names.attendee_last if names.attendee_last is not None else " ".join(words[1:][-1:])
    known = {
        "Event type title": names.event,
        "Organiser": side,
        "USER": side,
        "HOST": side,
        "Organiser first name": " ".join(side.split()[:1]),
        "Scheduler": names.attendee,
        "ATTENDEE": names.attendee,
        "HOST/ATTENDEE": names.attendee,
        "Scheduler first name": first,
        "Scheduler last name": last,
        "Event duration": f"{names.minutes} mins",
        "Location": names.location,
        "LOCATION": names.location,
    }

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return known[name] if name in known else _text(answers.get(name))

    return _VARIABLE.sub(value, template)


def _text(answer: object) -> str:
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, list | tuple):
        return ", ".join(_text(item) for item in answer)
    return str(answer)
