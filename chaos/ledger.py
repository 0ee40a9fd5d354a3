"""What clients were told: acknowledged answers, and what lost answers left in doubt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MOST_KEPT = 50  # of each kind of surprise


@dataclass
class Told:
    """A booking as clients know it: the states it may be in, and whose it is."""

    uid: str
    kind_id: int
    states: set[str]


@dataclass(frozen=True)
class Keyed:
    """A create with an idempotency key that was answered; asking again must answer the same."""

    key: str
    body: str
    answer: str


@dataclass
class Ledger:
    """`events` are (trigger, uid) that were acknowledged. `refused` are bookers whose create was
    refused for certain, `keyed_bookers` those who may have one booking at most."""

    bookings: dict[str, Told] = field(default_factory=dict)
    events: set[tuple[str, str]] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    keyed_bookers: set[str] = field(default_factory=set)
    keyed: list[Keyed] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    in_doubt: int = 0
    duels_won_twice: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    answered_at: float | None = None
    longest_silence: float = 0.0

    def silence(self, now: float) -> float:
        """Seconds since an answer that says more than that a server is away."""
        return 0.0 if self.answered_at is None else now - self.answered_at

    def answered(self, status: int, text: str, now: float) -> None:
        """Notes an answer of any kind."""
        self.statuses[status] += 1
        if status == 500 and len(self.crashes) < MOST_KEPT:
            self.crashes.append(text[:300])
        if status < 500:
            self.longest_silence = max(self.longest_silence, self.silence(now))
            self.answered_at = now

    def acknowledge(self, trigger: str, uid: str) -> None:
        self.events.add((trigger, uid))

    def know(self, uid: str, kind_id: int, state: str) -> None:
        """A booking is in this state for certain."""
        self.bookings[uid] = Told(uid, kind_id, {state})

    def doubt(self, uid: str, *states: str) -> None:
        """A booking may have come into one of these states."""
        self.in_doubt += 1
        if uid in self.bookings:
            self.bookings[uid].states.update(states)
