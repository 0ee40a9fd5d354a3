"""A booking as a calendar message (RFC 5545, RFC 5546): what calendars add, change or take out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from icalendar import Calendar, Event, vCalAddress

from openslots.events.bookings import (
    BookingCancelled,
    BookingEvent,
    BookingRescheduled,
    EventTypeFacts,
)
from openslots.notifications.rules import audience, copies, series
from openslots.notifications.rules.audience import Reader

NAMELESS = "Unnamed attendee"
CAL_VIDEO = "integrations:daily"
# what a location without an address of its own is called
APPS = {
    "integrations:google:meet": "Google Meet",
    "integrations:zoom": "Zoom",
    "integrations:office365_video": "MS Teams",
}
_IN_ADDRESS = "!#$&'*+-/=@^_`{|}~."
# control characters, those that turn the direction of what follows, and halves of characters
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAKS = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Words:
    """The labels of a description, in the reader's language."""

    what: str = "What"
    time_zone: str = "Invitee time zone"
    who: str = "Who"
    organizer: str = "organizer"
    where: str = "Where"
    about: str = "Description"
    notes: str = "Additional notes"
    reason: str = "Reason for cancellation"
    change: str = "To change or cancel this booking"


ENGLISH = Words()


class _Copy(NamedTuple):
    """For whom a message is written; `reader` None is the organiser."""

    event: BookingEvent
    webapp: str
    reader: str | None
    cancelled: bool
    words: Words


class _Occasion(NamedTuple):
    """One component of a message: which occurrence of a series (None: the whole entry), its times
    and its place in the order of the messages about it."""

    start: datetime
    end: datetime
    sequence: int
    occurrence: datetime | None = None
    repeated: bool = False


