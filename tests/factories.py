"""Rows that tests start from, one async function per kind, each committed on its own.

Everything has a sensible default and a name nobody else has, so tests share a database.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from openslots.access import keys
from openslots.kernel import clock, ids
from openslots.kernel.uow import Units
from openslots.models import (
    ApiKey,
    Attendee,
    Availability,
    Booking,
    BookingHost,
    EventType,
    Host,
    Membership,
    Schedule,
    Team,
    User,
)

_counter = itertools.count(1)
WORKDAYS = (1, 2, 3, 4, 5)


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{secrets.token_hex(3)}-{next(_counter)}"


@dataclass(frozen=True)
class Person:
    """A user with an API key; `headers` authenticate as them."""

    id: int
    email: str
    username: str
    name: str
    time_zone: str
    api_key: str
    key_id: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def dated(self, version: str) -> dict[str, str]:
        """`headers` with a contract date."""
        return {**self.headers, "cal-api-version": version}


async def make_user(
    units: Units,
    *,
    email: str | None = None,
    username: str | None = None,
    name: str = "Test Person",
    time_zone: str = "Europe/London",
    role: str = "USER",
    key_expires_at: datetime | None = None,
    **columns: Any,  # Any: columns of User
) -> Person:
    """A verified user without schedule or event type, and an API key that works."""
    username = username or unique("user")
    email = email or f"{username}@example.com"
    key, hashed = keys.make(units.settings.security.api_key_prefix)
    async with units.begin() as uow:
        user = User(
            email=email,
            username=username,
            name=name,
            home_tz=time_zone,
            role=role,
            **{"email_verified_at": clock.now(), **columns},
        )
        uow.session.add(user)
        await uow.session.flush()
        row = ApiKey(user_id=user.id, hashed_key=hashed, note="test", expires_at=key_expires_at)
        uow.session.add(row)
        await uow.commit()
        return Person(
            id=user.id,
            email=email,
            username=username,
            name=name,
            time_zone=time_zone,
            api_key=key,
            key_id=row.id,
            headers={"Authorization": f"Bearer {key}"},
        )


async def make_schedule(
    units: Units,
    user: Person,
    *,
    name: str = "Working hours",
    time_zone: str | None = None,
    default: bool = True,
    hours: Sequence[tuple[Sequence[int], str, str]] = ((WORKDAYS, "09:00", "17:00"),),
    overrides: Sequence[tuple[date | str, str, str]] = (),
) -> int:
    """A schedule, Monday to Friday from 9 to 17 in the user's zone; returns its id.

    `hours` are (days with 0 = Sunday, start, end), `overrides` (day, start, end).
    """
    async with units.begin() as uow:
        schedule = Schedule(user_id=user.id, name=name, local_tz=time_zone or user.time_zone)
        uow.session.add(schedule)
        await uow.session.flush()
        for days, start, end in hours:
            uow.session.add(
                Availability(
                    schedule_id=schedule.id,
                    days=list(days),
                    start_minute=_minute(start),
                    end_minute=_minute(end),
                )
            )
        for day, start, end in overrides:
            uow.session.add(
                Availability(
                    schedule_id=schedule.id,
                    days=[],
                    day=date.fromisoformat(day) if isinstance(day, str) else day,
                    start_minute=_minute(start),
                    end_minute=_minute(end),
                )
            )
        if default:
            row = await uow.session.get_one(User, user.id)
            row.default_schedule_id = schedule.id
        await uow.commit()
        return schedule.id


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


async def make_team(
    units: Units,
    *,
    members: Iterable[tuple[Person, str]] = (),
    pending: Iterable[Person] = (),
    organization: bool = False,
    parent_id: int | None = None,
    name: str | None = None,
    slug: str | None = None,
    **columns: Any,  # Any: columns of Team
) -> int:
    """A team, or an organisation, with accepted (person, role) members; returns its id."""
    slug = slug or unique("org" if organization else "team")
    async with units.begin() as uow:
        team = Team(
            name=name or slug,
            slug=slug,
            parent_id=parent_id,
            is_organization=organization,
            **columns,
        )
        uow.session.add(team)
        await uow.session.flush()
        for person, role in members:
            uow.session.add(
                Membership(team_id=team.id, user_id=person.id, role=role, accepted=True)
            )
        for person in pending:
            uow.session.add(Membership(team_id=team.id, user_id=person.id, accepted=False))
        await uow.commit()
        return team.id


async def make_event_type(
    units: Units,
    owner: Person | None = None,
    *,
    team_id: int | None = None,
    hosts: Sequence[Person] = (),
    slug: str | None = None,
    title: str = "Chat",
    length: int = 30,
    minimum_booking_notice: int = 0,
    **columns: Any,  # Any: columns of EventType
) -> EventType:
    """An event type of 30 minutes without notice; personal, or of a team with `hosts`."""
    async with units.begin() as uow:
        row = EventType(
            owner_id=owner.id if owner is not None and team_id is None else None,
            team_id=team_id,
            title=title,
            slug=slug or unique("chat"),
            length=length,
            minimum_booking_notice=minimum_booking_notice,
            **columns,
        )
        uow.session.add(row)
        await uow.session.flush()
        for host in hosts:
            uow.session.add(Host(event_type_id=row.id, user_id=host.id))
        await uow.commit()
        return row


def tomorrow_at(hour: int, minute: int = 0) -> datetime:
    """An instant of the next UTC day."""
    day = clock.now().date() + timedelta(days=1)
    return datetime.combine(day, time(hour, minute), UTC)


async def make_booking(
    units: Units,
    host: Person,
    *,
    event_type: EventType | None = None,
    start: datetime | None = None,
    minutes: int | None = None,
    status: str = "accepted",
    title: str = "A meeting",
    attendee: Mapping[str, str] | None = None,
    guests: Sequence[str] = (),
    other_hosts: Sequence[Person] = (),
    blocks: bool | None = None,
    **columns: Any,  # Any: columns of Booking
) -> Booking:
    """A booking with its organiser, time per host and booker; 10:00 UTC tomorrow by default."""
    start = start or tomorrow_at(10)
    end = start + timedelta(minutes=minutes or (event_type.length if event_type else 30))
    booker = {"name": "Ada Booker", "email": f"{unique('ada')}@example.com", **(attendee or {})}
    async with units.begin() as uow:
        row = Booking(
            uid=ids.booking_uid(),
            title=title,
            status=status,
            start_at=start,
            end_at=end,
            event_type_id=event_type.id if event_type else None,
            organizer_id=host.id,
            organizer_email=host.email,
            ics_uid=f"{ids.uuid4()}@test",
            **{"responses": {"name": booker["name"], "email": booker["email"]}, **columns},
        )
        uow.session.add(row)
        await uow.session.flush()
        for person in (host, *other_hosts):
            uow.session.add(
                BookingHost(
                    booking_id=row.id,
                    host_id=person.id,
                    during=Range(start, end, bounds="[)"),
                    blocks=status == "accepted" if blocks is None else blocks,
                )
            )
        people = [
            ("booker", booker["name"], booker["email"]),
            *(("guest", address, address) for address in guests),
            *(("host", person.name, person.email) for person in other_hosts),
        ]
        for kind, name, email in people:
            uow.session.add(
                Attendee(
                    booking_id=row.id,
                    kind=kind,
                    name=name,
                    email=email,
                    attendee_tz=booker.get("time_zone", "Europe/London"),
                )
            )
            await uow.session.flush()
        await uow.commit()
        return row
