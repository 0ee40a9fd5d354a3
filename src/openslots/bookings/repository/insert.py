"""Writing new bookings: one statement for any number of them with hosts, people and seats."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.bookings.errors import BookingConflict
from openslots.bookings.types import Json
from openslots.events.bookings import AttendeeFacts, BookingFacts

OVERLAP, SEATED_TWICE = "ex_booking_hosts_overlap", "uq_bookings_seated_start"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """An attendee to write; the seat fields make a seat of it."""

    kind: str
    email: str
    name: str
    time_zone: str
    locale: str
    phone_number: str | None = None
    seat_uid: str | None = None
    seat_responses: Json | None = None
    seat_metadata: Json | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A booking to write. `blocks` says whether it takes the time of `host_ids`."""

    uid: str
    title: str
    description: str | None
    status: str
    start: datetime
    end: datetime
    event_type_id: int
    organizer_id: int | None
    organizer_email: str | None
    host_ids: tuple[int, ...]
    blocks: bool
    people: tuple[NewPerson, ...]
    location: str | None
    responses: Json
    metadata: Json
    ics_uid: str
    seated: bool = False
    recurring_uid: str | None = None
    ics_sequence: int = 0
    occurrence: datetime | None = None
    from_reschedule: str | None = None
    rescheduled_by: str | None = None
    rescheduling_reason: str | None = None
    cancellation_reason: str | None = None
    creation_source: str = "API_V2"
    sms_reminder_number: str | None = None
    one_time_password: str | None = None
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    booking: BookingFacts
    people: tuple[AttendeeFacts, ...] = field(default=())


_INSERT = text(
    """
WITH made AS (
  INSERT INTO bookings (
    uid, title, description, status, start_at, end_at, event_type_id, organizer_id,
    organizer_email, seated, location, responses, metadata, recurring_uid, ics_uid, ics_sequence,
    occurrence_at, rescheduled, from_reschedule, rescheduled_by, rescheduling_reason,
    cancellation_reason, no_show_host, paid, creation_source, one_time_password,
    sms_reminder_number, created_at, updated_at)
  SELECT
    uid, title, description, status, start_at, end_at, event_type_id, organizer_id,
    organizer_email, seated, location, responses, metadata, recurring_uid, ics_uid, ics_sequence,
    occurrence_at, false, from_reschedule, rescheduled_by, rescheduling_reason,
    cancellation_reason, false, paid, creation_source, one_time_password, sms_reminder_number,
    CAST(:now AS timestamptz), CAST(:now AS timestamptz)
  FROM jsonb_to_recordset(CAST(:bookings AS jsonb)) AS b(
    n int, uid text, title text, description text, status text, start_at timestamptz,
    end_at timestamptz, event_type_id bigint, organizer_id bigint, organizer_email text,
    seated bool, location text, responses jsonb, metadata jsonb, recurring_uid text, ics_uid text,
    ics_sequence int, occurrence_at timestamptz, from_reschedule text, rescheduled_by text,
    rescheduling_reason text, cancellation_reason text, paid bool, creation_source text,
    one_time_password text, sms_reminder_number text)
  ORDER BY n
  RETURNING id, uid
), taken AS (
  INSERT INTO booking_hosts (booking_id, host_id, during, blocks)
  SELECT made.id, h.host_id, tstzrange(h.start_at, h.end_at), h.blocks
  FROM jsonb_to_recordset(CAST(:hosts AS jsonb)) AS h(
    uid text, host_id bigint, start_at timestamptz, end_at timestamptz, blocks bool)
  JOIN made ON made.uid = h.uid
), people AS (
  INSERT INTO attendees (booking_id, kind, name, email, phone_number, attendee_tz, locale, absent)
  SELECT made.id, p.kind, p.name, p.email, p.phone_number, p.time_zone, p.locale, false
  FROM jsonb_to_recordset(CAST(:people AS jsonb)) AS p(
    n int, uid text, kind text, name text, email text, phone_number text, time_zone text,
    locale text)
  JOIN made ON made.uid = p.uid
  ORDER BY p.n
  RETURNING id, booking_id, kind
), seats AS (
  INSERT INTO booking_seats (uid, booking_id, attendee_id, responses, metadata)
  SELECT s.seat_uid, made.id, people.id, s.responses, s.metadata
  FROM jsonb_to_recordset(CAST(:seats AS jsonb)) AS s(
    uid text, seat_uid text, responses jsonb, metadata jsonb)
  JOIN made ON made.uid = s.uid
  JOIN people ON people.booking_id = made.id AND people.kind = 'booker'
)
SELECT made.uid, made.id, people.id
FROM made LEFT JOIN people ON people.booking_id = made.id
ORDER BY people.id
"""
)


def translate(error: DBAPIError) -> Exception:
    """The refusal behind a violation of one of the two constraints; else the error itself."""
    message = str(error.orig)
    return BookingConflict() if OVERLAP in message or SEATED_TWICE in message else error


