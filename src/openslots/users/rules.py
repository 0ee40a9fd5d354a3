"""Values that a user may have."""

from __future__ import annotations

import re
from collections.abc import Mapping

from openslots.users.types import PERIODS

USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
LONGEST_USERNAME = 128

# auth notes, 12.2: the values that the contract lists
LOCALES = (
    *("ar", "ca", "de", "es", "eu", "he", "id", "ja", "lv", "pl", "ro", "sr", "th", "vi", "az"),
    *("cs", "el", "es-419", "fi", "hr", "it", "km", "nl", "pt", "ru", "sv", "tr", "zh-CN", "bg"),
    *("da", "en", "et", "fr", "hu", "iw", "ko", "no", "pt-BR", "sk", "ta", "uk", "zh-TW", "bn"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MOST_KEYS, LONGEST_KEY, LONGEST_VALUE = 50, 40, 500
METADATA_TEXT = (
    "Metadata must have at most 50 keys, each key up to 40 characters, and values up to 500 "
    "characters."
)


def username_problem(username: str) -> str | None:
    """Why a lower-case username cannot be used, or None."""
    if len(username) > LONGEST_USERNAME:
        return f"A username has at most {LONGEST_USERNAME} characters."
    if USERNAME.fullmatch(username) is None:
        return (
            "A username holds letters, digits, dots, hyphens and underscores, and starts and ends "
            "with a letter or digit."
        )
    return None


def is_metadata(value: object) -> bool:
    """At most 50 keys of 40 characters; values are texts of 500, numbers or booleans."""
    if not isinstance(value, Mapping) or len(value) > MOST_KEYS:
        return False
    return all(
        isinstance(key, str)
        and len(key) <= LONGEST_KEY
        and (len(item) <= LONGEST_VALUE if isinstance(item, str) else isinstance(item, int | float))
        for key, item in value.items()
    )


def limits_of(stored: Mapping[str, object]) -> dict[str, int | None]:
    """All four periods; None where there is no limit."""
    found = {period: stored.get(period) for period in PERIODS}
    return {name: limit if isinstance(limit, int) else None for name, limit in found.items()}
