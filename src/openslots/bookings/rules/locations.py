"""Where a booking takes place: what the booker chose, checked against what is offered (5.6)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from openslots.bookings.errors import Invalid
from openslots.bookings.rules.fields import is_phone
from openslots.bookings.types import LocationChoice, StoredLocation
from openslots.event_types.rules import locations as offered
from openslots.event_types.types import Stored
from openslots.kernel.errors import SchemaError

# API type -> internal type of those for which the attendee gives the detail
ATTENDEE = {
    "attendeeAddress": "attendeeInPerson",
    "attendeePhone": "phone",
    "attendeeDefined": "somewhereElse",
}
HOST = {"address": "inPerson", "link": "link", "phone": "userPhone"}
_LABELS = {
    "inPerson": "In Person",
    "attendeeInPerson": "In Person",
    "link": "Link",
    "phone": "Phone",
    "userPhone": "Phone",
    "somewhereElse": "Somewhere else",
    offered.CAL_VIDEO: "Cal Video",
    "integrations:google:meet": "Google Meet",
    "integrations:zoom": "Zoom",
    "integrations:office365_video": "MS Teams",
}


class Place(NamedTuple):
    """`response` is what is stored among the answers (None: nothing was chosen), `location` the
    booking's own column."""

    response: Mapping[str, str] | None
    location: str


def _response(value: str, option: str = "") -> dict[str, str]:
    return {"value": value, "optionValue": option}


def choose(
    choice: LocationChoice | StoredLocation | None,
    stored: Sequence[Stored],
    event_type_id: int,
    default_app: str | None,
) -> Place:
    """Where the booking is. `default_app` is the slug of the organiser's conferencing app.

    Raises Invalid for what the event type does not offer, SchemaError for a missing or wrong
    detail.
    """
    if choice is None:
        return Place(None, _default(stored, default_app))
    if isinstance(choice, StoredLocation):
        return _internal(choice, stored, default_app)
    if choice.text is not None:
        return _plain(choice.text)
    return _typed(choice, stored, event_type_id, default_app)


def _default(stored: Sequence[Stored], default_app: str | None) -> str:
    if not stored:
        return _app(default_app)
    return _detail(stored[0], default_app)


def _detail(location: Stored, default_app: str | None) -> str:
    """The text of a stored location: the host's address, link or number, else its internal name."""
    kind = str(location.get("type"))
    for key in ("address", "link", "hostPhoneNumber"):
        value = location.get(key)
        if isinstance(value, str) and value:
            return value
    return _app(default_app) if kind == "conferencing" else kind


def _app(slug: str | None) -> str:
    found = offered.app_location(slug) if slug else None
    return str(found["type"]) if found else offered.CAL_VIDEO


def _typed(
    choice: LocationChoice, stored: Sequence[Stored], event_type_id: int, default_app: str | None
) -> Place:
    shown = offered.api_locations(stored)
    internal = offered.INTEGRATIONS.get(choice.integration or "")
    if choice.type == "integration" and internal is not None:
        if not any(location.get("type") == internal for location in stored):
            raise Invalid(_integration_refused(str(choice.integration), event_type_id, shown))
        return Place(_response(internal), _first(stored, internal, default_app))
    kinds = [location["type"] for location in shown]
    if choice.type not in kinds or choice.type == "unknown":
        listed = ", ".join(dict.fromkeys(str(kind) for kind in kinds))
        raise Invalid(
            f"Booking location with type {choice.type or 'undefined'} not valid for event type "
            f"with id={event_type_id}. The event type has following location types: {listed}, and "
            "only these types are allowed for booking location."
        )
    if choice.type == "integration":
        raise Invalid(_integration_refused(choice.integration or "undefined", event_type_id, shown))
    if choice.type in ATTENDEE:
        return _attendee(ATTENDEE[choice.type], choice.detail)
    internal = HOST.get(str(choice.type), "conferencing")
    return Place(_response(internal), _first(stored, internal, default_app))


