"""Who kills: one part after another at random moments, each started again a little later."""

from __future__ import annotations

import heapq
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from chaos.servers import Part, Servers

PAUSE = (2.5, 7.5)  # seconds between two kills
DOWN = {"api": (0.0, 2.0), "worker": (0.0, 2.0), "redis": (0.2, 4.0), "postgres": (0.0, 1.5)}
WEIGHTS = {"worker": 4, "api": 3, "redis": 2, "postgres": 2}
LAST_ONE = 0.25  # how often the last API or worker is killed, too
MOST_KILLS = 5000


@dataclass
class Monkey:
    """`kills` counts by part and signal; `recoveries` are seconds from each kill to readiness."""

    servers: Servers
    random: Random
    kills: Counter[str] = field(default_factory=Counter)
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    _plan: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _dead: set[str] = field(default_factory=set)
    _coming: dict[str, tuple[float, Part]] = field(default_factory=dict)
    _number: int = 0

    def run(self, seconds: float, tick: Callable[[float], None]) -> None:
        """Kills for so long, then has everything up again; `tick` is told the seconds gone."""
        started = time.monotonic()
        self._later(self.random.uniform(*PAUSE), self._strike)
        while (gone := time.monotonic() - started) < seconds:
            self._step()
            tick(gone)
            time.sleep(0.02)
        self._plan = [one for one in self._plan if one[2] != self._strike]
        end = time.monotonic() + 60
        while (self._plan or self._coming) and time.monotonic() < end:
            self._step()
            time.sleep(0.02)
        self.servers.wait()

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._plan, (time.monotonic() + seconds, self._number, what))

    def _step(self) -> None:
        while self._plan and self._plan[0][0] <= time.monotonic():
            heapq.heappop(self._plan)[2]()
        for name, (since, part) in list(self._coming.items()):
            if part.ready():
                del self._coming[name]
                kind = name.split()[0]
                self.recoveries.setdefault(kind, []).append(time.monotonic() - since)

    def _spared(self, part: Part, up: list[Part]) -> bool:
        """The last one of its kind that is up is mostly left alone: on a slow machine, which takes
        long to start the other one, nothing would run at all."""
        kind = part.name.split()[0]
        some = sum(one.name.startswith(kind) for one in self.servers.parts)
        last = sum(one.name.startswith(kind) for one in up) == 1
        return some > 1 and last and self.random.random() > LAST_ONE

    def _strike(self) -> None:
        """Kills one part that is up."""
        if self.kills.total() < MOST_KILLS:
            self._later(self.random.uniform(*PAUSE), self._strike)
        up = [
            part
            for part in self.servers.parts
            if part.name not in self._dead and part.name not in self._coming
        ]
        up = [part for part in up if not self._spared(part, up)]
        if not up:
            return
        weights = [WEIGHTS[part.name.split()[0]] for part in up]
        [part] = self.random.choices(up, weights)
        kind, sign = part.name.split()[0], signal.SIGKILL
        if kind == "postgres":  # a fast shutdown, or an immediate one without a checkpoint
            sign = self.random.choice((signal.SIGINT, signal.SIGQUIT))
        self.kills[f"{kind} {sign.name}"] += 1
        since = time.monotonic()
        part.kill(sign)
        self._dead.add(part.name)

        def revive() -> None:
            self._dead.discard(part.name)
            part.start()
            self._coming[part.name] = (since, part)

        self._later(self.random.uniform(*DOWN[kind]), revive)
