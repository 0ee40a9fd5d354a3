"""Cancelling over HTTP."""

from __future__ import annotations

import pytest

from tests import factories
from tests.bookings.conftest import Bookings, data, refused
from tests.clock import Clock


async def test_cancelling_frees_the_time_and_says_who_and_why(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    made = await bk.book(kind, bk.at(9))
    ended = data(await bk.act(made["uid"], "cancel", {"cancellationReason": "ill"}, api=host))
    assert (ended["status"], ended["cancellationReason"]) == ("cancelled", "ill")
    assert ended["cancelledByEmail"] == host.email
    assert await bk.get(made["uid"], api=host) == ended
    assert (await bk.book(kind, bk.at(9)))["uid"] != made["uid"]
    nobody = await bk.book(kind, bk.at(13))
    assert data(await bk.act(nobody["uid"], "cancel"))["cancelledByEmail"] == ""


async def test_a_cancel_needs_no_body(bk: Bookings) -> None:
    made = await bk.book(await bk.event_type(await bk.host()))
    assert data(await bk.send("POST", f"/{made['uid']}/cancel"))["status"] == "cancelled"


@pytest.mark.parametrize(
    ("rule", "host_needs", "other_needs"),
    [
        ("MANDATORY_HOST_ONLY", True, False),
        ("MANDATORY_ATTENDEE_ONLY", False, True),
        ("MANDATORY_BOTH", True, True),
        ("OPTIONAL_BOTH", False, False),
    ],
)
async def test_who_must_give_a_reason(
    bk: Bookings, rule: str, host_needs: bool, other_needs: bool
) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, cancellation_reason_rule=rule)
    for hour, api, needs in ((9, host, host_needs), (11, None, other_needs)):
        made = await bk.book(kind, bk.at(hour))
        blank = await bk.act(made["uid"], "cancel", {"cancellationReason": "  "}, api=api)
        if needs:
            assert refused(blank, 400) == "Cancellation reason is required"
            assert blank.json()["message"] == "Cancellation reason is required"
            blank = await bk.act(made["uid"], "cancel", {"cancellationReason": "ill"}, api=api)
        assert data(blank)["status"] == "cancelled"


async def test_what_cannot_be_cancelled_says_why(bk: Bookings, clock: Clock) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    assert refused(await bk.act("nothing", "cancel"), 404) == "Booking with uid=nothing not found"
    uid = (await bk.book(kind, bk.at(9)))["uid"]
    assert "property reason should not exist" in refused(
        await bk.act(uid, "cancel", {"reason": "x"}), 400
    )
    assert refused(await bk.act(uid, "cancel", {"cancelSubsequentBookings": True}), 400) == (
        f"Booking with bookingUid={uid} is not part of a recurring booking."
    )
    data(await bk.act(uid, "cancel"))
    assert refused(await bk.act(uid, "cancel"), 400) == (
        f"Can't cancel booking with uid={uid} because it has been cancelled already. Please "
        "provide uid of a booking that is not cancelled."
    )
    kept = await bk.event_type(host, disable_cancelling=True)
    uid = (await bk.book(kept, bk.at(11)))["uid"]
    assert refused(await bk.act(uid, "cancel"), 400) == (
        "This event type does not allow cancellations"
    )
    uid = (await bk.book(kind, bk.at(13)))["uid"]
    clock.set(bk.at(20))
    assert refused(await bk.act(uid, "cancel"), 400) == (
        "Cannot cancel a booking that has already ended"
    )


async def test_a_rejected_booking_cannot_be_cancelled(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, requires_confirmation=True)
    made = await bk.book(kind, bk.at(9))
    data(await bk.act(made["uid"], "decline", {"reason": "no"}, api=host))
    refused(await bk.act(made["uid"], "cancel"), 400)
    assert (await bk.get(made["uid"]))["status"] == "rejected"


async def test_a_key_cancels_once(bk: Bookings) -> None:
    made = await bk.book(await bk.event_type(await bk.host()), bk.at(9))
    key = {"Idempotency-Key": factories.unique("cancel")}
    answers = [await bk.act(made["uid"], "cancel", headers=key) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
