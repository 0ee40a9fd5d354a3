"""A database of the first release goes to the newest schema: its code works on, its data stays."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from openslots.cli import migrate
from openslots.jobs.runner import Runner
from openslots.main import create_app
from openslots.wiring.work import JOBS
from tests.conftest import make_settings
from tests.processes.server import eventually, receiver
from tests.upgrades import released
from tests.upgrades.recorded import Recorded
from tests.upgrades.released import BOOKINGS, REVISION, SECRET, SLOTS, Code, Person
from tests.webhooks.receiver import receiving

# -- the rows that the first release left, under today's code


@pytest.fixture
async def upgraded(recorded: Recorded, tmp_path: Path) -> AsyncIterator[Any]:
    """Today's application on the recorded database."""
    await asyncio.to_thread(migrate.upgrade, recorded.url)
    app = create_app(make_settings(recorded.url, "", tmp_path))
    async with app.router.lifespan_context(app):
        yield app


async def test_every_row_stays_as_it_was(recorded: Recorded) -> None:
    before = await recorded.rows()
    used = {table for table, rows in before.items() if rows}
    assert len(used) > 20
    assert await asyncio.to_thread(migrate.upgrade, recorded.url)
    assert await recorded.rows() == before


async def test_todays_code_works_with_the_old_rows(recorded: Recorded, upgraded: Any) -> None:
    known, headers = recorded.known, {"Authorization": f"Bearer {recorded.known['key']}"}
    transport = httpx.ASGITransport(upgraded)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client,
        receiving() as receiver,
    ):
        found = (await client.get("/v2/me")).json()["data"]
        assert (found["username"], found["bio"]) == ("ann", "Ünïcode\n\tand \\ backslashes")
        path = f"/v2/webhooks/{known['webhookId']}"
        assert (await client.get(path)).json()["data"]["secret"] == SECRET
        for uid in known["uids"]:
            answer = await client.get(f"/v2/bookings/{uid}", headers={"cal-api-version": BOOKINGS})
            assert answer.json()["data"]["uid"] == uid

        change = {"subscriberUrl": receiver.url(), "triggers": ["BOOKING_CREATED"]}
        assert (await client.patch(path, json=change)).status_code == 200
        booked = await booked_anew(client, known["eventTypeId"])
        await Runner(upgraded.state.units, JOBS).run_until_idle()
        [hit] = [hit for hit in receiver.hits if booked in hit.body.decode()]
        expected = hmac.new(SECRET.encode(), hit.body, hashlib.sha256).hexdigest()
        assert hit.headers["x-cal-signature-256"] == expected

        out = await asyncio.to_thread(Code(recorded.url).run, "admin", "keys", "rotate")
        assert "1 changed, 1 current, 0 old, 0 clear, 0 unreadable" in out
        assert (await client.get(path)).json()["data"]["secret"] == SECRET


async def booked_anew(client: httpx.AsyncClient, event_type_id: int) -> str:
    """The uid of a booking of the first free start."""
    async with asyncio.timeout(60):
        person = Person("", "")
        query = person.weeks(event_type_id)
        slots = await client.get("/v2/slots", params=query, headers={"cal-api-version": SLOTS})
        days = slots.json()["data"]
        start = next(slot["start"] for day in days.values() for slot in day)
        body = person.booking(event_type_id, start)
        answer = await client.post("/v2/bookings", json=body, headers={"cal-api-version": BOOKINGS})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["uid"])


# -- the first release's code itself, while the schema changes under it


@dataclass
class Callers:
    """People who use an API all the time; what they were answered."""

    person: Person
    event_type_id: int
    starts: list[str]
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    booked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=one) for one in (self._book, self._look)]
        for thread in self._threads:
            thread.start()

    def _loop(self, name: str, call: Any) -> None:  # Any: a call without arguments
        while not self._stop.is_set():
            try:
                call()
                self.answers[name] += 1
            except (AssertionError, httpx.HTTPError, IndexError) as error:
                self.failures.append(f"{name}: {error!r}")
                return

    def _book(self) -> None:
        def once() -> None:
            start = self.starts.pop(0)
            self.booked.append(self.person.book(self.event_type_id, start, 7)["uid"])

        self._loop("book", once)

    def _look(self) -> None:
        def once() -> None:
            assert self.person.free(self.event_type_id)
            self.person.call("GET", "/v2/bookings", BOOKINGS, params={"take": 10})
            hook = self.person.call("GET", "/v2/webhooks")[0]
            self.person.call("PATCH", f"/v2/webhooks/{hook['id']}", json={"active": True})
            self.person.call("PATCH", "/v2/me", json={"bio": "changed"})

        self._loop("look", once)

    def more(self, count: int) -> None:
        """Returns once each has had `count` more answers."""
        wanted = {name: self.answers[name] + count for name in ("book", "look")}
        eventually(
            lambda: (
                self.failures or all(self.answers[name] >= least for name, least in wanted.items())
            ),
            120,
            f"{count} more answers",
        )

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


@pytest.mark.skipif(bool(released.missing()), reason=released.missing())
def test_the_first_release_works_on_while_its_database_is_upgraded(
    empty_database_url: str, tmp_path: Path
) -> None:
    url = empty_database_url
    old = Code(url, released.checkout(tmp_path / "old"))
    new = Code(url)
    old.run("migrate")
    with receiver() as hook:
        with old.serving() as base:
            known = released.use(old, base, hook.url)
            ann = Person(base, known["key"])
            starts = ann.free(known["eventTypeId"])
            callers = Callers(ann, known["eventTypeId"], starts[5:])
            try:
                callers.more(2)
                said = new.run("migrate")
                callers.more(5)
            finally:
                callers.stop()
            assert callers.failures == []
            assert re.search(rf"from {REVISION} to ", said)
            assert new.run("migrate", "--check")
            uids = [*known["uids"], *callers.booked]
            eventually(lambda: all(hook.of(uid) for uid in uids), 120, "the old worker's webhooks")

        with new.serving() as base:
            ann = Person(base, known["key"])
            kept = [ann.call("GET", f"/v2/bookings/{uid}", BOOKINGS)["uid"] for uid in uids]
            assert kept == uids
            last = ann.book(known["eventTypeId"], ann.free(known["eventTypeId"])[-1])["uid"]
            eventually(lambda: hook.of(last), 120, "the new worker's webhook")
