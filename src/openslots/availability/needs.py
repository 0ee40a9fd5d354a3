"""What a loader must bring for a query: the spans its bookings, calendars and facts must cover.

Called on a query whose hosts need have nothing but their limits, zones and schedules.
"""

from openslots.availability import civil, limits
from openslots.availability.inputs import SlotQuery
from openslots.availability.spans import DAY, HOUR, MINUTE, Span
from openslots.availability.team import FALLBACK_DAYS

# No event type's buffers are longer than this; bookings this far outside the window are loaded.
MAX_BUFFER = DAY


def needed_span(query: SlotQuery) -> Span:
    """[from, to) of everything looked at to answer a query, without any margin.

    For a booking, set `start` and `end` of the query to those of the slot.
    """
    first = _clamped(limits.earliest(query))
    end = _clamped(limits.end_of(query))
    # Never mind the past of a listing; a booking in the past may yet be asked about.
    start = max(_clamped(query.start), min(first, end - query.minutes * MINUTE))
    bounds = limits.window_bounds(query)
    if limits.is_rolling(query):
        start = min(start, first)
        end = min(end, max(bounds.end, start) + query.minutes * MINUTE + 2 * DAY)
    narrows = query.narrowing.contact_owner_email or query.assignment.lead_threshold is not None
    if query.event.kind == "round_robin" and narrows:
        start, end = min(start, first), max(end, query.now + FALLBACK_DAYS * DAY)
    end = min(end, max(start, first) + limits.MAX_DAYS * DAY)
    return Span(min(start, end), end)


def _clamped(instant: int) -> int:
    return min(max(instant, civil.EARLIEST), civil.LATEST)


def busy_span(query: SlotQuery) -> Span:
    """Bookings overlapping this span must be given: what is looked at and the largest buffers."""
    needed = needed_span(query)
    margin = (query.event.before_buffer + query.event.after_buffer) * MINUTE + MAX_BUFFER
    if query.reschedule_uid is not None:
        margin += (query.duration or 0) * MINUTE
    return Span(needed.start - margin, needed.end + margin)


def calendar_span(query: SlotQuery) -> Span:
    """Calendar time overlapping this span must be given (contract: 11 h before to 14 h after)."""
    needed = needed_span(query)
    return Span(needed.start - 11 * HOUR, needed.end + 14 * HOUR)


def fact_span(query: SlotQuery) -> Span:
    """Facts starting in this span must be given: whole periods of the limits in force."""
    return limits.fact_span(query, needed_span(query))
