"""What the engine answers: slots as JSON text, reasons, verdicts; here or in another process."""

from __future__ import annotations

import json
from collections.abc import Sequence

from openslots.availability import civil
from openslots.availability.engine import (
    SlotList,
    Verdict,
    check_series,
    check_slot,
    compute_slots,
)
from openslots.availability.explain import explain
from openslots.availability.reasons import Reason
from openslots.availability.spans import MINUTE
from openslots.slots.rules import inputs
from openslots.slots.rules.inputs import Material, Question
from openslots.slots.types import CheckRequest, Shape

_NAMES = {
    Shape.TIME: ("start", ""),
    Shape.RANGE: ("start", "end"),
    Shape.OLD_TIME: ("time", ""),
    Shape.OLD_RANGE: ("startTime", "endTime"),
}


def listing(material: Material, question: Question, shape: Shape) -> bytes:
    """The slots of a question: `{"2050-09-05": [{"start": ...}, ...], ...}`, days ascending."""
    found = compute_slots(inputs.assemble(material, question))
    return write(found, question.zone, shape).encode()


def reasons(material: Material, question: Question, start: int) -> tuple[Reason, ...]:
    """Why a start is not offered; empty if and only if `listing` offers it."""
    return explain(inputs.assemble(material, question), start)


def verdicts(material: Material, question: Question, request: CheckRequest) -> tuple[Verdict, ...]:
    """One verdict per start of the request."""
    query = inputs.assemble(material, question)
    starts = [civil.seconds(start) for start in request.starts]
    if len(starts) == 1:
        verdict = check_slot(
            query,
            starts[0],
            ignore_conflicts=request.ignore_conflicts,
            ignore_bounds=request.ignore_bounds,
            ignore_limits=request.ignore_limits,
        )
        return (verdict,)
    return check_series(
        query,
        starts,
        ignore_conflicts=request.ignore_conflicts,
        ignore_bounds=request.ignore_bounds,
        ignore_limits=request.ignore_limits,
    )


def write(found: SlotList, zone: str | None, shape: Shape) -> str:
    """JSON text; times carry the zone's offset, or Z without a zone (slots notes, section 2.3)."""
    first, last = _NAMES[shape]
    days = civil.group_by_day(found.starts, zone)
    if not last and found.seats_total is None:
        # Nothing in these texts needs escaping, so a day is two joins.
        between = f'"}},{{"{first}":"'
        items = (f'"{day}":[{{"{first}":"{between.join(texts)}"}}]' for day, texts in days.items())
        return f"{{{','.join(items)}}}"
    tails = _tails(found, zone, last, modern=shape in (Shape.TIME, Shape.RANGE))
    out: list[str] = []
    at = 0
    for day, texts in days.items():
        slots = [
            f'{{"{first}":"{text}"{tail}}}'
            for text, tail in zip(texts, tails[at : at + len(texts)], strict=True)
        ]
        at += len(texts)
        out.append(f'"{day}":[{",".join(slots)}]')
    return f"{{{','.join(out)}}}"


def _tails(found: SlotList, zone: str | None, last: str, *, modern: bool) -> Sequence[str]:
    """What follows the start in each slot: the end, and the seats."""
    tails = [""] * len(found.starts)
    if last:
        length = found.minutes * MINUTE
        ends = civil.format_instants([start + length for start in found.starts], zone)
        tails = [f',"{last}":"{end}"' for end in ends]
    if found.seats_total is None:
        return tails
    seats = _seats if modern else _old_seats
    return [tail + seats(found, start) for tail, start in zip(tails, found.starts, strict=True)]


def _seats(found: SlotList, start: int) -> str:
    seats = found.seats_at(start)
    if seats is None:
        return ""
    text = (
        f',"seatsBooked":{seats.booked},"seatsRemaining":{seats.remaining}'
        f',"seatsTotal":{seats.total}'
    )
    return text if seats.booking_uid is None else f"{text},{_booking(seats.booking_uid)}"


def _old_seats(found: SlotList, start: int) -> str:
    # contract: the older shape speaks of seats only where there is a booking
    seats = found.seats_at(start)
    if seats is None or seats.booking_uid is None:
        return ""
    return f',"attendees":{seats.booked},{_booking(seats.booking_uid)}'


def _booking(uid: str) -> str:
    return f'"bookingUid":{json.dumps(uid)}'
