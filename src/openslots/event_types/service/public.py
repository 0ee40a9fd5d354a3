"""Event types as booking pages ask for them: by name, without credentials."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from openslots.event_types import repository
from openslots.event_types.errors import UnknownUser
from openslots.event_types.repository import Owner
from openslots.event_types.rules import initial
from openslots.event_types.service import pages
from openslots.event_types.service.reads import MOST_PEOPLE, team_facts
from openslots.event_types.types import HostFacts, Person, PublicQuery, TeamFacts
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType, Schedule


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """One event type for its booking page; `people` host it."""

    row: EventType
    people: Sequence[Person] = ()
    schedule: Schedule | None = None
    team: TeamFacts | None = None
    hosts: Sequence[HostFacts] = ()
    org_slug: str | None = None
    is_dynamic: bool = False


async def list_public(uow: UnitOfWork, username: str) -> list[EventType]:
    """The event types of a person that are not hidden. Raises UnknownUser."""
    found = await repository.owners(uow.session, usernames=[username.lower()], any_case=True)
    if not found:
        raise UnknownUser(username)
    return await repository.of_owner(uow.session, found[0].user.id, hidden=False)


async def find_public(uow: UnitOfWork, query: PublicQuery) -> PublicFacts | None:
    """The event type of a page, hidden ones included; None when there is none."""
    if query.is_team_event or query.team_id is not None:
        return await _of_team(uow, query)
    names = [name for name in re.split(r"[+ ]", query.username.lower()) if name][:MOST_PEOPLE]
    found = await _people(uow, query, names)
    if not found:
        return None
    if len(names) > 1:
        return PublicFacts(
            EventType(**{**initial.dynamic(), "booking_fields": None}),
            people=[pages.person(owner, uow.settings) for owner in found],
            org_slug=found[0].org_slug,
            is_dynamic=True,
        )
    return await _of_person(uow, found[0], query.slug)


async def _people(uow: UnitOfWork, query: PublicQuery, names: Sequence[str]) -> list[Owner]:
    inside = query.org_slug is not None or query.org_id is not None
    found = await repository.owners(
        uow.session,
        usernames=names,
        org_slug=query.org_slug,
        org_id=query.org_id,
        any_case=True,
    )
    if not found and inside and query.org_id is not None:
        members = await repository.owners(uow.session, usernames=names, any_case=True)
        found = [
            owner
            for owner in members
            if await repository.is_member(uow.session, query.org_id, owner.user.id)
        ]
    place = {name: at for at, name in enumerate(names)}

    def order(owner: Owner) -> int:
        inner, outer = (owner.org_username or "").lower(), (owner.user.username or "").lower()
        return place.get(inner if inside else outer, len(names))

    return sorted(found, key=order)


async def _of_person(uow: UnitOfWork, owner: Owner, slug: str) -> PublicFacts | None:
    rows = await repository.of_owner(uow.session, owner.user.id, slug=slug)
    row = rows[0] if rows else None
    if row is None:
        row = await repository.of_owner_ignoring_case(uow.session, owner.user.id, slug)
    if row is None:
        return None
    person = pages.person(owner, uow.settings)
    wanted = row.schedule_id or person.default_schedule_id
    return PublicFacts(
        row,
        people=[person],
        schedule=await repository.schedule(uow.session, wanted),
        org_slug=owner.org_slug,
    )


async def _of_team(uow: UnitOfWork, query: PublicQuery) -> PublicFacts | None:
    row = await repository.public_team_event_type(
        uow.session,
        query.slug,
        team_id=query.team_id,
        team_slug=query.username.lower(),
        org_slug=query.org_slug,
        org_id=query.org_id,
    )
    if row is None:
        return None
    found = await team_facts(uow, row)
    owners = await repository.owners(uow.session, ids=[host.user_id for host in found.hosts] or [0])
    people = {owner.user.id: pages.person(owner, uow.settings) for owner in owners}
    return PublicFacts(
        row,
        people=[people[host.user_id] for host in found.hosts if host.user_id in people],
        schedule=await repository.schedule(uow.session, row.schedule_id),
        team=found.team,
        hosts=found.hosts,
        org_slug=owners[0].org_slug if owners else query.org_slug,
    )
