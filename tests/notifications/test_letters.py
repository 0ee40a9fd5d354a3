"""Mails as they are written: words, times, people, links, and nothing that a name can break."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from openslots.events.bookings import BookingCancelled, BookingEvent, BookingRequested
from openslots.kernel.settings import Email
from openslots.notifications.rendering import letters
from openslots.notifications.rules import audience
from openslots.notifications.types import NewMail
from openslots.providers import smtp
from openslots.providers.smtp import Attachment, Letter
from tests.notifications.facts import (
    COLLEAGUE,
    FRIEND,
    WEBAPP,
    booking,
    created,
    event_type,
    every_event,
    every_message,
    facts,
    guest,
    host,
    mail_to,
)

HANNAH, GUS, FAY = "hannah@example.org", "gus@example.net", "fay@example.net"
GOLDEN = Path(__file__).parent / "golden"


def as_message(mail: NewMail) -> EmailMessage:
    """The mail as it goes over the wire, read back."""
    letter = Letter(
        id="3f1c",
        to=mail.to,
        to_name=mail.to_name,
        from_name=mail.from_name,
        reply_to=",".join(mail.reply_to or ()),
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        at=datetime(2026, 6, 1, tzinfo=UTC),
        attachments=[Attachment(f.name, f.type, f.content, f.invitation) for f in mail.files],
    )
    settings = Email(sender="Slots <slots@example.org>")
    read = email.message_from_bytes(smtp.compose(settings, letter).as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


class Read(HTMLParser):
    """The tags, the attributes and the texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


# -- the parts of a mail


def test_the_parts_of_an_invitation() -> None:
    message = as_message(mail_to(created(), GUS))
    assert message.get_content_type() == "multipart/mixed"
    body, file = message.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    plain, rich, calendar = body.iter_parts()
    assert [part.get_content_type() for part in (plain, rich)] == ["text/plain", "text/html"]
    assert calendar.get_content_type() == "text/calendar"
    assert dict(calendar["Content-Type"].params) == {"charset": "utf-8", "method": "REQUEST"}
    assert calendar.get_filename() is None
    assert file.get_content_type() == "application/ics"
    assert file.get_filename() == "event.ics"
    assert file.get_content_disposition() == "attachment"
    text = calendar.get_content()
    assert text.replace("\r\n", "\n") == file.get_content().decode().replace("\r\n", "\n")
    assert "METHOD:REQUEST" in text


def test_a_cancellation_says_so_in_its_type() -> None:
    over = BookingCancelled(**facts(booking=booking(status="cancelled")))
    body, _ = as_message(mail_to(over, GUS)).iter_parts()
    *_, calendar = body.iter_parts()
    assert calendar["Content-Type"].params["method"] == "CANCEL"
    assert "STATUS:CANCELLED" in calendar.get_content()


def test_a_mail_without_invitation_has_two_bodies() -> None:
    asked = BookingRequested(**facts(booking=booking(status="pending")))
    message = as_message(mail_to(asked, GUS))
    assert message.get_content_type() == "multipart/alternative"
    assert len(list(message.iter_parts())) == 2


def test_headers() -> None:
    message = as_message(mail_to(created(attendees=(guest(), FRIEND)), GUS))
    assert message["From"] == "Hannah Host <slots@example.org>"
    assert message["To"] == f"Gus Guest <{GUS}>"
    assert message["Reply-To"] == f"{HANNAH}, {FAY}"
    message = as_message(mail_to(created(), HANNAH))
    assert message["From"] == "Slots <slots@example.org>"
    assert message["To"] == HANNAH
    assert message["Reply-To"] == f"{GUS}, {FAY}"


# -- hostile values


HOSTILE = [
    "Eve\r\nBcc: all@example.com",
    "Eve\nSubject: other\n\nbody",
    'Eve "the" <eve@example.com>',
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"><a href='https://evil.example'>x</a>",
    "{{ 7 * 7 }} {title} {0} %s ${x}",
    "👩‍🚀 Eve 🎉",
    "\u202eevE\u202c \u2066x\u2069",
    "عائشة",
    "E" * 5000,
    "Eve " * 1200,
    "\x00\x07Eve\x1b[31m",
    "Ende\u2028Zeile\u0085neu",
]


