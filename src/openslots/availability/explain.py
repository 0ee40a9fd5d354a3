"""Every reason why a start is not offered: none if and only if `compute_slots` lists it."""

from openslots.availability import limits, reasons
from openslots.availability.engine import Outlook, holding, outlook, unreserved
from openslots.availability.inputs import SlotQuery
from openslots.availability.reasons import Reason, ReasonKind, TeamReasons
from openslots.availability.spans import MINUTE

__all__ = ["Reason", "ReasonKind", "explain"]


def explain(query: SlotQuery, start: int) -> tuple[Reason, ...]:
    """Why `compute_slots(query)` does not offer `start`.

    Every rule that refuses the start gives its reasons, each host's apart. A start that no rule
    refuses but that is not laid out gets `grid` (or `not_first`, when only the first of a day is
    shown). The hosts are those considered for the query.
    """
    end = start + query.minutes * MINUTE
    beyond = reasons.outside_calendar(start, end)
    if beyond:
        return tuple(beyond)
    seen = outlook(query)
    found = reasons.too_soon(query, start, limits.earliest(query))
    found += reasons.outside_window(start, *seen.bounds) or _outside_query(query, seen, start, end)
    found += reasons.limit_reasons(limits.event_hits(query, start, end), start, end)
    found += reasons.outside_restriction(query, start, end)
    found += TeamReasons(query, start, end).blocking(seen.team)
    if not unreserved(query, seen.team, seen.board, [start]):
        held = holding(query, seen.team)
        found += reasons.reservation_reasons([h for h in held if h.start < end and h.end > start])
    if not found and start not in seen.starts:
        found.append(_not_laid_out(seen, start))
    return tuple(found)


def _outside_query(query: SlotQuery, seen: Outlook, start: int, end: int) -> list[Reason]:
    if query.start <= start and end <= seen.window.end:
        return []
    return [Reason(ReasonKind.RANGE, "The slot does not lie inside the range asked for.")]


def _not_laid_out(seen: Outlook, start: int) -> Reason:
    if start in seen.before_first:
        return Reason(ReasonKind.NOT_FIRST, "Only the first slot of each day is shown.")
    return Reason(ReasonKind.GRID, "Free, but no slot starts at this time.")
