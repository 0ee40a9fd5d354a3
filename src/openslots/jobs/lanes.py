"""Which of the claimed jobs may start: a bounded number, shared fairly between lanes."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from openslots.jobs.queue import Claim

YOUNG_SECONDS = 1.0
OLD_FACTOR = 8
AHEAD = 4  # so many times its share of jobs is claimed for a lane that moves


@dataclass(slots=True)
class Running:
    claim: Claim
    since: float  # on the monotonic clock
    task: asyncio.Task[None] | None = None


class Lanes:
    """Claims that run and claims that wait here for their lane's turn.

    A named lane runs `share` jobs at once. Jobs that have run for more than a second count less:
    they mostly wait for somebody else, and must not keep the quick ones from running. A lane that
    is stuck on such jobs keeps nothing waiting here.
    """

    def __init__(self, *, share: int, bound: int) -> None:
        self._share, self._bound = share, bound
        self._running: list[Running] = []  # the same job twice if it was put anew meanwhile
        self._waiting: dict[str, deque[Claim]] = {}

    @property
    def running(self) -> list[Running]:
        return list(self._running)

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    @property
    def runs_low(self) -> bool:
        """Whether it is time to claim more."""
        return self.waiting < self._bound // 2

    def held(self) -> list[Claim]:
        """Every claim, running or waiting."""
        waiting = [claim for claims in self._waiting.values() for claim in claims]
        return [running.claim for running in self._running] + waiting

    def room(self, now: float) -> int:
        """How many more claims are worth having."""
        young = sum(now - running.since < YOUNG_SECONDS for running in self._running)
        every = len(self._running) + self.waiting
        return min(2 * self._bound - young - self.waiting, self._bound * OLD_FACTOR - every)

    @property
    def claim_share(self) -> int:
        """How many claims a lane may have, together with what `busy` says of it."""
        return self._share * AHEAD

    def busy(self, now: float) -> dict[str, int]:
        """Claims per named lane; those of stuck lanes weigh as much as a full lane."""
        count = Counter(running.claim.job.lane for running in self._running)
        for lane, claims in self._waiting.items():
            count[lane] += len(claims)
        count.pop("", None)
        full = dict.fromkeys(self._stuck(now), self.claim_share)
        return {**count, **full}

    def _stuck(self, now: float) -> set[str]:
        """Named lanes whose whole share is taken by jobs that are no longer young."""
        old = Counter(
            running.claim.job.lane
            for running in self._running
            if now - running.since >= YOUNG_SECONDS
        )
        return {lane for lane, count in old.items() if lane and count >= self._share}

    def add(self, claims: Iterable[Claim]) -> None:
        for claim in claims:
            self._waiting.setdefault(claim.job.lane, deque()).append(claim)

    def start_next(self, now: float) -> Running | None:
        """Moves the next claim that may run to the running ones; lanes take turns."""
        young = sum(now - running.since < YOUNG_SECONDS for running in self._running)
        if young >= self._bound:
            return None
        count = Counter(running.claim.job.lane for running in self._running)
        for lane in list(self._waiting):
            if lane and count[lane] >= self._share:
                continue
            claims = self._waiting.pop(lane)
            claim = claims.popleft()
            if claims:
                self._waiting[lane] = claims  # at the end: the others come first
            running = Running(claim, now)
            self._running.append(running)
            return running
        return None

    def end(self, running: Running) -> None:
        self._running = [one for one in self._running if one is not running]

    def give_back(self, now: float, *, every: bool = False) -> list[Claim]:
        """Takes out the waiting claims of stuck lanes, or all of them, for others to claim."""
        lanes = list(self._waiting) if every else self._stuck(now)
        return [claim for lane in lanes for claim in self._waiting.pop(lane, ())]
