"""PURE. Who gets which mail when something happens to a booking (mail notes, section 11)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from openslots.events.bookings import (
    AttendeeFacts,
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingGuestsAdded,
    BookingLocationUpdated,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
    PersonFacts,
)

HOST, ATTENDEE = "host", "attendee"
# what managed users carry in their address: the id of the client that made them
_TAG = re.compile(
    r"\+(?:[a-z0-9]{25}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@"
)


class Kind(StrEnum):
    """What a mail says; each has its texts in every language."""

    BOOKED = "booked"
    SEAT_TAKEN = "seat_taken"
    REQUESTED = "requested"
    STILL_PENDING = "still_pending"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    MOVED = "moved"
    TIME_WANTED = "time_wanted"
    REASSIGNED = "reassigned"
    GUESTS_ADDED = "guests_added"
    RELOCATED = "relocated"
    SEAT_GIVEN_BACK = "seat_given_back"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who gets a mail. `long_clock`: times by 24 hours, whatever the language does."""

    role: str
    email: str
    name: str
    time_zone: str
    locale: str
    long_clock: bool = False
    booker: bool = False
    seat_uid: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one reader."""

    kind: Kind
    reader: Reader

    @property
    def topic(self) -> str:
        """What its texts are called in the files of the languages."""
        return f"{self.kind}.{self.reader.role}"


def mailbox(email: str) -> str:
    """The address that mail goes to: without the tag of managed users."""
    return _TAG.sub("@", email)


# -- people


def _long_clock(event: BookingEvent) -> bool:
    """contract: the organiser's clock holds for everybody."""
    return event.organizer is not None and event.organizer.time_format == 24


def _of_person(person: PersonFacts) -> Reader:
    return Reader(
        role=HOST,
        email=mailbox(person.email),
        name=person.name,
        time_zone=person.time_zone,
        locale=person.locale,
        long_clock=person.time_format == 24,
    )


def _of_host(person: AttendeeFacts, event: BookingEvent) -> Reader:
    return Reader(
        role=HOST,
        email=mailbox(person.email),
        name=person.name,
        time_zone=person.time_zone,
        locale=person.locale,
        long_clock=_long_clock(event),
    )


def _of_attendee(person: AttendeeFacts, event: BookingEvent) -> Reader:
    return Reader(
        role=ATTENDEE,
        email=mailbox(person.email),
        name=person.name,
        time_zone=person.time_zone,
        locale=person.locale,
        long_clock=_long_clock(event),
        booker=person.kind == "booker",
        seat_uid=person.seat_uid,
    )


def everyone(event: BookingEvent) -> tuple[AttendeeFacts, ...]:
    """All attendees, whoever the event is about."""
    return event.everyone or event.attendees


def team(event: BookingEvent) -> list[AttendeeFacts]:
    """The hosts beside the organiser."""
    return [person for person in everyone(event) if person.kind == "host"]


def concerned(event: BookingEvent) -> list[AttendeeFacts]:
    """The attendees that the event is about, hosts left out."""
    return [person for person in event.attendees if person.kind != "host"]


def hides_others(event: BookingEvent) -> bool:
    """Whether those who have a seat may not learn who has the others."""
    kind = event.event_type
    return event.booking.seated and not (kind is not None and kind.seats_show_attendees)


def _hosts(event: BookingEvent) -> list[Reader]:
    one = [] if event.organizer is None else [_of_person(event.organizer)]
    return [*one, *(_of_host(person, event) for person in team(event))]


def _attendees(event: BookingEvent) -> list[Reader]:
    return [_of_attendee(p, event) for p in concerned(event) if p.has_mail]


# -- what they get


def messages(event: BookingEvent) -> list[Message]:
    """One message per address, hosts first; nobody whom a switch of the event type leaves out."""
    if event.silent:
        return []
    return _once(_allowed(event, _all(event)))


def reminders(event: BookingEvent) -> list[Message]:
    """Those who are reminded of a meeting."""
    both = _both(event, Kind.REMINDER)
    return _once(_allowed(event, both))


def still_pending(event: BookingEvent) -> list[Message]:
    """The hosts of a booking that waits for their answer."""
    waiting = [Message(Kind.STILL_PENDING, reader) for reader in _hosts(event)]
    return _once(_allowed(event, waiting))


def _allowed(event: BookingEvent, all_: Iterable[Message]) -> Iterator[Message]:
    settings = event.event_type.email_settings if event.event_type is not None else {}
    off = {
        HOST: settings.get("disableEmailsToHosts") is True,
        ATTENDEE: settings.get("disableEmailsToAttendees") is True,
    }
    return (message for message in all_ if not off[message.reader.role])


