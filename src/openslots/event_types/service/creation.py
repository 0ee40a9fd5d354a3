"""New event types of a person."""

from __future__ import annotations

from openslots.event_types import repository
from openslots.event_types.errors import SlugTaken
from openslots.event_types.rules import fields, initial, locations
from openslots.event_types.service import checks
from openslots.event_types.types import Columns, CreateEventType, Stored
from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType


async def create(uow: UnitOfWork, command: CreateEventType) -> EventType:
    """Inserts the event type. Raises InvalidEventType, AppNotConnected, SlugTaken or
    ForeignSchedule; nothing is written then."""
    columns = command.changes.columns
    row = EventType(
        **{
            **initial.columns(),
            "owner_id": command.owner_id,
            "booking_fields": fields.defaults(),
            "locations": [await default_location(uow, command.owner_id)],
        }
    )
    checks.apply(row, command.changes)
    await uow.lock(locks.USER, command.owner_id)
    if await repository.slug_taken(uow.session, command.owner_id, columns["slug"]):
        raise SlugTaken
    await checks.schedule_is_own(uow, command.owner_id, columns)
    uow.session.add(row)
    await uow.session.flush()
    return row


async def default_location(uow: UnitOfWork, owner_id: int) -> Stored:
    """The owner's default conferencing app while it is installed, else Cal Video."""
    app = await repository.default_app(uow.session, owner_id)
    if app is not None and app in locations.BUILT_IN:
        return locations.app_location(app) or locations.cal_video()
    return locations.cal_video()


async def create_defaults(uow: UnitOfWork, user_id: int, *, managed: bool = False) -> list[int]:
    """The event types that a new person starts with, unless they have some already; their ids.

    `managed`: the four of a user managed by a platform client (event type notes, 19).
    """
    await uow.lock(locks.USER, user_id)
    if await repository.of_owner(uow.session, user_id):
        return []
    wanted: tuple[Columns, ...] = initial.MANAGED_USER if managed else initial.SIGN_UP
    rows = [EventType(**{**initial.columns(), "owner_id": user_id, **new}) for new in wanted]
    uow.session.add_all(rows)
    await uow.session.flush()
    return [row.id for row in rows]
