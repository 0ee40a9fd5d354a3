"""Creating regular bookings over HTTP."""

from __future__ import annotations

import asyncio

from openslots.kernel.clock import iso
from tests.bookings.conftest import LINK, Bookings, refused

BUSY = "User either already has booking at this time or is not available"


async def test_a_booking_has_the_documented_shape(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    who = bk.attendee()
    made = await bk.book(kind, bk.at(9), attendee=who, metadata={"crm": "77"})
    assert made == {
        "id": made["id"],
        "uid": made["uid"],
        "title": "Intro between Ada Host and Bob Guest",
        "description": "",
        "hosts": [
            {
                "id": host.id,
                "name": "Ada Host",
                "email": host.email,
                "displayEmail": host.email,
                "username": host.username,
                "timeZone": "UTC",
            }
        ],
        "status": "accepted",
        "cancellationReason": "",
        "cancelledByEmail": "",
        "rescheduledByEmail": None,
        "start": iso(bk.at(9)),
        "end": iso(bk.at(10)),
        "duration": 60,
        "eventTypeId": kind.id,
        "eventType": {"id": kind.id, "slug": kind.slug},
        "meetingUrl": LINK,
        "location": LINK,
        "absentHost": False,
        "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
        "metadata": {"crm": "77"},
        "rating": None,
        "icsUid": f"{made['uid']}@Cal.com",
        "attendees": [{**who, "displayEmail": who["email"], "absent": False}],
        "bookingFieldsResponses": {
            "name": "Bob Guest",
            "email": who["email"],
            "displayEmail": who["email"],
        },
    }
    assert len(made["uid"]) == 22
    assert await bk.get(made["uid"]) == made


async def test_a_slot_is_booked_once_by_64_at_once(bk: Bookings) -> None:
    kind = await bk.event_type(await bk.host())
    answers = await asyncio.gather(*(bk.post(kind, bk.at(9)) for _ in range(64)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [400] * 63
    assert {refused(a, 400) for a in answers if a.status_code == 400} == {BUSY}
