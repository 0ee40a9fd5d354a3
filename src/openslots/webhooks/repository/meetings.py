"""What triggers need of bookings, absences and teams; the tables are other slices'."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from openslots import facts
from openslots.events.bookings import AttendeeFacts
from openslots.facts import Known
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
Grouped = Mapping[int | None, Sequence[int]]  # ids of teams by what they belong to


async def team_name(session: AsyncSession, team_id: int) -> str | None:
    return await session.scalar(select(Team.name).where(Team.id == team_id))


async def teams_of(session: AsyncSession, user_id: int) -> Sequence[int]:
    """Teams and organisations that a user accepted to join."""
    rows = await session.scalars(
        select(Membership.team_id).where(Membership.user_id == user_id, Membership.accepted)
    )
    return rows.all()


class Standing(NamedTuple):
    """A booking as it is now, with what says whose subscriptions hear of it."""

    booking: Booking
    event_type: EventType | None
    organizer: User | None
    scope: Scope


async def hold(session: AsyncSession, booking_ids: Collection[int]) -> None:
    """Lets nobody change these bookings until the end of the transaction. They are taken in order
    of id, as by those who change several."""
    held = select(Booking.id).where(Booking.id.in_(booking_ids)).order_by(Booking.id)
    await session.execute(held.with_for_update(read=True))


async def standing(session: AsyncSession, booking_ids: Collection[int]) -> dict[int, Standing]:
    """Those of the bookings that there are, by id, in at most three queries."""
    known = await facts.bookings(session, booking_ids)
    types = {_of_teams(one.event_type) for one in known.values()}
    organizers = {_on_their_own(one) for one in known.values()}
    teams = await _teams(session, types - {None})
    organizations = await _organizations(session, organizers - {None})
    return {
        booking_id: Standing(*one, _scope(one, teams, organizations))
        for booking_id, one in known.items()
    }


async def with_people(session: AsyncSession, some: Collection[Standing]) -> dict[int, Meeting]:
    """The bookings, by id, with everybody who attends and what providers call them, in two
    queries."""
    ids = [one.booking.id for one in some]
    attendees = await facts.attendees(session, ids)
    references: dict[int, list[dict[str, object]]] = {one: [] for one in ids}
    for row in await session.scalars(
        select(BookingReference)
        .where(BookingReference.booking_id.in_(ids))
        .order_by(BookingReference.id)
    ):
        references[row.booking_id].append(_reference(row))
    return {
        one.booking.id: _meeting(one, attendees[one.booking.id], references[one.booking.id])
        for one in some
    }


def _meeting(
    one: Standing, attendees: tuple[AttendeeFacts, ...], references: Iterable[Mapping[str, object]]
) -> Meeting:
    booking, event_type = one.booking, one.event_type
    return Meeting(
        booking=facts.of_booking(booking),
        organizer=facts.of_user(one.organizer),
        organizer_email=booking.organizer_email,
        attendees=attendees,
        event_type=facts.of_event_type(event_type),
        references=tuple(references),
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


def _scope(known: Known, teams: Grouped, organizations: Grouped) -> Scope:
    """Personal events: the organiser and their organisation; team events: the team and those
    above it, and not the hosts' own subscriptions."""
    kind, organizer = known.event_type, _on_their_own(known)
    kinds = () if kind is None else (kind.id, kind.parent_id)
    heard = (*teams.get(_of_teams(kind), ()), *organizations.get(organizer, ()))
    return Scope(
        user_id=organizer,
        event_type_ids=tuple(one for one in kinds if one is not None),
        team_ids=tuple(dict.fromkeys(heard)),
    )


def _of_teams(kind: EventType | None) -> int | None:
    """The event type whose team hears of a booking: itself or the one that it is a child of."""
    if kind is None:
        return None
    return kind.parent_id if kind.team_id is None else kind.id


def _on_their_own(known: Known) -> int | None:
    """The organiser of a personal event."""
    kind = known.event_type
    of_team = kind is not None and kind.team_id is not None
    return None if of_team else known.booking.organizer_id


async def _teams(session: AsyncSession, event_type_ids: Collection[int | None]) -> Grouped:
    """By event type: its team, and the one above that."""
    if not event_type_ids:
        return {}
    rows = await session.execute(
        select(EventType.id, Team.id, Team.parent_id)
        .join(Team, Team.id == EventType.team_id)
        .where(EventType.id.in_(event_type_ids))
    )
    return {
        event_type_id: [one for one in teams if one is not None] for event_type_id, *teams in rows
    }


async def _organizations(session: AsyncSession, user_ids: Collection[int | None]) -> Grouped:
    """By user: the organisations that they accepted to join."""
    if not user_ids:
        return {}
    rows = await session.execute(
        select(Membership.user_id, Membership.team_id)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.user_id.in_(user_ids), Membership.accepted, Team.is_organization)
    )
    found: dict[int | None, list[int]] = {}
    for user_id, team_id in rows:
        found.setdefault(user_id, []).append(team_id)
    return found


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
