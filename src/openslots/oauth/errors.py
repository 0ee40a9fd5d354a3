"""What the oauth slice refuses."""

from __future__ import annotations

from openslots.kernel.errors import BadRequest


class InvalidClient(BadRequest):
    """The message says what is wrong with the registration."""
