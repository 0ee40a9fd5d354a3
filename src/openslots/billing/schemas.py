"""Bodies and answers of credits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from openslots.billing.types import USES, Balance, Charge, Charged
from openslots.kernel.http.envelope import Absent, Out
from openslots.kernel.http.validation import Body, Int, Text, at_least, broken, one_of

LONGEST_REFERENCE = 255


def _short(value: str) -> str:
    if len(value) > LONGEST_REFERENCE:
        text = f"must be shorter than or equal to {LONGEST_REFERENCE} characters"
        raise broken("maxLength", text)
    return value


class ChargeIn(Body):
    """`externalRef` makes a retry harmless: one reference is charged once per account."""

    credits: Annotated[Int, at_least(1)] = Field(examples=[5])
    credit_for: Annotated[str, *one_of(USES)] = Field(examples=["AI_AGENT"])
    external_ref: Annotated[Text, AfterValidator(_short)] | None = Field(
        default=None, examples=["agent-thread-8"]
    )

    def to_command(self) -> Charge:
        return Charge(self.credits, self.credit_for, self.external_ref)


class BalanceOut(Out):
    """Credits of this month's allowance that are left, and those beside it."""

    monthly_remaining: int
    additional: int

    @classmethod
    def of(cls, balance: Balance) -> BalanceOut:
        return cls(monthly_remaining=balance.monthly, additional=balance.additional)


class AvailableOut(Out):
    has_credits: bool
    balance: BalanceOut

    @classmethod
    def of(cls, balance: Balance) -> AvailableOut:
        return cls(has_credits=balance.total > 0, balance=BalanceOut.of(balance))


class ChargedOut(Out):
    """`teamId` when a team or organisation paid."""

    charged: Literal[True] = True
    team_id: Absent[int] = None
    remaining_balance: BalanceOut

    @classmethod
    def of(cls, charged: Charged) -> ChargedOut:
        return cls(team_id=charged.team_id, remaining_balance=BalanceOut.of(charged.balance))
