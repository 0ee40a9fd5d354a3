"""Answers to booking fields: the two passes of section 5.4, and what is stored of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import phonenumbers

from openslots.bookings.errors import Invalid
from openslots.event_types.rules.fields import PHONE, option_values
from openslots.event_types.types import Stored
from openslots.events.bookings import SMS_DOMAIN
from openslots.kernel.errors import SchemaError

SMS_REMINDER = "smsReminderNumber"
SYSTEM = frozenset(
    {"name", "email", PHONE, "location", "title", "notes", "guests", "rescheduleReason"}
)
# field type -> what the answer must be in JSON
EXPECTED = {
    "phone": "string",
    "address": "string",
    "text": "string",
    "textarea": "string",
    "url": "string",
    "number": "number",
    "boolean": "boolean",
    "multiemail": "array",
    "multiselect": "array",
    "checkbox": "array",
    "select": "string or number",
    "radio": "string or number",
}
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9\u00a1-\uffff](?:[A-Za-z0-9\u00a1-\uffff-]*[A-Za-z0-9\u00a1-\uffff])?\.)+"
    r"[A-Za-z\u00a1-\uffff]{2,}"
)
_URL = re.compile(r"(?:https?://)?[^\s/?#@]+\.[^\s/?#@.]{2,}(?::\d{1,5})?(?:[/?#]\S*)?", re.I)


def is_email(text: str) -> bool:
    return len(text) <= 320 and _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Whether the text is a valid international number."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False


def may_be_phone(text: str) -> bool:
    """Whether somebody could be known by this text: it has the digits of a number."""
    return sum(letter.isdigit() for letter in text) >= 7


def sms_email(phone: str) -> str:
    """The address that stands for a booker who gave only a phone number."""
    return re.sub(r"\D", "", phone) + SMS_DOMAIN


def json_type(value: object) -> str:
    """The name that JavaScript's typeof gives."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "object"


def is_asked(fields: Iterable[Stored], slug: str) -> bool:
    """Whether a field of that name exists, is shown and must be answered."""
    return any(f["name"] == slug and f.get("required") and not f.get("hidden") for f in fields)


def without_nulls(answers: Mapping[str, object]) -> dict[str, object]:
    """Answers as they are validated: null counts as an empty text."""
    return {slug: "" if value is None else value for slug, value in answers.items()}


def check_types(
    fields: Sequence[Stored], answers: Mapping[str, object], event_type_id: int
) -> None:
    """The first pass: the event type's own fields, in their order; raises Invalid for the first
    that is missing or has the wrong type or option."""
    for field in fields:
        slug, kind = str(field["name"]), str(field.get("type"))
        if slug in SYSTEM:
            continue
        required = bool(field.get("required")) and not field.get("hidden")
        if slug not in answers:
            if required:
                raise Invalid(_missing(slug, event_type_id))
            continue
        if answers[slug] == "" and not required:
            continue
        _check_type(field, slug, kind, answers[slug])


def _missing(slug: str, event_type_id: int) -> str:
    if slug == SMS_REMINDER:
        return (
            "Missing attendee phone number - it is required by the event type. Pass it as "
            '"attendee.phoneNumber" string in the request.'
        )
    return (
        f"Missing required booking field response: {slug} - it is required by the event type "
        "booking fields, but missing in the bookingFieldsResponses. You can fetch the event type "
        f"with ID {event_type_id} to see the required fields."
    )


def _check_type(field: Stored, slug: str, kind: str, value: object) -> None:
    expected = EXPECTED.get(kind)
    if expected is None:
        return
    found = "array" if isinstance(value, list) else json_type(value)
    if found not in expected.split(" or "):
        raise Invalid(
            f"Invalid type for booking field '{slug}'. Expected type {expected} (compatible with "
            f"field type '{kind}'), but received {json_type(value)}."
        )
    options = option_values(field)
    if not options:
        return
    allowed = f"Allowed options are: {', '.join(options)}."
    if kind in ("select", "radio") and _plain(value) not in options:
        raise Invalid(f"Invalid option '{_plain(value)}' for booking field '{slug}'. {allowed}")
    if (
        kind in ("multiselect", "checkbox")
        and isinstance(value, list)
        and any(_plain(item) not in options for item in value)
    ):
        raise Invalid(f"One or more invalid options for booking field '{slug}'. {allowed}")


def _plain(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def check_responses(fields: Sequence[Stored], responses: Mapping[str, object]) -> None:
    """The second pass: formats, and what must not be empty. Raises SchemaError naming all."""
    problems: list[tuple[str, str]] = []
    names = {str(field["name"]) for field in fields}
    for field in fields:
        slug = str(field["name"])
        if code := _problem(field, slug, responses):
            problems.append((slug, code))
    if "email" not in names and (code := _email_problem(responses.get("email"), True)):
        problems.append(("email", code))
    if "guests" not in names and (code := _guests_problem(responses)):
        problems.append(("guests", code))
    if problems:
        raise SchemaError("".join(f"responses - {{{slug}}}{code}, " for slug, code in problems))


def _problem(field: Stored, slug: str, responses: Mapping[str, object]) -> str | None:
    required = bool(field.get("required")) and not field.get("hidden")
    value = responses.get(slug)
    if slug in ("name", "location", "rescheduleReason"):
        return None
    if slug == "email":
        return _email_problem(value, required)
    if slug == "guests":
        return _guests_problem(responses)
    if value is None or value is False or value == "" or value == []:
        return "error_required_field" if required else None
    return _format_problem(str(field.get("type")), field, value)


def _email_problem(value: object, required: bool) -> str | None:
    if value in (None, ""):
        return "error_required_field" if required else None
    return None if isinstance(value, str) and is_email(value) else "email_validation_error"


def _guests_problem(responses: Mapping[str, object]) -> str | None:
    guests = responses.get("guests")
    if not isinstance(guests, list | tuple) or not guests:
        return None
    if not all(isinstance(guest, str) and is_email(guest) for guest in guests):
        return "email_validation_error"
    seen = Counter(str(guest).lower() for guest in guests)
    own = str(responses.get("email", "")).lower()
    return "duplicate_email" if own in seen or max(seen.values()) > 1 else None


def _format_problem(kind: str, field: Stored, value: object) -> str | None:
    if kind == "phone":
        return None if is_phone(str(value)) else "invalid_number"
    if kind == "email":
        return None if is_email(str(value)) else "email_validation_error"
    if kind == "url":
        return None if _URL.fullmatch(str(value)) else "url_validation_error"
    if kind == "multiemail" and isinstance(value, list):
        good = all(isinstance(item, str) and is_email(item) for item in value)
        return None if good else "email_validation_error"
    if kind == "number" and isinstance(value, int | float):
        low, high = field.get("min"), field.get("max")
        if (isinstance(low, int | float) and value < low) or (
            isinstance(high, int | float) and value > high
        ):
            return "number_range_error"
    return None