def hostile(text: str) -> dict[str, Any]:
    """Everything that people can name, named so."""
    fields = [{"name": "q", "type": "text", "label": text}]
    return {
        "booking": booking(
            title=f"Talk between {text} and {text}",
            responses={"notes": text, "q": text},
            location=text,
            cancellation_reason=text,
            rejection_reason=text,
            rescheduling_reason=text,
        ),
        "event_type": event_type(title=text, description=text, booking_fields=fields),
        "organizer": host(name=text),
        "attendees": (guest(name=text), replace(FRIEND, name=text), replace(COLLEAGUE, name=text)),
    }


def mails_of(event: BookingEvent) -> list[NewMail]:
    return [letters.mail(event, one, WEBAPP, "key") for one in audience.messages(event)]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_names_stay_names(text: str) -> None:
    ours = set(as_message(mail_to(created(), GUS)).keys())
    for plain, nasty in zip(every_event(), _hostile_events(text), strict=True):
        for mail in mails_of(nasty):
            message = as_message(mail)
            assert set(message.keys()) <= ours
            assert message["To"].addresses[0].addr_spec == mail.to
            assert len(message["From"].addresses) == len(message["To"].addresses) == 1
            assert len(mail.subject) <= 250
            # reading them back adds a space where an encoded name was folded
            assert all(len(a.display_name) <= 110 for a in message["From"].addresses)
            _same_markup(mail, plain)


def _hostile_events(text: str) -> list[BookingEvent]:
    given = hostile(text)
    nasty = given.pop("booking")
    named = ["title", "responses", "location", "cancellation_reason", "rejection_reason"]
    named.append("rescheduling_reason")
    return [
        replace(
            event,
            booking=replace(event.booking, **{name: getattr(nasty, name) for name in named}),
        )
        for event in every_event(**given)
    ]


def _same_markup(mail: NewMail, plain: BookingEvent) -> None:
    """Only tags that the template has, and no link but ours, to a mailbox or what was booked."""
    page = Read(str(mail.html))
    ours = {tag for other in mails_of(plain) for tag, _ in Read(str(other.html)).tags}
    assert {tag for tag, _ in page.tags} <= ours | {"a", "s", "p", "span"}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        target = attributes.get("href")
        assert target is None or target.startswith(("mailto:", WEBAPP)), target
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00\x07\x1b]", mail.text + str(mail.html))


def test_what_was_written_is_shown_as_it_was_written() -> None:
    text = "<b>1 & 2</b>"
    mail = mail_to(created(booking=booking(responses={"notes": text})), HANNAH)
    assert text in mail.text
    assert text in Read(str(mail.html)).text


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "https://x y", "data:text/html,x", "http://a\nb"]
)
def test_what_is_no_link_is_not_linked(location: str) -> None:
    page = Read(str(mail_to(created(booking=booking(location=location)), GUS).html))
    targets = [attributes.get("href") or "" for tag, attributes in page.tags if tag == "a"]
    assert all(target.startswith(("mailto:", WEBAPP)) for target in targets)


# -- people


def test_a_hidden_address_of_the_organiser() -> None:
    event = created(event_type=event_type(hide_organizer_email=True))
    to_gus, to_host = mail_to(event, GUS), mail_to(event, HANNAH)
    assert HANNAH not in f"{to_gus.text}{to_gus.html}{to_gus.reply_to}{to_gus.files}"
    assert "Hannah Host" in to_gus.text
    assert to_gus.reply_to == to_host.reply_to == ()


def test_an_address_for_answers() -> None:
    event = created(event_type=event_type(custom_reply_to_email="desk@example.org"))
    assert mail_to(event, GUS).reply_to == ("desk@example.org", FAY)
    hidden = event_type(custom_reply_to_email="desk@example.org", hide_organizer_email=True)
    assert mail_to(created(event_type=hidden), GUS).reply_to == ("desk@example.org", FAY)


def test_answers_to_a_cancellation_go_to_the_organiser_alone() -> None:
    over = BookingCancelled(**facts(booking=booking(status="cancelled")))
    assert mail_to(over, GUS).reply_to == (HANNAH,)
    assert mail_to(over, HANNAH).reply_to == ()


