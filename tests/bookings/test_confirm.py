"""Confirming and declining over HTTP."""

from __future__ import annotations

import asyncio

from tests import factories
from tests.bookings.conftest import Bookings, Json, data, refused

BUSY = "User either already has booking at this time or is not available"


async def pending(bk: Bookings, **columns: object) -> tuple[factories.Person, object, Json]:
    host = await bk.host()
    kind = await bk.event_type(host, requires_confirmation=True, **columns)
    return host, kind, await bk.book(kind, bk.at(9))


async def test_the_host_says_yes_or_no(bk: Bookings) -> None:
    host, _, made = await pending(bk)
    done = data(await bk.act(made["uid"], "confirm", api=host))
    assert (done["uid"], done["status"]) == (made["uid"], "accepted")
    assert await bk.get(made["uid"]) == done
    assert refused(await bk.act(made["uid"], "confirm", api=host), 400) == (
        "Booking already confirmed"
    )
    again = await bk.act(made["uid"], "decline", api=host)
    assert refused(again, 400) == "Booking already confirmed"
    assert again.json()["error"] == {"code": "TRPCError", "message": "Booking already confirmed"}
    host, _, made = await pending(bk)
    done = data(await bk.act(made["uid"], "decline", {"reason": "no time"}, api=host))
    assert done["status"] == "rejected"


async def test_what_has_ended_stays_so(bk: Bookings) -> None:
    for ending in ("decline", "cancel"):
        host, _, made = await pending(bk)
        body = {"cancellationReason": "x"} if ending == "cancel" else {}
        ended = data(await bk.act(made["uid"], ending, body, api=host))
        for act in ("confirm", "decline"):
            refused(await bk.act(made["uid"], act, api=host), 400)
        assert (await bk.get(made["uid"]))["status"] == ended["status"]


async def test_only_the_hosts_side_says(bk: Bookings) -> None:
    _, _, made = await pending(bk)
    stranger = await factories.make_user(bk.units)
    for act in ("confirm", "decline"):
        refused(await bk.act(made["uid"], act), 401)
        answer = await bk.act(made["uid"], act, api=stranger)
        assert refused(answer, 401) == "User is not authorized to confirm this booking"
        refused(await bk.act("nothing", act, api=stranger), 404)
    assert (await bk.get(made["uid"]))["status"] == "pending"


async def test_a_team_admin_is_on_the_hosts_side(bk: Bookings) -> None:
    host, _, made = await pending(bk)
    admin = await factories.make_user(bk.units)
    member = await factories.make_user(bk.units)
    await factories.make_team(
        bk.units, members=[(host, "MEMBER"), (admin, "ADMIN"), (member, "MEMBER")]
    )
    refused(await bk.act(made["uid"], "confirm", api=member), 401)
    assert data(await bk.act(made["uid"], "confirm", api=admin))["status"] == "accepted"


async def test_of_overlapping_requests_the_first_yes_wins(bk: Bookings) -> None:
    host, kind, first = await pending(bk)
    second = await bk.book(kind, bk.at(9, 30))  # type: ignore[arg-type]  # an event type
    answers = await asyncio.gather(
        *(bk.act(b["uid"], "confirm", api=host) for b in (first, second))
    )
    assert sorted(a.status_code for a in answers) == [200, 400]
    loser = next(a for a in answers if a.status_code == 400)
    assert refused(loser, 400) == BUSY
    statuses = {(await bk.get(b["uid"]))["status"] for b in (first, second)}
    assert statuses == {"accepted", "pending"}


async def test_a_yes_is_checked_against_other_bookings_buffers_and_limits(bk: Bookings) -> None:
    host, kind, made = await pending(bk, after_buffer=30)
    other = await bk.event_type(host)
    await bk.book(other, bk.at(10, 15))
    assert refused(await bk.act(made["uid"], "confirm", api=host), 400) == BUSY
    host, kind, made = await pending(bk, booking_limits_count={"day": 1})
    more = await bk.book(kind, bk.at(15))  # type: ignore[arg-type]  # an event type
    data(await bk.act(made["uid"], "confirm", api=host))
    assert refused(await bk.act(more["uid"], "confirm", api=host), 401) == "booking_limit_reached"


async def test_a_waiting_series_is_answered_at_once(bk: Bookings) -> None:
    host = await bk.host()
    recurrence = {"freq": 2, "interval": 1, "count": 3}
    kind = await bk.event_type(host, requires_confirmation=True, recurrence=recurrence)
    series = await bk.book(kind, bk.at(9))
    assert {b["status"] for b in series} == {"pending"}
    data(await bk.act(series[1]["uid"], "confirm", api=host))
    everything = await bk.get(series[0]["recurringBookingUid"])
    assert [b["status"] for b in everything] == ["accepted"] * 3
    series = await bk.book(kind, bk.at(12))
    data(await bk.act(series[0]["uid"], "decline", api=host))
    everything = await bk.get(series[0]["recurringBookingUid"])
    assert [b["status"] for b in everything] == ["rejected"] * 3
