"""What a mail about a booking says, before any layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from openslots.events.bookings import (
    AttendeeFacts,
    BookingEvent,
    BookingFacts,
    BookingRequested,
    BookingRescheduled,
)
from openslots.notifications.rendering import proofs
from openslots.notifications.rendering.languages import Language
from openslots.notifications.rendering.times import Times
from openslots.notifications.rules import audience, copies
from openslots.notifications.rules.audience import HOST, Kind, Message
from openslots.notifications.rules.invitation import APPS, CAL_VIDEO, place

MOST_DATES = 24
LONGEST_SUBJECT, LONGEST_TITLE, LONGEST_NAME = 250, 150, 100
OVER = (Kind.CANCELLED, Kind.DECLINED, Kind.REASSIGNED, Kind.SEAT_GIVEN_BACK, Kind.TIME_WANTED)
WAITING = (Kind.REQUESTED, Kind.STILL_PENDING)
MOVED = BookingRescheduled | BookingRequested
TONES = {
    **dict.fromkeys(OVER, "over"),
    **dict.fromkeys((*WAITING, Kind.TIME_WANTED), "waiting"),
    **dict.fromkeys((Kind.BOOKED, Kind.SEAT_TAKEN), "good"),
}


@dataclass(frozen=True)
class Line:
    """A line of a row: a text, perhaps a link, something said beside it; perhaps struck out, or
    strong."""

    text: str
    url: str | None = None
    beside: str = ""
    struck: bool = False
    strong: bool = False


@dataclass(frozen=True)
class Row:
    label: str
    lines: list[Line]


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Page:
    """`tone` is good, waiting, over or calm; `changes` are the links to cancel and to move."""

    language: Language
    subject: str
    heading: str
    intro: str
    preview: str
    tone: str
    rows: list[Row]
    footer: str
    button: Link | None = None
    changes: list[Link] = field(default_factory=list)


@dataclass(frozen=True)
class Writer:
    """Writes the page of one message; `event` is the reader's own copy of what happened, which
    leaves out `unnamed` of the attendees because they are too many. With `secret` the link to
    decide on a booking proves that it is the host who opens it."""

    event: BookingEvent
    message: Message
    language: Language
    times: Times
    webapp: str
    unnamed: int = 0
    secret: str = ""

    def page(self) -> Page:
        topic = self.message.topic
        when = self.times.when(*self._span)
        name = copies.line(copies.other_side(self.event, self.message.reader), LONGEST_NAME)
        subject = self._say(
            f"subjects.{topic}",
            title=copies.line(self._about.title, LONGEST_TITLE),
            event=copies.line(self._event_title, LONGEST_TITLE),
            name=name,
            date=when,
        )
        return Page(
            language=self.language,
            subject=copies.line(subject, LONGEST_SUBJECT),
            heading=self._say(f"headings.{topic}"),
            intro=self._say(f"intros.{topic}", name=name),
            preview=when,
            tone=TONES.get(self.message.kind, "calm"),
            rows=[row for row in self._rows() if row.lines],
            footer=self._say(f"footer.{self.message.reader.role}", name=name),
            button=self._button(),
            changes=self._changes(),
        )

    def _say(self, key: str, **values: str) -> str:
        return self.language.say(key, **values)

    @property
    def _event_title(self) -> str:
        kind = self.event.event_type
        return self.event.booking.title if kind is None else kind.title

    @property
    def _about(self) -> BookingFacts:
        """The booking that the mail is about; for hosts who are none any more, as they had it."""
        event = self.event
        if self.message.kind == Kind.REASSIGNED and isinstance(event, MOVED):
            return event.previous or event.booking
        return event.booking

    @property
    def _span(self) -> tuple[datetime, datetime]:
        return self._about.start, self._about.end

    @property
    def _for_host(self) -> bool:
        return self.message.reader.role == HOST

    # -- rows

    def _rows(self) -> Iterator[Row]:
        event, kind = self.event, self.event.event_type
        yield from self._reasons()
        yield self._row("what", _paragraph(self._about.title))
        yield from self._whens()
        yield self._row("who", list(self._who()))
        yield self._row("where", self._where())
        yield self._row("description", _paragraph(kind.description if kind else None))
        yield self._row("notes", _paragraph(copies.notes(event)))
        for question, answer in copies.own_answers(event, self.message.reader):
            yield Row(copies.line(question, LONGEST_TITLE), _paragraph(self._answer(answer)))

    def _row(self, label: str, lines: list[Line]) -> Row:
        return Row(self._say(f"labels.{label}"), lines)

    def _reasons(self) -> Iterator[Row]:
        booking, kind = self.event.booking, self.message.kind
        if kind in (Kind.CANCELLED, Kind.SEAT_GIVEN_BACK):
            yield self._row("cancellation_reason", _paragraph(booking.cancellation_reason))
        elif kind == Kind.TIME_WANTED:
            yield self._row("request_reason", _paragraph(booking.cancellation_reason))
        elif kind == Kind.DECLINED:
            yield self._row("rejection_reason", _paragraph(booking.rejection_reason))
        elif kind in (Kind.MOVED, Kind.REQUESTED):
            yield self._row("rescheduling_reason", _paragraph(booking.rescheduling_reason))

    def _whens(self) -> Iterator[Row]:
        event, booking = self.event, self.event.booking
        yield self._row("when", self._when(*self._span))
        previous = event.previous if isinstance(event, MOVED) else None
        if previous is not None and self.message.kind in (Kind.MOVED, Kind.REQUESTED):
            old = self.times.when(previous.start, previous.end)
            yield self._row("former_time", [Line(old, struck=True)])
        if len(event.occurrences) > 1:
            yield self._row("occurrences", list(self._dates()))
        person = copies.booker(event)
        if self._for_host and person is not None and person.time_zone != self.times.zone:
            theirs = Times(self.language, person.time_zone, self.times.long_clock)
            hours = theirs.hours(*self._span)
            yield self._row("invitee_zone", [Line(theirs.zone_name(booking.start), beside=hours)])

    def _when(self, start: datetime, end: datetime) -> list[Line]:
        over = self.message.kind in OVER
        return [
            Line(self.times.day(start), struck=over, strong=True),
            Line(self.times.hours(start, end), struck=over, strong=True),
            Line(self.times.zone_name(start)),
        ]

    def _dates(self) -> Iterator[Line]:
        booking = self.event.booking
        lasts = booking.end - booking.start
        starts = sorted(self.event.occurrences)
        for start in starts[:MOST_DATES]:
            yield Line(self.times.when(start, start + lasts))
        if len(starts) > MOST_DATES:
            yield Line(self._say("labels.more_dates", count=str(len(starts) - MOST_DATES)))

    def _who(self) -> Iterator[Line]:
        """The hosts, then those who attend; of a seat, whose it is."""
        event, organizer = self.event, self.event.organizer
        hidden = copies.hides_organizer(event, self.message.reader)
        if organizer is not None:
            address = None if hidden else audience.mailbox(organizer.email)
            yield self._person(organizer.name, address, "organizer")
        for person in audience.team(event):
            address = None if hidden else audience.mailbox(person.email)
            yield self._person(person.name, address, "host")
        for person in audience.concerned(event):
            yield self._attendee(person)
        if self.unnamed:
            yield Line(self._say("labels.more_dates", count=str(self.unnamed)))

    def _attendee(self, person: AttendeeFacts) -> Line:
        label = "guest" if person.kind == "guest" else ""
        address = audience.mailbox(person.email) if person.has_mail else None
        phone = person.phone_number if self._for_host else None
        return self._person(person.name, address, label, phone)

    def _person(
        self, name: str, address: str | None, label: str = "", phone: str | None = None
    ) -> Line:
        shown = copies.line(name, LONGEST_NAME) or address or phone or "–"
        said = [self._say(f"labels.{label}")] if label else []
        said += [one for one in (address, phone) if one and one != shown]
        mailto = f"mailto:{quote(address, safe='@')}" if address else None
        return Line(shown, mailto, " · ".join(said))

    def _where(self) -> list[Line]:
        booking = self.event.booking
        if self.message.kind in OVER and booking.location in (CAL_VIDEO, *APPS):
            return [Line(self._place_name)]
        shown = place(booking.location, booking.video_call_url, booking.uid, self.webapp)
        if not shown:
            return []
        text = copies.plain(shown)
        if not copies.is_link(text):
            return _paragraph(text)
        if self.message.kind in WAITING and booking.location in (CAL_VIDEO, *APPS):
            return [Line(self._place_name, beside=self._say("places.follows"))]
        name = self._place_name
        return [Line(name), Line(text, text)] if name else [Line(text, text)]

    @property
    def _place_name(self) -> str:
        location = self.event.booking.location or ""
        if location == CAL_VIDEO:
            return self._say("places.cal_video")
        return APPS.get(location, "")

    def _answer(self, value: object) -> str:
        if isinstance(value, bool):
            return self._say("labels.yes" if value else "labels.no")
        if isinstance(value, list | tuple):
            return ", ".join(self._answer(item) for item in value)
        if isinstance(value, dict):
            return ", ".join(self._answer(item) for item in value.values())
        return str(value)

    # -- what can be done

    def _button(self) -> Link | None:
        kind, event, reader = self.message.kind, self.event, self.message.reader
        if kind in WAITING and self._for_host:
            return self._link("decide", self._decide_url())
        if kind == Kind.TIME_WANTED and not self._for_host:
            return self._link("choose_time", copies.new_time_url(event, reader, self.webapp))
        if kind in OVER or kind in WAITING:
            return None
        booking = event.booking
        shown = place(booking.location, booking.video_call_url, booking.uid, self.webapp) or ""
        return self._link("join", shown) if copies.is_link(shown) else None

    def _decide_url(self) -> str:
        event, reader = self.event, self.message.reader
        url = f"{self.webapp}/booking/{event.booking.uid}"
        first = [] if event.organizer is None else [event.organizer.email]
        emails = [*first, *(person.email for person in audience.team(event))]
        mine = [email for email in emails if _same(email, reader.email)]
        if not mine or not self.secret:
            return url
        return f"{url}?decide={proofs.decision(self.secret, event.booking.uid, mine[0])}"

    def _changes(self) -> list[Link]:
        if self.message.kind in OVER:
            return []
        event, reader = self.event, self.message.reader
        if self.message.kind in WAITING and self._for_host:
            return []
        urls = {
            "reschedule": copies.reschedule_url(event, reader, self.webapp),
            "cancel": copies.cancel_url(event, reader, self.webapp),
        }
        return [self._link(label, url) for label, url in urls.items() if url is not None]

    def _link(self, label: str, url: str) -> Link:
        return Link(self._say(f"actions.{label}"), url)


def _paragraph(text: str | None) -> list[Line]:
    """The lines of a text, without empty ones at its ends."""
    return [Line(one) for one in copies.plain(text or "").strip().split("\n")] if text else []


def _same(email: str, reader: str) -> bool:
    """Whether mail to the address goes to the reader's."""
    return audience.mailbox(email).lower() == reader.lower()
