"""What the organizations slice refuses."""

from __future__ import annotations

from openslots.kernel.errors import BadRequest, Conflict


class SlugTaken(Conflict):
    def __init__(self, slug: str) -> None:
        super().__init__(f"The slug {slug} is taken by another organization or team.")


class InvalidOrganization(BadRequest):
    """The message says what is wrong."""
