"""Lists over HTTP: who sees what, filters, order, pages by offset and by cursor."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from openslots.kernel.clock import iso
from openslots.models import EventType
from tests import factories
from tests.bookings.conftest import CURSOR, Bookings, Json, data, refused
from tests.clock import Clock
from tests.factories import Person


async def three(bk: Bookings, **columns: Any) -> tuple[Person, EventType, dict[int, Json]]:
    """A host with bookings at 9, 11 and 13, made in another order."""
    host = await bk.host()
    kind = await bk.event_type(host, **columns)
    return host, kind, {hour: await bk.book(kind, bk.at(hour)) for hour in (11, 13, 9)}


def uids(bookings: Json) -> list[str]:
    return [b["uid"] for b in bookings]


async def listed(bk: Bookings, api: Person, **params: Any) -> list[str]:
    return uids((await bk.list(api, **params))["data"])


# -- who sees what


async def test_a_list_needs_credentials(bk: Bookings) -> None:
    refused(await bk.send("GET", ""), 401)


async def test_people_see_what_they_organise_or_attend(bk: Bookings) -> None:
    host, guest, stranger = await bk.host(), await bk.host(), await bk.host()
    kind = await bk.event_type(host)
    made = await bk.book(kind, attendee=bk.attendee(email=guest.email))
    other = await bk.book(kind, bk.at(14), guests=[guest.email])
    assert await listed(bk, host) == [made["uid"], other["uid"]]
    assert await listed(bk, guest) == [made["uid"], other["uid"]]
    assert await listed(bk, stranger) == []


async def test_the_case_of_an_address_hides_no_booking(bk: Bookings) -> None:
    host, guest = await bk.host(), await bk.host()
    kind = await bk.event_type(host)
    made = await bk.book(kind, attendee=bk.attendee(email=guest.email.upper()))
    assert await listed(bk, guest) == [made["uid"]]
    assert await listed(bk, host, attendeeEmail=guest.email) == [made["uid"]]
    assert await listed(bk, host, attendeeEmail=guest.email.capitalize()) == [made["uid"]]


async def test_administrators_see_their_members_and_teams(bk: Bookings) -> None:
    admin, member, outsider = await bk.host(), await bk.host(), await bk.host()
    org = await factories.make_team(
        bk.units, organization=True, members=[(admin, "ADMIN"), (member, "MEMBER")]
    )
    team = await factories.make_team(bk.units, parent_id=org, members=[(outsider, "MEMBER")])
    own = await bk.book(await bk.event_type(member), bk.at(9))
    kind = await factories.make_event_type(
        bk.units, team_id=team, hosts=[outsider], scheduling_type="collective"
    )
    theirs = await bk.book(kind, bk.at(11))
    attended = await bk.book(
        await bk.event_type(await bk.host()), attendee=bk.attendee(email=member.email)
    )
    assert set(await listed(bk, admin)) == {own["uid"], theirs["uid"], attended["uid"]}
    assert set(await listed(bk, member)) == {own["uid"], attended["uid"]}
    assert await listed(bk, admin, teamsIds=str(team)) == [theirs["uid"]]
    assert await listed(bk, admin, teamIds=str(team)) == [theirs["uid"]]
    assert await listed(bk, admin, teamId=team) == [theirs["uid"]]


# -- filters


async def test_filters_combine_with_and(bk: Bookings, clock: Clock) -> None:
    host, kind, made = await three(bk)
    clock.advance(timedelta(minutes=1))
    other = await bk.event_type(host)
    who = bk.attendee(name="Mr Proper", email=f"{factories.unique('mr')}+proper@x.org")
    extra = await bk.book(other, bk.at(15), attendee=who)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"attendeeEmail": who["email"].replace("+", " ")}, [extra["uid"]]),
        ({"attendeeName": "Mr Proper"}, [extra["uid"]]),
        ({"bookingUid": made[11]["uid"]}, [made[11]["uid"]]),
        ({"eventTypeId": other.id}, [extra["uid"]]),
        ({"eventTypeIds": f"{other.id}, {kind.id}", "eventTypeId": other.id},
         [made[9]["uid"], made[11]["uid"], made[13]["uid"], extra["uid"]]),
        ({"afterStart": iso(bk.at(13))}, [made[13]["uid"], extra["uid"]]),
        ({"beforeEnd": iso(bk.at(12))}, [made[9]["uid"], made[11]["uid"]]),
        ({"afterStart": iso(bk.at(11)), "beforeEnd": iso(bk.at(12))}, [made[11]["uid"]]),
        ({"afterCreatedAt": extra["createdAt"]}, [extra["uid"]]),
        ({"beforeUpdatedAt": made[9]["updatedAt"], "attendeeName": "Mr Proper"}, []),
        ({"attendeeName": "Mr Proper", "eventTypeId": kind.id}, []),
    ]  # fmt: skip
    for params, expected in cases:
        body = await bk.list(host, **params)
        assert uids(body["data"]) == expected, params
        assert body["pagination"]["totalItems"] == len(expected)
    answer = await bk.send("GET", "", api=host, params={"eventTypeIds": str(2**40)})
    assert refused(answer, 400) == "The requested event-types do not exist."
    assert answer.json()["error"]["code"] == "TRPCError"


async def test_statuses(bk: Bookings, clock: Clock) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    waiting = await bk.event_type(host, requires_confirmation=True)
    weekly = await bk.event_type(host, recurrence={"freq": 2, "interval": 1, "count": 2})
    past = await bk.book(kind, bk.at(9, day=1))
    ahead = await bk.book(kind, bk.at(9))
    gone = await bk.book(kind, bk.at(11))
    data(await bk.act(gone["uid"], "cancel"))
    pending = await bk.book(waiting, bk.at(12))
    series = await bk.book(weekly, bk.at(14))
    unconfirmed_series = await bk.event_type(
        host, requires_confirmation=True, recurrence={"freq": 2, "interval": 1, "count": 1}
    )
    slow = (await bk.book(unconfirmed_series, bk.at(17)))[0]
    clock.set(bk.at(12, day=2))
    expected = {
        "upcoming": [ahead["uid"], pending["uid"], *uids(series)],
        "recurring": [series[0]["uid"], slow["uid"], series[1]["uid"]],
        "past": [past["uid"]],
        "cancelled": [gone["uid"]],
        "unconfirmed": [pending["uid"], slow["uid"]],
    }
    for status, wanted in expected.items():
        assert await listed(bk, host, status=status) == wanted, status
        cursor = await bk.list(host, version=CURSOR, status=status)
        assert uids(cursor["data"]) == wanted, status
    both = [past["uid"], gone["uid"]]
    assert await listed(bk, host, status="past,cancelled") == both
    assert await listed(bk, host, status=["past", "cancelled"]) == both
    assert len(await listed(bk, host)) == 7


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"take": 0}, "take must not be less than 1"),
        ({"take": 251}, "take must not be greater than 250"),
        ({"skip": -1}, "skip must not be less than 0"),
        ({"status": "someday"}, "Invalid status. Allowed are upcoming, recurring, past, "
                                "cancelled, unconfirmed"),
        ({"status": ""}, "Invalid status. Allowed are upcoming, recurring, past, cancelled, "
                         "unconfirmed"),
        ({"sortStart": "up"}, 'SortStart must be either "asc" or "desc".'),
        ({"sortUpdatedAt": "up"}, 'SortCreated must be either "asc" or "desc".'),
        ({"afterStart": "yesterday"}, "fromDate must be a valid ISO 8601 date."),
        ({"beforeEnd": "x"}, "toDate must be a valid ISO 8601 date."),
        ({"eventTypeId": "x"}, "eventTypeId must be a number"),
    ],
)  # fmt: skip
async def test_wrong_parameters_are_told(bk: Bookings, params: Any, text: str) -> None:
    host = await factories.make_user(bk.units)
    answer = await bk.send("GET", "", api=host, params=params)
    assert refused(answer, 400) == "Bad Request Exception"
    assert text in json.dumps(answer.json()["error"]["details"]["errors"]).replace('\\"', '"')


# -- order and offset pages


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("sortStart", (9, 11, 13)),
        ("sortEnd", (9, 11, 13)),
        ("sortCreated", (11, 13, 9)),
        ("sortUpdatedAt", (11, 13, 9)),
    ],
)
async def test_sorting(bk: Bookings, clock: Clock, key: str, order: tuple[int, ...]) -> None:
    host = await bk.host()
    kind = await bk.event_type(host)
    made = {}
    for hour in (11, 13, 9):
        made[hour] = await bk.book(kind, bk.at(hour))
        clock.advance(timedelta(seconds=1))
    assert await listed(bk, host, **{key: "asc"}) == [made[h]["uid"] for h in order]
    assert await listed(bk, host, **{key: "desc"}) == [made[h]["uid"] for h in order[::-1]]
    params = {"sortUpdatedAt": "desc", key: "asc"}
    assert await listed(bk, host, **params) == [made[h]["uid"] for h in order]


async def test_offset_pages(bk: Bookings) -> None:
    host, _, made = await three(bk)
    first = await bk.list(host, take=2)
    assert uids(first["data"]) == [made[9]["uid"], made[11]["uid"]]
    assert first["pagination"] == {
        "returnedItems": 2,
        "totalItems": 3,
        "itemsPerPage": 2,
        "remainingItems": 1,
        "currentPage": 1,
        "totalPages": 2,
        "hasNextPage": True,
        "hasPreviousPage": False,
    }
    second = await bk.list(host, take=2, skip=2)
    assert uids(second["data"]) == [made[13]["uid"]]
    assert second["pagination"]["currentPage"] == 2
    assert (await bk.list(host, skip=10**6))["data"] == []
    nobody = await bk.list(await factories.make_user(bk.units))
    assert nobody["data"] == []
    assert nobody["pagination"]["itemsPerPage"] == 100
    assert nobody["pagination"]["currentPage"] == 0


# -- cursors


async def walk(bk: Bookings, api: Person, **params: Any) -> list[str]:
    found: list[str] = []
    cursor = None
    for _ in range(20):
        more: dict[str, Any] = {} if cursor is None else {"cursor": cursor}
        body = await bk.list(api, version=CURSOR, **params, **more)
        assert set(body["pagination"]) == {"nextCursor", "hasMore"}
        found += uids(body["data"])
        cursor = body["pagination"]["nextCursor"]
        if not body["pagination"]["hasMore"]:
            assert cursor is None
            return found
    raise AssertionError("the walk does not end")


async def test_a_walk_meets_everything_once(bk: Bookings) -> None:
    host, _, made = await three(bk)
    data(await bk.act(made[11]["uid"], "cancel", {"cancellationReason": "x"}, api=host))
    backward = [made[h]["uid"] for h in (13, 11, 9)]
    assert await walk(bk, host, limit=1) == backward
    assert await walk(bk, host, limit=2) == backward
    assert await walk(bk, host, limit=1, status="upcoming") == [made[9]["uid"], made[13]["uid"]]
    assert await walk(bk, host, limit=1, status="cancelled") == [made[11]["uid"]]
    assert await walk(bk, await bk.host()) == []


async def test_a_walk_is_stable_while_bookings_come(bk: Bookings) -> None:
    host, kind, made = await three(bk)
    first = await bk.list(host, version=CURSOR, status="upcoming", limit=2)
    await bk.book(kind, bk.at(7))
    more = await bk.list(
        host,
        version=CURSOR,
        status="upcoming",
        limit=50,
        cursor=first["pagination"]["nextCursor"],
    )
    assert uids(first["data"] + more["data"]) == [made[h]["uid"] for h in (9, 11, 13)]


async def test_equal_starts_are_walked_in_the_order_of_ids(bk: Bookings) -> None:
    host = await bk.host()
    kind = await bk.event_type(host, requires_confirmation=True)
    made = [await bk.book(kind, bk.at(9)) for _ in range(5)]
    assert await walk(bk, host, limit=2, status="unconfirmed") == uids(made)
    assert await walk(bk, host, limit=2) == uids(made)[::-1]


async def test_bad_cursors_are_refused(bk: Bookings) -> None:
    host, _, _ = await three(bk)
    mine = (await bk.list(host, version=CURSOR, limit=1))["pagination"]["nextCursor"]
    bad = [
        "not-a-cursor",
        "!!!",
        base64.b64encode(b'{"v":1}').decode(),
        base64.b64encode(b'{"v":1,"start":"x","id":1}').decode(),
        base64.b64encode(b"[1]").decode(),
        base64.b64encode(
            json.dumps({"v": 1, "start": iso(bk.at(9)), "id": 2**70, "of": ""}).encode()
        ).decode(),
    ]
    for cursor in bad:
        params = {"cursor": cursor}
        refused(await bk.send("GET", "", api=host, version=CURSOR, params=params), 400)
    params = {"cursor": mine, "status": "past"}
    refused(await bk.send("GET", "", api=host, version=CURSOR, params=params), 400)
    for params in ({"status": "past,upcoming"}, {"limit": "0"}, {"limit": "101"}):
        refused(await bk.send("GET", "", api=host, version=CURSOR, params=params), 400)
