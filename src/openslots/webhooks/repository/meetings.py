"""What triggers need of bookings, absences and teams; the tables are other slices'."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from openslots.events.bookings import AttendeeFacts, BookingFacts, PersonFacts
from openslots.models import (
    Attendee,
    Booking,
    BookingReference,
    BookingSeat,
    EventType,
    Membership,
    Team,
    User,
)
from openslots.webhooks.types import Meeting, Scope


async def team_name(session: AsyncSession, team_id: int) -> str | None:
    return await session.scalar(select(Team.name).where(Team.id == team_id))


async def teams_of(session: AsyncSession, user_id: int) -> Sequence[int]:
    """Teams and organisations that a user accepted to join."""
    rows = await session.scalars(
        select(Membership.team_id).where(Membership.user_id == user_id, Membership.accepted)
    )
    return rows.all()


async def meeting(session: AsyncSession, booking_id: int) -> Meeting | None:
    """A booking with its people, in three queries; None if there is no such."""
    parent = aliased(EventType)
    row = (
        await session.execute(
            select(Booking, EventType, User, parent.team_id)
            .outerjoin(EventType, EventType.id == Booking.event_type_id)
            .outerjoin(User, User.id == Booking.organizer_id)
            .outerjoin(parent, parent.id == EventType.parent_id)
            .where(Booking.id == booking_id)
        )
    ).one_or_none()
    if row is None:
        return None
    booking, event_type, organizer, parent_team_id = row
    people = await session.execute(
        select(Attendee, BookingSeat)
        .outerjoin(BookingSeat, BookingSeat.attendee_id == Attendee.id)
        .where(Attendee.booking_id == booking_id)
        .order_by(Attendee.id)
    )
    references = await session.scalars(
        select(BookingReference)
        .where(BookingReference.booking_id == booking_id)
        .order_by(BookingReference.id)
    )
    return Meeting(
        booking=_booking(booking),
        organizer=None if organizer is None else _person(organizer),
        organizer_email=booking.organizer_email,
        attendees=tuple(_attendee(person, seat) for person, seat in people),
        booking_fields=None if event_type is None else event_type.booking_fields,
        references=tuple(_reference(one) for one in references),
        scope=await _scope(session, booking, event_type, parent_team_id),
        reassign_reason=booking.reassign_reason,
        reassign_by_id=booking.reassign_by_id,
        rating_feedback=booking.rating_feedback,
    )


async def _scope(
    session: AsyncSession,
    booking: Booking,
    event_type: EventType | None,
    parent_team_id: int | None,
) -> Scope:
    """Personal events: the organiser and their organisation; team events: the team and those
    above it, and not the hosts' own subscriptions."""
    of_team = event_type is not None and event_type.team_id is not None
    team_id = event_type.team_id if event_type is not None and of_team else parent_team_id
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


def _booking(row: Booking) -> BookingFacts:
    return BookingFacts(
        id=row.id,
        uid=row.uid,
        title=row.title,
        description=row.description,
        status=row.status,
        start=row.start_at,
        end=row.end_at,
        event_type_id=row.event_type_id,
        organizer_id=row.organizer_id,
        location=row.location,
        video_call_url=row.video_call_url,
        responses=row.responses,
        metadata=row.metadata_,
        recurring_uid=row.recurring_uid,
        ics_uid=row.ics_uid,
        ics_sequence=row.ics_sequence,
        created_at=row.created_at,
        updated_at=row.updated_at,
        from_reschedule=row.from_reschedule,
        rescheduled=row.rescheduled,
        rescheduled_by=row.rescheduled_by,
        rescheduling_reason=row.rescheduling_reason,
        cancelled_by=row.cancelled_by,
        cancellation_reason=row.cancellation_reason,
        rejection_reason=row.rejection_reason,
        no_show_host=row.no_show_host,
        paid=row.paid,
        sms_reminder_number=row.sms_reminder_number,
        creation_source=row.creation_source,
        seated=row.seated,
        rating=row.rating,
    )


def _person(row: User) -> PersonFacts:
    return PersonFacts(
        id=row.id,
        email=row.email,
        name=row.name or row.username or "",
        username=row.username,
        time_zone=row.home_tz,
        locale=row.locale,
        time_format=row.time_format,
    )


def _attendee(row: Attendee, seat: BookingSeat | None) -> AttendeeFacts:
    return AttendeeFacts(
        id=row.id,
        kind=row.kind,
        email=row.email,
        name=row.name,
        phone_number=row.phone_number,
        time_zone=row.attendee_tz,
        locale=row.locale,
        absent=row.absent,
        seat_uid=None if seat is None else seat.uid,
        seat_responses=None if seat is None else seat.responses,
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
