"""Calendar links, references and what Cal Video knows of a booking (section 18)."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

from icalendar import Calendar, Event, vCalAddress, vText

from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import reads
from openslots.bookings.rules import locations, states
from openslots.bookings.service import access
from openslots.bookings.types import CalendarLink, Reference, Snapshot
from openslots.kernel.uow import UnitOfWork

VIDEO = "daily_video"
_FREQUENCY = {0: "YEARLY", 1: "MONTHLY", 2: "WEEKLY"}


async def calendar_links(uow: UnitOfWork, uid: str, caller: Caller) -> tuple[CalendarLink, ...]:
    """Links that put the booking into a calendar, in the documented order."""
    found = await reads.one(uow.session, uid)
    if found is None:
        raise errors.BookingUnknown(f"Booking with uid {uid} not found")
    if found.event_type is None:
        raise errors.Invalid(f"Booking with uid {uid} has no event type")
    if not await access.participates(uow, found, caller):
        raise errors.NoAccess(caller.user_id, uid)
    shown = (await reads.snapshots(uow.session, [found]))[0]
    return links_of(shown)


def links_of(shown: Snapshot) -> tuple[CalendarLink, ...]:
    booking = shown.booking
    details = booking.description or ""
    where = booking.video_call_url or booking.location
    place = where if where is not None and locations.is_url(where) else None
    google = {
        "dates": f"{_basic(booking.start)}/{_basic(booking.end)}",
        "text": booking.title,
        "details": details,
    }
    outlook = {
        "body": details,
        "enddt": booking.end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "startdt": booking.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "subject": booking.title,
    }
    if place is not None:
        google["location"] = outlook["location"] = place
    if (rule := _rule(shown)) is not None:
        google["recur"] = f"RRULE:{rule}"
    query, deep = urlencode(google, quote_via=quote), urlencode(outlook, quote_via=quote)
    compose = "/calendar/0/action/compose?"
    return (
        CalendarLink(
            "Google Calendar",
            "googleCalendar",
            f"https://calendar.google.com/calendar/r/eventedit?{query}",
        ),
        CalendarLink(
            "Microsoft Office", "microsoftOffice", f"https://outlook.office.com{compose}{deep}"
        ),
        CalendarLink(
            "Microsoft Outlook", "microsoftOutlook", f"https://outlook.live.com{compose}{deep}"
        ),
        CalendarLink("ICS", "ics", "data:text/calendar," + quote(ics(shown), safe="")),
    )


def _basic(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _rule(shown: Snapshot) -> str | None:
    """The recurrence of an unmoved first occurrence; a single one has none."""
    kind = shown.event_type
    if kind is None or kind.recurrence is None or shown.booking.recurring_uid is None:
        return None
    rule = kind.recurrence
    return f"FREQ={_FREQUENCY[rule['freq']]};INTERVAL={rule['interval']};COUNT={rule['count']}"


def ics(shown: Snapshot) -> str:
    """A calendar with the booking as its one event."""
    booking, host = shown.booking, shown.organizer
    calendar, entry = Calendar(), Event()
    calendar.add("prodid", "-//openslots//bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    entry.add("uid", booking.ics_uid)
    entry.add("sequence", booking.ics_sequence)
    if booking.occurrence is not None:
        entry.add("recurrence-id", booking.occurrence)
    entry.add("dtstamp", booking.updated_at)
    entry.add("dtstart", booking.start)
    entry.add("dtend", booking.end)
    entry.add("summary", booking.title)
    entry.add("status", _status(booking.status))
    if booking.description:
        entry.add("description", booking.description)
    if where := booking.video_call_url or booking.location:
        entry.add("location", where)
    hidden = shown.event_type is not None and shown.event_type.hide_organizer_email
    if host is not None and not hidden:
        address = vCalAddress(f"MAILTO:{host.email}")
        address.params["CN"] = vText(host.name)
        entry.add("organizer", address, encode=False)
    calendar.add_component(entry)
    return str(calendar.to_ical().decode())


def _status(status: str) -> str:
    if status == states.ACCEPTED:
        return "CONFIRMED"
    return "CANCELLED" if status in (states.CANCELLED, states.REJECTED) else "TENTATIVE"


async def references(
    uow: UnitOfWork, uid: str, kind: str | None, caller: Caller
) -> tuple[Reference, ...]:
    """What calendars and video providers call the booking; for its organiser alone."""
    found = await reads.one(uow.session, uid)
    if found is None:
        raise errors.BookingUnknown(f"Booking with uid {uid} not found")
    if found.booking.organizer_id != caller.user_id:
        raise errors.Invalid(f"Booking with uid {uid} does not belong to user")
    return await reads.references(uow.session, found.booking.id, kind)


async def require_video(uow: UnitOfWork, uid: str, caller: Caller) -> None:
    """Raises NoAccess, or NoVideo for a booking that has no Cal Video room."""
    found = await access.guarded(uow, uid, caller)
    if not await reads.references(uow.session, found.booking.id, VIDEO):
        raise errors.NoVideo(uid)


async def require_trace(uow: UnitOfWork, uid: str, caller: Caller) -> None:
    """Raises NoAccess, or BookingUnknown: no booking has been led here by a routing form."""
    await access.guarded(uow, uid, caller)
    raise errors.BookingUnknown(f"Booking with uid {uid} has no routing trace")
