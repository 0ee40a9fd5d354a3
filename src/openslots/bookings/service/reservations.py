"""Named and unnamed reservations when a booking is made (end of section 5.9)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from openslots.bookings.errors import SlotReserved
from openslots.bookings.repository import reservations
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType


async def admit(
    uow: UnitOfWork,
    uid: str | None,
    event_type: EventType,
    host_ids: Sequence[int],
    start: datetime,
    minutes: int,
) -> None:
    """Under the hosts' locks: raises SlotReserved while somebody else's older reservation lives.

    A booking that names no reservation is stopped only where the operator wants it so.
    """
    strict = uow.settings.bookings.strict_reservations
    if (uid is None and not strict) or event_type.seats_per_slot:
        return
    end = start + timedelta(minutes=minutes)
    held = await reservations.live(uow.session, host_ids, start, end, uow.now)
    capacity = len(host_ids) if event_type.scheduling_type == "roundRobin" else 1
    ahead: dict[str, datetime] = {}
    for row in held:
        if row.uid == uid:
            break
        ahead[row.uid] = row.release_at
    if len(ahead) >= capacity:
        seconds = math.ceil((min(ahead.values()) - uow.now).total_seconds())
        raise SlotReserved(max(seconds, 1))


async def use_up(
    uow: UnitOfWork, uid: str | None, event_type: EventType, starts: Sequence[datetime]
) -> None:
    """Removes the named reservation, or those of exactly the booked times."""
    if uid is not None:
        await reservations.consume(uow.session, uid)
    else:
        await reservations.drop_exact(
            uow.session, event_type.id, starts, one_seat=bool(event_type.seats_per_slot)
        )
