"""Group meetings: everybody gets their own seat to see, to move and to give back."""

from __future__ import annotations

from sqlalchemy import delete

from openslots.kernel.uow import Units
from openslots.models import EventType
from tests.bookings.conftest import NEW, Bookings, Json
from tests.web.conftest import Browser, page_of

EN = {"language": "en"}


async def meeting(bk: Bookings, *, show: bool) -> tuple[Json, Json]:
    """Two seats of one meeting."""
    kind = await bk.event_type(await bk.host(), seats_per_slot=3, seats_show_attendees=show)
    first = await bk.book(kind, attendee=bk.attendee(name="First Taker", **EN))
    second = await bk.book(kind, attendee=bk.attendee(name="Second Taker", **EN))
    return first, second


async def test_nobody_sees_others_where_they_are_hidden(bk: Bookings, browser: Browser) -> None:
    kind = await bk.event_type(await bk.host(), seats_per_slot=3, seats_show_attendees=False)
    people = [bk.attendee(name=name, **EN) for name in ("First Taker", "Second Taker")]
    first, second = [await bk.book(kind, attendee=who) for who in people]
    uid = first["uid"]
    mine = await browser.open(f"/booking/{uid}?seatReferenceUid={second['seatUid']}")
    assert "Second Taker" in mine.words
    assert people[1]["email"] in mine.words
    nobody = await browser.open(f"/booking/{uid}")
    named = await browser.open(f"/booking/{uid}?cancelledBy={people[0]['email']}")
    for page in (mine, nobody, named):
        assert "First" not in page.words
        assert people[0]["email"] not in page.words
        assert str(first["seatUid"]) not in page.text
    for page in (nobody, named):
        assert "Second" not in page.words
        assert "What Intro When" in page.words


async def test_others_are_seen_where_they_are_shown(bk: Bookings, browser: Browser) -> None:
    first, second = await meeting(bk, show=True)
    page = await browser.open(f"/booking/{first['uid']}?seatReferenceUid={second['seatUid']}")
    assert "First Taker" in page.words
    assert str(first["seatUid"]) not in page.text


async def test_without_a_seat_nothing_can_be_done(bk: Bookings, browser: Browser) -> None:
    first, _ = await meeting(bk, show=False)
    page = await browser.open(f"/booking/{first['uid']}?cancel=true")
    assert page.forms == []
    assert "group meeting" in page.words
    sent = await browser.client.post(f"/booking/{first['uid']}", data={"do": "cancel"})
    page_of(sent, 403)
    assert "group meeting" in (await browser.open(f"/reschedule/{first['uid']}")).words
    data = {"start": "2050-01-01T10:00:00Z"}
    page_of(await browser.client.post(f"/reschedule/{first['uid']}", data=data), 400)
    assert (await bk.get(first["uid"]))["status"] == "accepted"


async def test_giving_one_seat_back(bk: Bookings, browser: Browser) -> None:
    first, second = await meeting(bk, show=True)
    address = f"/booking/{first['uid']}?cancel=true&seatReferenceUid={second['seatUid']}"
    page = await browser.open(address)
    assert "Give back my seat" in page.words
    after = await browser.landed(await browser.send(page, page.form("cancel"), reason="Ill"))
    assert "Your seat was given back" in after.words
    now = await bk.get(first["uid"], version=NEW)
    assert now["status"] == "accepted"
    assert [one["name"] for one in now["attendees"]] == ["First Taker"]
    gone = await browser.open(address)
    assert gone.forms == []
    page_of(await browser.send(page, page.form("cancel")), 400)


async def test_moving_one_seat(bk: Bookings, browser: Browser) -> None:
    first, second = await meeting(bk, show=False)
    seat = f"seatReferenceUid={second['seatUid']}"
    page = await browser.open(f"/reschedule/{first['uid']}?{seat}")
    chosen = next(link for link in page.links if "start=" in link)
    form_page = await browser.follow(page, chosen)
    [form] = form_page.forms
    after = await browser.landed(await browser.send(form_page, form))
    assert "Second Taker" in after.words
    assert after.offers == {"cancel"}
    uid = after.answer.url.path.rpartition("/")[2]
    assert uid != first["uid"]
    old = await browser.open(f"/booking/{first['uid']}?cancel=true&{seat}")
    assert "Second Taker" not in old.words
    assert old.forms == []


async def test_a_seat_leads_to_its_meeting(bk: Bookings, browser: Browser) -> None:
    first, second = await meeting(bk, show=False)
    other = await bk.book(await bk.event_type(await bk.host()))
    seat = f"seatReferenceUid={second['seatUid']}"
    found = await browser.client.get(f"/booking/{other['uid']}?cancel=true&{seat}")
    assert found.status_code == 302
    assert found.headers["location"] == f"../booking/{first['uid']}?{seat}&cancel=true"
    found = await browser.client.get(f"/reschedule/{other['uid']}?{seat}")
    assert found.headers["location"] == f"../reschedule/{first['uid']}?{seat}"


async def test_a_seat_of_another_meeting(bk: Bookings, browser: Browser) -> None:
    first, _ = await meeting(bk, show=False)
    other, _ = await meeting(bk, show=False)
    data = {"do": "cancel", "seatReferenceUid": other["seatUid"]}
    page_of(await browser.client.post(f"/booking/{first['uid']}", data=data), 400)
    for made in (first, other):
        seat = await bk.send("GET", f"/by-seat/{made['seatUid']}")
        assert seat.json()["data"]["status"] == "accepted"


async def test_why_a_seat_was_moved_is_not_told_to_others(bk: Bookings, browser: Browser) -> None:
    kind = await bk.event_type(await bk.host(), seats_per_slot=3, seats_show_attendees=False)
    first = await bk.book(kind, attendee=bk.attendee(**EN))
    sent = {
        "start": bk.at(14).isoformat(),
        "seatReferenceUid": first["seatUid"],
        "reason": "An operation",
    }
    answer = await browser.client.post(f"/reschedule/{first['uid']}", data=sent)
    uid = (await browser.landed(answer)).answer.url.path.rpartition("/")[2]
    other = await bk.book(kind, bk.at(14), attendee=bk.attendee(**EN))
    assert other["uid"] == uid
    for query in ("", f"?seatReferenceUid={other['seatUid']}"):
        assert "operation" not in (await browser.open(f"/booking/{uid}{query}")).text
    assert "reschedulingReason" not in await bk.get(uid)


async def test_seats_of_an_event_type_that_is_gone(
    bk: Bookings, browser: Browser, units: Units
) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, seats_per_slot=3, seats_show_attendees=False)
    people = [bk.attendee(name=name, **EN) for name in ("First Taker", "Second Taker")]
    first, second = [await bk.book(kind, attendee=who) for who in people]
    async with units.begin() as uow:
        await uow.session.execute(delete(EventType).where(EventType.id == kind.id))
        await uow.commit()
    uid = first["uid"]
    mine = await browser.open(f"/booking/{uid}?seatReferenceUid={second['seatUid']}")
    assert people[1]["email"] in mine.words
    for page in (mine, await browser.open(f"/booking/{uid}")):
        assert people[0]["email"] not in page.text
    assert (await bk.get(uid))["attendees"] == []
    stranger = await bk.host()
    assert (await bk.get(uid, api=stranger))["attendees"] == []
    assert len((await bk.get(uid, api=host))["attendees"]) == 2