def invitation(
    event: BookingEvent,
    *,
    webapp: str,
    reader: str | None = None,
    cancelled: bool = False,
    words: Words = ENGLISH,
) -> str:
    """The text of an .ics file that invites to a booking, or takes it back when `cancelled`.

    `reader` is the e-mail address of the attendee who gets it, None the organiser; `webapp` the
    address of the web pages, without a slash at its end. Every message about a booking, and about
    what it was moved to, has the same UID. Times are in UTC; only a series whose occurrences keep
    the booker's clock over a change of its offset names that zone. Lines end with CRLF and have
    at most 75 octets.
    """
    event = event if reader is None else _seen_by(event, reader)
    copy = _Copy(event, webapp, reader, cancelled, words)
    calendar = Calendar()
    calendar.add("prodid", "-//openslots//bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    for occasion in _occasions(event, cancelled):
        calendar.add_component(_component(copy, occasion))
    _add_zones(calendar, event)
    return str(calendar.to_ical().decode())


def withdrawal(
    event: BookingRescheduled, *, webapp: str, reader: str | None, words: Words = ENGLISH
) -> str | None:
    """The cancelled entry of the booking that an attendee left, where the one they moved to is an
    entry of its own: seats that went to another meeting. None when the new one replaces it; for
    the organiser (`reader` None) also while others are left in it."""
    previous = event.previous
    if previous.ics_uid == event.booking.ics_uid:
        return None
    if reader is None and previous.status != "cancelled":
        return None
    left = BookingCancelled(
        at=event.at,
        booking=previous,
        event_type=event.event_type,
        organizer=event.organizer,
        attendees=tuple(
            p for p in event.attendees if reader is None or p.email.lower() == reader.lower()
        ),
        seat=True,
    )
    return invitation(left, webapp=webapp, reader=reader, cancelled=True, words=words)


def place(location: str | None, video_call_url: str | None, uid: str, webapp: str) -> str | None:
    """Where a booking is, as calendars and mails show it: the address of the call, the address of
    its page for Cal Video, else what was agreed on."""
    if video_call_url:
        return video_call_url
    if location == CAL_VIDEO:
        return f"{webapp}/video/{uid}"
    return None if not location else APPS.get(location, location)


def _occasions(event: BookingEvent, cancelled: bool) -> list[_Occasion]:
    """The series as a whole, several or one occurrence of it, or a booking that stands alone."""
    booking = event.booking
    if isinstance(event, BookingCancelled) and cancelled and event.ended_occurrences:
        lasts = booking.end - booking.start
        return [_Occasion(at, at + lasts, n, at) for at, n in event.ended_occurrences]
    whole = isinstance(event, BookingCancelled) and event.whole_series
    series_told = len(event.occurrences) > 1 and not event.silent
    here = (booking.start, booking.end, booking.ics_sequence)
    if series_told and (whole or not isinstance(event, BookingCancelled)):
        return [_Occasion(*here, repeated=True)]
    return [_Occasion(*here, occurrence=None if whole else booking.occurrence)]


def _component(copy: _Copy, occasion: _Occasion) -> Event:
    event, out = copy.event, Event()
    booking, kind = event.booking, event.event_type
    out.add("uid", clean(booking.ics_uid, one_line=True))
    if occasion.sequence:
        out.add("sequence", occasion.sequence)
    out.add("dtstamp", _whole(event.at))
    if occasion.occurrence is not None:
        out.add("recurrence-id", _whole(occasion.occurrence))
    _add_times(out, event, occasion)
    out.add("status", "CANCELLED" if copy.cancelled else "CONFIRMED")
    out.add("summary", clean(booking.title, one_line=True))
    out.add("description", _description(copy))
    if where := _place(copy):
        out.add("location", clean(where, one_line=True))
    if kind is not None and kind.hide_calendar_event_details:
        out.add("class", "PRIVATE")
    _add_people(out, copy)
    return out


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _add_times(out: Event, event: BookingEvent, occasion: _Occasion) -> None:
    """Start and end, for a series with the rule that gives its occurrences; with a list of them
    where no rule does."""
    start, end = _whole(occasion.start), _whole(occasion.end)
    if not occasion.repeated:
        out.add("dtstart", start)
        out.add("dtend", end)
        return
    told = [_whole(one) for one in event.occurrences]
    plan = series.plan(told, _rule(event.event_type), _zone(event))
    out.add("dtstart", plan.shown(start))
    out.add("dtend", plan.shown(end))
    if plan.rule is not None:
        out.add("rrule", plan.rule)
    else:
        out.add("rdate", [one for one in told if one != start])


def _rule(kind: EventTypeFacts | None) -> tuple[int, int] | None:
    if kind is None or kind.recurrence is None:
        return None
    return kind.recurrence["freq"], kind.recurrence["interval"]


def _zone(event: BookingEvent) -> str:
    booker = next((one for one in event.attendees if one.kind == "booker"), None)
    return "UTC" if booker is None else booker.time_zone


def _add_zones(calendar: Calendar, event: BookingEvent) -> None:
    if len(event.occurrences) > 1:
        first, last = min(event.occurrences), max(event.occurrences)
        year = timedelta(days=366)
        calendar.add_missing_timezones((first - year).date(), (last + year).date())


# -- people


def _seen_by(event: BookingEvent, email: str) -> BookingEvent:
    """What an attendee may see of it: in a group meeting that hides its attendees nobody else."""
    people = (p for p in audience.everyone(event) if p.email.lower() == email.lower())
    person = next(people, None)
    reader = Reader(
        role=audience.ATTENDEE,
        email=audience.mailbox(email),
        name="" if person is None else person.name,
        time_zone="UTC" if person is None else person.time_zone,
        locale="en" if person is None else person.locale,
    )
    return copies.copy_for(event, reader)


def _hides_organizer(copy: _Copy) -> bool:
    kind = copy.event.event_type
    return kind is not None and kind.hide_organizer_email


def _hides_hosts(copy: _Copy) -> bool:
    """Whether the reader may not learn the addresses of those who host."""
    return copy.reader is not None and _hides_organizer(copy)


def _add_people(out: Event, copy: _Copy) -> None:
    host = copy.event.organizer
    shown = no_reply(copy.webapp)
    if host is not None and not _hides_organizer(copy):
        shown = host.email
    out.add("organizer", _address(shown, "" if host is None else host.name), encode=False)
    if host is not None and copy.reader is None:
        _add_attendee(out, host.email, host.name, role="CHAIR", rsvp="FALSE")
    for person in audience.everyone(copy.event):
        if person.has_mail and not (person.kind == "host" and _hides_hosts(copy)):
            _add_attendee(out, person.email, person.name, role="REQ-PARTICIPANT", rsvp="TRUE")


def _add_attendee(out: Event, email: str, name: str, *, role: str, rsvp: str) -> None:
    address = _address(email, name or NAMELESS)
    address.params["ROLE"], address.params["PARTSTAT"] = role, "ACCEPTED"
    address.params["RSVP"] = rsvp
    out.add("attendee", address, encode=False)


def _address(email: str, name: str) -> vCalAddress:
    mailbox = clean(audience.mailbox(email), one_line=True)
    address = vCalAddress(f"mailto:{quote(mailbox, safe=_IN_ADDRESS)}")
    if shown := clean(name, one_line=True).replace('"', "'").strip():
        address.params["CN"] = shown
    return address


def no_reply(webapp: str) -> str:
    """The address that stands for an organiser who does not show theirs."""
    return f"no-reply@{urlsplit(webapp).hostname or 'localhost'}"


# -- text


def clean(text: str, *, one_line: bool = False) -> str:
    """Text without what nobody should see; line breaks of any kind become one kind, or a space."""
    broken = _BREAKS.sub(" " if one_line else "\n", text)
    return _UNSEEN.sub("", broken)


def _place(copy: _Copy) -> str | None:
    booking = copy.event.booking
    return place(booking.location, booking.video_call_url, booking.uid, copy.webapp)


def _description(copy: _Copy) -> str:
    event, words = copy.event, copy.words
    booking, kind = event.booking, event.event_type
    notes = None if kind is not None and kind.hide_calendar_notes else copies.notes(event)
    blocks = [
        (words.what, booking.title),
        (words.time_zone, _zone(event)),
        (words.who, "\n".join(_who(copy))),
        (words.where, _place(copy)),
        (words.about, kind.description if kind is not None else None),
        (words.notes, notes),
        (words.reason, booking.cancellation_reason if copy.cancelled else None),
        (words.change, None if copy.cancelled else _change_url(copy)),
    ]
    return "\n\n".join(f"{label}:\n{clean(text)}" for label, text in blocks if text)


def _who(copy: _Copy) -> list[str]:
    host, hidden, lines = copy.event.organizer, _hides_hosts(copy), []
    if host is not None:
        name = f"{host.name} ({copy.words.organizer})"
        lines.append(_line(name, None if hidden else host.email))
    for person in audience.everyone(copy.event):
        shown = person.has_mail and not (hidden and person.kind == "host")
        lines.append(_line(person.name, person.email if shown else None))
    return lines


def _line(name: str, email: str | None) -> str:
    address = None if email is None else audience.mailbox(email)
    return clean(" - ".join(part for part in (name, address) if part), one_line=True)


def _change_url(copy: _Copy) -> str:
    """The page of the booking; for somebody with a seat, of their seat."""
    url = f"{copy.webapp}/booking/{copy.event.booking.uid}?changes=true"
    mine = (copy.reader or "").lower()
    seats = [p.seat_uid for p in copy.event.attendees if p.email.lower() == mine and p.seat_uid]
    return f"{url}&seatReferenceUid={seats[0]}" if seats else url
