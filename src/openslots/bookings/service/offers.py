"""Finding what is to be booked, and whether the caller may book it (section 5.3)."""

from __future__ import annotations

from dataclasses import dataclass

from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import offers
from openslots.bookings.repository.offers import Offer
from openslots.bookings.types import HostFlags, Locator
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType, User

NO_LOCATOR = (
    "Either eventTypeId or eventTypeSlug + username or eventTypeSlug + teamSlug must be provided"
)


@dataclass(frozen=True, slots=True)
class Hosts:
    """Who may take a booking of an event type: its owner, or its hosts in their order."""

    users: tuple[User, ...]
    mandatory: frozenset[int] = frozenset()

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(user.id for user in self.users)

    def by_id(self, user_id: int) -> User:
        return next(user for user in self.users if user.id == user_id)


async def find(uow: UnitOfWork, where: Locator) -> Offer:
    """The event type that a body names. Raises Invalid or EventTypeNotFound."""
    if where.event_type_id is not None:
        found = await offers.by_id(uow.session, where.event_type_id, uow.now)
        if found is None:
            raise errors.EventTypeNotFound(f"Event type with id {where.event_type_id} not found.")
        return found
    if where.event_type_slug is not None and where.username is not None:
        return await _of_user(uow, where, where.event_type_slug, where.username)
    if where.event_type_slug is not None and where.team_slug is not None:
        return await _of_team(uow, where, where.event_type_slug, where.team_slug)
    raise errors.Invalid(NO_LOCATOR)


async def _of_user(uow: UnitOfWork, where: Locator, slug: str, username: str) -> Offer:
    user_id = await offers.user_id(uow.session, username, where.organization_slug)
    if user_id is None:
        raise errors.EventTypeNotFound(f"User with username {username} not found")
    found = await offers.by_owner(uow.session, user_id, slug, uow.now)
    if found is None:
        inside = (
            f" within organization {where.organization_slug}" if where.organization_slug else ""
        )
        raise errors.EventTypeNotFound(
            f"Event type with slug {slug} belonging to user {username}{inside} not found."
        )
    return found


async def _of_team(uow: UnitOfWork, where: Locator, slug: str, team: str) -> Offer:
    organization_id, inside = None, ""
    if where.organization_slug:
        organization_id = await offers.organization_id(uow.session, where.organization_slug)
        inside = f" within organization {where.organization_slug}"
        if organization_id is None:
            raise errors.EventTypeNotFound(
                f"Organization with slug {where.organization_slug} not found"
            )
    team_id = await offers.team_id(uow.session, team, organization_id)
    if team_id is None:
        raise errors.EventTypeNotFound(f"Team with slug {team} not found")
    found = await offers.by_team(uow.session, team_id, slug, uow.now)
    if found is None:
        raise errors.EventTypeNotFound(
            f"Event type with slug {slug} belonging to team {team}{inside} not found."
        )
    return found


async def administers(uow: UnitOfWork, caller: Caller | None, event_type_id: int | None) -> bool:
    """Whether the caller is an event-type admin (section 2)."""
    if caller is None or event_type_id is None:
        return False
    if caller.is_system_admin:
        return True
    return await offers.administers(uow.session, caller.user_id, event_type_id)


async def admit(uow: UnitOfWork, offer: Offer, caller: Caller | None) -> None:
    """Raises where the event type is only for its own people, or is a managed parent."""
    kind = offer.event_type
    if kind.booking_requires_authentication:
        if caller is None:
            raise errors.AuthenticationRequired
        if not await administers(uow, caller, kind.id):
            raise errors.NotEntitled
    if kind.scheduling_type == "managed":
        raise errors.Invalid(
            f"Event type with id={kind.id} is the parent managed event type that can't be booked. "
            "You have to provide the child event type id aka id of event type that has been "
            "assigned to one of the users."
        )


async def hosts(uow: UnitOfWork, offer: Offer) -> Hosts:
    """Who may take a booking. Raises NoHosts for a team event type without any."""
    kind = offer.event_type
    if kind.team_id is None:
        if offer.owner is None:
            raise errors.HostBusy
        return Hosts((offer.owner,))
    rows = await offers.hosts(uow.session, kind)
    if not rows:
        raise errors.NoHosts(kind.id, kind.team_id)
    return Hosts(
        tuple(user for user, _ in rows),
        frozenset(user.id for user, mandatory in rows if mandatory),
    )


async def granted(
    uow: UnitOfWork, flags: HostFlags, caller: Caller | None, event_type: EventType
) -> HostFlags:
    """The flags, if the caller may use them; for anybody else they do not exist."""
    if flags and await administers(uow, caller, event_type.id):
        return flags
    return HostFlags()
