"""The page of a booking: what it shows, and the form that cancels."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from html import escape

import httpx
import pytest
from sqlalchemy import select, update

from openslots.kernel.settings import RateLimits, Settings
from openslots.kernel.uow import Units
from openslots.main import create_app
from openslots.models import Booking, Job, User
from tests.bookings.conftest import LINK, Bookings
from tests.clock import Clock
from tests.web.conftest import Browser, page_of

MADRID = "(Europe/Madrid)"


async def test_a_booking_is_shown_in_the_attendees_language_and_zone(
    bk: Bookings, browser: Browser
) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host, length=90), bk.at(10), attendee=bk.attendee())
    page = await browser.open(f"/booking/{made['uid']}")
    words = page.words
    assert '<html lang="es"' in page.text
    assert "La reunión está reservada" in words
    assert "Intro between Ada Host and Bob Guest" in words
    assert MADRID in words
    assert "1 hora 30 minutos" in words
    assert host.email in words
    assert made["attendees"][0]["email"] in words
    assert LINK in page.links
    assert page.offers == {"cancel"}
    assert f"../reschedule/{made['uid']}" in page.links


async def test_an_unknown_language_is_english(bk: Bookings, browser: Browser) -> None:
    host = await bk.host()
    who = bk.attendee(language="pt", timeZone="America/New_York")
    made = await bk.book(await bk.event_type(host), attendee=who)
    words = (await browser.open(f"/booking/{made['uid']}")).words
    assert "The meeting is booked" in words
    assert "(America/New_York)" in words


async def test_whom_the_link_names_reads_in_their_own_zone(bk: Bookings, browser: Browser) -> None:
    host = await bk.host(time_zone="Asia/Tokyo")
    made = await bk.book(await bk.event_type(host), attendee=bk.attendee(language="de"))
    page = await browser.open(f"/booking/{made['uid']}?cancel=true&cancelledBy={host.email}")
    assert "(Asia/Tokyo)" in page.words
    assert '<html lang="en"' in page.text
    assert page.offers == {"cancel"}


async def test_cancelling_by_the_form_of_the_mail(
    bk: Bookings, browser: Browser, units: Units
) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host))
    email = made["attendees"][0]["email"]
    page = await browser.open(f"/booking/{made['uid']}?cancel=true&cancelledBy={email}")
    assert "<details" not in page.text
    assert "autofocus" in page.text
    form = page.form("cancel")
    answer = await browser.send(page, form, reason="Bob is <b>ill</b>")
    after = await browser.landed(answer)
    assert "Esta reunión se canceló" in after.words
    assert escape("Bob is <b>ill</b>") in after.text
    assert after.offers == set()
    now = await bk.get(made["uid"])
    assert now["status"] == "cancelled"
    assert now["cancellationReason"] == "Bob is <b>ill</b>"
    assert now["cancelledByEmail"] == email
    async with units.begin(read_only=True) as uow:
        jobs = await uow.session.scalars(
            select(Job).where(Job.payload["event"].as_string() == "BookingCancelled")
        )
        told = [job for job in jobs if made["uid"] in str(job.payload)]
    assert len(told) == 1


async def test_the_form_is_closed_until_somebody_asks(bk: Bookings, browser: Browser) -> None:
    made = await bk.book(await bk.event_type(await bk.host()))
    page = await browser.open(f"/booking/{made['uid']}?changes=true")
    assert "<details>" in page.text
    assert "autofocus" not in page.text


async def test_a_reason_where_one_is_required(bk: Bookings, browser: Browser) -> None:
    kind = await bk.event_type(await bk.host(), cancellation_reason_rule="MANDATORY_BOTH")
    made = await bk.book(kind, attendee=bk.attendee(language="en"))
    page = await browser.open(f"/booking/{made['uid']}")
    assert " required" in page.text
    again = page_of(await browser.send(page, page.form("cancel"), reason="  \r\n "), 400)
    assert "Please say why" in again.words
    assert "autofocus" in again.text
    assert (await bk.get(made["uid"]))["status"] == "accepted"
    after = await browser.landed(await browser.send(again, again.form("cancel"), reason="Ill"))
    assert "was canceled" in after.words


async def test_an_event_type_that_forbids_both(bk: Bookings, browser: Browser) -> None:
    kind = await bk.event_type(await bk.host(), disable_cancelling=True, disable_rescheduling=True)
    made = await bk.book(kind, attendee=bk.attendee(language="en"))
    page = await browser.open(f"/booking/{made['uid']}?cancel=true")
    assert page.forms == []
    assert not any("reschedule" in link for link in page.links)
    sent = await browser.client.post(f"/booking/{made['uid']}", data={"do": "cancel"})
    assert "That is not possible" in page_of(sent, 400).words
    assert (await bk.get(made["uid"]))["status"] == "accepted"


async def test_a_booking_that_begins_and_ends(bk: Bookings, browser: Browser, clock: Clock) -> None:
    made = await bk.book(await bk.event_type(await bk.host()), attendee=bk.attendee(language="en"))
    clock.set(bk.at() + timedelta(minutes=5))
    page = await browser.open(f"/booking/{made['uid']}")
    assert "The meeting has begun" in page.words
    assert LINK in page.links
    clock.set(bk.at() + timedelta(hours=2))
    over = await browser.open(f"/booking/{made['uid']}?cancel=true")
    assert "The meeting is over" in over.words
    assert over.forms == []
    sent = await browser.send(page, page.form("cancel"))
    assert "That is not possible" in page_of(sent, 400).words


async def test_cancelling_twice(bk: Bookings, browser: Browser) -> None:
    made = await bk.book(await bk.event_type(await bk.host()), attendee=bk.attendee(language="en"))
    page = await browser.open(f"/booking/{made['uid']}")
    await browser.landed(await browser.send(page, page.form("cancel")))
    twice = page_of(await browser.send(page, page.form("cancel")), 400)
    assert "was canceled" in twice.words
    assert twice.offers == set()


async def test_a_series_from_one_date_on(bk: Bookings, browser: Browser) -> None:
    recurrence = {"freq": 2, "count": 3, "interval": 1}
    kind = await bk.event_type(await bk.host(), recurrence=recurrence)
    first, second, third = await bk.book(kind, attendee=bk.attendee(language="en"))
    whole = await browser.client.get(f"/booking/{first['recurringBookingUid']}?cancel=true")
    assert whole.status_code == 302
    assert whole.headers["location"] == f"../booking/{first['uid']}?cancel=true"
    page = await browser.open(f"/booking/{second['uid']}")
    await browser.landed(await browser.send(page, page.form("cancel"), later="true"))
    states = [(await bk.get(one["uid"]))["status"] for one in (first, second, third)]
    assert states == ["accepted", "cancelled", "cancelled"]


async def test_a_series_leads_to_the_next_that_stands(bk: Bookings, browser: Browser) -> None:
    recurrence = {"freq": 2, "count": 3, "interval": 1}
    kind = await bk.event_type(await bk.host(), recurrence=recurrence)
    series = await bk.book(kind, attendee=bk.attendee(language="en"))
    address = f"/booking/{series[0]['recurringBookingUid']}"
    for one, leads_to in zip(series, [*series[1:], series[-1]], strict=True):
        await bk.act(one["uid"], "cancel")
        found = await browser.client.get(address)
        assert found.headers["location"] == f"../booking/{leads_to['uid']}"


@pytest.mark.parametrize("path", ["booking", "reschedule"])
async def test_a_refusal_about_a_series_offers_no_more_than_it_shows(
    bk: Bookings, browser: Browser, path: str
) -> None:
    recurrence = {"freq": 2, "count": 2, "interval": 1}
    kind = await bk.event_type(await bk.host(), recurrence=recurrence)
    first, second = await bk.book(kind, attendee=bk.attendee(language="en"))
    data = {"do": "confirm", "start": "2050-01-01T10:00:00Z"}
    sent = await browser.client.post(f"/{path}/{first['recurringBookingUid']}", data=data)
    page = page_of(sent, 403 if path == "booking" else 404)
    await browser.landed(await browser.send(page, page.form("cancel")))
    assert (await bk.get(first["uid"]))["status"] == "cancelled"
    assert (await bk.get(second["uid"]))["status"] == "accepted"


@pytest.mark.parametrize("end", ["", "/", "//"])
async def test_slashes_at_the_end(bk: Bookings, browser: Browser, end: str) -> None:
    made = await bk.book(await bk.event_type(await bk.host()), attendee=bk.attendee(language="en"))
    page = await browser.open(f"/booking/{made['uid']}{end}")
    times = next(link for link in page.links if "reschedule" in link)
    assert "Choose a new time" in (await browser.follow(page, times)).words
    await browser.landed(await browser.send(page, page.form("cancel")))


async def test_a_moved_booking_leads_on(bk: Bookings, browser: Browser) -> None:
    made = await bk.book(await bk.event_type(await bk.host()), attendee=bk.attendee(language="en"))
    new = (await bk.reschedule(made["uid"], bk.at(15))).json()["data"]
    page = await browser.open(f"/booking/{made['uid']}?cancel=true")
    assert "This meeting was moved" in page.words
    assert page.offers == set()
    assert f"../booking/{new['uid']}" in page.links
    assert "The meeting is booked" in (await browser.follow(page, f"../booking/{new['uid']}")).words


async def test_a_booking_whose_host_wants_another_time(bk: Bookings, browser: Browser) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host), attendee=bk.attendee(language="en"))
    await bk.act(made["uid"], "request-reschedule", {"rescheduleReason": "A flight"}, api=host)
    page = await browser.open(f"/booking/{made['uid']}")
    assert "Please choose a new time" in page.words
    assert "A flight" in page.words
    assert f"../reschedule/{made['uid']}" in page.links


@pytest.mark.parametrize("path", ["booking", "reschedule", "video"])
async def test_an_unknown_uid(browser: Browser, path: str) -> None:
    page = await browser.open(f"/{path}/nothing", 404, **{"accept-language": "de-AT,de;q=0.9"})
    assert "Diese Seite gibt es nicht" in page.words
    assert '<html lang="de"' in page.text


@pytest.mark.parametrize("path", ["/booking", "//booking/nothing", "//Reschedule//nothing"])
async def test_other_spellings_of_a_path(browser: Browser, path: str) -> None:
    address, data = f"http://test{path}", {"do": "cancel", "start": "2050-01-01T10:00:00Z"}
    page_of(await browser.client.get(address), 404)
    page_of(await browser.client.post(address, data=data), 404)


@pytest.mark.parametrize("path", ["booking", "reschedule"])
async def test_a_form_of_an_unknown_uid(browser: Browser, path: str) -> None:
    data = {"do": "cancel", "start": "2050-01-01T10:00:00Z"}
    page_of(await browser.client.post(f"/{path}/nothing", data=data), 404)


@pytest.mark.parametrize(
    "body",
    [b"", b"do=dance", b"do=%ff", b"do=cancel&reason=%00", b"reason=" + b"x" * 5000, b"&do" * 99],
)
async def test_what_is_no_form(bk: Bookings, browser: Browser, body: bytes) -> None:
    made = await bk.book(await bk.event_type(await bk.host()))
    for kind in ("application/x-www-form-urlencoded", "application/json", "text/plain"):
        answer = await browser.client.post(
            f"/booking/{made['uid']}", content=body, headers={"content-type": kind}
        )
        page_of(answer, 400)
    assert (await bk.get(made["uid"]))["status"] == "accepted"


async def test_endless_values(bk: Bookings, browser: Browser) -> None:
    made = await bk.book(await bk.event_type(await bk.host()))
    await browser.open(f"/booking/{made['uid']}?cancelledBy={'x' * 500}", 400)
    data = {"do": "cancel", "reason": "x" * 3000}
    page_of(await browser.client.post(f"/booking/{made['uid']}", data=data), 400)
    data = {"do": "cancel", "reason": "x" * 200_000}
    page_of(await browser.client.post(f"/booking/{made['uid']}", data=data), 413)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods(browser: Browser, method: str) -> None:
    page_of(await browser.client.request(method, "/booking/one"), 404)
    page_of(await browser.client.post("/video/one", data={}), 404)


async def test_nul_in_the_address(browser: Browser) -> None:
    await browser.open("/booking/a%00b", 400)


async def test_what_people_wrote_is_escaped(bk: Bookings, browser: Browser) -> None:
    bad = "\"'><img src=x onerror=alert(1)>"
    host = await bk.host(name=f"Host {bad}")
    kind = await bk.event_type(host, title=f"Title {bad}", description=f"About {bad}")
    who = bk.attendee(name=f"Guest {bad}", language="en")
    made = await bk.book(kind, attendee=who, bookingFieldsResponses={"notes": f"Notes {bad}"})
    address = f"/booking/{made['uid']}"
    for query in ("", "?cancel=true", f"?cancelledBy={bad}", f"?seatReferenceUid={bad}"):
        page = await browser.open(address + query)
        assert "<img" not in page.text
        for head in ("Host", "Title", "About", "Guest", "Notes"):
            assert f"{head} {bad}" in page.words
    times = await browser.open(f"/reschedule/{made['uid']}?rescheduledBy={bad}&timeZone={bad}")
    assert "<img" not in times.text


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "null"}, True),
        ({"origin": "http://test"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": "http://test"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "not an origin"}, False),
        ({"origin": "http://[evil"}, False),
    ],
)
async def test_forms_of_other_sites(
    bk: Bookings, browser: Browser, headers: dict[str, str], allowed: bool
) -> None:
    made = await bk.book(await bk.event_type(await bk.host()))
    page = await browser.open(f"/booking/{made['uid']}")
    answer = await browser.send(page, page.form("cancel"), headers)
    if allowed:
        await browser.landed(answer)
    else:
        page_of(answer, 403)
    status = (await bk.get(made["uid"]))["status"]
    assert status == ("cancelled" if allowed else "accepted")


async def test_too_many_requests_are_told_on_a_page(settings: Settings) -> None:
    few = settings.model_copy(
        update={"limits": RateLimits(anonymous=1, api_key=9, access_token=9, oauth_client=9)}
    )
    app = create_app(few)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("203.0.113.77", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            page_of(await client.get("/booking/nothing"), 404)
            answer = await client.get("/booking/nothing")
            assert "Too many requests" in page_of(answer, 429).words
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["x-ratelimit-remaining-default"] == "0"


async def test_opening_pages_changes_nothing(bk: Bookings, browser: Browser, units: Units) -> None:
    made = await bk.book(await bk.event_type(await bk.host(), requires_confirmation=True))
    uid = made["uid"]
    async with units.begin(read_only=True) as uow:
        before = (await uow.session.execute(select(Booking.__table__))).all()
        jobs = (await uow.session.execute(select(Job.__table__).order_by(Job.id))).all()
    for path in (f"booking/{uid}?cancel=true&do=cancel", f"booking/{uid}?decide=x&do=confirm"):
        await browser.open(f"/{path}")
        assert (await browser.client.head(f"/{path}")).status_code == 200
    await browser.open(f"/reschedule/{uid}")
    await browser.open(f"/reschedule/{uid}?start=2050-01-01T10:00:00Z&do=move")
    await browser.open(f"/video/{uid}", 404)
    async with units.begin(read_only=True) as uow:
        assert (await uow.session.execute(select(Booking.__table__))).all() == before
        assert (await uow.session.execute(select(Job.__table__).order_by(Job.id))).all() == jobs


async def test_video_rooms(bk: Bookings, browser: Browser, units: Units) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, locations=[{"type": "integrations:daily"}])
    made = await bk.book(kind, attendee=bk.attendee(language="en"))
    page = await browser.open(f"/video/{made['uid']}", 404)
    assert "has no video room" in page.words
    assert "Cal Video" in page.words
    for url, status in (("https://rooms.example.com/1", 302), ("javascript:alert(1)", 404)):
        async with units.begin() as uow:
            changed = update(Booking).where(Booking.uid == made["uid"])
            await uow.session.execute(changed.values(video_call_url=url))
            await uow.commit()
        answer = await browser.client.get(f"/video/{made['uid']}")
        assert answer.status_code == status
        assert answer.headers.get("location") == (url if status == 302 else None)
        assert answer.headers["referrer-policy"] == "no-referrer"
    async with units.begin() as uow:
        changed = update(Booking).where(Booking.uid == made["uid"])
        url = "https://rooms.example.com/1"
        await uow.session.execute(changed.values(video_call_url=url, status="cancelled"))
        await uow.commit()
    await browser.open(f"/video/{made['uid']}", 404)


async def test_a_hidden_host(bk: Bookings, browser: Browser) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host, hide_organizer_email=True))
    page = await browser.open(f"/booking/{made['uid']}?cancelledBy={host.email}&cancel=true")
    assert "Ada Host" in page.words
    assert f"mailto:{host.email}" not in page.text
    assert host.email not in page.words


async def test_a_booking_whose_event_type_is_gone(
    bk: Bookings, browser: Browser, units: Units
) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host), attendee=bk.attendee(language="en"))
    async with units.begin() as uow:
        gone = update(Booking).where(Booking.uid == made["uid"])
        await uow.session.execute(gone.values(event_type_id=None))
        await uow.session.execute(update(User).where(User.id == host.id).values(time_format=24))
        await uow.commit()
    page = await browser.open(f"/booking/{made['uid']}")
    assert page.offers == {"cancel"}
    assert "10:00" in page.words or "11:00" in page.words or "12:00" in page.words
    assert "cannot be moved" in (await browser.open(f"/reschedule/{made['uid']}")).words


@pytest.mark.parametrize(
    ("process", "without"),
    [("main", "jinja2 babel openslots.web.bookings.steps"), ("worker", "openslots.web fastapi")],
)
def test_what_a_process_starts_without(process: str, without: str) -> None:
    """The API loads templates with the first page, the worker no page at all."""
    code = f"import sys, openslots.{process}; print([m for m in sys.argv[1:] if m in sys.modules])"
    command = [sys.executable, "-c", code, *without.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