async def insert(
    session: AsyncSession, drafts: Sequence[Draft], now: datetime
) -> tuple[Written, ...]:
    """Writes bookings in the given order; raises BookingConflict when Postgres finds an overlap.

    A draft with a seat has one booker, whose seat it is.
    """
    parameters = {
        "now": now,
        "bookings": _dump([_booking(n, draft) for n, draft in enumerate(drafts)]),
        "hosts": _dump(_hosts(drafts)),
        "people": _dump(_people(drafts)),
        "seats": _dump(_seats(drafts)),
    }
    try:
        rows = (await session.execute(_INSERT, parameters)).all()
    except DBAPIError as error:
        raise translate(error) from error
    ids: dict[str, int] = {}
    people: dict[str, list[int]] = {}
    for uid, booking_id, attendee_id in rows:
        ids[uid] = booking_id
        people.setdefault(uid, []).append(attendee_id)
    return tuple(_written(draft, ids[draft.uid], people[draft.uid], now) for draft in drafts)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _booking(n: int, draft: Draft) -> dict[str, object]:
    return {
        "n": n,
        "uid": draft.uid,
        "title": draft.title,
        "description": draft.description,
        "status": draft.status,
        "start_at": draft.start.isoformat(),
        "end_at": draft.end.isoformat(),
        "event_type_id": draft.event_type_id,
        "organizer_id": draft.organizer_id,
        "organizer_email": draft.organizer_email,
        "seated": draft.seated,
        "location": draft.location,
        "responses": dict(draft.responses),
        "metadata": dict(draft.metadata),
        "recurring_uid": draft.recurring_uid,
        "ics_uid": draft.ics_uid,
        "ics_sequence": draft.ics_sequence,
        "occurrence_at": None if draft.occurrence is None else draft.occurrence.isoformat(),
        "from_reschedule": draft.from_reschedule,
        "rescheduled_by": draft.rescheduled_by,
        "rescheduling_reason": draft.rescheduling_reason,
        "cancellation_reason": draft.cancellation_reason,
        "paid": draft.paid,
        "creation_source": draft.creation_source,
        "one_time_password": draft.one_time_password,
        "sms_reminder_number": draft.sms_reminder_number,
    }


def _hosts(drafts: Sequence[Draft]) -> list[dict[str, object]]:
    return [
        {
            "uid": draft.uid,
            "host_id": host_id,
            "start_at": draft.start.isoformat(),
            "end_at": draft.end.isoformat(),
            "blocks": draft.blocks,
        }
        for draft in drafts
        for host_id in dict.fromkeys(draft.host_ids)
    ]


def _people(drafts: Sequence[Draft]) -> list[dict[str, object]]:
    people = [(draft.uid, person) for draft in drafts for person in draft.people]
    return [
        {
            "n": n,
            "uid": uid,
            "kind": person.kind,
            "name": person.name,
            "email": person.email,
            "phone_number": person.phone_number,
            "time_zone": person.time_zone,
            "locale": person.locale,
        }
        for n, (uid, person) in enumerate(people)
    ]


def _seats(drafts: Sequence[Draft]) -> list[dict[str, object]]:
    return [
        {
            "uid": draft.uid,
            "seat_uid": person.seat_uid,
            "responses": dict(person.seat_responses or {}),
            "metadata": dict(person.seat_metadata or {}),
        }
        for draft in drafts
        for person in draft.people
        if person.seat_uid is not None
    ]


def _written(draft: Draft, booking_id: int, ids: Sequence[int], now: datetime) -> Written:
    booking = BookingFacts(
        id=booking_id,
        uid=draft.uid,
        title=draft.title,
        description=draft.description,
        status=draft.status,
        start=draft.start,
        end=draft.end,
        event_type_id=draft.event_type_id,
        organizer_id=draft.organizer_id,
        location=draft.location,
        video_call_url=None,
        responses=draft.responses,
        metadata=draft.metadata,
        recurring_uid=draft.recurring_uid,
        ics_uid=draft.ics_uid,
        ics_sequence=draft.ics_sequence,
        created_at=now,
        updated_at=now,
        from_reschedule=draft.from_reschedule,
        rescheduled_by=draft.rescheduled_by,
        rescheduling_reason=draft.rescheduling_reason,
        cancellation_reason=draft.cancellation_reason,
        paid=draft.paid,
        one_time_password=draft.one_time_password,
        sms_reminder_number=draft.sms_reminder_number,
        creation_source=draft.creation_source,
        seated=draft.seated,
        occurrence=draft.occurrence,
    )
    people = tuple(
        person_facts(person, attendee_id)
        for person, attendee_id in zip(draft.people, ids, strict=True)
    )
    return Written(booking, people)


def person_facts(person: NewPerson, attendee_id: int) -> AttendeeFacts:
    return AttendeeFacts(
        id=attendee_id,
        kind=person.kind,
        email=person.email,
        name=person.name,
        phone_number=person.phone_number,
        time_zone=person.time_zone,
        locale=person.locale,
        seat_uid=person.seat_uid,
        seat_responses=person.seat_responses,
        seat_metadata=person.seat_metadata,
    )
