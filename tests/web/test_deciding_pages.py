"""The page on which a host decides: the link of the mail is the proof."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from openslots.jobs.runner import Runner
from openslots.kernel.uow import Units
from openslots.models import Job, Mail, User
from openslots.notifications import jobs
from openslots.notifications.rendering import proofs
from tests import factories
from tests.bookings.conftest import LINK, Bookings, Json
from tests.clock import Clock
from tests.factories import Person
from tests.web.conftest import Browser, page_of

SECRET = "a session secret of the tests"
WAITS = {"requires_confirmation": True}


async def asked(bk: Bookings, **columns: object) -> tuple[Person, Json]:
    host = await bk.host()
    kind = await bk.event_type(host, **WAITS, **columns)
    return host, await bk.book(kind, attendee=bk.attendee(language="en"))


def link(made: Json, email: str, secret: str = SECRET) -> str:
    return f"/booking/{made['uid']}?decide={proofs.decision(secret, made['uid'], email)}"


async def link_of_the_mail(units: Units, host: Person) -> str:
    await Runner(units, {"mail.booking": jobs.booking}).run_until_idle()
    async with units.begin(read_only=True) as uow:
        texts = await uow.session.scalars(select(Mail.text).where(Mail.to_address == host.email))
        found = [re.search(r"http://test/booking/\S+\?decide=\w+", text or "") for text in texts]
    [address] = [one.group() for one in found if one is not None]
    return address


@pytest.fixture(autouse=True)
async def no_jobs(units: Units) -> None:
    async with units.begin() as uow:
        await uow.session.execute(delete(Job).where(Job.kind == "mail.booking"))
        await uow.commit()


async def test_confirming_from_the_mail(bk: Bookings, browser: Browser, units: Units) -> None:
    host, made = await asked(bk)
    address = await link_of_the_mail(units, host)
    page = await browser.open(address)
    assert page.offers == {"confirm", "decline"}
    assert "Please confirm or decline" in page.words
    assert (await bk.get(made["uid"]))["status"] == "pending"
    after = await browser.landed(await browser.send(page, page.form("confirm")))
    assert "The meeting is booked" in after.words
    assert LINK in after.links
    assert after.form("cancel").values["cancelledBy"] == host.email
    assert (await bk.get(made["uid"]))["status"] == "accepted"
    twice = page_of(await browser.send(page, page.form("confirm")), 400)
    assert "That is not possible" in twice.words


async def test_declining_from_the_mail(bk: Bookings, browser: Browser, units: Units) -> None:
    host, made = await asked(bk)
    page = await browser.open(await link_of_the_mail(units, host))
    answer = await browser.send(page, page.form("decline"), reason="On <b>leave</b>")
    after = await browser.landed(answer)
    assert "was declined" in after.words
    assert after.offers == set()
    mine = await browser.open(f"/booking/{made['uid']}")
    assert "was declined" in mine.words
    assert "On <b>leave</b>" in mine.words
    assert (await bk.get(made["uid"], api=host))["status"] == "rejected"


async def test_every_host_of_a_team_has_their_own_link(
    bk: Bookings, browser: Browser, units: Units
) -> None:
    one, two = await bk.host("Ada One"), await bk.host("Ida Two")
    team = await factories.make_team(units, members=[(one, "OWNER"), (two, "MEMBER")])
    kind = await factories.make_event_type(
        units,
        team_id=team,
        hosts=[one, two],
        scheduling_type="collective",
        length=60,
        requires_confirmation=True,
    )
    made = await bk.book(kind, attendee=bk.attendee(language="en"))
    addresses = {await link_of_the_mail(units, host) for host in (one, two)}
    assert len(addresses) == 2
    for address in addresses:
        page = await browser.open(address)
        assert page.offers == {"confirm", "decline"}
    await browser.landed(await browser.send(page, page.form("confirm")))
    assert (await bk.get(made["uid"]))["status"] == "accepted"


async def test_the_booker_waits(bk: Bookings, browser: Browser) -> None:
    _, made = await asked(bk)
    page = await browser.open(f"/booking/{made['uid']}")
    assert "waits for confirmation" in page.words
    assert page.offers == {"cancel"}


async def forgeries(bk: Bookings, units: Units) -> list[tuple[Json, str]]:
    host, made = await asked(bk)
    _, other = await asked(bk)
    stranger = await bk.host()
    right = proofs.decision(SECRET, made["uid"], host.email)
    booker = str(made["attendees"][0]["email"])
    return [
        (made, "x"),
        (made, right[:-1] + ("0" if right[-1] != "0" else "1")),
        (made, right.upper()),
        (made, proofs.decision("another secret of a test", made["uid"], host.email)),
        (made, proofs.decision(SECRET, made["uid"], stranger.email)),
        (made, proofs.decision(SECRET, made["uid"], booker)),
        (other, right),
    ]


async def test_forged_links(bk: Bookings, browser: Browser, units: Units) -> None:
    for made, proof in await forgeries(bk, units):
        page = await browser.open(f"/booking/{made['uid']}?decide={proof}")
        assert page.offers == {"cancel"}
        assert "nobody can decide" in page.words
        for do in ("confirm", "decline"):
            data = {"do": do, "decide": proof}
            answer = await browser.client.post(f"/booking/{made['uid']}", data=data)
            assert "nobody can decide" in page_of(answer, 403).words
        page_of(await browser.client.post(f"/booking/{made['uid']}", data={"do": "confirm"}), 403)
        assert (await bk.get(made["uid"]))["status"] == "pending"


async def test_the_link_ends_with_the_start(bk: Bookings, browser: Browser, clock: Clock) -> None:
    host, made = await asked(bk)
    page = await browser.open(link(made, host.email))
    clock.set(bk.at() + timedelta(minutes=1))
    late = await browser.open(link(made, host.email))
    assert late.offers == {"cancel"}
    assert "nobody can decide" in late.words
    page_of(await browser.send(page, page.form("confirm")), 403)
    assert (await bk.get(made["uid"]))["status"] == "pending"


async def test_a_link_proves_nothing_of_another_booking(
    bk: Bookings, browser: Browser, clock: Clock
) -> None:
    """A seat in the address leads to its meeting, whose start is not the link's."""
    host, made = await asked(bk)
    later = await bk.event_type(host, seats_per_slot=2)
    seat = await bk.book(later, bk.at(day=9), attendee=bk.attendee(language="en"))
    clock.set(bk.at() + timedelta(minutes=1))
    sent = {
        "do": "confirm",
        "decide": proofs.decision(SECRET, made["uid"], host.email),
        "seatReferenceUid": seat["seatUid"],
    }
    page_of(await browser.client.post(f"/booking/{made['uid']}", data=sent), 403)
    assert (await bk.get(made["uid"]))["status"] == "pending"


