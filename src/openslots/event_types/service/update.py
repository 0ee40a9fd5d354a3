"""Changing and deleting event types of a person."""

from __future__ import annotations

from openslots.event_types import repository
from openslots.event_types.errors import (
    EventTypeNotFound,
    InvalidEventType,
    NothingToDelete,
    NotTheOwner,
    SlugTakenOnUpdate,
)
from openslots.event_types.service import checks, links
from openslots.event_types.types import UpdateEventType
from openslots.events.event_types import EventTypeDeleted
from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType


async def update(uow: UnitOfWork, command: UpdateEventType) -> EventType:
    """Applies the changes and nothing else; what was not named stays, private links included.

    Raises EventTypeNotFound (also for somebody else's), InvalidEventType, AppNotConnected,
    SlugTakenOnUpdate or ForeignSchedule; nothing is changed then.
    """
    columns = command.changes.columns
    if "slug" in columns or "schedule_id" in columns:
        # before the row, which a schedule that is deleted under this lock changes as well
        await uow.lock(locks.USER, command.owner_id)
    row = await repository.own(uow.session, command.event_type_id, command.owner_id, to_change=True)
    if row is None:
        raise EventTypeNotFound(command.event_type_id)
    _check_fixed(row, command)
    checks.apply(row, command.changes)
    if "slug" in columns:
        taken = await repository.slug_taken(
            uow.session, command.owner_id, columns["slug"], but=row.id
        )
        if taken:
            raise SlugTakenOnUpdate
    await checks.schedule_is_own(uow, command.owner_id, columns)
    await uow.session.flush()
    if command.links is not None:
        await links.replace(uow, row.id, command.links)
    return row


def _check_fixed(row: EventType, command: UpdateEventType) -> None:
    for name, value in command.fixed.items():
        if value != getattr(row, name):
            shown = "teamId" if name == "team_id" else "parentId"
            raise InvalidEventType(f"{shown} of an event type cannot be changed")


async def delete(uow: UnitOfWork, owner_id: int, event_type_id: int) -> EventType:
    """Deletes it with its hosts, links and webhooks; its bookings stay. The deleted row.

    Raises NothingToDelete, or NotTheOwner for somebody else's.
    """
    row = await repository.by_id(uow.session, event_type_id)
    if row is None:
        raise NothingToDelete(event_type_id)
    if row.owner_id != owner_id:
        raise NotTheOwner(owner_id, event_type_id)
    # First the bookings, then the row, then the webhooks: as those who book, move and cancel.
    await repository.let_bookings_go(uow.session, row.id)
    if await repository.own(uow.session, row.id, owner_id, to_change=True) is None:
        raise NothingToDelete(event_type_id)
    await uow.publish(EventTypeDeleted(id=row.id))
    await uow.session.delete(row)
    await uow.session.flush()
    return row
