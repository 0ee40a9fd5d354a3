"""Who may see and change a booking (bookings notes, section 2)."""

from __future__ import annotations

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from openslots.models import Attendee, Booking, EventType, Host, Membership, Team, User


async def has_access(session: AsyncSession, user_id: int, booking_id: int) -> bool:
    """The organiser; a host of the event type who attends; an admin or owner of the event type's
    team, of its managed parent's team or organisation; an admin of a team or organisation that the
    organiser is in."""
    kind, parent, team = aliased(EventType), aliased(EventType), aliased(Team)
    mine, theirs = aliased(Membership), aliased(Membership)
    admin = and_(mine.user_id == user_id, mine.accepted, mine.role.in_(("ADMIN", "OWNER")))
    attending = (
        select(Host.id)
        .join(User, User.id == Host.user_id)
        .join(
            Attendee,
            and_(func.lower(Attendee.email) == User.email, Attendee.booking_id == Booking.id),
        )
        .where(Host.user_id == user_id, Host.event_type_id == Booking.event_type_id)
        .correlate(Booking)
        .exists()
    )
    of_type = (
        select(mine.id)
        .select_from(kind)
        .outerjoin(parent, parent.id == kind.parent_id)
        .join(team, or_(team.id == kind.team_id, team.id == parent.team_id))
        .join(mine, or_(mine.team_id == team.id, mine.team_id == team.parent_id))
        .where(kind.id == Booking.event_type_id, admin)
        .correlate(Booking)
        .exists()
    )
    of_organizer = (
        select(mine.id)
        .join(theirs, and_(theirs.team_id == mine.team_id, theirs.accepted))
        .where(theirs.user_id == Booking.organizer_id, admin)
        .correlate(Booking)
        .exists()
    )
    found = await session.scalar(
        select(Booking.id).where(
            Booking.id == booking_id,
            or_(Booking.organizer_id == user_id, attending, of_type, of_organizer),
        )
    )
    return found is not None
