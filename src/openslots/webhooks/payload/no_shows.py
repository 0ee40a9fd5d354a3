"""PURE. Who was missing from a call, and the payloads that say so (webhook notes, 6.9 and 8.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from openslots.availability import civil
from openslots.events.bookings import AttendeeFacts
from openslots.webhooks.payload import parts
from openslots.webhooks.payload.parts import Json
from openslots.webhooks.types import Call, Host, Meeting, Participant


@dataclass(frozen=True, slots=True)
class Watched:
    """What a payload says of its subscription; never the secret."""

    id: str
    subscriber_url: str
    time: int | None
    time_unit: str | None
    triggers: Sequence[str]
    payload_template: str | None


def missing_hosts(
    hosts: Iterable[Host], calls: Sequence[Call], until: datetime
) -> tuple[Host, ...]:
    """The hosts who had not joined any call by then."""
    present = [one for call in calls for one in _by(call, until)]
    return tuple(host for host in hosts if not any(_is_host(one, host) for one in present))


def missing_guests(
    people: Iterable[AttendeeFacts], hosts: Sequence[Host], calls: Sequence[Call], until: datetime
) -> tuple[AttendeeFacts, ...]:
    """The attendees who had not joined by then; nobody as soon as one call had more people at once
    than hosts, for guests join without a name that is theirs for certain."""
    for call in calls:
        present = _by(call, until)
        held_by = sum(any(_is_host(one, host) for one in present) for host in hosts)
        if min(call.most_at_once, len(present)) > held_by:
            return ()
    known = {(one.user_id or "").lower() for call in calls for one in _by(call, until)}
    return tuple(one for one in parts.guests(people) if one.email.lower() not in known)


def _by(call: Call, until: datetime) -> list[Participant]:
    return [one for one in call.participants if one.joined_at <= civil.seconds(until)]


def _is_host(person: Participant, host: Host) -> bool:
    return (person.user_id or "").lower() in (str(host.id), host.email.lower())


def of_host(
    meeting: Meeting, calls: Sequence[Call], hook: Watched, host: Host, until: datetime
) -> Json:
    """Says that one host was missing; the attendees are as they are known to be now."""
    return {
        **_meeting(meeting, calls),
        "hostEmail": host.email,
        "noShowHost": meeting.booking.no_show_host,
        **_around(meeting, hook),
        "message": f"Host with email {host.email} didn't join the call or didn't join before "
        f"{_shown(until)}",
    }


def of_guests(
    meeting: Meeting, calls: Sequence[Call], hook: Watched, emails: Collection[str], until: datetime
) -> Json:
    """Says that the attendees of these addresses were missing."""
    gone = [one for one in parts.guests(meeting.attendees) if one.email in emails]
    return {
        **_meeting(meeting, calls),
        "guests": [parts.attendee_row(one, meeting.booking.id) for one in gone],
        **_around(meeting, hook),
        "message": f"Guest didn't join the call or didn't join before {_shown(until)}",
    }


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} +00:00"


def _meeting(meeting: Meeting, calls: Sequence[Call]) -> Json:
    booking = meeting.booking
    people = parts.guests(meeting.attendees)
    return {
        "title": booking.title,
        "bookingId": booking.id,
        "bookingUid": booking.uid,
        "startTime": parts.milliseconds(booking.start),
        "attendees": [parts.attendee_row(one, booking.id) for one in people],
        "endTime": parts.milliseconds(booking.end),
        "participants": [_participant(one) for call in calls for one in call.participants],
    }


def _participant(one: Participant) -> Json:
    return {
        "user_id": one.user_id,
        "user_name": one.user_name,
        "participant_id": one.participant_id,
        "join_time": one.joined_at,
        "duration": one.duration,
    }


def _around(meeting: Meeting, hook: Watched) -> Json:
    kind, by = meeting.event_type, meeting.booking.rescheduled_by
    return {
        **({} if by is None else {"rescheduledBy": by}),
        "eventType": None
        if kind is None
        else {
            "id": kind.id,
            "teamId": kind.team_id,
            "parentId": kind.parent_id,
            "calVideoSettings": meeting.video_settings,
        },
        "webhook": {
            "id": hook.id,
            "subscriberUrl": hook.subscriber_url,
            "appId": None,
            "time": hook.time,
            "timeUnit": hook.time_unit,
            "eventTriggers": list(hook.triggers),
            "payloadTemplate": hook.payload_template,
        },
    }
