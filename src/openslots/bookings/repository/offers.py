"""Event types as something to book: by id or by slug, with owner, team and hosts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, load_only

from openslots.models import (
    EventType,
    Host,
    Membership,
    Profile,
    SlotReservation,
    Team,
    User,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """An event type, who owns it, and the organisation that hears of its bookings.

    `held` says whether somebody holds any of its times right now.
    """

    event_type: EventType
    owner: User | None
    team: Team | None
    organization_id: int | None
    held: bool

    @property
    def team_ids(self) -> tuple[int, ...]:
        """The event type's team and the team above it."""
        if self.team is None:
            return ()
        return tuple(i for i in (self.team.id, self.team.parent_id) if i is not None)


def organization_of(user_id: object) -> Select[int]:
    """The main organisation of a user: the first that the user accepted to join."""
    return (
        select(Membership.team_id)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.user_id == user_id, Membership.accepted, Team.is_organization)
        .order_by(Membership.id)
        .limit(1)
    )


# What a booking reads of its event type, owner and team; hours, windows and buffers are read by
# the check of its time. Anything else raises where it is asked for.
_TYPE_COLUMNS = load_only(
    EventType.owner_id,
    EventType.team_id,
    EventType.parent_id,
    EventType.scheduling_type,
    EventType.title,
    EventType.slug,
    EventType.description,
    EventType.length,
    EventType.length_options,
    EventType.locations,
    EventType.booking_fields,
    EventType.booking_limits_count,
    EventType.booking_limits_duration,
    EventType.max_active_bookings,
    EventType.offer_reschedule,
    EventType.requires_confirmation,
    EventType.confirmation_threshold_minutes,
    EventType.recurrence,
    EventType.seats_per_slot,
    EventType.seats_show_attendees,
    EventType.seats_show_availability,
    EventType.custom_name,
    EventType.interface_language,
    EventType.requires_email_verification,
    EventType.booking_requires_authentication,
    EventType.hide_calendar_notes,
    EventType.hide_calendar_event_details,
    EventType.hide_organizer_email,
    EventType.custom_reply_to_email,
    EventType.disable_cancelling,
    EventType.disable_rescheduling,
    EventType.disable_rescheduling_minutes,
    EventType.allow_rescheduling_past,
    EventType.cancellation_reason_rule,
    EventType.email_settings,
    EventType.price,
    EventType.currency,
    EventType.assign_all_team_members,
    raiseload=True,
)
_OWNER_COLUMNS = load_only(
    User.email,
    User.username,
    User.name,
    User.home_tz,
    User.time_format,
    User.locale,
    User.default_conferencing_app,
    raiseload=True,
)
_TEAM_COLUMNS = load_only(Team.name, Team.parent_id, Team.is_organization, raiseload=True)

Columns = Select[EventType, User | None, Team | None, int | None, bool]


def _statement(*conditions: ColumnElement[bool]) -> Columns:
    held = (
        select(SlotReservation.id)
        .where(
            SlotReservation.event_type_id == EventType.id,
            SlotReservation.release_at > bindparam("now"),
        )
        .correlate(EventType)
        .exists()
    )
    return (
        select(EventType, User, Team, organization_of(User.id).scalar_subquery(), held)
        .select_from(EventType)
        .outerjoin(User, User.id == EventType.owner_id)
        .outerjoin(Team, Team.id == EventType.team_id)
        .where(*conditions)
        .limit(1)
        .options(_TYPE_COLUMNS, _OWNER_COLUMNS, _TEAM_COLUMNS)
    )


# Made once: building a statement of a hundred columns costs more than sending it.
_BY_ID = _statement(EventType.id == bindparam("id"))
_SLUG = func.lower(EventType.slug) == func.lower(bindparam("slug"))
_BY_OWNER = _statement(EventType.owner_id == bindparam("id"), _SLUG)
_BY_TEAM = _statement(EventType.team_id == bindparam("id"), _SLUG)