def test_addresses_that_are_made_up_or_tagged() -> None:
    by_phone = guest(email="919876543210@sms.cal.com", phone_number="+919876543210")
    assert [m.to for m in mails_of(created(attendees=(by_phone,)))] == [HANNAH]
    assert "+919876543210" in mail_to(created(attendees=(by_phone,)), HANNAH).text
    tagged = guest(email="gus+cm2a4b5c6d7e8f9g0h1i2j3k4@example.net")
    mail = mail_to(created(attendees=(tagged,)), GUS)
    assert "+cm2a" not in mail.text
    other = guest(email="gus+0b1c5f60-6a3c-4a36-9a45-5b1d1f4f6a10@example.net")
    assert mail_to(created(attendees=(other,)), GUS).to == GUS
    kept = guest(email="gus+work@example.net")
    assert mail_to(created(attendees=(kept,)), "gus+work@example.net")


def test_one_mail_per_address() -> None:
    event = created(attendees=(guest(), guest(id=9, email="GUS@example.net"), guest(email=HANNAH)))
    assert [mail.to for mail in mails_of(event)] == [HANNAH, GUS]


def test_every_host_is_told_in_their_own_zone() -> None:
    event = created(attendees=(guest(), COLLEAGUE), organizer=host(locale="fr"))
    assert "lundi 8 juin 2026" in mail_to(event, HANNAH).text
    to_ivo = mail_to(event, COLLEAGUE.email)
    assert "11:00 - 11:30" in to_ivo.text
    assert "Ivo Inge" in mail_to(event, GUS).text


def test_who_sees_which_answers() -> None:
    fields = [
        {"name": "open", "type": "text", "label": "An open question"},
        {"name": "tracked", "type": "text", "label": "A hidden one", "hidden": True},
        {"name": "yes", "type": "boolean", "label": "A choice"},
        {"name": "many", "type": "multiselect", "label": "Several"},
        {"name": "none", "type": "text", "label": "Not answered"},
    ]
    given = {"open": "so", "tracked": "ad-7", "yes": True, "many": ["a", "b"], "notes": "Hello"}
    event = created(event_type=event_type(booking_fields=fields), booking=booking(responses=given))
    to_host, to_gus, to_fay = (mail_to(event, one).text for one in (HANNAH, GUS, FAY))
    assert "An open question:\nso" in to_host
    assert "A hidden one:\nad-7" in to_host
    assert "A choice:\nYes" in to_host
    assert "Several:\na, b" in to_host
    assert "Not answered" not in to_host
    assert "so" in to_gus
    assert "ad-7" not in to_gus
    assert "An open question" not in to_fay
    assert all("Hello" in text for text in (to_host, to_gus, to_fay))


# -- switches and links


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"disableEmailsToAttendees": True}, [HANNAH]),
        ({"disableEmailsToHosts": True}, [GUS, FAY]),
        ({"disableEmailsToHosts": True, "disableEmailsToAttendees": True}, []),
        ({"disableEmailsToHosts": False, "disableEmailsToAttendees": None}, [HANNAH, GUS, FAY]),
    ],
)
def test_switches_of_the_event_type(settings: dict[str, object], left: list[str]) -> None:
    event = created(event_type=event_type(email_settings=settings))
    assert [message.reader.email for message in audience.messages(event)] == left
    assert [message.reader.email for message in audience.reminders(event)] == left


def test_links_to_change_a_booking() -> None:
    uid = booking().uid
    text = mail_to(created(), GUS).text
    assert f"{WEBAPP}/booking/{uid}?cancel=true&cancelledBy=gus%40example.net\n" in text
    assert f"{WEBAPP}/reschedule/{uid}?rescheduledBy=gus%40example.net\n" in text


def test_no_links_to_what_is_not_allowed() -> None:
    event = created(event_type=event_type(disable_cancelling=True, disable_rescheduling=True))
    for address in (GUS, HANNAH):
        mail = mail_to(event, address)
        assert "cancel=true" not in f"{mail.text}{mail.html}"
        assert "/reschedule/" not in f"{mail.text}{mail.html}"


def test_no_call_before_it_is_confirmed_or_after_it_is_over() -> None:
    link = f"{WEBAPP}/video/{booking().uid}"
    assert link in mail_to(created(), GUS).text
    asked = BookingRequested(**facts(booking=booking(status="pending")))
    over = BookingCancelled(**facts(booking=booking(status="cancelled")))
    for event in (asked, over):
        text = mail_to(event, GUS).text
        assert link not in text
        assert "Cal Video" in text


