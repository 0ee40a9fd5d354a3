"""Triggers about who did not join a Cal Video call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from openslots.jobs.runner import Runner
from openslots.kernel.settings import Settings, Video
from openslots.kernel.uow import Units
from openslots.main import create_app
from openslots.models import Attendee, Booking, BookingReference, Job
from openslots.webhooks import rules
from openslots.webhooks.payload import envelope, no_shows
from openslots.webhooks.payload.no_shows import Watched
from openslots.webhooks.service import clocked
from openslots.webhooks.service import no_shows as looking
from openslots.webhooks.types import Call, Host, Meeting, Participant
from tests.clock import Clock
from tests.factories import Person, make_booking, make_user
from tests.webhooks.build import a_host, cancel, change, data, subscribe
from tests.webhooks.conftest import HANDLERS
from tests.webhooks.facts import FRIEND, booking, event_type, guest, host
from tests.webhooks.receiver import Receiver, receiving

HOSTS, GUESTS = "AFTER_HOSTS_CAL_VIDEO_NO_SHOW", "AFTER_GUESTS_CAL_VIDEO_NO_SHOW"
BOTH = [HOSTS, GUESTS]
GOLDEN = Path(__file__).parent / "golden"
START = datetime(2026, 6, 8, 9, 0, tzinfo=UTC)
UNTIL = START + timedelta(minutes=5)
HANNAH = Host(11, "hannah@example.org")
CARL = Host(12, "carl@example.org")


def visit(user_id: str | None, minutes: float = 1, name: str | None = None) -> Participant:
    at = int((START + timedelta(minutes=minutes)).timestamp())
    return Participant(user_id, name, f"p-{user_id}", at, 60)


def call(*visits: Participant, at_once: int | None = None) -> Call:
    return Call(len(visits) if at_once is None else at_once, visits)


# -- who was missing


@pytest.mark.parametrize(
    ("calls", "missing"),
    [
        ([], [HANNAH, CARL]),
        ([call(visit("11"))], [CARL]),
        ([call(visit("HANNAH@example.org")), call(visit("12"))], []),
        ([call(visit("11", minutes=5))], [CARL]),
        ([call(visit("11", minutes=5.02))], [HANNAH, CARL]),
        ([call(visit(None, name="hannah@example.org"))], [HANNAH, CARL]),
        ([call(visit("1"), visit("112"))], [HANNAH, CARL]),
    ],
)
def test_hosts_are_known_by_id_or_address(calls: list[Call], missing: list[Host]) -> None:
    assert list(no_shows.missing_hosts([HANNAH, CARL], calls, UNTIL)) == missing


@pytest.mark.parametrize(
    ("calls", "missing"),
    [
        ([], ["gus@example.net", "fay@example.net"]),
        ([call(visit("11"))], ["gus@example.net", "fay@example.net"]),
        ([call(visit("11"), visit(None))], []),
        ([call(visit(None))], []),
        ([call(visit("11"), visit("11"), at_once=1)], ["gus@example.net", "fay@example.net"]),
        ([call(visit("11")), call(visit(None))], []),
        ([call(visit("11"), visit(None, minutes=9), at_once=2)],
         ["gus@example.net", "fay@example.net"]),
    ],
)  # fmt: skip
def test_guests_are_there_where_more_are_than_hosts(calls: list[Call], missing: list[str]) -> None:
    people = (guest(), FRIEND, guest(id=9, kind="host", email=CARL.email))
    found = no_shows.missing_guests(people, [HANNAH], calls, UNTIL)
    assert [one.email for one in found] == missing


@pytest.mark.parametrize(
    ("time", "unit", "expected"),
    [
        (5, "MINUTE", timedelta(minutes=5)),
        (2, "HOUR", timedelta(hours=2)),
        (3, "DAY", timedelta(days=3)),
        (None, None, None),
        (5, None, None),
        (2_147_483_647, "DAY", None),
    ],
)
def test_windows(time: int | None, unit: str | None, expected: timedelta | None) -> None:
    end = None if expected is None else START + expected
    assert rules.watched_until(START, time, unit) == end


# -- payloads


def meeting(**changes: Any) -> Meeting:
    made = Meeting(
        booking=booking(no_show_host=True),
        organizer=host(),
        organizer_email="hannah@example.org",
        attendees=(guest(absent=True),),
        event_type=event_type(),
        references=(),
    )
    return replace(made, **changes)


HOOK = Watched(
    id="2bdfc20b-aa4a-4863-a499-932cb1d4e69a",
    subscriber_url="https://hooks.example.org/in",
    time=5,
    time_unit="MINUTE",
    triggers=BOTH,
    payload_template=None,
)


def test_payloads_are_as_documented() -> None:
    of_host = no_shows.of_host(meeting(), [], HOOK, HANNAH, UNTIL)
    of_guests = no_shows.of_guests(meeting(), [call(visit("11"))], HOOK, {"gus@example.net"}, UNTIL)
    for trigger, payload in ((HOSTS, of_host), (GUESTS, of_guests)):
        golden = json.loads((GOLDEN / f"{trigger}.json").read_text(encoding="utf-8"))
        assert envelope.wrapped(trigger, UNTIL, payload) == golden


def test_what_is_there_only_where_it_applies() -> None:
    settings = {"disableRecordingForGuests": True}
    moved = meeting(booking=booking(rescheduled_by="gus@example.net"), video_settings=settings)
    payload = no_shows.of_host(moved, [], HOOK, HANNAH, UNTIL)
    assert payload["rescheduledBy"] == "gus@example.net"
    assert payload["eventType"]["calVideoSettings"] == settings
    gone = no_shows.of_host(meeting(event_type=None), [], HOOK, HANNAH, UNTIL)
    assert gone["eventType"] is None
    assert "rescheduledBy" not in gone


# -- by the clock


@dataclass
class Stage:
    """A host with a Cal Video booking, its room at a loopback Daily, and a worker."""

    client: httpx.AsyncClient
    units: Units
    receiver: Receiver
    daily: Receiver
    clock: Clock
    host: Person
    kind: Any
    work: Callable[[], Awaitable[int]]

    def joined(self, *visits: Participant) -> None:
        self.daily.answer_body = sessions(*visits)

    async def booked(self, *, room: str | None = "room-1", **columns: Any) -> Booking:
        made = await make_booking(
            self.units,
            self.host,
            event_type=self.kind,
            start=START,
            **{"location": "integrations:daily", **columns},
        )
        async with self.units.begin() as uow:
            if room is not None:
                uow.session.add(
                    BookingReference(booking_id=made.id, type="daily_video", external_uid=room)
                )
            await clocked.schedule(uow, made.id, made.start_at, made.end_at)
            await uow.commit()
        return made

    async def at(self, minutes: float) -> None:
        self.clock.set(START + timedelta(minutes=minutes))
        await self.work()

    async def absent(self, made: Booking) -> tuple[bool, dict[str, bool]]:
        async with self.units.begin() as uow:
            row = await uow.session.get_one(Booking, made.id)
            people = await uow.session.scalars(
                select(Attendee).where(Attendee.booking_id == made.id)
            )
            return row.no_show_host, {one.name: one.absent for one in people}

    async def jobs(self, made: Booking) -> list[Job]:
        async with self.units.begin() as uow:
            rows = await uow.session.scalars(
                select(Job).where(Job.key.startswith(f"{made.id}:"), Job.done_at.is_(None))
            )
            return list(rows)


def sessions(*visits: Participant) -> bytes:
    people = [
        {
            "user_id": one.user_id,
            "user_name": one.user_name,
            "participant_id": one.participant_id,
            "join_time": one.joined_at,
            "duration": one.duration,
        }
        for one in visits
    ]
    one = {"id": "s", "max_participants": len(people), "participants": people}
    return json.dumps({"total_count": 1, "data": [one]}).encode()


@pytest.fixture
def key() -> str:
    return "daily-key"


@pytest.fixture
async def stage(
    settings: Settings, receiver: Receiver, clock: Clock, key: str
) -> AsyncIterator[Stage]:
    clock.set(START - timedelta(days=1))
    async with receiving() as daily:
        daily.answer_body = sessions()
        address = daily.url("/v1")
        video = Video.model_validate({"DAILY_API_KEY": key, "OPENSLOTS_URL_DAILY_API": address})
        app = create_app(settings.model_copy(update={"video": video}))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):
            units = app.state.units
            person, kind = await a_host(units)
            yield Stage(
                client, units, receiver, daily, clock, person, kind,
                lambda: Runner(units, HANDLERS).run_until_idle(),
            )  # fmt: skip


def told(receiver: Receiver) -> list[tuple[str, str]]:
    return [(hit.json["triggerEvent"], hit.json["payload"]["message"]) for hit in receiver.hits]


async def test_nobody_came(stage: Stage) -> None:
    hook = await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=BOTH)
    made = await stage.booked()
    await stage.at(0)
    await stage.at(4.9)
    assert (stage.receiver.hits, stage.daily.hits) == ([], [])
    await stage.at(5)
    [asked] = stage.daily.hits
    assert asked.path == "/v1/meetings?room=room-1&limit=100"
    first, second = (hit.json for hit in stage.receiver.hits)
    assert (first["triggerEvent"], second["triggerEvent"]) == (HOSTS, GUESTS)
    assert first["createdAt"] == "2026-06-08T09:05:00.000Z"
    payload = first["payload"]
    assert (payload["hostEmail"], payload["noShowHost"]) == (stage.host.email, True)
    assert payload["message"].endswith("didn't join before 2026-06-08 09:05:00 +00:00")
    assert payload["webhook"]["id"] == hook["id"]
    assert (payload["webhook"]["time"], payload["webhook"]["timeUnit"]) == (5, "MINUTE")
    assert [one["noShow"] for one in second["payload"]["guests"]] == [True]
    assert await stage.absent(made) == (True, {"Ada Booker": True})
    await stage.at(60)
    assert len(stage.receiver.hits) == 2
    assert len(stage.daily.hits) == 1


async def test_everybody_came(stage: Stage) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=BOTH)
    made = await stage.booked()
    stage.joined(visit(str(stage.host.id)), visit(None))
    await stage.at(0)
    await stage.at(5)
    assert (len(stage.daily.hits), stage.receiver.hits) == (1, [])
    assert await stage.absent(made) == (False, {"Ada Booker": False})


async def test_each_host_is_told_of_alone(stage: Stage) -> None:
    other = await make_user(stage.units, name="Carl")
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=[HOSTS])
    made = await stage.booked(other_hosts=[other])
    stage.joined(visit(str(stage.host.id)), visit(None))
    await stage.at(0)
    await stage.at(5)
    [hit] = stage.receiver.hits
    assert hit.json["payload"]["hostEmail"] == other.email
    assert hit.json["payload"]["noShowHost"] is False
    assert await stage.absent(made) == (False, {"Ada Booker": False, "Carl": True})


async def test_each_subscription_has_its_own_window(stage: Stage) -> None:
    for path, time, unit in (("/a", 5, "MINUTE"), ("/b", 1, "HOUR"), ("/c", 10, "MINUTE")):
        await subscribe(
            stage.client, stage.host, stage.receiver.url(path),
            triggers=[HOSTS], time=time, timeUnit=unit,
        )  # fmt: skip
    await stage.booked()
    stage.joined(visit(str(stage.host.id), minutes=7))
    await stage.at(0)
    for minutes in (5, 10, 60):
        await stage.at(minutes)
    assert [hit.path for hit in stage.receiver.hits] == ["/a"]
    assert len(stage.daily.hits) == 3


async def test_late_is_judged_as_if_it_were_on_time(stage: Stage) -> None:
    for path, time in (("/five", 5), ("/ten", 10)):
        await subscribe(
            stage.client, stage.host, stage.receiver.url(path),
            triggers=[HOSTS], time=time, timeUnit="MINUTE",
        )  # fmt: skip
    await stage.booked()
    stage.joined(visit(str(stage.host.id), minutes=7))
    await stage.at(600)
    assert [hit.path for hit in stage.receiver.hits] == ["/five"]


async def test_a_subscription_made_after_the_booking_hears_of_it(stage: Stage) -> None:
    await stage.booked()
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=[HOSTS])
    await stage.at(0)
    await stage.at(5)
    assert [trigger for trigger, _ in told(stage.receiver)] == [HOSTS]


async def test_a_meeting_that_is_booked_while_it_goes_on(stage: Stage) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=[HOSTS])
    stage.clock.set(START + timedelta(minutes=2))
    made = await stage.booked()
    await stage.at(3)
    assert (len(await stage.jobs(made)), stage.daily.hits) == (1, [])
    await stage.at(5)
    assert [trigger for trigger, _ in told(stage.receiver)] == [HOSTS]


async def test_without_subscriptions_nothing_is_planned(stage: Stage) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=["MEETING_STARTED"])
    made = await stage.booked()
    await stage.at(0)
    assert await stage.jobs(made) == []


@pytest.mark.parametrize("what", ["deactivated", "deleted", "unsubscribed"])
async def test_a_subscription_that_ends_hears_nothing(stage: Stage, what: str) -> None:
    hook = await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=[HOSTS])
    await stage.booked()
    await stage.at(0)
    if what == "deleted":
        path = f"/v2/webhooks/{hook['id']}"
        data(await stage.client.delete(path, headers=stage.host.headers))
    elif what == "deactivated":
        await change(stage.units, hook["id"], active=False)
    else:
        await change(stage.units, hook["id"], triggers=["BOOKING_CREATED"])
    await stage.at(5)
    assert (stage.receiver.hits, stage.daily.hits) == ([], [])


async def test_a_cancelled_meeting_is_not_looked_at(stage: Stage) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=BOTH)
    made = await stage.booked()
    await stage.at(0)
    assert len(await stage.jobs(made)) == 1
    await cancel(stage.client, stage.host, made.uid)
    assert await stage.jobs(made) == []
    await stage.at(5)
    assert (stage.receiver.hits, stage.daily.hits) == ([], [])


async def test_one_that_is_cancelled_while_the_provider_is_asked(stage: Stage) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=BOTH)
    made = await stage.booked()
    await stage.at(0)
    async with stage.units.begin() as uow:
        row = await uow.session.get_one(Booking, made.id)
        row.status = "cancelled"
        await uow.session.flush()
        await uow.commit()
    stage.clock.set(START + timedelta(minutes=5))
    async with stage.units.begin() as uow:
        await looking.tell(uow, made.id, None, [])
        await uow.commit()
    assert await stage.absent(made) == (False, {"Ada Booker": False})


async def test_other_places_are_not_looked_at(stage: Stage) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=BOTH)
    made = await stage.booked(location="https://meet.example.org/x")
    await stage.at(0)
    assert await stage.jobs(made) == []


async def test_a_booking_without_a_room_is_no_absence(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=BOTH)
    made = await stage.booked(room=None)
    await stage.at(0)
    await stage.at(5)
    await stage.at(10)
    assert (stage.receiver.hits, stage.daily.hits) == ([], [])
    assert await stage.absent(made) == (False, {"Ada Booker": False})
    assert caplog.messages.count("webhooks.no_show_unknown") == 1


@pytest.mark.parametrize("key", [""])
async def test_without_a_key_nothing_is_known(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=BOTH)
    made = await stage.booked()
    await stage.at(0)
    await stage.at(5)
    await stage.at(10)
    assert (stage.receiver.hits, stage.daily.hits) == ([], [])
    assert await stage.absent(made) == (False, {"Ada Booker": False})
    assert caplog.messages.count("webhooks.no_show_unknown") == 1


async def test_a_provider_that_is_away_is_asked_again(stage: Stage) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=[HOSTS])
    await stage.booked()
    stage.daily.answers = [(503, {}), (429, {"Retry-After": "30"})]
    await stage.at(0)
    await stage.at(5)
    assert (len(stage.daily.hits), stage.receiver.hits) == (1, [])
    await stage.at(5.2)
    assert len(stage.daily.hits) == 2
    await stage.at(5.6)
    assert len(stage.daily.hits) == 2
    await stage.at(5.8)
    assert [trigger for trigger, _ in told(stage.receiver)] == [HOSTS]


async def test_looking_twice_tells_once(stage: Stage) -> None:
    await subscribe(stage.client, stage.host, stage.receiver.url(), triggers=BOTH)
    made = await stage.booked()
    await stage.at(0)
    await stage.at(5)
    async with stage.units.begin() as uow:
        [row] = await uow.session.scalars(select(Job).where(Job.key == f"{made.id}:no-show"))
        row.done_at, row.run_at = None, stage.clock.now
        await uow.session.flush()
        await uow.commit()
    await stage.at(6)
    assert len(stage.daily.hits) == 2
    assert len(stage.receiver.hits) == 2


async def test_templates_see_the_whole_of_it(stage: Stage) -> None:
    template = '{"who": "{{payload.hostEmail}}", "text": "{{message}}", "what": "{{triggerEvent}}"}'
    await subscribe(
        stage.client, stage.host, stage.receiver.url(), triggers=[HOSTS], payloadTemplate=template
    )
    await stage.booked()
    await stage.at(0)
    await stage.at(5)
    [hit] = stage.receiver.hits
    assert (hit.json["who"], hit.json["what"]) == (stage.host.email, HOSTS)
    assert hit.json["text"].startswith("Host with email")
