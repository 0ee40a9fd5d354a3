"""The holds of a time that a booking meets and uses up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.models import SlotReservation


async def live(
    session: AsyncSession,
    host_ids: Sequence[int],
    start: datetime,
    end: datetime,
    now: datetime,
) -> list[SlotReservation]:
    """Unexpired holds of the hosts that overlap [start, end), oldest first."""
    found = await session.scalars(
        select(SlotReservation)
        .where(
            SlotReservation.user_id.in_(host_ids),
            SlotReservation.start_at < end,
            SlotReservation.end_at > start,
            SlotReservation.release_at > now,
        )
        .order_by(SlotReservation.created_at, SlotReservation.id)
    )
    return list(found)


async def consume(session: AsyncSession, uid: str) -> None:
    await session.execute(delete(SlotReservation).where(SlotReservation.uid == uid))


async def drop_exact(
    session: AsyncSession, event_type_id: int, starts: Sequence[datetime], *, one_seat: bool
) -> None:
    """Removes the holds of exactly these starts; of a group meeting only the oldest seat."""
    held = (
        SlotReservation.event_type_id == event_type_id,
        SlotReservation.start_at.in_(starts),
    )
    statement = delete(SlotReservation)
    if one_seat:
        oldest = select(SlotReservation.id).where(*held).order_by(SlotReservation.id).limit(1)
        statement = statement.where(SlotReservation.id.in_(oldest))
    else:
        statement = statement.where(*held)
    await session.execute(statement.execution_options(synchronize_session=False))
