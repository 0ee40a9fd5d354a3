"""One run, from empty servers to the verdict."""

from __future__ import annotations

import asyncio
import secrets
import sys
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, TypeVar

from tqdm import tqdm

from chaos import clients, facts, report, world
from chaos.checks import Checks
from chaos.ledger import Ledger
from chaos.mailbox import Mailbox
from chaos.monkey import Monkey
from chaos.receiver import Receiver, receiving
from chaos.servers import Servers
from openslots.kernel import clock

T = TypeVar("T")
Bar = Any  # tqdm, whose parameter says nothing here
DRAIN_SECONDS = 300.0  # a minute of patience after a timeout, meetings that still have to end
STATUS_SECONDS = 30.0


@dataclass
class Loop:
    """An event loop in a thread of its own: the main thread starts and kills, and may wait."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 120) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)


class Run:
    """Servers that are up, what is done to them, and what came of it."""

    def __init__(self, servers: Servers, minutes: float, seed: int) -> None:
        self.servers, self.seconds, self.seed = servers, minutes * 60, seed
        self.random = Random(seed)
        self.ledger = Ledger()
        self.receiver = Receiver(secrets.token_hex(16), Random(seed + 1))
        self.mailbox = Mailbox(servers.mail_port, Random(seed + 3))
        self.monkey = Monkey(servers, Random(seed + 2))
        self.side = Loop()
        self.stop = asyncio.Event()

    async def _serve(self, ready: threading.Event, over: asyncio.Event) -> None:
        async with receiving(self.receiver), self.mailbox.open():
            ready.set()
            await over.wait()

    async def _book(self, made: world.World) -> None:
        """All clients, until they are stopped."""
        day = (clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        reserve = 60 if self.seconds >= 120 else 0
        market = clients.Market(
            made,
            self.random,
            first=day,
            soon_until=clock.now() + timedelta(seconds=self.seconds - reserve),
        )
        await asyncio.gather(
            *(
                clients.Client(number, self.servers.bases, market, self.ledger).run(self.stop)
                for number in range(1, clients.CLIENTS + 1)
            )
        )

    def judge(self) -> bool:
        """Does everything, prints the summary, and says whether all invariants hold."""
        ready, over = threading.Event(), asyncio.Event()
        serving = asyncio.run_coroutine_threadsafe(self._serve(ready, over), self.side.loop)
        ready.wait(10)
        url = self.servers.database_url
        made = self.side.run(world.build(url, self.servers.bases[0], self.receiver))
        booking = asyncio.run_coroutine_threadsafe(self._book(made), self.side.loop)
        with tqdm(total=round(self.seconds), unit="s", disable=None) as bar:
            self.monkey.run(self.seconds, lambda gone: self._tell(bar, gone))
        self.side.loop.call_soon_threadsafe(self.stop.set)
        booking.result(clients.PATIENCE + 60)
        self.receiver.failing = self.mailbox.moods.refusing = False
        drained = self._drain(url)
        changed = self.side.run(clients.replay(self.servers.bases, self.ledger))
        found = self.side.run(facts.gather(url))
        self.side.loop.call_soon_threadsafe(over.set)
        serving.result(10)
        checks = Checks(made, self.receiver, self.ledger, found, self.mailbox.copies)
        broken = checks.all()
        broken["a key gives the first answer again"] = changed
        print(report.text(self, checks, found, drained, broken))
        return not any(broken.values())

    def _tell(self, bar: Bar, gone: float) -> None:
        if bar.disable:
            if int(gone / STATUS_SECONDS) > bar.n:
                bar.n = int(gone / STATUS_SECONDS)
                print(f"{gone:.0f} s: {self._status()}", file=sys.stderr, flush=True)
        elif int(gone) > bar.n:
            bar.set_postfix_str(self._status(), refresh=False)
            bar.update(int(gone) - bar.n)

    def _status(self) -> str:
        return (
            f"{len(self.ledger.bookings)} bookings, {len(self.receiver.arrivals)} deliveries, "
            f"{self.monkey.kills.total()} kills"
        )

    def _drain(self, url: str) -> float:
        """Waits until nothing is left to do, for some minutes at most; the seconds it took."""
        started = time.monotonic()
        with tqdm(desc="draining", unit="s", bar_format="{desc}", disable=None) as bar:
            while (gone := time.monotonic() - started) < DRAIN_SECONDS:
                left = self.side.run(facts.unfinished(url))
                bar.set_description_str(f"draining: {sum(left.values())} jobs, {gone:.0f} s")
                if not left and not self.side.run(facts.meetings_ahead(url)):
                    break
                time.sleep(0.5)
        return time.monotonic() - started
