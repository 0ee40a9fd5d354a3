"""Slugs and the templates of booking titles."""

from __future__ import annotations

import re
from collections.abc import Collection

from openslots.event_types.errors import InvalidEventType

# what a custom name may contain besides text and the slugs of the booking fields (notes, 8.9)
VARIABLES = (
    "{Event type title}",
    "{Organiser}",
    "{Scheduler}",
    "{Location}",
    "{Organiser first name}",
    "{Scheduler first name}",
    "{Scheduler last name}",
    "{Event duration}",
    "{LOCATION}",
    "{HOST/ATTENDEE}",
    "{HOST}",
    "{ATTENDEE}",
    "{USER}",
)
LONGEST_SLUG = 255  # it is part of an address, and of an index
_BRACES = re.compile(r"\{[^}]+\}")


def clean_slug(slug: str) -> str:
    """The slug to store: without blanks around it and leading `-`, then `.`, then `_`; everything
    else is kept as it was sent."""
    return slug.strip().lstrip("-").lstrip(".").lstrip("_")


def require_known_variables(custom_name: str, slugs: Collection[str] = ()) -> None:
    """Raises InvalidEventType that names the first `{...}` that nobody could fill in."""
    for found in _BRACES.findall(custom_name):
        if found not in VARIABLES and found[1:-1] not in slugs:
            raise InvalidEventType(f"Invalid event name variables: {found}")
