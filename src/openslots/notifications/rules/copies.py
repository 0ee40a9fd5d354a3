"""PURE. What one reader may see of an event, and what a mail shows of people and places."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from openslots.events.bookings import (
    AttendeeFacts,
    BookingEvent,
    BookingFacts,
    BookingRescheduled,
)
from openslots.notifications.rules import audience
from openslots.notifications.rules.audience import ATTENDEE, HOST, Reader

SYSTEM = frozenset(
    {
        "name",
        "email",
        "attendeePhoneNumber",
        "location",
        "title",
        "notes",
        "guests",
        "rescheduleReason",
        "smsReminderNumber",
    }
)
MOST_SEEN = 50  # people whom a mail to an attendee names
# control characters, and those that turn the direction of what follows them
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def copy_for(event: BookingEvent, reader: Reader) -> BookingEvent:
    """The event without what the reader may not know: of a group meeting, an attendee sees the
    answers of nobody else; of one that hides its attendees, only the hosts and themself, and nobody
    else's name in the title. Of a crowd they see MOST_SEEN."""
    if reader.role == HOST or not event.booking.seated:
        return event
    hidden = audience.hides_others(event)
    title = _own_title(event, reader) if hidden else event.booking.title
    seen = _alone if hidden else _in_crowd
    answered = _own_responses(audience.everyone(event), reader)
    event = replace(
        event,
        booking=_shared(event.booking, title, answered),
        attendees=seen(event.attendees, reader),
        everyone=seen(audience.everyone(event), reader),
    )
    if isinstance(event, BookingRescheduled):
        before = title if hidden else event.previous.title
        event = replace(event, previous=_shared(event.previous, before, answered))
    return event


def _shared(booking: BookingFacts, title: str, answered: Mapping[str, object]) -> BookingFacts:
    """What all who have a seat share, with the answers of one of them: what the booking itself
    keeps was said by whoever took the first."""
    return replace(booking, title=title, description=None, responses=answered)


def _own_responses(people: Sequence[AttendeeFacts], reader: Reader) -> Mapping[str, object]:
    own = [person for person in people if is_reader(person, reader) and person.kind != "host"]
    seats = [person for person in own if person.seat_uid == reader.seat_uid] or own
    return next((one.seat_responses for one in seats if one.seat_responses is not None), {})


def _alone(people: Sequence[AttendeeFacts], reader: Reader) -> tuple[AttendeeFacts, ...]:
    return tuple(person for person in people if person.kind == "host" or is_reader(person, reader))


def _in_crowd(people: Sequence[AttendeeFacts], reader: Reader) -> tuple[AttendeeFacts, ...]:
    """Hosts, the reader and those who came first, in their order: a mail to each of a thousand
    people cannot name a thousand."""
    if len(people) <= MOST_SEEN:
        return tuple(people)
    known = {person.id for person in _alone(people, reader)}
    others = [person.id for person in people if person.id not in known]
    known.update(others[: max(MOST_SEEN - len(known), 0)])
    return tuple(person for person in people if person.id in known)


def unnamed(event: BookingEvent, own: BookingEvent, reader: Reader) -> int:
    """How many attendees the reader's own copy leaves out although they are no secret."""
    if reader.role == HOST or audience.hides_others(event):
        return 0
    return len(event.attendees) - len(own.attendees)


def is_reader(person: AttendeeFacts, reader: Reader) -> bool:
    return audience.mailbox(person.email).lower() == reader.email.lower()


def _own_title(event: BookingEvent, reader: Reader) -> str:
    """The booking's title names who took the first seat; here it names the reader, or nobody."""
    kind, host = event.event_type, event.organizer
    if kind is None:
        return host.name if host is not None else ""
    head = f"{kind.title} between {host.name if host is not None else ''} and "
    named = reader.name and event.booking.title.startswith(head)
    return head + reader.name if named else kind.title


# -- people


def host_name(event: BookingEvent) -> str:
    return event.organizer.name if event.organizer is not None else ""


def booker(event: BookingEvent) -> AttendeeFacts | None:
    """Who booked, or has the seat that it is about."""
    people = audience.concerned(event)
    return next((person for person in people if person.kind == "booker"), next(iter(people), None))


