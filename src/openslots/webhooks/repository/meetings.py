"""What triggers need of bookings, absences and teams; the tables are other slices'."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from openslots import facts
from openslots.models import (
    Booking,
    BookingHost,
    BookingReference,
    EventType,
    Membership,
    Team,
    User,
)
from openslots.webhooks.types import Host, Meeting, Scope

VIDEO = "daily_video"


async def team_name(session: AsyncSession, team_id: int) -> str | None:
    return await session.scalar(select(Team.name).where(Team.id == team_id))


async def teams_of(session: AsyncSession, user_id: int) -> Sequence[int]:
    """Teams and organisations that a user accepted to join."""
    rows = await session.scalars(
        select(Membership.team_id).where(Membership.user_id == user_id, Membership.accepted)
    )
    return rows.all()


async def meeting(session: AsyncSession, booking_id: int) -> Meeting | None:
    """A booking with its people and its scope, in at most six queries; None if there is no such."""
    found = await facts.meeting(session, booking_id)
    if found is None:
        return None
    booking, event_type, organizer, attendees = found
    references = await session.scalars(
        select(BookingReference)
        .where(BookingReference.booking_id == booking_id)
        .order_by(BookingReference.id)
    )
    return Meeting(
        booking=facts.of_booking(booking),
        organizer=facts.of_user(organizer),
        organizer_email=booking.organizer_email,
        attendees=attendees,
        event_type=facts.of_event_type(event_type),
        references=tuple(_reference(one) for one in references),
        scope=await _scope(session, booking, event_type),
        reassign_reason=booking.reassign_reason,
        reassign_by_id=booking.reassign_by_id,
        rating_feedback=booking.rating_feedback,
        video_settings=None if event_type is None else event_type.cal_video_settings,
    )


async def hosts(session: AsyncSession, booking_id: int) -> tuple[Host, ...]:
    """The hosts of a booking, its organiser among them."""
    rows = await session.execute(
        select(User.id, User.email)
        .join(BookingHost, BookingHost.host_id == User.id)
        .where(BookingHost.booking_id == booking_id)
        .order_by(User.id)
    )
    return tuple(Host(id, email) for id, email in rows)


async def room(session: AsyncSession, booking_id: int) -> str | None:
    """The name of the booking's newest Cal Video room."""
    return await session.scalar(
        select(BookingReference.external_uid)
        .where(
            BookingReference.booking_id == booking_id,
            BookingReference.type == VIDEO,
            BookingReference.deleted_at.is_(None),
        )
        .order_by(BookingReference.id.desc())
        .limit(1)
    )


async def _scope(session: AsyncSession, booking: Booking, event_type: EventType | None) -> Scope:
    """Personal events: the organiser and their organisation; team events: the team and those
    above it, and not the hosts' own subscriptions."""
    of_team = event_type is not None and event_type.team_id is not None
    team_id = None if event_type is None else event_type.team_id
    if event_type is not None and event_type.parent_id is not None and not of_team:
        parent = select(EventType.team_id).where(EventType.id == event_type.parent_id)
        team_id = await session.scalar(parent)
    teams: list[int] = []
    if team_id is not None:
        above = await session.scalar(select(Team.parent_id).where(Team.id == team_id))
        teams += [one for one in (team_id, above) if one is not None]
    if not of_team and booking.organizer_id is not None:
        organizations = await session.scalars(
            select(Membership.team_id)
            .join(Team, Team.id == Membership.team_id)
            .where(
                Membership.user_id == booking.organizer_id,
                Membership.accepted,
                Team.is_organization,
            )
        )
        teams += organizations.all()
    kinds = () if event_type is None else (event_type.id, event_type.parent_id)
    return Scope(
        user_id=None if of_team else booking.organizer_id,
        event_type_ids=tuple(one for one in kinds if one is not None),
        team_ids=tuple(dict.fromkeys(teams)),
    )


def _reference(row: BookingReference) -> dict[str, object]:
    return {
        "id": row.id,
        "type": row.type,
        "uid": row.external_uid,
        "meetingId": row.external_uid,
        "meetingPassword": row.meeting_password,
        "meetingUrl": row.meeting_url,
        "bookingId": row.booking_id,
        "externalCalendarId": row.external_calendar_id,
        "deleted": row.deleted_at is not None or None,
    }
