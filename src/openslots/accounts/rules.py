"""Passwords and lifetimes of API keys."""

from __future__ import annotations

from datetime import datetime, time, timedelta

DEFAULT_DAYS = 30
LONGEST_DAYS = 100_000
SHORTEST, SHORTEST_OF_ADMINS = 7, 15
LONGEST = 1024  # what is hashed must have a bound


def password_problem(password: str, *, admin: bool) -> str | None:
    """Why a password is too weak (auth notes, section 20), or None."""
    shortest = SHORTEST_OF_ADMINS if admin else SHORTEST
    missing = []
    if len(password) < shortest:
        missing.append(f"at least {shortest} characters")
    if not any(character.isupper() for character in password):
        missing.append("an upper-case letter")
    if not any(character.islower() for character in password):
        missing.append("a lower-case letter")
    if not any(character.isdigit() for character in password):
        missing.append("a digit")
    if missing:
        return f"The password of {'an admin' if admin else 'a user'} needs {', '.join(missing)}."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    return None


def expiry(now: datetime, days: int) -> datetime:
    """The end of the UTC day that is `days` after `now` (auth notes, section 6)."""
    day = (now + timedelta(days=days)).date()
    return datetime.combine(day, time(23, 59, 59, 999000), now.tzinfo)