def other_side(event: BookingEvent, reader: Reader) -> str:
    """The name of whom the reader meets."""
    if reader.role == ATTENDEE:
        return host_name(event)
    person = booker(event)
    return "" if person is None else person.name or person.email


def hides_organizer(event: BookingEvent, reader: Reader) -> bool:
    """Whether the reader may not learn the organiser's address."""
    kind = event.event_type
    return kind is not None and kind.hide_organizer_email and reader.role == ATTENDEE


def reply_to(event: BookingEvent, reader: Reader, *, cancelled: bool) -> tuple[str, ...]:
    """Who reads an answer to the mail: for hosts the attendees, for attendees the organiser and
    the other attendees, unless those are a crowd. The address that an event type names for answers
    stands for its organiser, whose own may be hidden; without one, a hidden organiser is answered
    by nobody."""
    kind = event.event_type
    custom = kind.custom_reply_to_email if kind is not None else None
    if kind is not None and kind.hide_organizer_email and (custom is None or reader.role == HOST):
        return ()
    people = [audience.mailbox(p.email) for p in audience.concerned(event) if p.has_mail]
    if len(people) >= MOST_SEEN:  # an answer is meant for one, not for a crowd
        people = []
    if reader.role == HOST:
        return () if cancelled else _unique(people)
    organizer = event.organizer
    own = custom or (audience.mailbox(organizer.email) if organizer is not None else None)
    others = [] if cancelled else [one for one in people if one.lower() != reader.email.lower()]
    return _unique([*([] if own is None else [own]), *others])


def _unique(addresses: Sequence[str]) -> tuple[str, ...]:
    return tuple({one.lower(): one for one in addresses}.values())


# -- answers


def answers(event: BookingEvent) -> Mapping[str, object]:
    """The answers concerned: those of the seat, where it is about one seat."""
    people = audience.concerned(event)
    if len(people) == 1 and people[0].seat_responses is not None:
        return people[0].seat_responses
    return event.booking.responses


def own_answers(event: BookingEvent, reader: Reader) -> list[tuple[str, object]]:
    """(question, answer) of the event type's own questions: all for hosts; for the booker those
    that were asked openly; for guests none."""
    kind = event.event_type
    if kind is None or not (reader.role == HOST or reader.booker):
        return []
    given, out = answers(event), []
    for field in kind.booking_fields or ():
        name = str(field.get("name"))
        value = given.get(name)
        seen = reader.role == HOST or not field.get("hidden")
        if name not in SYSTEM and value not in (None, "", [], {}) and seen:
            out.append((str(field.get("label") or name), value))
    return out


def notes(event: BookingEvent) -> str:
    given = answers(event).get("notes")
    return given if isinstance(given, str) else ""


# -- links


def cancel_url(event: BookingEvent, reader: Reader, webapp: str) -> str | None:
    """Where the reader can cancel; None where the event type does not allow it."""
    if event.event_type is not None and event.event_type.disable_cancelling:
        return None
    uid = event.booking.uid
    return _with_seat(
        f"{webapp}/booking/{uid}?cancel=true&cancelledBy={_quoted(reader.email)}", reader
    )


def reschedule_url(event: BookingEvent, reader: Reader, webapp: str) -> str | None:
    """Where the reader can move it; None where the event type does not allow it."""
    if event.event_type is not None and event.event_type.disable_rescheduling:
        return None
    return new_time_url(event, reader, webapp)


def new_time_url(event: BookingEvent, reader: Reader, webapp: str) -> str:
    uid = event.booking.uid
    return _with_seat(f"{webapp}/reschedule/{uid}?rescheduledBy={_quoted(reader.email)}", reader)


def _quoted(email: str) -> str:
    return quote(email, safe="")


def _with_seat(url: str, reader: Reader) -> str:
    return url if reader.seat_uid is None else f"{url}&seatReferenceUid={reader.seat_uid}"


# -- text


def plain(text: str) -> str:
    """Text without characters that are not seen but change what is."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def line(text: str, most: int) -> str:
    """The same in one line of at most so many characters."""
    short = " ".join(plain(text).split())
    return short if len(short) <= most else f"{short[: most - 1].rstrip()}…"


def is_link(text: str) -> bool:
    return text.startswith(("https://", "http://")) and not any(c.isspace() for c in text)
