"""Bodies, queries and answers of verified addresses and numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from openslots.kernel.http.envelope import Absent, Out
from openslots.kernel.http.validation import Body, Email, Text, not_empty, query_int
from openslots.verified_resources.types import Page, Verified

Code = Annotated[Text, not_empty()]
Number = Annotated[Text, not_empty()]


class EmailIn(Body):
    email: Email = Field(examples=["acme@example.com"])


class EmailCodeIn(EmailIn):
    code: Code = Field(examples=["123456"])


class BookerEmailIn(EmailIn):
    """`username`, `language` and `isVerifyingEmail` change nothing here."""

    username: Text | None = None
    language: Text | None = None


class SentOut(Out):
    sent: Literal[True] = True


class VerifiedOut(Out):
    verified: Literal[True] = True


class PhoneIn(Body):
    """A number with its country code."""

    phone: Number = Field(examples=["+372 5555 6666"])


class PhoneCodeIn(PhoneIn):
    code: Code = Field(examples=["123456"])


class PageQuery(Body):
    take: Annotated[int, *query_int(1, 250)] = 250
    skip: Annotated[int, *query_int(0)] = 0

    def to_page(self) -> Page:
        return Page(self.take, self.skip)


class VerifiedEmailOut(Out):
    """A verified address of a user or of a team."""

    id: int
    email: str
    user_id: Absent[int] = None
    team_id: Absent[int] = None

    @classmethod
    def of(cls, found: Verified) -> VerifiedEmailOut:
        return cls(id=found.id, email=found.address, user_id=found.user_id, team_id=found.team_id)


class VerifiedPhoneOut(Out):
    """A verified number, in E.164 form, of a user or of a team."""

    id: int
    phone_number: str
    user_id: Absent[int] = None
    team_id: Absent[int] = None

    @classmethod
    def of(cls, found: Verified) -> VerifiedPhoneOut:
        return cls(
            id=found.id, phone_number=found.address, user_id=found.user_id, team_id=found.team_id
        )
