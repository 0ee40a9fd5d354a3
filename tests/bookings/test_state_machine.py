"""Random interleavings of everything that makes or moves bookings, on a real Postgres.

Each step is a round of requests sent at the same moment; after each round the tables are read and
must hold. `OPENSLOTS_STATE_EXAMPLES=500` runs as many examples (a few by default).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from openslots.events.bookings import BookingCreated, BookingEvent, BookingRescheduled
from openslots.kernel import clock
from openslots.kernel.bus import Bus
from openslots.kernel.settings import Settings
from openslots.kernel.uow import UnitOfWork, Units
from openslots.main import create_app
from openslots.models import EventType
from tests import factories
from tests.bookings.conftest import EVERY_DAY, LINKS
from tests.factories import Person

EXAMPLES = int(os.environ.get("OPENSLOTS_STATE_EXAMPLES", "4"))
SEATS, DAILY, AFTER = 3, 2, 30
KINDS = ("plain", "buffered", "limited", "seated", "waiting", "weekly")
CLEAN = {200, 201, 400, 401, 404, 409}
HOURS = list(range(8, 12))


@dataclass
class World:
    """An application of its own in a loop of its own, shared by all examples."""

    runner: asyncio.Runner
    client: httpx.AsyncClient
    units: Units
    announced: set[str] = field(default_factory=set)


@dataclass
class Known:
    """A booking that some request made; seats by the uid of the booking they were made in."""

    uid: str
    kind: str
    seat: str | None = None


Op = tuple[str, int, int]  # what, which kind or booking, which half hour


def start_of(half_hour: int) -> datetime:
    date = clock.now().date() + timedelta(days=7)
    at = datetime(date.year, date.month, date.day, HOURS[0], tzinfo=UTC)
    return at + timedelta(minutes=30 * half_hour)


OPS = st.tuples(
    st.sampled_from(
        [
            *["create"] * 3,
            *["move"] * 2,
            "host-move",
            "confirm",
            "decline",
            "cancel",
            "ask",
            "seat",
            "reserved",
        ]
    ),
    st.integers(0, 5),
    st.integers(0, 2 * len(HOURS) - 1),
)


class Interleavings(RuleBasedStateMachine):
    world: World

    @initialize()
    def begin(self) -> None:
        self.known: list[Known] = []
        self.run(self._begin())

    def run(self, work: Awaitable[Any]) -> Any:  # Any: whatever the work gives
        async def wait() -> Any:
            return await work

        return self.world.runner.run(wait())

    async def _begin(self) -> None:
        units = self.world.units
        self.host: Person = await factories.make_user(units, name="Ada", time_zone="UTC")
        await factories.make_schedule(units, self.host, hours=[EVERY_DAY])
        columns: dict[str, dict[str, Any]] = {
            "plain": {},
            "buffered": {"after_buffer": AFTER},
            "limited": {"booking_limits_count": {"day": DAILY}},
            "seated": {"seats_per_slot": SEATS, "seats_show_attendees": True},
            "waiting": {"requires_confirmation": True},
            "weekly": {"recurrence": {"freq": 2, "interval": 1, "count": 2}},
        }
        self.types: dict[str, EventType] = {}
        for kind in KINDS:
            self.types[kind] = await factories.make_event_type(
                units,
                self.host,
                length=60,
                slot_interval=30,
                locations=LINKS,
                **columns[kind],
            )

    # -- requests

    @rule(ops=st.lists(OPS, min_size=2, max_size=5))
    def together(self, ops: list[Op]) -> None:
        """A round of requests at the same moment."""
        answers = self.run(self._round(ops))
        for op, answer in zip(ops, answers, strict=True):
            assert answer is None or answer.status_code in CLEAN, (op, answer.text)

    async def _round(self, ops: Sequence[Op]) -> list[httpx.Response | None]:
        return list(await asyncio.gather(*(self._send(op) for op in ops)))

    @rule(
        kind=st.sampled_from(KINDS),
        half_hour=st.integers(0, 2 * len(HOURS) - 1),
    )
    def offered_is_booked(self, kind: str, half_hour: int) -> None:
        """What is offered can be booked, and what is refused was not offered."""
        offered, answer = self.run(self._offered(kind, half_hour))
        booked = answer.status_code == 201
        if kind == "weekly":  # the listing does not look at the weeks after
            assert offered or not booked, (half_hour, answer.text)
        else:
            assert booked is offered, (kind, half_hour, offered, answer.text)

    async def _offered(self, kind: str, half_hour: int) -> tuple[bool, httpx.Response]:
        start = start_of(half_hour)
        answer = await self.world.client.get(
            "/v2/slots",
            headers={"cal-api-version": "2024-09-04"},
            params={
                "eventTypeId": self.types[kind].id,
                "start": start.date().isoformat(),
                "end": start.date().isoformat(),
            },
        )
        assert answer.status_code == 200, answer.text
        slots = [slot["start"] for day in answer.json()["data"].values() for slot in day]
        free = clock.iso(start) in slots
        if kind == "seated" and free:
            free = await self._joinable(start)
        return free, await self._create(kind, half_hour)

    async def _joinable(self, start: datetime) -> bool:
        """A full meeting stays listed, with no seats remaining; and the listing leaves the whole
        time of an open meeting free, although it can only be joined at its start."""
        rows = await self._rows(
            "SELECT b.start_at, count(s.id) AS seats "
            "FROM bookings b JOIN booking_seats s ON s.booking_id = b.id "
            "WHERE b.organizer_id = :host AND b.event_type_id = :kind AND b.status = 'accepted' "
            "AND b.start_at < :end AND b.end_at > :start GROUP BY b.id",
            start=start,
            end=start + timedelta(minutes=60),
            kind=self.types["seated"].id,
        )
        return all(row["start_at"] == start and row["seats"] < SEATS for row in rows)

    async def _send(self, op: Op) -> httpx.Response | None:
        what, number, half_hour = op
        if what == "create":
            return await self._create(KINDS[number], half_hour)
        if what == "reserved":
            return await self._reserved(KINDS[number], half_hour)
        if not self.known:
            return None
        booking = self.known[number % len(self.known)]
        acts: dict[str, Callable[[], Awaitable[httpx.Response]]] = {
            "confirm": lambda: self._act(booking, "confirm", {}),
            "decline": lambda: self._act(booking, "decline", {}),
            "cancel": lambda: self._act(booking, "cancel", {"cancellationReason": "x"}),
            "ask": lambda: self._act(booking, "request-reschedule", {}),
            "seat": lambda: self._act(booking, "cancel", {"seatUid": booking.seat or "none"}),
            "move": lambda: self._move(booking, half_hour, host=False),
            "host-move": lambda: self._move(booking, half_hour, host=True),
        }
        return await acts[what]()

    async def _post(self, path: str, body: dict[str, Any], *, host: bool = False) -> httpx.Response:
        headers = {"cal-api-version": "2024-08-13", **(self.host.headers if host else {})}
        return await self.world.client.post(f"/v2/bookings{path}", headers=headers, json=body)

    def _body(self, kind: str, half_hour: int) -> dict[str, Any]:
        return {
            "start": clock.iso(start_of(half_hour)),
            "eventTypeId": self.types[kind].id,
            "attendee": {
                "name": "Bob",
                "email": f"{factories.unique('b')}@x.org",
                "timeZone": "UTC",
            },
        }

    async def _create(self, kind: str, half_hour: int, **more: Any) -> httpx.Response:
        answer = await self._post("", {**self._body(kind, half_hour), **more})
        self._learn(kind, answer)
        return answer

    async def _reserved(self, kind: str, half_hour: int) -> httpx.Response:
        """Holds a time, then books it under the name of the hold."""
        held = await self.world.client.post(
            "/v2/slots/reservations",
            headers={"cal-api-version": "2024-09-04"},
            json={
                "eventTypeId": self.types[kind].id,
                "slotStart": clock.iso(start_of(half_hour)),
            },
        )
        assert held.status_code in (201, 422), held.text
        if held.status_code != 201:
            return await self._create(kind, half_hour)
        uid = held.json()["data"]["reservationUid"]
        answer = await self._create(kind, half_hour, reservedSlotUid=uid)
        await self.world.client.delete(
            f"/v2/slots/reservations/{uid}", headers={"cal-api-version": "2024-09-04"}
        )
        return answer

    def _learn(self, kind: str, answer: httpx.Response) -> None:
        if answer.status_code != 201:
            return
        made = answer.json()["data"]
        for item in made if isinstance(made, list) else [made]:
            self.known.append(Known(item["uid"], kind, item.get("seatUid")))

    async def _act(self, booking: Known, act: str, body: dict[str, Any]) -> httpx.Response:
        return await self._post(f"/{booking.uid}/{act}", body, host=True)

    async def _move(self, booking: Known, half_hour: int, *, host: bool) -> httpx.Response:
        body: dict[str, Any] = {"start": clock.iso(start_of(half_hour))}
        if booking.seat is not None and not host:
            body["seatUid"] = booking.seat
        answer = await self._post(f"/{booking.uid}/reschedule", body, host=host)
        self._learn(booking.kind, answer)
        return answer

    # -- what must always hold

    async def _rows(self, query: str, **more: Any) -> list[dict[str, Any]]:
        async with self.world.units.begin(read_only=True) as uow:
            found = await uow.session.execute(text(query), {"host": self.host.id, **more})
            return [dict(row) for row in found.mappings()]

    @invariant()
    def the_tables_hold(self) -> None:
        if not hasattr(self, "host"):
            return
        bookings = self.run(
            self._rows(
                "SELECT b.id, b.uid, b.status, b.seated, b.start_at, b.end_at, b.event_type_id, "
                "h.blocks, h.during @> b.start_at AND upper(h.during) = b.end_at AS same_time, "
                "(SELECT count(*) FROM booking_seats s WHERE s.booking_id = b.id) AS seats "
                "FROM bookings b LEFT JOIN booking_hosts h "
                "ON h.booking_id = b.id AND h.host_id = :host "
                "WHERE b.organizer_id = :host ORDER BY b.start_at"
            )
        )
        accepted = [b for b in bookings if b["status"] == "accepted"]
        for booking in bookings:
            assert booking["blocks"] is (booking["status"] == "accepted"), booking
            assert booking["same_time"], booking
            assert booking["seats"] <= SEATS, booking
        self._apart(accepted)
        self._limited(accepted)
        for booking in accepted:
            assert not booking["seated"] or booking["seats"] > 0, booking
            assert booking["uid"] in self.world.announced, booking

    def _apart(self, accepted: list[dict[str, Any]]) -> None:
        buffered = self.types["buffered"].id
        for earlier, later in pairwise(accepted):
            after = AFTER if earlier["event_type_id"] == buffered else 0
            gap = timedelta(minutes=after)
            assert earlier["end_at"] + gap <= later["start_at"], (earlier, later)

    def _limited(self, accepted: list[dict[str, Any]]) -> None:
        days: dict[Any, int] = {}
        for booking in accepted:
            if booking["event_type_id"] == self.types["limited"].id:
                day = booking["start_at"].date()
                days[day] = days.get(day, 0) + 1
        assert all(count <= DAILY for count in days.values()), days


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """An application whose loop belongs to this test, so that Hypothesis may drive it."""
    with asyncio.Runner() as runner:
        app = create_app(settings)
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")
        made = World(runner, client, app.state.units)

        async def listen(uow: UnitOfWork, event: BookingEvent) -> None:
            made.announced.add(event.booking.uid)

        made.units.bus = Bus([(BookingCreated, listen), (BookingRescheduled, listen)])
        yield made
        runner.run(client.aclose())
        runner.run(lifespan.__aexit__(None, None, None))


def test_no_interleaving_breaks_a_promise(world: World) -> None:
    class Machine(Interleavings):
        pass

    Machine.world = world
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=10,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