async def _first(
    session: AsyncSession, statement: Columns, parameters: dict[str, object]
) -> Offer | None:
    row = (await session.execute(statement, parameters)).first()
    if row is None:
        return None
    event_type, owner, team, organization_id, held = row
    if team is not None:
        organization_id = team.id if team.is_organization else team.parent_id
    return Offer(event_type, owner, team, organization_id, held)


async def by_id(session: AsyncSession, event_type_id: int, now: datetime) -> Offer | None:
    return await _first(session, _BY_ID, {"id": event_type_id, "now": now})


async def by_owner(session: AsyncSession, owner_id: int, slug: str, now: datetime) -> Offer | None:
    return await _first(session, _BY_OWNER, {"id": owner_id, "slug": slug, "now": now})


async def by_team(session: AsyncSession, team_id: int, slug: str, now: datetime) -> Offer | None:
    return await _first(session, _BY_TEAM, {"id": team_id, "slug": slug, "now": now})


async def user_id(session: AsyncSession, username: str, organization: str | None) -> int | None:
    """The user of that name; with `organization` (a slug) the name is the one used there."""
    if organization is None:
        statement = select(User.id).where(func.lower(User.username) == username.lower())
    else:
        statement = (
            select(Profile.user_id)
            .join(Team, Team.id == Profile.organization_id)
            .where(
                func.lower(Profile.username) == username.lower(),
                Team.slug == organization,
                Team.is_organization,
            )
        )
    return await session.scalar(statement.limit(1))


async def organization_id(session: AsyncSession, slug: str) -> int | None:
    return await session.scalar(
        select(Team.id).where(Team.slug == slug, Team.is_organization, Team.parent_id.is_(None))
    )


async def team_id(session: AsyncSession, slug: str, organization: int | None) -> int | None:
    """A team of the organisation, or one that belongs to none."""
    parent = Team.parent_id.is_(None) if organization is None else Team.parent_id == organization
    return await session.scalar(
        select(Team.id).where(Team.slug == slug, parent, ~Team.is_organization).limit(1)
    )


async def hosts(session: AsyncSession, event_type: EventType) -> list[tuple[User, bool]]:
    """The hosts of a team event type in their order, and whether each always takes part.

    Whoever left the team is no host. A type for all members that names nobody has all of them.
    """
    belongs = select(Membership.id).where(
        Membership.team_id == event_type.team_id, Membership.user_id == Host.user_id
    )
    named = await session.execute(
        select(User, Host.mandatory)
        .join(Host, Host.user_id == User.id)
        .where(Host.event_type_id == event_type.id, belongs.correlate(Host).exists())
        .order_by(Host.id)
    )
    found = [(user, mandatory) for user, mandatory in named]
    if found or not event_type.assign_all_team_members:
        return found
    members = await session.scalars(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.team_id == event_type.team_id, Membership.accepted)
        .order_by(Membership.id)
    )
    return [(user, False) for user in members]


async def administers(session: AsyncSession, user: int, event_type_id: int) -> bool:
    """Whether the user owns or hosts the event type, or is an admin or owner of its team, of the
    organisation above it, or of the organisation of its owner (bookings notes, section 2)."""
    above, mine, theirs = aliased(Team), aliased(Membership), aliased(Membership)
    organization = aliased(Team)
    admin = and_(mine.user_id == user, mine.accepted, mine.role.in_(("ADMIN", "OWNER")))
    of_team = (
        select(mine.id)
        .join(above, above.id == EventType.team_id)
        .where(admin, or_(mine.team_id == above.id, mine.team_id == above.parent_id))
    )
    of_owner = (
        select(mine.id)
        .join(organization, and_(organization.id == mine.team_id, organization.is_organization))
        .join(theirs, and_(theirs.team_id == organization.id, theirs.accepted))
        .where(admin, theirs.user_id == EventType.owner_id)
    )
    hosting = select(Host.id).where(Host.event_type_id == EventType.id, Host.user_id == user)
    found = await session.scalar(
        select(EventType.id).where(
            EventType.id == event_type_id,
            or_(
                EventType.owner_id == user,
                hosting.correlate(EventType).exists(),
                of_team.correlate(EventType).exists(),
                of_owner.correlate(EventType).exists(),
            ),
        )
    )
    return found is not None
