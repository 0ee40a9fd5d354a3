"""PURE. Building blocks of payloads: people, times and answers (webhook notes, 6.1 and 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from openslots.availability import civil
from openslots.events.bookings import AttendeeFacts, BookingFacts, EventTypeFacts, PersonFacts

Json = dict[str, Any]  # Any: JSON
Fields = Sequence[Mapping[str, Any]]

PHONE = "attendeePhoneNumber"
# system field -> (label, hidden unless the event type says otherwise)
SYSTEM: dict[str, tuple[str, bool]] = {
    "name": ("your_name", False),
    "email": ("email_address", False),
    PHONE: ("phone_number", True),
    "location": ("location", False),
    "title": ("what_is_this_meeting_about", True),
    "notes": ("additional_notes", False),
    "guests": ("additional_guests", False),
    "rescheduleReason": ("reason_for_reschedule", False),
}


def seconds(moment: datetime) -> str:
    """`2026-05-04T10:00:00Z`, as in created, requested and rescheduled."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def milliseconds(moment: datetime) -> str:
    """`2026-05-04T10:00:00.000Z`, as in the envelope and in most triggers."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def with_offset(moment: datetime, zone: str = "UTC") -> str:
    """`2026-05-04T10:00:00+00:00`, as in cancelled; in local time of a zone for absences.

    In UTC where the local time has no date, as on the last day of the year 9999.
    """
    minutes = utc_offset(zone, moment)
    try:
        local = civil.moment(civil.seconds(moment) + minutes * 60)
    except (ValueError, OverflowError):
        local, minutes = moment.astimezone(UTC), 0
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    return f"{local:%Y-%m-%dT%H:%M:%S}{sign}{size // 60:02d}:{size % 60:02d}"


def utc_offset(zone: str, moment: datetime) -> int:
    """Minutes east of UTC in that zone at that moment; 0 in a zone that nobody knows."""
    at = civil.seconds(moment)
    known = civil.canonical_zone(zone)
    return 0 if known is None else civil.zone(known, at, at).offset(at) // 60


# -- people


def organizer(person: PersonFacts | None, start: datetime) -> Json | None:
    """The host who organises; names that do not exist are left out."""
    if person is None:
        return None
    names = {"username": person.username, "usernameInOrg": person.username_in_org}
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        **{key: value for key, value in names.items() if value is not None},
        "timeZone": person.time_zone,
        "language": {"locale": person.locale},
        "timeFormat": "HH:mm" if person.time_format == 24 else "h:mma",
        "utcOffset": utc_offset(person.time_zone, start),
    }


def guests(people: Iterable[AttendeeFacts]) -> list[AttendeeFacts]:
    """Attendees without the hosts among them, who are named as the team."""
    return [person for person in people if person.kind != "host"]


def attendee(
    person: AttendeeFacts, start: datetime, answers: Mapping[str, Any], split: bool
) -> Json:
    """An attendee as in created, requested and rescheduled; `split` when the event type asks for
    first and last name."""
    first, last = _both_names(person, answers) if split else ("", "")
    out = {
        "email": person.email,
        "name": person.name,
        "firstName": first,
        "lastName": last,
        "timeZone": person.time_zone,
        "language": {"locale": person.locale},
        "utcOffset": utc_offset(person.time_zone, start),
    }
    return out if person.phone_number is None else {**out, "phoneNumber": person.phone_number}


def _both_names(person: AttendeeFacts, answers: Mapping[str, Any]) -> tuple[str, str]:
    if person.kind != "booker":
        return "", ""
    given = answers.get("name")
    if isinstance(given, Mapping):
        return str(given.get("firstName", "")), str(given.get("lastName", ""))
    first, _, last = person.name.partition(" ")
    return first, last


def attendee_after(person: AttendeeFacts, start: datetime) -> Json:
    """An attendee as in cancelled and rejected."""
    return {
        "name": person.name,
        "email": person.email,
        "timeZone": person.time_zone,
        "phoneNumber": person.phone_number,
        "language": {"locale": person.locale},
        "utcOffset": utc_offset(person.time_zone, start),
    }


def attendee_row(person: AttendeeFacts, booking_id: int) -> Json:
    """An attendee as in the triggers that fire by the clock."""
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "timeZone": person.time_zone,
        "phoneNumber": person.phone_number,
        "locale": person.locale,
        "bookingId": booking_id,
        "noShow": person.absent,
    }


def team(
    team_id: int | None, name: str | None, people: Iterable[AttendeeFacts], start: datetime
) -> Json:
    """`{"team": ...}` of a team event, else nothing; its members are the further hosts."""
    if team_id is None:
        return {}
    members = [attendee_after(person, start) for person in people if person.kind == "host"]
    return {"team": {"id": team_id, "name": name or "", "members": members}}


# -- answers


def answers_of(booking: BookingFacts, people: Sequence[AttendeeFacts]) -> Mapping[str, Any]:
    """The answers concerned: those of the seat, where it is about one seat."""
    if len(people) == 1 and people[0].seat_responses is not None:
        return people[0].seat_responses
    return booking.responses


def asks_both_names(fields: Fields) -> bool:
    return any(f.get("name") == "name" and f.get("variant") == "firstAndLastName" for f in fields)


def responses(fields: Fields, given: Mapping[str, Any], *, with_phone: bool) -> Json:
    """Every field with its label, hidden or not, and the answer where there is one.

    `with_phone` shows the phone field also to event types that do not have it.
    """
    names = [str(field.get("name")) for field in fields]
    out: Json = {}
    for field, name in zip(fields, names, strict=True):
        if name == PHONE and not with_phone and given.get(name) is None:
            continue
        out[name] = _answer(name, field, given)
        if name == "email" and with_phone and PHONE not in names:
            out[PHONE] = _answer(PHONE, {}, given)
    return out


def own_responses(fields: Fields, given: Mapping[str, Any]) -> Json:
    """The answers to the event type's own questions alone."""
    return {
        str(field.get("name")): _answer(str(field.get("name")), field, given)
        for field in fields
        if field.get("name") not in SYSTEM
    }


def bare_responses(given: Mapping[str, Any]) -> Json:
    """The answers where the event type, and with it every label, is gone."""
    return {name: {"label": name, "value": value} for name, value in given.items()}


def _answer(name: str, field: Mapping[str, Any], given: Mapping[str, Any]) -> Json:
    label, hidden = SYSTEM.get(name, (name, False))
    value = given.get(name)
    return {
        "label": field.get("label") or label,
        **({} if value is None else {"value": value}),
        "isHidden": bool(field.get("hidden", hidden)),
    }


# -- of the event type


def series(event_type: EventTypeFacts | None) -> Json | None:
    """`{freq, count, interval}` of an event type that recurs; weekly is 2."""
    if event_type is None or event_type.recurrence is None:
        return None
    rule = event_type.recurrence
    return {"freq": rule["freq"], "count": rule["count"], "interval": rule["interval"]}


def scheduling_type(event_type: EventTypeFacts | None) -> str | None:
    names = {"collective": "COLLECTIVE", "roundRobin": "ROUND_ROBIN", "managed": "MANAGED"}
    return None if event_type is None else names.get(event_type.scheduling_type or "")


def minutes(booking: BookingFacts) -> int:
    return int((booking.end - booking.start).total_seconds()) // 60


def video_url(booking: BookingFacts) -> str | None:
    """The address of the call; a plain link as location counts."""
    if booking.video_call_url is not None:
        return booking.video_call_url
    location = booking.location or ""
    return location if location.startswith(("https://", "http://")) else None