# -- times


@pytest.mark.parametrize(
    ("zone", "start", "shown"),
    [
        # the clocks change in the night before: London on 29 March, New York on 8 March 2026
        ("Europe/London", datetime(2026, 3, 28, 10, tzinfo=UTC), "10:00am - 10:30am"),
        ("Europe/London", datetime(2026, 3, 29, 10, tzinfo=UTC), "11:00am - 11:30am"),
        ("America/New_York", datetime(2026, 3, 7, 15, tzinfo=UTC), "10:00am - 10:30am"),
        ("America/New_York", datetime(2026, 3, 8, 15, tzinfo=UTC), "11:00am - 11:30am"),
        ("Asia/Kathmandu", datetime(2026, 3, 8, 15, tzinfo=UTC), "8:45pm - 9:15pm"),
        ("pacific/auckland", datetime(2026, 3, 8, 15, tzinfo=UTC), "4:00am - 4:30am"),
        ("Nowhere/Land", datetime(2026, 3, 8, 15, tzinfo=UTC), "3:00pm - 3:30pm"),
        (
            "Europe/Berlin",
            datetime(2026, 3, 8, 22, 45, tzinfo=UTC),
            "11:45pm - 12:15am (Monday, March 9, 2026)",
        ),
    ],
)
def test_times_are_local(zone: str, start: datetime, shown: str) -> None:
    one = booking(start=start, end=start + timedelta(minutes=30))
    event = created(booking=one, attendees=(guest(time_zone=zone, locale="en"),))
    assert f"\n{shown}\n" in mail_to(event, GUS).text


@pytest.mark.parametrize(
    ("zone", "locale", "name"),
    [
        ("Europe/London", "en", "British Summer Time (Europe/London)"),
        ("America/New_York", "en", "Eastern Daylight Time (America/New_York)"),
        ("Europe/Berlin", "de", "Mitteleuropäische Sommerzeit (Europe/Berlin)"),
        ("UTC", "en", "UTC"),
    ],
)
def test_the_zone_is_named(zone: str, locale: str, name: str) -> None:
    event = created(attendees=(guest(time_zone=zone, locale=locale),))
    assert f"\n{name}\n" in mail_to(event, GUS).text


def test_the_organisers_clock() -> None:
    event = created(organizer=host(time_format=24), attendees=(guest(locale="en"),))
    for address, shown in ((HANNAH, "10:00 - 10:30"), (GUS, "14:30 - 15:00")):
        assert f"\n{shown}\n" in mail_to(event, address).text


def test_the_last_day_of_the_calendar() -> None:
    start = datetime(9999, 12, 31, 23, tzinfo=UTC)
    one = booking(start=start, end=start + timedelta(minutes=59))
    assert "December 31, 9999" in mail_to(created(booking=one), HANNAH).text


def test_a_long_series_is_not_listed_to_its_end() -> None:
    first = booking().start
    starts = tuple(first + timedelta(weeks=week) for week in range(30))
    text = mail_to(created(occurrences=starts), HANNAH).text
    assert "and 6 more" in text
    assert text.count("am, Monday, ") == 24


def test_no_title_is_wrapped_twice() -> None:
    for event in every_event():
        for mail in mails_of(event):
            assert mail.subject.count("between") <= 1


# -- golden


@pytest.mark.parametrize("locale", ["en", "de", "fr", "es"])
def test_golden_mails(locale: str) -> None:
    """One mail of every kind, as text; written anew by deleting the file."""
    people = (guest(locale=locale), replace(FRIEND, locale=locale))
    pages = []
    for event, message in every_message(attendees=people, organizer=host(locale=locale)):
        mail = letters.mail(event, message, WEBAPP, "key")
        pages.append(f"=== {message.topic}\nSubject: {mail.subject}\n\n{mail.text}")
    path, text = GOLDEN / f"mails-{locale}.txt", "\n".join(pages)
    if not path.exists():
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_golden_page() -> None:
    """The markup of one mail; written anew by deleting the file."""
    path, page = GOLDEN / "booked-attendee.html", str(mail_to(created(), GUS).html)
    if not path.exists():
        path.write_text(page, encoding="utf-8")
    assert page == path.read_text(encoding="utf-8")
