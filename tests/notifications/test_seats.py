"""Group meetings: a mail per seat, and nobody learns of other seats' people."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from openslots.models import Mail
from openslots.notifications import jobs as mail_jobs
from tests.clock import Clock
from tests.factories import Person, tomorrow_at
from tests.notifications.build import a_host, act, an_attendee, book, calendar_of, mails, subjects
from tests.notifications.conftest import Work
from tests.notifications.facts import booking, created, event_type, guest, mail_to
from tests.notifications.test_writing import sending, with_folder

NOW = "2026-05-04T08:00:00+00:00"
DATE = "11:00am - 11:30am, Tuesday, May 5, 2026"


def all_of(mail: Mail) -> str:
    """Everything that a mail says, its calendar file included."""
    parts = (mail.subject, mail.text, mail.html, mail.reply_to, mail.to_name)
    files = (file["content"].replace("\r\n ", "") for file in mail.attachments)
    return "\n".join([*(str(part) for part in parts), *files])


class Group:
    """A meeting in which Ann and Bob have a seat each, and the worker that mails them."""

    def __init__(self, client: httpx.AsyncClient, units: Units, work: Work, clock: Clock) -> None:
        self.client, self.units, self.work, self.clock = client, units, work, clock
        self.ann = an_attendee(name="Ann Aster", timeZone="Europe/London")
        self.bob = an_attendee(name="Bob Berry", timeZone="Europe/London")
        self.host: Person

    async def fill(self, **columns: Any) -> None:
        self.clock.set(NOW)
        self.host, self.event_type = await a_host(
            self.units, **{"seats_per_slot": 4, "recurrence": None, **columns}
        )
        self.first = await self.seat(self.ann, bookingFieldsResponses={"notes": "Ann's secret"})
        self.second = await self.seat(self.bob)
        self.uid: str = self.second["uid"]
        await self.work()
        self.clock.advance(timedelta(seconds=1))

    async def seat(self, who: dict[str, Any], **more: Any) -> Any:
        made = await book(self.client, self.event_type, who, tomorrow_at(10), **more)
        self.clock.advance(timedelta(seconds=1))
        return made

    async def do(self, what: str, by: Person | None = None, **body: Any) -> Any:
        out = await act(self.client, self.uid, what, by, **body)
        await self.work()
        return out

    async def told(self, who: dict[str, Any]) -> list[Mail]:
        return await mails(self.units, who["email"])


@pytest.fixture
def group(client: httpx.AsyncClient, units: Units, work: Work, clock: Clock) -> Group:
    return Group(client, units, work, clock)


async def test_a_seat_is_told_to_its_taker_and_the_host(group: Group, units: Units) -> None:
    await group.fill()
    title = "Talk between Hannah Host and Ann Aster"
    assert sorted(await subjects(units, group.host.email)) == [f"New Attendee: {title}", title]
    [to_ann], [to_bob] = await group.told(group.ann), await group.told(group.bob)
    assert to_ann.subject == title
    assert to_bob.subject == "Talk between Hannah Host and Bob Berry"
    [to_host, _] = sorted(await mails(units, group.host.email), key=lambda mail: mail.subject)
    assert group.bob["email"] in all_of(to_host)
    for mail in (to_ann, to_bob, to_host):
        assert "METHOD:REQUEST" in str(calendar_of(mail))


async def test_each_further_seat_is_told_to_the_host(group: Group, units: Units) -> None:
    await group.fill()
    await group.seat(an_attendee(name="Cid Cress"))
    await group.work()
    assert len(await mails(units, group.host.email)) == 3


async def test_leaving_and_coming_back_is_told_again(group: Group, units: Units) -> None:
    await group.fill()
    await group.do("cancel", seatUid=group.second["seatUid"])
    group.clock.advance(timedelta(seconds=1))
    await group.seat(group.bob)
    await group.work()
    own = "Talk between Hannah Host and Bob Berry"
    assert await subjects(units, group.bob["email"]) == [
        own,
        f"No longer attending {own} at {DATE}",
        own,
    ]


async def test_a_seat_given_back(group: Group, units: Units) -> None:
    await group.fill()
    await group.do("cancel", seatUid=group.second["seatUid"], cancellationReason="Ill")
    [_, to_bob] = await group.told(group.bob)
    [*_, to_host] = await mails(units, group.host.email)
    title = "Talk between Hannah Host and Ann Aster"
    assert to_bob.subject == f"No longer attending Talk between Hannah Host and Bob Berry at {DATE}"
    assert to_host.subject == f"Canceled: {title} at {DATE}"
    assert calendar_of(to_bob) is calendar_of(to_host) is None
    assert len(await group.told(group.ann)) == 1


async def test_a_whole_meeting_moved_and_cancelled(group: Group, units: Units) -> None:
    await group.fill()
    start = f"{tomorrow_at(15):%Y-%m-%dT%H:%M:%SZ}"
    await group.do("reschedule", group.host, start=start)
    group.clock.advance(timedelta(seconds=1))
    await group.do("cancel", group.host, cancellationReason="Ill")
    for who in (group.ann, group.bob):
        [_, moved, cancelled] = await group.told(who)
        assert "has been rescheduled to 4:00pm - 4:30pm" in moved.subject
        assert cancelled.subject.startswith(f"Canceled: Talk between Hannah Host and {who['name']}")
        assert "METHOD:CANCEL" in str(calendar_of(cancelled))


async def test_a_seat_moved_to_another_meeting(group: Group, units: Units) -> None:
    await group.fill()
    start = f"{tomorrow_at(15):%Y-%m-%dT%H:%M:%SZ}"
    await group.do("reschedule", start=start, seatUid=group.second["seatUid"])
    [_, moved] = await group.told(group.bob)
    assert "has been rescheduled to 4:00pm - 4:30pm" in moved.subject
    names = [file["name"] for file in moved.attachments]
    assert names == ["event.ics", "former-event.ics"]
    assert "Aster" not in all_of(moved)
    assert len(await group.told(group.ann)) == 1


async def late(group: Group, tmp_path: Path, who: dict[str, Any]) -> list[str | None]:
    """Has all mails to somebody sent at the second attempt; what became of each."""
    for row in await group.told(who):
        await mail_jobs.send(with_folder(group.units, tmp_path), sending(row, attempts=2))
    rows = sorted(await group.told(who), key=lambda mail: mail.created_at)
    return [row.error for row in rows]


async def test_a_late_mail_of_a_seat_that_was_given_back_is_not_sent(
    group: Group, tmp_path: Path
) -> None:
    await group.fill()
    await group.do("cancel", seatUid=group.second["seatUid"])
    group.clock.advance(timedelta(seconds=1))
    await group.seat(group.bob)
    await group.work()
    assert await late(group, tmp_path, group.bob) == ["outdated", None, None]
    assert await late(group, tmp_path, group.ann) == [None]


async def test_a_late_mail_of_a_seat_that_was_moved_is_not_sent(
    group: Group, tmp_path: Path
) -> None:
    """Of the new time it is told even where that is over, too: the mail takes the old entry out of
    the calendar."""
    await group.fill()
    start = f"{tomorrow_at(15):%Y-%m-%dT%H:%M:%SZ}"
    moved = await group.do("reschedule", start=start, seatUid=group.second["seatUid"])
    assert await late(group, tmp_path, group.ann) == [None]
    group.clock.advance(timedelta(seconds=1))
    await act(group.client, moved["uid"], "cancel", group.host, cancellationReason="Ill")
    await group.work()
    assert await late(group, tmp_path, group.bob) == ["outdated", None, None]


async def test_late_mails_of_a_whole_meeting_that_was_moved(group: Group, tmp_path: Path) -> None:
    await group.fill()
    start = f"{tomorrow_at(15):%Y-%m-%dT%H:%M:%SZ}"
    await group.do("reschedule", group.host, start=start)
    for who in (group.ann, group.bob):
        assert await late(group, tmp_path, who) == ["outdated", None]


async def test_nobody_learns_of_other_seats(group: Group, units: Units) -> None:
    await group.fill(hide_organizer_email=False)
    start = f"{tomorrow_at(15):%Y-%m-%dT%H:%M:%SZ}"
    answer = await group.client.patch(
        f"/v2/bookings/{group.uid}/location",
        json={"location": {"type": "address", "address": "12 Long Lane"}},
        headers=group.host.dated("2024-08-13"),
    )
    assert answer.status_code == 200, answer.text
    await group.do("reschedule", group.host, start=start)
    await group.do("cancel", group.host, cancellationReason="Ill")
    everything = "\n".join(all_of(mail) for mail in await group.told(group.bob))
    assert len(await group.told(group.bob)) == 4
    for secret in ("Ann", "Aster", group.ann["email"], "secret", group.first["seatUid"]):
        assert secret not in everything
    assert "Bob Berry" in everything
    everything = "\n".join(all_of(mail) for mail in await group.told(group.ann))
    for secret in ("Berry", group.bob["email"], group.second["seatUid"]):
        assert secret not in everything


async def test_where_attendees_are_shown(group: Group, units: Units) -> None:
    await group.fill(seats_show_attendees=True)
    await group.do("cancel", group.host, cancellationReason="Ill")
    [_, cancelled] = await group.told(group.bob)
    assert "Ann Aster" in cancelled.text


async def test_links_name_the_seat(group: Group, units: Units) -> None:
    await group.fill()
    [mail] = await group.told(group.bob)
    seat = group.second["seatUid"]
    assert f"/booking/{group.uid}?cancel=true&cancelledBy=" in mail.text
    assert f"&seatReferenceUid={seat}\n" in mail.text


async def test_seats_that_are_shown_do_not_show_what_was_answered(group: Group) -> None:
    """Names are shared, not what the first one wrote; everybody reads their own words."""
    await group.fill(seats_show_attendees=True)
    await group.do("cancel", group.host, cancellationReason="Ill")
    to_ann, to_bob = (await group.told(group.ann))[-1], (await group.told(group.bob))[-1]
    assert to_ann.subject.startswith("Canceled: ")
    assert to_bob.subject.startswith("Canceled: ")
    assert "Ann Aster" in all_of(to_bob)
    assert "Ann's secret" not in all_of(to_bob)
    assert "Ann's secret" in to_ann.text


def test_a_crowd_is_told_in_mails_of_bounded_size() -> None:
    people = tuple(
        guest(
            id=number,
            email=f"p{number}@example.com",
            name=f"P {number}.",
            locale="en",
            seat_uid=f"s{number}",
        )
        for number in range(200)
    )
    event = created(
        booking=booking(seated=True),
        attendees=people,
        event_type=event_type(seats_per_slot=200, seats_show_attendees=True),
    )
    last = mail_to(event, "p199@example.com")
    assert "P 199." in last.text
    assert last.text.count("@example.com") == last.files[0].content.count("\nATTENDEE") == 50
    assert "and 150 more" in last.text
    assert last.reply_to == ("hannah@example.org",)
    to_host = mail_to(event, "hannah@example.org")
    assert "P 199." in to_host.text
    assert to_host.reply_to == ()
    assert len(last.text) + len(last.html or "") < 60_000