def _once(all_: Iterable[Message]) -> list[Message]:
    found: dict[str, Message] = {}
    for message in all_:
        found.setdefault(message.reader.email.lower(), message)
    return list(found.values())


def _both(event: BookingEvent, kind: Kind) -> list[Message]:
    return [Message(kind, reader) for reader in (*_hosts(event), *_attendees(event))]


def _all(event: BookingEvent) -> list[Message]:
    match event:
        case BookingCreated():
            return _created(event)
        case BookingRequested():
            submitted = [one for one in _attendees(event) if one.booker]
            asked = [Message(Kind.REQUESTED, one) for one in (*_hosts(event), *submitted)]
            return [*asked, *(Message(Kind.REASSIGNED, one) for one in _released(event))]
        case BookingRescheduled():
            return _moved(event)
        case BookingCancelled(request_reschedule=True):
            return _both(event, Kind.TIME_WANTED)
        case BookingCancelled(seat=True):
            return _both(event, Kind.SEAT_GIVEN_BACK)
        case BookingCancelled():
            return _both(event, Kind.CANCELLED)
        case BookingRejected():
            return [Message(Kind.DECLINED, reader) for reader in _attendees(event)]
        case BookingLocationUpdated():
            return _both(event, Kind.RELOCATED)
        case BookingGuestsAdded():
            return _guests_added(event)
        case _:
            return []


def _created(event: BookingCreated) -> list[Message]:
    """Of a seat in a meeting that others attend already the hosts are told that somebody joins."""
    seats = [person for person in everyone(event) if person.seat_uid is not None]
    joined = event.booking.seated and len(seats) > len(concerned(event))
    to_hosts = Kind.SEAT_TAKEN if joined else Kind.BOOKED
    return [
        *(Message(to_hosts, reader) for reader in _hosts(event)),
        *(Message(Kind.BOOKED, reader) for reader in _attendees(event)),
    ]


def _before(event: BookingRescheduled | BookingRequested) -> list[Reader]:
    """The hosts before it was moved."""
    organizer = event.previous_organizer
    one = [] if organizer is None else [_of_person(organizer)]
    return [*one, *(_of_host(person, event) for person in event.previous_hosts)]


def _released(event: BookingRescheduled | BookingRequested) -> list[Reader]:
    """The hosts who are none any more."""
    stay = {reader.email.lower() for reader in _hosts(event)}
    return [one for one in _before(event) if one.email.lower() not in stay]


def _moved(event: BookingRescheduled) -> list[Message]:
    """Hosts who were none before are booked, those who are none any more are told so."""
    knew = {reader.email.lower() for reader in _before(event)}
    hosts = [
        Message(Kind.MOVED if not knew or one.email.lower() in knew else Kind.BOOKED, one)
        for one in _hosts(event)
    ]
    return [
        *hosts,
        *(Message(Kind.REASSIGNED, one) for one in _released(event)),
        *(Message(Kind.MOVED, reader) for reader in _attendees(event)),
    ]


def _guests_added(event: BookingGuestsAdded) -> list[Message]:
    """The new ones are invited, once the booking stands; the others are told of them."""
    new = {person.email.lower() for person in event.added}
    invited = event.booking.status == "accepted"
    out = [Message(Kind.GUESTS_ADDED, reader) for reader in _hosts(event)]
    for person in concerned(event):
        if not person.has_mail:
            continue
        reader = _of_attendee(person, event)
        if person.email.lower() not in new:
            out.append(Message(Kind.GUESTS_ADDED, reader))
        elif invited:
            out.append(Message(Kind.BOOKED, reader))
    return out


# -- identity


def key(event: BookingEvent) -> str:
    """What tells the mails of this event from those of every other: the booking, what happened
    and the sequence, and more where the sequence does not rise."""
    booking = event.booking
    head = f"{booking.uid}:{type(event).__name__}:{booking.ics_sequence}"
    match event:
        case BookingGuestsAdded():
            return f"{head}:{'+'.join(str(person.id) for person in event.added)}"
        case BookingRescheduled() if booking.seated:
            return f"{head}:{event.previous.uid}:{event.at.isoformat()}"
        case _ if booking.seated:
            seats = [str(person.seat_uid) for person in concerned(event)]
            return f"{head}:{seats[0]}" if len(seats) == 1 else head
        case _:
            return head


def dedupe_key(event_key: str, message: Message) -> str:
    """The one mail of an event to one address."""
    return f"{event_key}:{message.reader.email.lower()}"
