"""Clients that book, move, cancel and confirm, race each other, and note what they were told."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx

from chaos.ledger import Keyed, Ledger
from chaos.world import CANCELLED, CREATED, REJECTED, REQUESTED, RESCHEDULED, Kind, World
from openslots.kernel import clock

CLIENTS = 8
PAUSE = (0.05, 0.35)  # seconds between two operations of a client
PATIENCE = 60.0  # seconds for one operation with its retries
REQUEST_SECONDS = 20.0
HOT_SECONDS = 0.7  # how long everybody who races wants the same slot
DAYS = 3
SOON_SAFE = timedelta(seconds=20)  # a meeting nearer than this is left alone
MOST_OPERATIONS, MOST_OWN, MOST_KEYED = 20_000, 200, 200
VERSION = {"cal-api-version": "2024-08-13"}


@dataclass(frozen=True)
class Answer:
    """An answer below 500. `sure`: no attempt before it can still take effect."""

    status: int
    text: str
    sure: bool

    @property
    def data(self) -> Any:  # Any: JSON
        return json.loads(self.text)["data"]

    @property
    def reason(self) -> str:
        return str(json.loads(self.text)["error"]["message"])


class Caller:
    """Asks one server after the other; asks again where that cannot do a thing twice."""

    def __init__(self, bases: Sequence[str], ledger: Ledger) -> None:
        self._bases = itertools.cycle(bases)
        self._ledger = ledger
        self._http = httpx.AsyncClient(trust_env=False, timeout=REQUEST_SECONDS)

    async def post(
        self, path: str, body: str, headers: Mapping[str, str], key: str | None = None
    ) -> Answer | None:
        """None where it stays unknown whether the request had an effect."""
        sent = {"Content-Type": "application/json", **VERSION, **headers}
        if key is not None:
            sent["Idempotency-Key"] = key
        sure, clock_ = True, asyncio.get_running_loop().time
        end = clock_() + PATIENCE
        while clock_() < end:
            try:
                url = next(self._bases) + path
                answer = await self._http.post(url, content=body, headers=sent)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                await asyncio.sleep(0.1)  # it was never sent
                continue
            except httpx.TransportError as error:
                self._ledger.lost += 1
                sure = sure and not isinstance(error, httpx.TimeoutException)
            else:
                self._ledger.answered(answer.status_code, answer.text, clock_())
                if answer.status_code < 500:
                    return Answer(answer.status_code, answer.text, sure)
            if key is None:
                return None
            await asyncio.sleep(0.1)
        return None

    async def close(self) -> None:
        await self._http.aclose()


@dataclass(frozen=True)
class Own:
    """A booking that this client made and may touch; nobody else does."""

    uid: str
    kind: Kind
    start: datetime
    pending: bool


@dataclass
class Market:
    """What all clients share: the slots there are, and the one that everybody wants just now."""

    world: World
    random: Random
    first: datetime
    soon_until: datetime

    def __post_init__(self) -> None:
        self._ordinary = [kind for kind in self.world.kinds.values() if not kind.soon]
        self._soon = [kind for kind in self.world.kinds.values() if kind.soon]
        self._hot = (0.0, self._ordinary[0], self.first)

    def slot(self, *, hot: bool) -> tuple[Kind, datetime]:
        """A kind and a start of the coming days, free or not."""
        now = asyncio.get_running_loop().time()
        if not hot:
            kind = self.random.choice(self._ordinary)
            return kind, self.start_of(kind)
        if now - self._hot[0] > HOT_SECONDS:
            kind = self.random.choice(self._ordinary)
            self._hot = (now, kind, self.start_of(kind))
        return self._hot[1], self._hot[2]

    def start_of(self, kind: Kind) -> datetime:
        if kind.soon:
            minute = clock.now().replace(second=0, microsecond=0)
            return minute + timedelta(minutes=self.random.choice((1, 1, 2)))
        places = DAYS * 24 * 60 // kind.minutes
        return self.first + timedelta(minutes=kind.minutes) * self.random.randrange(places)

    def soon(self) -> tuple[Kind, datetime] | None:
        """A meeting that begins within two minutes; none near the end of the test."""
        kind = self.random.choice(self._soon)
        return (kind, self.start_of(kind)) if clock.now() < self.soon_until else None


class Client:
    """One of the eight."""

    def __init__(self, number: int, bases: Sequence[str], market: Market, ledger: Ledger) -> None:
        self._name = f"client{number}"
        self._numbers = itertools.count(1)
        self._market, self._ledger = market, ledger
        self._random = Random(f"{market.random.random()}")
        self._caller = Caller(bases, ledger)
        self._own: list[Own] = []

    async def run(self, stop: asyncio.Event) -> None:
        for _ in range(MOST_OPERATIONS):
            if stop.is_set():
                break
            await self._operate()
            await asyncio.sleep(self._random.uniform(*PAUSE))
        await self._caller.close()

    async def _operate(self) -> None:
        drawn = self._random.random()
        mine = self._pick() if drawn < 0.45 else None
        if mine is None:
            soon = self._market.soon() if self._random.random() < 0.1 else None
            await self._create(*(soon or self._market.slot(hot=self._random.random() < 0.4)))
        elif mine.pending:
            await (self._decide(mine) if drawn < 0.35 else self._cancel(mine))
        elif drawn < 0.2:
            await self._reschedule(mine)
        elif drawn < 0.4:
            await self._cancel(mine)
        else:
            await self._duel(mine)

    def _pick(self) -> Own | None:
        """Takes one out of those that may be touched."""
        horizon = clock.now() + SOON_SAFE
        self._own = [one for one in self._own[-MOST_OWN:] if one.start > horizon]
        if not self._own:
            return None
        return self._own.pop(self._random.randrange(len(self._own)))

    def _key(self) -> str | None:
        key = f"{self._name}-key-{next(self._numbers)}"
        return key if self._random.random() < 0.5 else None

    def _refused(self, answer: Answer) -> None:
        self._ledger.refusals[answer.reason.split("uid=")[0][:70]] += 1

    # -- operations

    async def _create(self, kind: Kind, start: datetime) -> None:
        number, key = next(self._numbers), self._key()
        email = f"{self._name}-{number}@example.com"
        attendee = {"name": f"Guest {number}", "email": email, "timeZone": "Europe/Rome"}
        body = json.dumps({"start": clock.iso(start), "eventTypeId": kind.id, "attendee": attendee})
        if key is not None:
            self._ledger.keyed_bookers.add(email)
        answer = await self._caller.post("/v2/bookings", body, {}, key)
        if answer is None:
            self._ledger.in_doubt += 1
        elif answer.status == 201:
            self._made(kind, answer, CREATED)
            if key is not None and len(self._ledger.keyed) < MOST_KEYED:
                self._ledger.keyed.append(Keyed(key, body, answer.text))
        else:
            self._refused(answer)
            if answer.sure:
                self._ledger.refused.add(email)

    def _made(self, kind: Kind, answer: Answer, trigger: str) -> None:
        uid, state = answer.data["uid"], answer.data["status"]
        start = datetime.fromisoformat(answer.data["start"])
        self._ledger.know(uid, kind.id, state)
        self._ledger.acknowledge(trigger if state == "accepted" else REQUESTED, uid)
        self._own.append(Own(uid, kind, start, state == "pending"))

    def _headers(self, one: Own) -> Mapping[str, str]:
        """The host's, or the booker's, who has none; what waits is moved by the booker alone."""
        by_host = self._random.random() < 0.5 and not one.kind.waits
        return one.kind.host.headers if by_host else {}

    async def _reschedule(self, one: Own, *, keyed: bool = True) -> bool | None:
        """Whether it was moved; None where that stays unknown."""
        body = json.dumps({"start": clock.iso(self._market.start_of(one.kind))})
        path, key = f"/v2/bookings/{one.uid}/reschedule", self._key() if keyed else None
        answer = await self._caller.post(path, body, self._headers(one), key)
        if answer is None:
            self._ledger.doubt(one.uid, "cancelled")
            return None
        if answer.status != 201:
            self._refused(answer)
            return False
        self._ledger.know(one.uid, one.kind.id, "cancelled")
        self._made(one.kind, answer, RESCHEDULED)
        return True

    async def _cancel(self, one: Own, *, keyed: bool = True) -> bool | None:
        body = json.dumps({"cancellationReason": "chaos"})
        path, key = f"/v2/bookings/{one.uid}/cancel", self._key() if keyed else None
        answer = await self._caller.post(path, body, self._headers(one), key)
        return self._moved(one, answer, "cancelled", CANCELLED)

    async def _decide(self, one: Own) -> None:
        act, state, trigger = self._random.choice(
            (("confirm", "accepted", CREATED), ("decline", "rejected", REJECTED))
        )
        path = f"/v2/bookings/{one.uid}/{act}"
        answer = await self._caller.post(path, "{}", one.kind.host.headers)
        if self._moved(one, answer, state, trigger) and state == "accepted":
            self._own.append(Own(one.uid, one.kind, one.start, pending=False))

    def _moved(self, one: Own, answer: Answer | None, state: str, trigger: str) -> bool | None:
        if answer is None:
            self._ledger.doubt(one.uid, state)
            return None
        if answer.status != 200:
            self._refused(answer)
            return False
        self._ledger.know(one.uid, one.kind.id, state)
        self._ledger.acknowledge(trigger, one.uid)
        return True

    async def _duel(self, one: Own) -> None:
        """Cancels and moves at once: only one of the two may succeed."""
        won = await asyncio.gather(
            self._cancel(one, keyed=False), self._reschedule(one, keyed=False)
        )
        if all(won):
            self._ledger.duels_won_twice.append(one.uid)
        if any(won):
            self._ledger.know(one.uid, one.kind.id, "cancelled")


async def replay(bases: Sequence[str], ledger: Ledger) -> list[str]:
    """Asks again with the keys of creates that were answered; keys whose answer differs now."""
    caller, wrong = Caller(bases, Ledger()), []
    for one in ledger.keyed:
        answer = await caller.post("/v2/bookings", one.body, {}, one.key)
        if answer is None or answer.text != one.answer:
            wrong.append(one.key)
    await caller.close()
    return wrong
