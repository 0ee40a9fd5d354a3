"""Finds whose time is asked about, by id, by slug and owner, or by names."""

from __future__ import annotations

from openslots.kernel.uow import UnitOfWork
from openslots.slots.errors import (
    EventTypeNotFound,
    OrganizationNotFound,
    TeamNotFound,
    UserNotFound,
)
from openslots.slots.loader import Subject
from openslots.slots.repository import names
from openslots.slots.types import Target


async def resolve(uow: UnitOfWork, target: Target) -> Subject | None:
    """The subject; None when several people were named and none is known.

    At most one statement. An id is not looked up here. Raises OrganizationNotFound, UserNotFound,
    TeamNotFound or EventTypeNotFound, in this order.
    """
    if target.event_type_id is not None:
        return Subject(event_type_id=target.event_type_id)
    organization = target.organization_slug
    if target.usernames:
        known = await names.people(uow.session, target.usernames, organization)
        return Subject(user_ids=tuple(known)) if known else None
    if target.username is not None:
        found = await names.by_username(
            uow.session, target.username, target.slug or "", organization
        )
        missing: UserNotFound | TeamNotFound = UserNotFound(target.username)
    else:
        team = target.team_slug or ""
        found = await names.by_team(uow.session, team, target.slug or "", organization)
        missing = TeamNotFound(team)
    if organization is not None and found.organization_id is None:
        raise OrganizationNotFound(organization)
    if found.owner_id is None:
        raise missing
    if found.event_type_id is None:
        raise EventTypeNotFound
    return Subject(event_type_id=found.event_type_id)
