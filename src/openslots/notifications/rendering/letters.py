"""The mails of an event, each in the language, the zone and the clock of its reader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from openslots.events.bookings import BookingEvent, BookingRescheduled
from openslots.kernel.logging import Log
from openslots.notifications.rendering.content import LONGEST_NAME, Page, Writer
from openslots.notifications.rendering.languages import language
from openslots.notifications.rendering.times import Times
from openslots.notifications.rules import audience, copies, standing
from openslots.notifications.rules.audience import ATTENDEE, Kind, Message, Reader
from openslots.notifications.rules.invitation import invitation, withdrawal
from openslots.notifications.types import File, NewMail

log = Log("mail")
WITHDRAWN = (Kind.CANCELLED, Kind.TIME_WANTED, Kind.REASSIGNED)
BEFORE_START = (Kind.REMINDER, Kind.STILL_PENDING)
FAREWELL = (*WITHDRAWN, Kind.DECLINED, Kind.SEAT_GIVEN_BACK)
FORMER = "former-event.ics"  # takes an entry out of the calendar that no other mail does
INVITED = (Kind.BOOKED, Kind.SEAT_TAKEN, Kind.MOVED, Kind.GUESTS_ADDED, Kind.RELOCATED)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("openslots.notifications"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def written(
    event: BookingEvent, messages: Iterable[Message], webapp: str, key: str, secret: str = ""
) -> tuple[list[NewMail], list[Exception]]:
    """The mails, and what kept others from being written: one that fails stops nobody. `secret`
    is what links prove with who opens them; without it none does."""
    mails, failures = [], []
    for message in messages:
        try:
            mails.append(mail(event, message, webapp, key, secret))
        except Exception as failure:
            log.exception("mail.unwritten", kind=message.kind, booking=event.booking.uid)
            failures.append(failure)
    return mails, failures


def mail(event: BookingEvent, message: Message, webapp: str, key: str, secret: str = "") -> NewMail:
    """One mail to one reader; `key` tells it from those of other events."""
    reader = message.reader
    own = copies.copy_for(event, reader)
    page = page_of(own, message, webapp, copies.unnamed(event, own, reader), secret)
    files = _files(own, message, webapp)
    takes_leave = message.kind in FAREWELL or any(file.name == FORMER for file in files)
    return NewMail(
        to=reader.email,
        to_name=_to_name(message),
        from_name=_from_name(event, message),
        reply_to=copies.reply_to(own, reader, cancelled=message.kind == Kind.CANCELLED),
        subject=page.subject,
        text=_templates().get_template("booking.txt").render(page=page),
        html=_templates().get_template("booking.html").render(page=page),
        files=files,
        dedupe_key=audience.dedupe_key(key, message),
        depends_on=None if takes_leave else standing.told(event, reader),
        expires_at=event.booking.start if message.kind in BEFORE_START else None,
    )


def page_of(
    event: BookingEvent, message: Message, webapp: str, unnamed: int = 0, secret: str = ""
) -> Page:
    reader = message.reader
    words = language(reader.locale)
    times = Times(words, reader.time_zone, reader.long_clock)
    return Writer(event, message, words, times, webapp, unnamed, secret).page()


def _from_name(event: BookingEvent, message: Message) -> str | None:
    """Attendees hear from the organiser; hosts, and those who wait for one, from the server."""
    if message.reader.role != ATTENDEE or message.kind == Kind.REQUESTED:
        return None
    return _display(copies.host_name(event))


def _to_name(message: Message) -> str | None:
    reader = message.reader
    named = reader.role == ATTENDEE and message.kind != Kind.REQUESTED
    return _display(reader.name) if named else None


def _display(name: str) -> str | None:
    """A name as it may stand before an address: no quotes, no angle brackets, not endless."""
    bare = re.sub(r'["<>\\]', " ", name)
    return copies.line(bare, LONGEST_NAME) or None


def _files(event: BookingEvent, message: Message, webapp: str) -> list[File]:
    reader, kind = message.reader, message.kind
    withdrawn = kind in WITHDRAWN
    invited = kind in INVITED and event.booking.status == "accepted"
    if not (withdrawn or invited):
        return []
    words, own = language(reader.locale).calendar_words, _in_event(event, reader)
    text = invitation(event, webapp=webapp, reader=own, cancelled=withdrawn, words=words)
    method = "CANCEL" if withdrawn else "REQUEST"
    files = [File("event.ics", f"text/calendar; method={method}", text, invitation=True)]
    if isinstance(event, BookingRescheduled) and invited:
        left = withdrawal(event, webapp=webapp, reader=own, words=words)
        if left is not None:
            files.append(File(FORMER, "text/calendar; method=CANCEL", left))
    return files


def _in_event(event: BookingEvent, reader: Reader) -> str | None:
    """The reader's address as the event has it; None for hosts."""
    if reader.role != ATTENDEE:
        return None
    people = (p.email for p in event.attendees if copies.is_reader(p, reader))
    return next(people, reader.email)
