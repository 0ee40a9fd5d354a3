"""Commands and facts of credits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

USES = ("SMS", "CAL_AI_PHONE_CALL", "AI_AGENT")


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits that are left: of this month's allowance, and beside it."""

    monthly: int
    additional: int

    @property
    def total(self) -> int:
        return self.monthly + self.additional


@dataclass(frozen=True, slots=True)
class Account:
    """Who pays: a team, or with `team_id` None the user; `allowance` is that of a whole month."""

    team_id: int | None
    allowance: int
    balance: Balance
    id: int | None = None  # of the stored row, None until there is one
    low_told: date | None = None
    empty_told: date | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """What to take; with an `external_ref` at most once per account."""

    credits: int
    credit_for: str
    external_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Charged:
    team_id: int | None
    balance: Balance
