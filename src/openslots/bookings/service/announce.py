"""Domain events of bookings, from snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from openslots.access.caller import Caller
from openslots.bookings.types import Snapshot
from openslots.events.bookings import AttendeeFacts, BookingEvent
from openslots.kernel.uow import UnitOfWork

E = TypeVar("E", bound=BookingEvent)


def event(
    uow: UnitOfWork,
    kind: type[E],
    shown: Snapshot,
    *,
    actor: Caller | str | None = None,
    attendees: Sequence[AttendeeFacts] | None = None,
    **more: Any,  # Any: the members of the event's own class
) -> E:
    """An event of a class about a booking as it is now; `attendees` only those concerned."""
    email = actor.email if isinstance(actor, Caller) else actor
    return kind(
        at=uow.now,
        booking=shown.booking,
        event_type=shown.event_type,
        organizer=shown.organizer,
        attendees=shown.attendees if attendees is None else tuple(attendees),
        everyone=shown.attendees,
        organization_id=shown.organization_id,
        team_ids=shown.team_ids,
        actor_email=email,
        **more,
    )


async def publish_series(
    uow: UnitOfWork,
    kind: type[E],
    series: Sequence[Snapshot],
    *,
    actor: Caller | str | None = None,
    **more: Any,  # Any: the members of the event's own class
) -> None:
    """One event per occurrence; only the first speaks to people, and lists all starts."""
    starts = tuple(item.booking.start for item in series) if len(series) > 1 else ()
    for number, item in enumerate(series):
        made = event(uow, kind, item, actor=actor, **more)
        made = replace(made, occurrences=starts, silent=number > 0)
        await uow.publish(made)
