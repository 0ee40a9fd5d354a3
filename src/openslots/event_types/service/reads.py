"""Reading event types, one or many, with what an answer shows of their owners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openslots.event_types import repository
from openslots.event_types.errors import EventTypeNotFound
from openslots.event_types.service import pages
from openslots.event_types.types import HostFacts, ListEventTypes, Person, TeamFacts
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType, User

MOST_PEOPLE = 100  # in one dynamic group


@dataclass(frozen=True, slots=True)
class Found:
    """One event type: of a person (`owner`), or of a team with its hosts."""

    row: EventType
    owner: Person | None = None
    team: TeamFacts | None = None
    hosts: Sequence[HostFacts] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: event types of one `owner`, or a `group` of people, or nothing.

    `private`: the caller may see locations that are not public.
    """

    rows: Sequence[EventType] = ()
    owner: Person | None = None
    group: Sequence[Person] = ()
    private: bool = True


async def owner_facts(uow: UnitOfWork, user_id: int) -> Person:
    """A user as answers show them."""
    (owner,) = await repository.owners(uow.session, ids=[user_id])
    return pages.person(owner, uow.settings)


async def own_facts(uow: UnitOfWork, row: EventType) -> Found:
    """A personal event type with its owner."""
    assert row.owner_id is not None  # noqa: S101  (only personal event types come here)
    return Found(row, owner=await owner_facts(uow, row.owner_id))


async def get(
    uow: UnitOfWork, event_type_id: int, *, user_id: int, is_system_admin: bool = False
) -> Found:
    """An event type that this user may read. Raises EventTypeNotFound for any other."""
    if is_system_admin:
        row = await repository.by_id(uow.session, event_type_id)
    else:
        row = await repository.readable(uow.session, event_type_id, user_id)
    if row is None:
        raise EventTypeNotFound(event_type_id)
    if row.team_id is None:
        return await own_facts(uow, row)
    return await team_facts(uow, row)


async def team_facts(uow: UnitOfWork, row: EventType) -> Found:
    """A team event type with its team and hosts; a managed one's hosts are its assignees."""
    assert row.team_id is not None  # noqa: S101  (only team event types come here)
    if row.scheduling_type == "managed":
        owners = await repository.children_owners(uow.session, row.id)
        hosts = [_host(user) for user in owners]
    else:
        found = await repository.hosts(uow.session, row.id)
        hosts = [_host(user, host.mandatory, host.priority) for host, user in found]
    team = await repository.team(uow.session, row.team_id)
    facts = pages.team(*team, uow.settings) if team is not None else None
    return Found(row, team=facts, hosts=hosts)


def _host(user: User, mandatory: bool = False, priority: int | None = None) -> HostFacts:
    return HostFacts(
        user_id=user.id,
        name=user.name,
        username=user.username,
        avatar_url=user.avatar_url,
        mandatory=mandatory,
        priority=priority,
    )


async def list_event_types(uow: UnitOfWork, query: ListEventTypes) -> Listed:
    """The event types that the filters name (event type notes, 10.2), at most four queries."""
    if query.username is not None:
        return await _of_username(uow, query, query.username)
    if query.usernames:
        return await _group(uow, query)
    if query.caller_id is None:
        return Listed()
    rows = await repository.of_owner(uow.session, query.caller_id, newest_first=query.newest_first)
    return Listed(rows, owner=await owner_facts(uow, query.caller_id))


async def _of_username(uow: UnitOfWork, query: ListEventTypes, username: str) -> Listed:
    found = await repository.owners(
        uow.session, usernames=[username], org_slug=query.org_slug, org_id=query.org_id
    )
    if not found:
        return Listed()
    owner = pages.person(found[0], uow.settings)
    mine = owner.id == query.caller_id
    rows = await repository.of_owner(
        uow.session,
        owner.id,
        slug=query.event_slug,
        hidden=mine,
        newest_first=query.newest_first,
    )
    if not rows and query.event_slug is not None:
        like = await repository.of_owner_ignoring_case(uow.session, owner.id, query.event_slug)
        rows = [like] if like is not None and (mine or not like.hidden) else []
    private = mine or (
        query.caller_id is not None
        and (
            query.caller_is_admin
            or await repository.administers_member(uow.session, query.caller_id, owner.id)
        )
    )
    return Listed(rows, owner=owner, private=private)


async def _group(uow: UnitOfWork, query: ListEventTypes) -> Listed:
    wanted = list(dict.fromkeys(query.usernames))[:MOST_PEOPLE]
    found = await repository.owners(
        uow.session, usernames=wanted, org_slug=query.org_slug, org_id=query.org_id
    )
    inside = query.org_slug is not None or query.org_id is not None
    by_name = {(o.org_username if inside else o.user.username): o for o in found}
    return Listed(
        group=[pages.person(by_name[name], uow.settings) for name in wanted if name in by_name]
    )
