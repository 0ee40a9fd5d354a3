"""Whatever is sent, the answer is a refusal in the envelope, never a server error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bookings.conftest import CURSOR, Bookings, V, refused

HUGE = 2**70


@pytest.mark.parametrize(
    "change",
    [
        {"eventTypeId": HUGE},
        {"eventTypeId": 1e400},
        {"eventTypeId": True},
        {"lengthInMinutes": HUGE},
        {"recurrenceCount": HUGE},
        {"start": "0001-01-01T00:00:00Z"},
        {"start": "9999-12-31T23:59:59-14:00"},
        {"start": 5},
        {"attendee": []},
        {"attendee": {"name": "\x00", "email": "a@b.co", "timeZone": "UTC"}},
        {"attendee": {"name": "B", "email": "a@b.co", "timeZone": {"a": 1}}},
        {"guests": "a@b.co"},
        {"guests": [1]},
        {"metadata": {"a": {"deep": 1}}},
        {"metadata": {"n": float("nan")}},
        {"bookingFieldsResponses": [1]},
        {"bookingFieldsResponses": {"a": float("inf")}},
        {"location": 5},
        {"location": {"type": {"a": 1}}},
        {"routing": {"teamMemberIds": ["x"]}},
        {"reservedSlotUid": 5},
        {"allowConflicts": "yes"},
    ],
)
async def test_creating(bk: Bookings, change: dict[str, Any]) -> None:
    kind = await bk.event_type(await bk.host())
    body = {**bk.body(kind), **change}
    text = json.dumps(body)  # NaN and Infinity as Python writes them
    answer = await bk.send("POST", "", content=text, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["status"] == "error"


@pytest.mark.parametrize("content", ["[]", "5", '"x"', "null", "{", "", "[" * 5000])
async def test_bodies_of_every_operation(bk: Bookings, content: str) -> None:
    host = await bk.host()
    made = await bk.book(await bk.event_type(host), bk.at(9))
    headers = {"content-type": "application/json"}
    for method, path in (
        ("POST", ""),
        ("POST", f"/{made['uid']}/reschedule"),
        ("POST", f"/{made['uid']}/mark-absent"),
        ("POST", f"/{made['uid']}/attendees"),
        ("POST", f"/{made['uid']}/guests"),
    ):
        for version in (V, "2024-04-15"):
            answer = await bk.send(
                method, path, api=host, version=version, content=content, headers=headers
            )
            assert 400 <= answer.status_code < 500, (path, answer.text)


async def test_ids_and_filters(bk: Bookings) -> None:
    host = await bk.host()
    params: list[dict[str, Any]] = [
        {"eventTypeIds": str(HUGE)},
        {"teamsIds": "1,x"},
        {"take": HUGE},
        {"skip": HUGE},
        {"afterStart": "0000-00-00"},
        {"beforeEnd": "9999-99-99"},
        {"cursor": "x" * 5000},
    ]
    for query in params:
        answer = await bk.send("GET", "", api=host, version=CURSOR, params=query)
        assert answer.status_code in (200, 400), (query, answer.text)
        answer = await bk.send("GET", "", api=host, params=query)
        assert answer.status_code in (200, 400), (query, answer.text)
    for text in ("\x00", "a\x00b"):
        refused(await bk.send("GET", "", api=host, params={"attendeeName": text}), 400)
    refused(await bk.send("GET", f"/x/attendees/{HUGE}", api=host), 403)


async def test_far_starts_with_every_flag(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    flags = {"allowConflicts": True, "allowBookingOutOfBounds": True, "skipBookingLimits": True}
    for start in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T22:00:00Z"):
        body = {**bk.body(kind), **flags, "start": start}
        answer = await bk.send("POST", "", api=host, version="2026-02-25", json=body)
        assert answer.status_code in (201, 400), answer.text


@pytest.mark.parametrize("version", ["2024-04-15", V])
async def test_many_faults_cost_little(bk: Bookings, version: str) -> None:
    """Each fault is printed with what was received: all of them would be that much squared."""
    faults: list[Any] = [1] * 20_000
    wrong = {"start": 1, "attendee": {}, "responses": {"guests": faults}, "guests": faults}
    answer = await bk.send("POST", "", version=version, json=wrong)
    assert answer.status_code == 400
    assert len(answer.content) < 100_000


async def test_few_faults_are_printed_with_what_was_received(bk: Bookings) -> None:
    answer = await bk.send("POST", "", version="2024-04-15", json={"start": 1})
    problems = answer.json()["error"]["details"]["errors"]
    assert problems[0]["property"] == "start"
    assert problems[0]["target"] == {"start": 1}
    assert problems[0]["value"] == 1
