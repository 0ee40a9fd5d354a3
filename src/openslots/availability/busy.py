"""What takes a host's time: bookings and calendar entries with the buffers of both events."""

from collections.abc import Iterable, Mapping, Sequence

from openslots.availability.inputs import Booking, Busy, HostInput, SlotQuery
from openslots.availability.spans import MINUTE, Pair, merge, pad, subtract


def booking_spans(query: SlotQuery, bookings: Iterable[Booking]) -> list[Pair]:
    """The busy spans of bookings for the asked event (rules 10.1 to 10.3), unsorted, may overlap.

    An open-seat booking of the asked type leaves its own time free: only its buffers are busy.
    """
    event, skipped = query.event, query.reschedule_uid
    asked, pending_blocks = event.id, event.pending_blocks
    before, after = event.before_buffer * MINUTE, event.after_buffer * MINUTE
    if not has_open_seats(query):
        return [
            (start - own_before * MINUTE - after, end + own_after * MINUTE + before)
            for uid, start, end, type_id, own_before, own_after, _, status in bookings
            if uid != skipped
            and (
                status == "accepted"
                or (pending_blocks and status == "pending" and type_id == asked is not None)
            )
        ]
    out: list[Pair] = []
    add = out.append
    for uid, start, end, type_id, own_before, own_after, seats, status in bookings:
        if uid == skipped:
            continue
        same = type_id == asked is not None
        if status != "accepted" and not (status == "pending" and pending_blocks and same):
            continue
        low = start - own_before * MINUTE - after
        high = end + own_after * MINUTE + before
        if seats and same:
            add((low, start))
            add((end, high))
        else:
            add((low, high))
    return out


def has_open_seats(query: SlotQuery) -> bool:
    """Whether a booking of the asked type may be joined; a single seat makes it an ordinary one."""
    return (query.event.seats_per_slot or 0) > 1


def calendar_spans(query: SlotQuery, host: HostInput, entries: Sequence[Busy]) -> list[Pair]:
    """The busy spans of calendar entries (rule 10.4), sorted by start or as given.

    Our own copies of open-seat bookings and of the booking being moved do not count.
    """
    if not entries:
        return []
    before, after = query.event.before_buffer * MINUTE, query.event.after_buffer * MINUTE
    taken: list[Pair] = [(entry.start, entry.end) for entry in entries]
    own = _own_copies(query, host)
    if own:
        taken = subtract(merge(taken), own)
    return pad(taken, after, before)


def _own_copies(query: SlotQuery, host: HostInput) -> list[Pair]:
    moved, asked, seated = query.reschedule_uid, query.event.id, has_open_seats(query)
    if not seated and moved is None:
        return []
    return sorted(
        (booking.start, booking.end)
        for booking in host.bookings
        if booking.uid == moved
        or (seated and booking.seats_taken and booking.event_type_id == asked is not None)
    )


def booked_seats(query: SlotQuery, hosts: Iterable[HostInput]) -> Mapping[int, Booking]:
    """The accepted booking with seats taken at each start; of several, the one with most room."""
    asked = query.event.id
    found: dict[int, Booking] = {}
    if asked is None or not query.event.seats_per_slot:
        return found
    for host in hosts:
        for booking in host.bookings:
            if booking.event_type_id != asked or not booking.seats_taken:
                continue
            if booking.status != "accepted":
                continue
            other = found.get(booking.start)
            if other is None or (booking.seats_taken, booking.uid) < (other.seats_taken, other.uid):
                found[booking.start] = booking
    return found
