"""How a charge is split, and when the owners of an account are told."""

from __future__ import annotations

from datetime import date
from typing import Literal

from openslots.billing.types import Account, Balance

LOW_PERCENT = 20


def split(balance: Balance, credits: int) -> tuple[int, int]:
    """(from the month, from the additional ones): the month's go first, and never more is taken
    than there is."""
    monthly = min(credits, balance.monthly)
    return monthly, min(credits - monthly, balance.additional)


def first_of(day: date) -> date:
    return day.replace(day=1)


def notice_due(account: Account, after: Balance, month: date) -> Literal["low", "empty"] | None:
    """What the owners hear after a charge: nothing is left, or a fifth of the allowance; each once
    a month."""
    if after.total == account.balance.total:
        return None
    if after.total == 0:
        return "empty" if account.empty_told != month else None
    if after.total * 100 > account.allowance * LOW_PERCENT or account.low_told == month:
        return None
    return "low"
