"""Codes and numbers."""

from __future__ import annotations

from datetime import timedelta

import phonenumbers

VALID_FOR = timedelta(minutes=15)
MOST_TRIES = 5
DIGITS = 6


def e164(text: str) -> str | None:
    """The E.164 form of an international number (`+372 5555 6666`), or None."""
    if len(text) > 40:
        return None
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def is_barred(address: str, barred: str) -> bool:
    """Whether the operator's comma list names the address, or its domain as `@example.com`."""
    names = {name.strip().lower() for name in barred.split(",") if name.strip()}
    return address in names or f"@{address.rpartition('@')[2]}" in names