def _integration_refused(name: str, event_type_id: int, shown: Sequence[Stored]) -> str:
    listed = ", ".join(str(item["integration"]) for item in shown if item.get("integration"))
    return (
        f"Booking location with integration {name} not valid for event type with "
        f"id={event_type_id}. The event type has following integrations: {listed}, and only these "
        "integrations are allowed for booking location."
    )


def _first(stored: Sequence[Stored], internal: str, default_app: str | None) -> str:
    found = next(location for location in stored if location.get("type") == internal)
    return _detail(found, default_app)


def _attendee(internal: str, detail: str | None) -> Place:
    if not detail:
        raise SchemaError("responses.location.optionValue - Required, ")
    if internal == "phone" and not is_phone(detail):
        raise SchemaError("responses - {location}invalid_number, ")
    return Place(_response(internal, detail), detail)


def _internal(choice: StoredLocation, stored: Sequence[Stored], default_app: str | None) -> Place:
    """A location as old bodies name it: by its internal type."""
    response = _response(choice.value, choice.option_value)
    if choice.option_value:
        return Place(response, choice.option_value)
    for location in stored:
        if location.get("type") == choice.value:
            return Place(response, _detail(location, default_app))
    return Place(response, _app(default_app) if choice.value == "conferencing" else choice.value)


def update(choice: LocationChoice, installed: Collection[str]) -> Place:
    """The new place of a booking that exists: whatever the event type offers. `installed` are the
    integrations (internal names) that may be used.

    Raises Invalid for an unknown type, a missing detail or an integration that is not connected.
    """
    if choice.text is not None:
        return _plain(choice.text)
    if choice.type == "integration":
        return _integration(choice.integration, installed)
    internal = {**HOST, **ATTENDEE}.get(choice.type or "")
    if internal is None:
        raise Invalid(
            "UpdateBookingInputLocationValidator_2024_08_13 - Unsupported booking location type "
            f"'{choice.type or 'undefined'}'. Valid types are address, link, phone, attendeePhone, "
            "attendeeAddress, attendeeDefined, and integration."
        )
    detail = choice.detail
    wrong = (
        not detail
        or (internal == "link" and not _is_url(detail))
        or (internal in ("phone", "userPhone") and not is_phone(detail))
    )
    if detail is None or wrong:
        needed = _DETAIL_OF.get(str(choice.type), "location")
        raise Invalid(
            f"Validation failed for {choice.type} location: {needed} is missing or invalid"
        )
    return Place(_response(internal, detail), detail)


_DETAIL_OF = {
    "address": "address",
    "attendeeAddress": "address",
    "link": "link",
    "phone": "phone",
    "attendeePhone": "phone",
}


def _integration(name: str | None, installed: Collection[str]) -> Place:
    internal = offered.INTEGRATIONS.get(name or "")
    if internal is None:
        raise Invalid(
            "Validation failed for integration location: integration must be one of the following "
            f"values: {', '.join(offered.INTEGRATIONS)}"
        )
    if name == "google-meet" and internal not in installed:
        internal = offered.CAL_VIDEO  # contract: without a Google calendar it is Cal Video
    if internal not in installed:
        raise Invalid(
            f'Video integration "{offered.app_slug(str(name))}" is not connected. Please connect '
            "the integration in your settings first."
        )
    return Place(_response(internal), internal)


def _plain(text: str) -> Place:
    """The old plain text: never compared with what is offered."""
    return Place(_response(classify(text), text), text)


def classify(text: str) -> str:
    """The internal type that a plain text looks like."""
    if text.lower().startswith("www.") or _is_url(text):
        return "link"
    if re.fullmatch(r"\+?[\d\s().-]{6,}", text) and is_phone(re.sub(r"[^\d+]", "", text)):
        return "phone"
    return "somewhereElse"


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def is_url(text: str | None) -> bool:
    """Whether a location is an address on the web."""
    return text is not None and _is_url(text)


def label(location: str) -> str:
    """What a title calls a location; a link is its own name."""
    if location in _LABELS:
        return _LABELS[location]
    if location.startswith("integrations:"):
        return location.removeprefix("integrations:").replace("_", " ").title()
    return location
