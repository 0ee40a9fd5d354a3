"""What the older contract and the settings form of the components show of event types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openslots.event_types import repository
from openslots.event_types.errors import EventTypeNotFound
from openslots.event_types.repository import TeamGroup
from openslots.event_types.rules import locations
from openslots.event_types.service import pages
from openslots.event_types.service.creation import default_location
from openslots.event_types.service.links import MOST as MOST_LINKS
from openslots.event_types.service.reads import Found, get, own_facts
from openslots.event_types.types import Person, TeamFacts
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType, Membership, PrivateLink, Schedule, User, Webhook


@dataclass(frozen=True, slots=True)
class SettingsFacts:
    """One event type with all that its settings form shows."""

    found: Found
    schedule: Schedule | None
    links: Sequence[PrivateLink]
    hooks: Sequence[Webhook]
    members: Sequence[tuple[Membership, User]]
    membership: Membership | None
    is_org_admin: bool
    booker_url: str


@dataclass(frozen=True, slots=True)
class Groups:
    """The event types of a person and of each of their teams."""

    owner: Person
    rows: Sequence[EventType]
    teams: Sequence[tuple[TeamGroup, TeamFacts]]


async def settings(
    uow: UnitOfWork, event_type_id: int, *, user_id: int, is_system_admin: bool = False
) -> SettingsFacts:
    """Raises EventTypeNotFound for an event type that this user may not read."""
    found = await get(uow, event_type_id, user_id=user_id, is_system_admin=is_system_admin)
    return await around(uow, found, user_id=user_id)


async def own_settings(uow: UnitOfWork, row: EventType) -> SettingsFacts:
    """The same of a personal event type that its owner just changed."""
    assert row.owner_id is not None  # noqa: S101  (only personal event types come here)
    return await around(uow, await own_facts(uow, row), user_id=row.owner_id)


async def around(uow: UnitOfWork, found: Found, *, user_id: int) -> SettingsFacts:
    row, owner = found.row, found.owner
    default = owner.default_schedule_id if owner is not None else None
    members = [] if row.team_id is None else await repository.members(uow.session, row.team_id)
    return SettingsFacts(
        found=found,
        schedule=await repository.schedule(uow.session, row.schedule_id or default),
        links=await repository.links(uow.session, row.id, limit=MOST_LINKS),
        hooks=await repository.hooks(uow.session, row.id),
        members=members,
        membership=next((m for m, user in members if user.id == user_id), None),
        is_org_admin=await repository.administers_member(uow.session, user_id, user_id),
        booker_url=owner.base if owner is not None else uow.settings.web.base,
    )


async def groups(uow: UnitOfWork, user_id: int) -> Groups:
    """A person's event types, then those of each of their teams; four queries."""
    (owner,) = await repository.owners(uow.session, ids=[user_id])
    return Groups(
        owner=pages.person(owner, uow.settings),
        rows=await repository.of_owner(uow.session, user_id),
        teams=[
            (group, pages.team(group.team, group.organization, uow.settings))
            for group in await repository.member_groups(uow.session, user_id)
        ],
    )


async def use_default_location(
    uow: UnitOfWork, user_id: int, event_type_ids: Sequence[int]
) -> None:
    """Gives these event types of a person the location of their default conferencing app.

    Raises EventTypeNotFound for the first that is not theirs; nothing is changed then.
    """
    owned = {row.id: row for row in await repository.of_owner(uow.session, user_id)}
    for event_type_id in event_type_ids:
        if event_type_id not in owned:
            raise EventTypeNotFound(event_type_id)
    place = await default_location(uow, user_id)
    await repository.set_locations(uow.session, user_id, event_type_ids, [place])


def location_options() -> list[tuple[str, list[tuple[str, str, str | None]]]]:
    """The locations that a form may offer: group -> (label, internal name, app)."""
    return [
        ("Conferencing", [("Cal Video", locations.CAL_VIDEO, "daily-video")]),
        (
            "In person",
            [
                ("Attendee address", "attendeeInPerson", None),
                ("Organizer address", "inPerson", None),
            ],
        ),
        (
            "Phone",
            [("Attendee phone number", "phone", None), ("Organizer phone", "userPhone", None)],
        ),
        ("Other", [("Link meeting", "link", None), ("Custom", "somewhereElse", None)]),
    ]
