"""The pages themselves: what they say, in whose language and zone, and the headers around it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import TypeVar

from babel.units import format_unit
from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from openslots.availability import civil
from openslots.bookings.service.pages import Opened
from openslots.events.bookings import AttendeeFacts, BookingEvent, BookingFacts
from openslots.kernel import clock
from openslots.notifications.rendering.content import Line, Page, Row
from openslots.notifications.rendering.languages import Language, language
from openslots.notifications.rendering.letters import page_of
from openslots.notifications.rendering.times import Times
from openslots.notifications.rules import audience, copies
from openslots.notifications.rules.audience import ATTENDEE, HOST, Kind, Message, Reader
from openslots.schedules import service as schedules
from openslots.web.bookings.forms import LONGEST_REASON, Link
from openslots.web.bookings.free import Window

R = TypeVar("R", bound=Response)

# what stands -> how a mail tells of it, and the colour of the page
KINDS = {
    "accepted": (Kind.REMINDER, "good"),
    "now": (Kind.REMINDER, "good"),
    "over": (Kind.REMINDER, "calm"),
    "pending": (Kind.REQUESTED, "waiting"),
    "moved": (Kind.CANCELLED, "calm"),
    "wanted": (Kind.TIME_WANTED, "waiting"),
    "cancelled": (Kind.CANCELLED, "over"),
    "rejected": (Kind.DECLINED, "over"),
}


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("openslots.web"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and the policy of a page that has it and nothing else."""
    folder = resources.files("openslots.web") / "templates" / "pages"
    style = (folder / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return style, policy


def sealed(answer: R) -> R:
    """The answer with what keeps it out of frames, caches, indexes and referrers."""
    answer.headers.update(
        {
            "Content-Security-Policy": _style()[1],
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex, nofollow",
        }
    )
    return answer


def _page(template: str, words: Language, status: int = 200, **values: object) -> Response:
    html = (
        _templates()
        .get_template(f"pages/{template}.html")
        .render(words=words, say=words.say, style=_style()[0], most=LONGEST_REASON, **values)
    )
    return sealed(HTMLResponse(html, status))


def problem(request: Request, topic: str, status: int) -> Response:
    """What was wrong, where there is no booking to show."""
    return _page("problem", _asked_for(request), status, topic=topic)


def _asked_for(request: Request) -> Language:
    """The first language that the browser asks for."""
    wanted = request.headers.get("accept-language", "")[:100]
    return language(wanted.split(",")[0].split(";")[0].strip())


# -- whose page it is


def reader_of(request: Request, link: Link, found: Opened) -> Reader:
    """Who reads the page: the host who proved to be one, who has the seat, whom the link names,
    else who booked; of a group meeting without a seat nobody in particular.

    Naming somebody chooses language and zone, and shows nothing that others do not see.
    """
    reader = _reader(request, link, found)
    return replace(reader, time_zone=civil.canonical_zone(reader.time_zone) or "UTC")


def _reader(request: Request, link: Link, found: Opened) -> Reader:
    shown, host, organizer = found.shown, found.host, found.shown.organizer
    long_clock = organizer is not None and organizer.time_format == 24
    if host is not None:
        email = audience.mailbox(host.email)
        return Reader(HOST, email, host.name or "", host.time_zone, host.locale, long_clock)
    person = found.seat
    if person is None and not shown.booking.seated:
        if organizer is not None and _named(organizer.email, link):
            zone, locale = organizer.time_zone, organizer.locale
            return Reader(ATTENDEE, "", "", zone, locale, long_clock)
        named = (one for one in shown.attendees if _named(one.email, link))
        person = next(named, shown.booker)
    if person is None:
        zone = organizer.time_zone if organizer is not None else "UTC"
        return Reader(ATTENDEE, "", "", zone, _asked_for(request).code, long_clock)
    return _attendee(person, long_clock)


def _named(email: str, link: Link) -> bool:
    return link.by is not None and audience.mailbox(email).lower() == link.by.lower()


def _attendee(person: AttendeeFacts, long_clock: bool) -> Reader:
    return Reader(
        role=ATTENDEE,
        email=audience.mailbox(person.email),
        name=person.name,
        time_zone=person.time_zone,
        locale=person.locale,
        long_clock=long_clock,
        booker=person.kind == "booker",
        seat_uid=person.seat_uid,
    )


# -- the page of a booking


def booking(
    request: Request,
    link: Link,
    found: Opened,
    now: datetime,
    *,
    notice: str | None = None,
    problem: str | None = None,
    cancels: bool = False,
    status: int = 200,
) -> Response:
    """A booking with all that its reader may know, and forms for what is offered to them.

    `notice` and `problem` are topics of texts; `cancels` opens the form that cancels.
    """
    reader = reader_of(request, link, found)
    words, state = language(reader.locale), _state(found, now)
    letter = _letter(request, found, reader, state, now)
    offered, facts = found.offered, found.shown.booking
    if found.host is not None and link.by is None:
        link = replace(link, by=found.host.email)
    decides = found.host is not None and offered.decide
    if problem is None and link.proof is not None and state == "pending" and found.host is None:
        problem = "proof"
    if notice is None and facts.seated and found.seat is None and state in ("accepted", "pending"):
        notice = "group"
    return _page(
        "booking",
        words,
        status,
        link=link,
        found=found,
        offered=offered,
        reader=reader,
        state=state,
        tone=KINDS[state][1],
        heading=_heading(words, state),
        intro=_intro(words, state, found, letter[1]),
        title=letter[0].preview,
        rows=letter[0].rows,
        join=letter[0].button if state in ("accepted", "now") else None,
        notice=notice,
        problem=problem,
        cancels=cancels and offered.cancel and not decides,
        decides=decides,
    )


def _state(found: Opened, now: datetime) -> str:
    shown, facts = found.shown, found.shown.booking
    if facts.status == "cancelled":
        if shown.successor_uid is not None:
            return "moved"
        return "wanted" if facts.rescheduled else "cancelled"
    if facts.status == "rejected":
        return "rejected"
    if facts.end < now:
        return "over"
    if facts.status != "accepted":
        return "pending"
    return "now" if facts.start <= now else "accepted"


def _heading(words: Language, state: str) -> str:
    if state == "wanted":
        return words.say("headings.time_wanted.attendee")
    return words.say(f"pages.headings.{state}")


def _intro(words: Language, state: str, found: Opened, name: str) -> str:
    match state:
        case "accepted":
            changes = found.offered.cancel or found.offered.move
            return words.say("pages.notes.accepted") if changes else ""
        case "moved" | "over":
            return words.say(f"pages.notes.{state}")
        case "pending" if found.host is not None:
            return words.say("intros.requested.host")
        case "pending":
            return words.say("intros.requested.attendee", name=name)
        case "rejected":
            return words.say("intros.declined.attendee", name=name)
        case "wanted":
            return words.say("intros.time_wanted.attendee", name=name)
        case "cancelled":
            return words.say("intros.cancelled.attendee")
        case _:
            return ""


def _letter(
    request: Request, found: Opened, reader: Reader, state: str, now: datetime
) -> tuple[Page, str]:
    """The mail that would tell the reader of it, without the way into a room that there is not;
    and the host's name."""
    shown, kind = found.shown, KINDS[state][0]
    event = BookingEvent(
        at=now,
        booking=shown.booking,
        event_type=shown.event_type,
        organizer=shown.organizer,
        attendees=shown.attendees,
        everyone=shown.attendees,
    )
    if kind == Kind.DECLINED and reader.role == HOST:
        kind = Kind.CANCELLED  # hosts get no mail of what they declined
    own = copies.copy_for(event, reader)
    webapp = request.app.state.settings.web.base
    page = page_of(own, Message(kind, reader), webapp, copies.unnamed(event, own, reader))
    words = page.language
    room = None if shown.booking.video_call_url else f"{webapp}/video/{shown.booking.uid}"
    for row in page.rows:
        row.lines[:] = [line for line in row.lines if line.url is None or line.url != room]
        if row.label == words.say("labels.when"):
            row.lines.append(Line(_length(shown.booking, words)))
    if page.button is not None and page.button.url == room:
        page = replace(page, button=None)
    reason = copies.plain(shown.booking.rescheduling_reason or "").strip()
    stands = state in ("accepted", "now", "over")
    if reason and stands and not shown.booking.seated:  # of a seat it is its taker's alone
        lines = [Line(one) for one in reason.split("\n")]
        page.rows.append(Row(words.say("labels.rescheduling_reason"), lines))
    return page, copies.line(copies.host_name(event), 100)


def _length(facts: BookingFacts, words: Language) -> str:
    """`1 hour 30 minutes`."""
    hours, minutes = divmod(int((facts.end - facts.start) / timedelta(minutes=1)), 60)
    units = (("duration-hour", hours), ("duration-minute", minutes))
    told = [(name, count) for name, count in units if count] or [("duration-minute", 0)]
    return " ".join(format_unit(count, name, locale=words.locale) for name, count in told)


# -- the pages of its times


def times(
    request: Request,
    link: Link,
    found: Opened,
    window: Window,
    starts: Mapping[str, Sequence[datetime]],
    *,
    taken: bool = False,
) -> Response:
    """The times of two weeks by day; `taken`: the one that was chosen is gone."""
    reader = reader_of(request, link, found)
    words = language(reader.locale)
    local = Times(words, window.zone, reader.long_clock)
    own = reader.time_zone if window.zone != reader.time_zone else None
    return _page(
        "times",
        words,
        409 if taken else 200,
        link=link,
        window=window,
        days=[
            (local.day(some[0]), [_slot(local, one) for one in some]) for some in starts.values()
        ],
        zones=_zones(window.zone, own),
        former=_former(words, local, found),
        problem="taken" if taken else None,
    )


def _slot(local: Times, start: datetime) -> tuple[str, str]:
    return local.hour(start), clock.iso(start)


def _former(words: Language, local: Times, found: Opened) -> Row:
    facts = found.shown.booking
    label = words.say("pages.labels.present")
    return Row(
        label, [Line(local.when(facts.start, facts.end)), Line(local.zone_name(facts.start))]
    )


@cache
def _all_zones() -> tuple[str, ...]:
    return tuple(sorted({city.timezone for city in schedules.cities()} | {"UTC"}))


def _zones(*named: str | None) -> list[str]:
    return sorted({*_all_zones(), *(name for name in named if name)})


def move(
    request: Request, link: Link, found: Opened, start: datetime, zone: str | None
) -> Response:
    """The form that moves the booking to the chosen start."""
    reader = reader_of(request, link, found)
    words, facts = language(reader.locale), found.shown.booking
    local = Times(words, zone or reader.time_zone, reader.long_clock)
    end = start + (facts.end - facts.start)
    lines = [
        Line(local.day(start), strong=True),
        Line(local.hours(start, end), strong=True),
        Line(local.zone_name(start)),
        Line(_length(facts, words)),
    ]
    return _page(
        "move",
        words,
        link=link,
        zone=zone,
        start=clock.iso(start),
        rows=[Row(words.say("pages.labels.new_time"), lines), _former(words, local, found)],
    )
