"""The pages of a booking's free times, and the form that moves it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from openslots.kernel.uow import Units
from openslots.models import Attendee
from tests.bookings.conftest import Bookings, Json, data
from tests.clock import Clock
from tests.web.conftest import Browser, Page, page_of

EARLY = "2026-06-01T08:00:00+00:00"  # a Monday


def slots(page: Page) -> list[str]:
    return [link for link in page.links if "start=" in link]


async def booked(bk: Bookings, **columns: object) -> Json:
    kind = await bk.event_type(await bk.host(), **columns)
    return await bk.book(kind, attendee=bk.attendee(language="en"))


@pytest.fixture(autouse=True)
def early(clock: Clock) -> None:
    clock.set(EARLY)


async def test_times_are_those_of_the_slots(bk: Bookings, browser: Browser) -> None:
    made = await booked(bk)
    page = await browser.open(f"/reschedule/{made['uid']}?rescheduledBy=bob%40example.org")
    assert "Choose a new time" in page.words
    assert "Present time" in page.words
    assert "Monday, June 1, 2026" in page.words
    listed = await bk.client.get(
        "/v2/slots",
        params={
            "eventTypeId": made["eventType"]["id"],
            "start": "2026-06-01",
            "end": "2026-06-14",
            "timeZone": "Europe/Madrid",
            "bookingUidToReschedule": made["uid"],
        },
        headers={"cal-api-version": "2024-09-04"},
    )
    days = data(listed)
    starts = {one["start"] for some in days.values() for one in some}
    # its own time is free for it, and no new time
    assert len(slots(page)) == len(starts) - 1
    assert all("rescheduledBy=bob%40example.org" in link for link in slots(page))


async def test_two_weeks_at_a_time(bk: Bookings, browser: Browser) -> None:
    made = await booked(bk)
    page = await browser.open(f"/reschedule/{made['uid']}")
    assert "Earlier" not in page.words
    later = next(link for link in page.links if "from=2026-06-15" in link)
    after = await browser.follow(page, later)
    assert "Monday, June 15, 2026" in after.words
    assert "June 14" not in after.words
    earlier = next(link for link in after.links if "from=2026-06-01" in link)
    assert slots(await browser.follow(after, earlier)) == slots(page)
    far = await browser.open(f"/reschedule/{made['uid']}?from=9999-12-31")
    assert "Later" not in far.words
    past = await browser.open(f"/reschedule/{made['uid']}?from=0001-01-01")
    assert slots(past) == slots(page)


async def test_more_times_than_one_page_lists(bk: Bookings, browser: Browser) -> None:
    kind = await bk.event_type(await bk.host(), length=2)  # 480 a day
    made = await bk.book(kind, attendee=bk.attendee(language="en"))
    page = await browser.open(f"/reschedule/{made['uid']}?timeZone=UTC")
    shown = slots(page)
    assert 500 < len(shown) <= 1000
    assert "2026-06-02" in shown[-1]
    later = next(link for link in page.links if "from=2026-06-03" in link)
    after = slots(await browser.follow(page, later))
    assert "2026-06-03T06%3A00" in after[0]
    assert len(after) <= 1000


async def test_no_times(bk: Bookings, browser: Browser) -> None:
    last = bk.at().date() + timedelta(days=2)
    made = await booked(bk, period_type="range", period_start=bk.at(day=0).date(), period_end=last)
    page = await browser.open(f"/reschedule/{made['uid']}?from=2026-07-01")
    assert "no free times" in page.words


async def test_another_zone(bk: Bookings, browser: Browser) -> None:
    made = await booked(bk)
    page = await browser.open(f"/reschedule/{made['uid']}")
    assert '<option selected="">' not in page.text
    assert "<option selected>Europe/Madrid</option>" in page.text
    [form] = [form for form in page.forms if form.method == "get"]
    assert "timeZone" in form.names
    tokyo = await browser.open(f"/reschedule/{made['uid']}?timeZone=asia/tokyo")
    assert "<option selected>Asia/Tokyo</option>" in tokyo.text
    assert "(Asia/Tokyo)" in tokyo.words
    assert all("timeZone=Asia%2FTokyo" in link for link in slots(tokyo))
    nowhere = await browser.open(f"/reschedule/{made['uid']}?timeZone=Mars/Base")
    assert "<option selected>Europe/Madrid</option>" in nowhere.text


async def test_moving(bk: Bookings, browser: Browser) -> None:
    made = await booked(bk)
    who = made["attendees"][0]["email"]
    page = await browser.open(f"/reschedule/{made['uid']}?rescheduledBy={who}")
    chosen = next(link for link in slots(page) if "2026-06-03T12%3A00" in link)
    form_page = await browser.follow(page, chosen)
    assert "Wednesday, June 3, 2026" in form_page.words
    assert "2:00pm - 3:00pm" in form_page.words
    assert (await bk.get(made["uid"]))["status"] == "accepted"
    [form] = form_page.forms
    after = await browser.landed(await browser.send(form_page, form, reason="A <late> flight"))
    assert "The meeting is booked" in after.words
    assert "Wednesday, June 3, 2026" in after.words
    assert "A <late> flight" in after.words
    new = await bk.get(after.answer.url.path.rpartition("/")[2])
    assert new["start"] == "2026-06-03T12:00:00.000Z"
    assert new["rescheduledFromUid"] == made["uid"]
    assert new["rescheduledByEmail"] == who
    assert new["reschedulingReason"] == "A <late> flight"
    assert (await bk.get(made["uid"]))["status"] == "cancelled"
    again = await browser.open(f"/reschedule/{made['uid']}")
    assert "This meeting was moved" in again.words
    assert f"../booking/{new['uid']}" in again.links


async def test_a_time_that_was_taken_meanwhile(bk: Bookings, browser: Browser) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    made = await bk.book(kind, attendee=bk.attendee(language="en"))
    page = await browser.open(f"/reschedule/{made['uid']}?timeZone=UTC")
    chosen = next(link for link in slots(page) if "2026-06-03T12%3A00" in link)
    form_page = await browser.follow(page, chosen)
    await bk.book(kind, bk.at(12, day=2))
    [form] = form_page.forms
    again = page_of(await browser.send(form_page, form), 409)
    assert "no longer free" in again.words
    assert "<option selected>UTC</option>" in again.text
    assert slots(again)
    assert not any("2026-06-03T12%3A00" in link for link in slots(again))
    assert (await bk.get(made["uid"]))["status"] == "accepted"
    past = {"start": "2026-05-01T12:00:00Z"}
    answer = await browser.client.post(f"/reschedule/{made['uid']}", data=past)
    assert "no longer free" in page_of(answer, 409).words


@pytest.mark.parametrize(
    "columns",
    [{"disable_rescheduling": True}, {"disable_rescheduling_minutes": 60 * 24 * 30}],
    ids=["never", "too late"],
)
async def test_a_booking_that_stays_where_it_is(
    bk: Bookings, browser: Browser, columns: dict[str, object]
) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host, **columns), attendee=bk.attendee(language="en"))
    page = await browser.open(f"/reschedule/{made['uid']}")
    assert "cannot be moved" in page.words
    assert slots(page) == []
    sent = {"start": "2026-06-03T12:00:00Z"}
    answer = await browser.client.post(f"/reschedule/{made['uid']}", data=sent)
    assert "cannot be moved" in page_of(answer, answer.status_code).words
    assert answer.status_code in (400, 403)
    # its organizer may, as by the API
    own = await browser.open(f"/reschedule/{made['uid']}?rescheduledBy={host.email}")
    assert slots(own)


async def test_a_cancelled_booking_stays_cancelled(bk: Bookings, browser: Browser) -> None:
    made = await booked(bk)
    await bk.act(made["uid"], "cancel")
    page = await browser.open(f"/reschedule/{made['uid']}")
    assert "was canceled" in page.words
    assert "cannot be moved" in page.words
    sent = {"start": "2026-06-03T12:00:00Z"}
    page_of(await browser.client.post(f"/reschedule/{made['uid']}", data=sent), 400)


@pytest.mark.parametrize(
    "query",
    [
        "start=soon",
        "start=2026-06-03T12:00:00",
        "from=tomorrow",
        "start=0001-01-01T00:00+10",
        "start=9999-12-31T23:59:59Z",
    ],
)
async def test_an_address_that_makes_no_sense(bk: Bookings, browser: Browser, query: str) -> None:
    made = await booked(bk)
    await browser.open(f"/reschedule/{made['uid']}?{query.replace('+', '%2B')}", 400)
    name, _, value = query.partition("=")
    answer = await browser.client.post(f"/reschedule/{made['uid']}", data={name: value})
    page_of(answer, 400)


async def test_forms_of_other_sites_move_nothing(bk: Bookings, browser: Browser) -> None:
    made = await booked(bk)
    answer = await browser.client.post(
        f"/reschedule/{made['uid']}",
        data={"start": "2026-06-03T12:00:00Z"},
        headers={"sec-fetch-site": "cross-site"},
    )
    page_of(answer, 403)
    assert (await bk.get(made["uid"]))["status"] == "accepted"


async def test_a_longer_booking_keeps_its_length(bk: Bookings, browser: Browser) -> None:
    kind = await bk.event_type(await bk.host(), length=30, length_options=[30, 120])
    made = await bk.book(kind, attendee=bk.attendee(language="en"), lengthInMinutes=120)
    page = await browser.open(f"/reschedule/{made['uid']}?timeZone=UTC")
    hours = re.findall(r">(\d+:\d\d[ap]m)</a>", page.text)
    assert "8:00pm" in hours
    assert "9:00pm" not in hours


async def test_a_zone_that_is_none(bk: Bookings, browser: Browser, units: Units) -> None:
    made = await booked(bk)
    async with units.begin() as uow:
        people = update(Attendee).where(Attendee.email == made["attendees"][0]["email"])
        await uow.session.execute(people.values(attendee_tz="Mars/Base"))
        await uow.commit()
    page = await browser.open(f"/reschedule/{made['uid']}")
    assert "<option selected>UTC</option>" in page.text
    assert "UTC" in (await browser.open(f"/booking/{made['uid']}")).words
