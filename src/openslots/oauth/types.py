"""Commands and answers of the oauth slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ClientType = Literal["confidential", "public"]


@dataclass(frozen=True, slots=True)
class CreateClient:
    """An application to register; unless approved only its owner can use it."""

    name: str
    owner_email: str
    type: ClientType
    redirect_uris: Sequence[str]
    scopes: Sequence[str]
    approve: bool = False


@dataclass(frozen=True, slots=True)
class CreatedClient:
    """`secret` is shown this once; None for a public client."""

    id: str
    secret: str | None
