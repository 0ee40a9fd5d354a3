"""Commands and answers of the organizations slice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CreateOrganization:
    """An organisation to make; `slug` None is made from the name."""

    name: str
    slug: str | None
    owner_email: str
    pbac: bool = False
    platform: bool = False


@dataclass(frozen=True, slots=True)
class CreatedOrganization:
    id: int
    slug: str
