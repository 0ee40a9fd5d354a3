"""Bodies and answers of API keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from openslots.accounts.rules import LONGEST_DAYS
from openslots.accounts.types import RefreshKey
from openslots.kernel.http.envelope import Out
from openslots.kernel.http.validation import Body, Bool, Int, at_least, at_most


class RefreshKeyIn(Body):
    """How long the new key is valid: 30 days unless one of the fields says otherwise."""

    api_key_days_valid: Annotated[Int, at_least(1), at_most(LONGEST_DAYS)] | None = Field(
        default=None, examples=[60]
    )
    api_key_never_expires: Bool | None = None

    def to_command(self) -> RefreshKey:
        return RefreshKey(self.api_key_days_valid, self.api_key_never_expires)


class ApiKeyOut(Out):
    """The new key; it is shown only here."""

    api_key: str