async def test_a_locked_host_decides_nothing(bk: Bookings, browser: Browser, units: Units) -> None:
    host, made = await asked(bk)
    page = await browser.open(link(made, host.email))
    async with units.begin() as uow:
        locked = update(User).where(User.id == host.id).values(locked_at=uow.now)
        await uow.session.execute(locked)
        await uow.commit()
    assert (await browser.open(link(made, host.email))).offers == {"cancel"}
    page_of(await browser.send(page, page.form("confirm")), 403)


async def test_of_two_for_one_time_one_is_confirmed(bk: Bookings, browser: Browser) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, **WAITS)
    one, two = [await bk.book(kind, bk.at(9)) for _ in range(2)]
    first = await browser.open(link(one, host.email))
    second = await browser.open(link(two, host.email))
    await browser.landed(await browser.send(first, first.form("confirm")))
    answer = page_of(await browser.send(second, second.form("confirm")), 409)
    assert "Another booking has taken this time" in answer.words
    assert (await bk.get(two["uid"]))["status"] == "pending"
    assert answer.offers == {"confirm", "decline"}


async def test_the_host_sees_who_asks_for_a_seat(bk: Bookings, browser: Browser) -> None:
    host, made = await asked(bk, seats_per_slot=2, seats_show_attendees=False)
    assert "Bob Guest" in (await browser.open(link(made, host.email))).words
    assert "Bob Guest" not in (await browser.open(f"/booking/{made['uid']}")).words
