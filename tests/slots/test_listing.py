"""GET /v2/slots: how the event type is named, range, zone, formats, seats and refusals."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from openslots.kernel.uow import Units
from openslots.models import Attendee, Booking, BookingSeat, EventType, Profile
from tests.clock import Clock
from tests.factories import (
    Person,
    make_booking,
    make_event_type,
    make_schedule,
    make_team,
    make_user,
    unique,
)
from tests.slots.conftest import (
    EVERY_DAY,
    FRI,
    MON,
    THU,
    TUE,
    WED,
    Asker,
    MakeHost,
    problem,
    utc,
)

NINE_TO_FIVE = [f"{hour:02d}:00" for hour in range(9, 17)]
ROME = "Europe/Rome"


def without(*taken: str) -> list[str]:
    return [time for time in NINE_TO_FIVE if time not in taken]


# -- naming


async def test_the_same_slots_by_id_and_by_username(ask: Asker, host: MakeHost) -> None:
    person, event = await host()
    by_id = await ask.data(MON, FRI, eventTypeId=event.id)
    assert list(by_id) == [MON, TUE, WED, THU, FRI]
    named = await ask.data(MON, FRI, eventTypeSlug=event.slug, username=person.username.upper())
    assert named == by_id


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"eventTypeId": 2_000_000_000}, "Event Type not found"),
        ({"eventTypeId": 2**70}, "Event Type not found"),
        ({"eventTypeId": -1}, "Event Type not found"),
        ({"username": "nobody", "eventTypeSlug": "x"}, "User with username nobody not found"),
        ({"teamSlug": "no-team", "eventTypeSlug": "x"}, "Team with slug no-team not found"),
        (
            {"teamSlug": "no-team", "eventTypeSlug": "x", "organizationSlug": "no-org"},
            "slots-input.service.ts: Organization with slug no-org not found",
        ),
        (
            {"username": "nobody", "eventTypeSlug": "x", "organizationSlug": "no-org"},
            "slots-input.service.ts: Organization with slug no-org not found",
        ),
    ],
)
async def test_what_is_not_found_is_named(ask: Asker, query: dict[str, Any], message: str) -> None:
    assert problem(await ask.reply(**query)) == (404, message)


async def test_an_unknown_slug_of_a_known_owner(ask: Asker, units: Units, host: MakeHost) -> None:
    person, _ = await host()
    reply = await ask.reply(username=person.username, eventTypeSlug="no-such-thing")
    assert problem(reply) == (404, "Event Type not found")
    slug = unique("team")
    await make_team(units, slug=slug)
    reply = await ask.reply(teamSlug=slug, eventTypeSlug="no-such-thing")
    assert problem(reply) == (404, "Event Type not found")


async def test_a_team_inside_an_organization_needs_its_slug(ask: Asker, units: Units) -> None:
    owner = await make_user(units, time_zone="UTC")
    await make_schedule(units, owner)
    org_slug, team_slug = unique("org"), unique("team")
    org = await make_team(units, organization=True, slug=org_slug, members=[(owner, "OWNER")])
    team = await make_team(units, parent_id=org, slug=team_slug, members=[(owner, "OWNER")])
    event = await make_event_type(
        units, team_id=team, hosts=[owner], scheduling_type="collective", length=60
    )
    query = {"teamSlug": team_slug, "eventTypeSlug": event.slug}
    assert problem(await ask.reply(**query)) == (404, f"Team with slug {team_slug} not found")
    assert await ask.clock(**query, organizationSlug=org_slug) == {MON: NINE_TO_FIVE}
    reply = await ask.reply(teamSlug=org_slug, eventTypeSlug=event.slug)
    assert problem(reply) == (404, f"Team with slug {org_slug} not found")


async def test_a_username_inside_an_organization_is_the_profiles(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    inside, event = await host()
    outside, other = await host(length=30)
    slug = unique("org")
    org = await make_team(units, organization=True, slug=slug, members=[(inside, "MEMBER")])
    async with units.begin() as uow:
        # the name in the organisation is somebody else's outside
        uow.session.add(Profile(organization_id=org, user_id=inside.id, username=outside.username))
        await uow.commit()
    found = await ask.data(
        username=outside.username, eventTypeSlug=event.slug, organizationSlug=slug
    )
    assert found == await ask.data(eventTypeId=event.id)
    reply = await ask.reply(
        username=inside.username, eventTypeSlug=event.slug, organizationSlug=slug
    )
    assert problem(reply) == (404, f"User with username {inside.username} not found")
    assert await ask.data(username=outside.username, eventTypeSlug=other.slug) == await ask.data(
        eventTypeId=other.id
    )


async def test_a_member_without_a_profile_keeps_their_name(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    person, event = await host()
    slug = unique("org")
    await make_team(units, organization=True, slug=slug, members=[(person, "MEMBER")])
    query = {"username": person.username, "eventTypeSlug": event.slug}
    assert await ask.clock(**query, organizationSlug=slug) == {MON: NINE_TO_FIVE}


async def test_two_people_share_half_hours(ask: Asker, units: Units, host: MakeHost) -> None:
    one, _ = await host()
    two, _ = await host(hours=[(EVERY_DAY, "11:00", "12:00")])
    names = f"{one.username}, {two.username},{unique('nobody')}"
    assert await ask.clock(usernames=names) == {MON: ["11:00", "11:30"]}
    assert await ask.clock(usernames=names, username=one.username) == {MON: ["11:00", "11:30"]}
    assert await ask.clock(usernames=names, duration=60) == {MON: ["11:00"]}
    (first,) = (await ask.data(usernames=names, format="range"))[MON][:1]
    assert first == {"start": f"{MON}T11:00:00.000Z", "end": f"{MON}T11:30:00.000Z"}
    listed = await ask.client.get(
        "/v2/slots",
        params=[
            ("start", MON), ("end", MON),
            ("usernames[]", one.username), ("usernames[]", two.username),
        ],
        headers={"cal-api-version": "2024-09-04"},
    )  # fmt: skip
    assert listed.json()["data"] == await ask.data(usernames=names)


async def test_people_nobody_knows_have_no_slots(ask: Asker, host: MakeHost) -> None:
    assert await ask.data(usernames=f"{unique('a')},{unique('b')}") == {}
    one, _ = await host()
    two, _ = await host()
    names = f"{one.username},{two.username}"
    assert await ask.data(usernames=names, organizationSlug=unique("no-org")) == {}


async def test_somebody_who_refuses_dynamic_booking(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    one, _ = await host()
    two = await make_user(units, allow_dynamic_booking=False)
    reply = await ask.reply(usernames=f"{one.username},{two.username}")
    assert problem(reply) == (
        401,
        "Some of the users in this group do not allow dynamic booking",
    )
    assert reply.json()["error"]["code"] == "TRPCError"


async def test_a_managed_parent_has_no_slots(ask: Asker, units: Units) -> None:
    owner = await make_user(units, time_zone="UTC")
    await make_schedule(units, owner)
    team = await make_team(units, members=[(owner, "OWNER")])
    parent = await make_event_type(
        units, team_id=team, hosts=[owner], scheduling_type="managed", length=60
    )
    child = await make_event_type(units, owner, parent_id=parent.id, length=60)
    assert await ask.data(eventTypeId=parent.id) == {}
    assert await ask.clock(eventTypeId=child.id) == {MON: NINE_TO_FIVE}


# -- wrong queries

GOOD: dict[str, Any] = {"eventTypeId": 1, "start": MON, "end": FRI}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": None}, "start property is wrong,start must be a valid ISO 8601 date string "),
        ({"end": None}, "end property is wrong,end must be a valid ISO 8601 date string "),
        ({"start": "soon"}, "start property is wrong,start must be a valid ISO 8601 date string "),
        ({"end": "2050-02-30"}, "end property is wrong,end must be a valid ISO 8601 date string "),
        (
            {"timeZone": "Mars/Olympus"},
            "timeZone property is wrong,timeZone must be a valid IANA time-zone ",
        ),
        ({"timeZone": ""}, "timeZone property is wrong,timeZone must be a valid IANA time-zone "),
        (
            {"timeZone": "+02:00"},
            "timeZone property is wrong,timeZone must be a valid IANA time-zone ",
        ),
        (
            {"format": "list"},
            "format property is wrong,slotFormat must be either 'range' or 'time' ",
        ),
        (
            {"duration": "long"},
            "duration property is wrong,duration must be a number conforming to the specified "
            "constraints ",
        ),
        ({"duration": "0"}, "duration property is wrong,duration must not be less than 1 "),
        ({"duration": "-5"}, "duration property is wrong,duration must not be less than 1 "),
        ({"foo": "1"}, "foo property is wrong,property foo should not exist "),
        ({"username": "bob"}, "username property is wrong,property username should not exist "),
        (
            {"eventTypeId": "one"},
            "eventTypeId property is wrong,eventTypeId must be a number conforming to the "
            "specified constraints ",
        ),
        (
            {"start": None, "format": "x"},
            "start property is wrong,start must be a valid ISO 8601 date string , "
            "format property is wrong,slotFormat must be either 'range' or 'time' ",
        ),
        (
            {"eventTypeId": None},
            "usernames property is wrong,The array must contain at least 2 elements. ",
        ),
        (
            {"eventTypeId": None, "usernames": "bob"},
            "usernames property is wrong,The array must contain at least 2 elements. ",
        ),
        (
            {"eventTypeId": None, "usernames": ",".join(f"u{n}" for n in range(5000))},
            "usernames property is wrong,usernames must contain no more than 100 elements ",
        ),
    ],
)  # fmt: skip
async def test_wrong_queries(
    client: httpx.AsyncClient, change: dict[str, Any], message: str
) -> None:
    query = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    reply = await client.get("/v2/slots", params=query, headers={"cal-api-version": "2024-09-04"})
    assert problem(reply) == (400, message)
    error = reply.json()["error"]
    assert error["code"] == "BadRequestException"
    assert error["details"] == {"message": message, "error": "Bad Request", "statusCode": 400}


async def test_a_slug_alone_is_an_incomplete_list_of_people(ask: Asker) -> None:
    status, message = problem(await ask.reply(eventTypeSlug="intro"))
    assert status == 400
    assert message.startswith("usernames property is wrong,")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (FRI, MON),
        ("2049-01-01", "2049-12-31"),
        ("0002-01-01", "0002-01-02"),
        ("9999-12-31", "9999-12-31"),
        ("9999-12-31T23:59:59Z", "0002-01-01"),
        ("0002-01-01", "9999-12-31"),
        (MON, f"{MON}T00:00:01Z"),
    ],
)
async def test_absurd_ranges_are_empty_or_cheap(
    ask: Asker, host: MakeHost, start: str, end: str
) -> None:
    _, event = await host(hours=[((1,), "09:00", "10:00")], length=60)
    found = await ask.data(start, end, eventTypeId=event.id)
    if (start, end) == ("0002-01-01", "9999-12-31"):
        assert min(found) == "2050-01-03"
        assert len(found) <= 105  # two years of Mondays
    else:
        assert found == {}


async def test_a_length_nobody_has_gives_nothing(ask: Asker, host: MakeHost) -> None:
    _, event = await host()
    assert await ask.data(MON, FRI, eventTypeId=event.id, duration=2**31 - 1) == {}
    assert await ask.clock(eventTypeId=event.id, duration="120.9") == {
        MON: ["09:00", "11:00", "13:00", "15:00"]
    }


async def test_a_wrong_key_is_refused_and_a_wrong_token_is_not_looked_at(
    client: httpx.AsyncClient, host: MakeHost
) -> None:
    _, event = await host()
    query: dict[str, Any] = {"eventTypeId": event.id, "start": MON, "end": MON}
    dated = {"cal-api-version": "2024-09-04"}
    for token, status in (("cal_0123456789abcdef0123456789abcdef", 401), ("nonsense", 200)):
        reply = await client.get(
            "/v2/slots", params=query, headers={**dated, "Authorization": f"Bearer {token}"}
        )
        assert reply.status_code == status


# -- range, zone and format


async def test_a_day_is_whole_by_date_and_by_midnight(ask: Asker, host: MakeHost) -> None:
    _, event = await host()
    whole = {MON: NINE_TO_FIVE, TUE: NINE_TO_FIVE}
    assert await ask.clock(MON, TUE, eventTypeId=event.id) == whole
    assert await ask.clock(MON, f"{TUE}T00:00:00Z", eventTypeId=event.id) == whole
    assert await ask.clock(MON, f"{TUE}T02:00:00+02:00", eventTypeId=event.id) == whole
    assert await ask.clock(f"{MON}T14:20:00Z", f"{TUE}T12:00:00Z", eventTypeId=event.id) == {
        MON: ["15:00", "16:00"],
        TUE: ["09:00", "10:00", "11:00"],
    }


async def test_starts_and_ends_in_the_viewers_zone(ask: Asker, host: MakeHost) -> None:
    _, event = await host(ROME)
    found = await ask.data(eventTypeId=event.id, timeZone="europe/rome", format="RANGE")
    assert found[MON][0] == {
        "start": f"{MON}T09:00:00.000+02:00",
        "end": f"{MON}T10:00:00.000+02:00",
    }
    for zone in (None, "UTC", "gmt"):
        query = {} if zone is None else {"timeZone": zone}
        plain = await ask.data(eventTypeId=event.id, **query)
        assert plain[MON][0] == {"start": f"{MON}T07:00:00.000Z"}
    for zone in ("Etc/UTC", "Etc/GMT"):
        found = await ask.data(eventTypeId=event.id, timeZone=zone)
        assert found[MON][0] == {"start": f"{MON}T07:00:00.000+00:00"}


async def test_the_end_of_a_slot_has_the_offset_of_its_own_instant(
    ask: Asker, host: MakeHost
) -> None:
    _, event = await host("Europe/London", hours=[(EVERY_DAY, "00:00", "03:00")])
    found = await ask.data(
        "2050-03-27", "2050-03-27", eventTypeId=event.id, timeZone="Europe/London", format="range"
    )
    assert found["2050-03-27"] == [
        {"start": "2050-03-27T00:00:00.000+00:00", "end": "2050-03-27T02:00:00.000+01:00"},
        {"start": "2050-03-27T02:00:00.000+01:00", "end": "2050-03-27T03:00:00.000+01:00"},
    ]


# -- seats


async def seat(units: Units, booking: Booking, count: int) -> None:
    """Fills further seats of a seated booking."""
    async with units.begin() as uow:
        for _ in range(count):
            email = f"{unique('seat')}@example.com"
            attendee = Attendee(booking_id=booking.id, name="Guest", email=email, attendee_tz="UTC")
            uow.session.add(attendee)
            await uow.session.flush()
            uow.session.add(
                BookingSeat(uid=unique("seat"), booking_id=booking.id, attendee_id=attendee.id)
            )
        await uow.commit()


async def test_seats_of_a_group_meeting(ask: Asker, units: Units, host: MakeHost) -> None:
    person, event = await host(seats_per_slot=3, seats_show_availability=False)
    booking = await make_booking(units, person, event_type=event, start=utc(MON, 10), seated=True)
    await seat(units, booking, 1)
    found = (await ask.data(eventTypeId=event.id))[MON]
    assert found[0] == {
        "start": f"{MON}T09:00:00.000Z",
        "seatsBooked": 0,
        "seatsRemaining": 3,
        "seatsTotal": 3,
    }
    assert found[1] == {
        "start": f"{MON}T10:00:00.000Z",
        "seatsBooked": 2,
        "seatsRemaining": 1,
        "seatsTotal": 3,
        "bookingUid": booking.uid,
    }
    await seat(units, booking, 1)
    ranged = (await ask.data(eventTypeId=event.id, format="range"))[MON]
    assert ranged[1] == {
        "start": f"{MON}T10:00:00.000Z",
        "end": f"{MON}T11:00:00.000Z",
        "seatsBooked": 3,
        "seatsRemaining": 0,
        "seatsTotal": 3,
        "bookingUid": booking.uid,
    }
    other = await make_event_type(units, person, length=60)
    assert await ask.clock(eventTypeId=other.id) == {MON: without("10:00")}


# -- what takes time


async def test_a_booking_takes_its_time_until_it_is_cancelled(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    person, event = await host()
    booking = await make_booking(units, person, event_type=event, start=utc(MON, 11))
    assert await ask.clock(eventTypeId=event.id) == {MON: without("11:00")}
    rescheduling = await ask.clock(eventTypeId=event.id, bookingUidToReschedule=booking.uid)
    assert rescheduling == {MON: NINE_TO_FIVE}
    unknown = await ask.clock(eventTypeId=event.id, bookingUidToReschedule="no-such-uid")
    assert unknown == {MON: without("11:00")}
    async with units.begin() as uow:
        row = await uow.session.get_one(Booking, booking.id)
        row.status = "cancelled"
        await uow.commit()
    assert await ask.clock(eventTypeId=event.id) == {MON: NINE_TO_FIVE}


async def test_buffers_of_both_events(ask: Asker, units: Units, host: MakeHost) -> None:
    person, buffered = await host(before_buffer=30, after_buffer=15)
    plain = await make_event_type(units, person, length=60)
    await make_booking(units, person, event_type=buffered, start=utc(MON, 12))
    assert await ask.clock(eventTypeId=plain.id) == {
        MON: ["09:00", "10:00", "14:00", "15:00", "16:00"]
    }


async def test_a_buffer_longer_than_days_reaches_from_outside_the_range(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    person, event = await host(before_buffer=3 * 24 * 60)
    await make_booking(units, person, event_type=event, start=utc(FRI, 9))
    assert await ask.clock(MON, TUE, eventTypeId=event.id) == {MON: NINE_TO_FIVE}


async def test_a_rolling_window_counts_the_days_that_have_slots(
    ask: Asker, units: Units, host: MakeHost, now: Clock
) -> None:
    now.set(f"{MON}T00:00:00Z")
    person, event = await host(
        period_type="rolling_window", period_days=2, period_calendar_days=True
    )
    await make_booking(units, person, event_type=event, start=utc(TUE, 9), minutes=8 * 60)
    found = await ask.clock(WED, "2050-09-30", eventTypeId=event.id)
    assert found == {WED: NINE_TO_FIVE}


async def test_fixed_and_range_windows(ask: Asker, host: MakeHost, now: Clock) -> None:
    now.set(f"{MON}T00:00:00Z")
    _, days = await host(period_type="rolling", period_days=1, period_calendar_days=True)
    assert list(await ask.clock(MON, FRI, eventTypeId=days.id)) == [MON, TUE]
    _, ranged = await host(
        period_type="range", period_start=utc(TUE, 0).date(), period_end=utc(WED, 0).date()
    )
    assert list(await ask.clock(MON, FRI, eventTypeId=ranged.id)) == [TUE, WED]


async def test_the_minimum_notice_hides_what_is_near(
    ask: Asker, host: MakeHost, now: Clock
) -> None:
    _, event = await host(minimum_booking_notice=120)
    now.set(f"{MON}T10:30:00Z")
    assert await ask.clock(eventTypeId=event.id) == {MON: ["13:00", "14:00", "15:00", "16:00"]}


async def test_limits_close_whole_periods(ask: Asker, units: Units, host: MakeHost) -> None:
    person, week = await host(booking_limits_count={"week": 1})
    minutes = await make_event_type(units, person, length=60, booking_limits_duration={"day": 60})
    await make_booking(units, person, event_type=week, start=utc(WED, 9))
    assert list(await ask.data("2050-08-31", "2050-09-13", eventTypeId=week.id)) == [
        "2050-08-31", "2050-09-01", "2050-09-02", "2050-09-12", "2050-09-13",
    ]  # fmt: skip
    await make_booking(units, person, event_type=minutes, start=utc(TUE, 9))
    assert list(await ask.data(MON, WED, eventTypeId=minutes.id)) == [MON, WED]


async def test_a_users_own_limit_spans_their_event_types(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    person = await make_user(units, time_zone="UTC", booking_limits={"perDay": 1})
    await make_schedule(units, person)
    one, two = [await make_event_type(units, person, length=60) for _ in range(2)]
    await make_booking(units, person, event_type=one, start=utc(TUE, 9))
    for event in (one, two):
        assert list(await ask.data(MON, WED, eventTypeId=event.id)) == [MON, WED]


async def test_a_schedule_of_the_event_type_and_none_at_all(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    person, _ = await host()
    short = await make_schedule(
        units, person, default=False, hours=[((1,), "09:00", "10:00")], time_zone="UTC"
    )
    event = await make_event_type(units, person, length=60, schedule_id=short)
    assert await ask.clock(MON, TUE, eventTypeId=event.id) == {MON: ["09:00"]}
    nobody = await make_user(units, time_zone="UTC")
    bare = await make_event_type(units, nobody, length=60)
    assert await ask.clock(MON, TUE, eventTypeId=bare.id) == {MON: NINE_TO_FIVE, TUE: NINE_TO_FIVE}


# -- teams


async def team(units: Units, kind: str, *hours: tuple[str, str]) -> tuple[list[Person], int]:
    people = []
    for start, end in hours:
        people.append(await make_user(units, time_zone="UTC"))
        await make_schedule(units, people[-1], hours=[((1, 2, 3, 4, 5), start, end)])
    made = await make_team(units, members=[(person, "MEMBER") for person in people])
    event = await make_event_type(
        units, team_id=made, hosts=people, scheduling_type=kind, length=60
    )
    return people, event.id


async def test_collective_and_round_robin(ask: Asker, units: Units) -> None:
    _, together = await team(units, "collective", ("09:00", "13:00"), ("11:00", "17:00"))
    assert await ask.clock(eventTypeId=together) == {MON: ["11:00", "12:00"]}
    people, either = await team(units, "roundRobin", ("09:00", "11:00"), ("13:00", "15:00"))
    assert await ask.clock(eventTypeId=either) == {MON: ["09:00", "10:00", "13:00", "14:00"]}
    for form in ("rrHostSubsetIds", "rrHostSubsetIds[]"):
        query: dict[str, Any] = {form: people[1].id}
        subset = await ask.clock(eventTypeId=either, **query)
        assert subset == {MON: ["13:00", "14:00"]}


async def test_all_members_are_hosts_where_the_event_type_says_so(ask: Asker, units: Units) -> None:
    people, _ = await team(units, "roundRobin", ("09:00", "11:00"), ("13:00", "15:00"))
    made = await make_team(units, members=[(people[0], "MEMBER")], pending=[people[1]])
    event = await make_event_type(
        units, team_id=made, scheduling_type="roundRobin", length=60, assign_all_team_members=True
    )
    assert await ask.clock(eventTypeId=event.id) == {MON: ["09:00", "10:00"]}


async def test_rescheduling_with_the_same_host(ask: Asker, units: Units) -> None:
    people, event_id = await team(units, "roundRobin", ("09:00", "11:00"), ("13:00", "15:00"))
    async with units.begin() as uow:
        event = await uow.session.get_one(EventType, event_id)
        event.reschedule_same_host = True
        await uow.commit()
    booking = await make_booking(units, people[0], event_type=event, start=utc(MON, 9))
    found = await ask.clock(TUE, eventTypeId=event_id, bookingUidToReschedule=booking.uid)
    assert found == {TUE: ["09:00", "10:00"]}


async def test_a_read_after_a_write_shows_the_write(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    person, event = await host()
    for hour in range(9, 17):
        assert f"{hour:02d}:00" in (await ask.clock(eventTypeId=event.id))[MON]
        await make_booking(units, person, event_type=event, start=utc(MON, hour))
        left = (await ask.clock(eventTypeId=event.id)).get(MON, [])
        assert f"{hour:02d}:00" not in left
        assert len(left) == 16 - hour


async def test_slots_lie_as_far_apart_as_bookings_leave_room(
    ask: Asker, units: Units, host: MakeHost
) -> None:
    person, event = await host(hours=[((1,), "09:00", "13:00")], length=45)
    await make_booking(units, person, start=utc(MON, 9), minutes=15)
    assert await ask.clock(eventTypeId=event.id) == {
        MON: ["09:15", "10:00", "10:45", "11:30", "12:15"]
    }
