"""What bodies of several dates share: free JSON, metadata, languages, locations, guests."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from openslots.bookings.types import LocationChoice, NewGuest, StoredLocation
from openslots.event_types.rules.locations import INTEGRATIONS
from openslots.kernel.http.envelope import Absent, Out, Success
from openslots.kernel.http.validation import (
    IS_OBJECT,
    Body,
    Email,
    Text,
    TimeZone,
    broken,
    clean,
    one_of,
)

T = TypeVar("T")
Free = dict[str, Any]  # Any: JSON that clients stored

# contract: the languages in the order of the published document
_LANGUAGES = (
    "ar ca de es eu he id ja lv pl ro sr th vi az cs el es-419 fi hr it km nl pt ru sv tr zh-CN bg "
    "da en et fr hu iw ko no pt-BR sk ta uk zh-TW bn"
)
LANGUAGES = tuple(_LANGUAGES.split())

METADATA_LIMITS = (
    "=Metadata must have at most 50 keys, each key up to 40 characters, and string values up to "
    "500 characters."
)
_TAG = re.compile(r"\+[a-z0-9]{25}@")
Language = Annotated[
    str, *one_of(LANGUAGES), WithJsonSchema({"type": "string", "enum": list(LANGUAGES)})
]


def language_of(locale: str) -> str:
    """The documented language that is shown for a stored one: the older contract takes any text,
    and browsers send `en-GB` there."""
    return next((one for one in (locale, locale.partition("-")[0]) if one in LANGUAGES), "en")


Iso = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


def display_email(email: str) -> str:
    """An address as it is shown: without the client's tag of managed users."""
    return _TAG.sub("@", email)


def _check_json(value: Any) -> None:  # Any: JSON of a body
    if isinstance(value, str):
        clean(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise broken("isJson", "must hold finite numbers only")
    elif isinstance(value, dict):
        for key, item in value.items():
            clean(str(key))
            _check_json(item)
    elif isinstance(value, list):
        for item in value:
            _check_json(item)


def free_object(value: object) -> dict[str, object]:
    """Any JSON object whose texts and numbers can be stored."""
    if not isinstance(value, dict):
        raise IS_OBJECT.error()
    _check_json(value)
    return value


def _metadata(value: dict[str, object]) -> dict[str, object]:
    good = len(value) <= 50 and all(
        len(key) <= 40
        and isinstance(item, str | int | float)
        and (not isinstance(item, str) or len(item) <= 500)
        for key, item in value.items()
    )
    if not good:
        raise broken("validateMetadata", METADATA_LIMITS)
    return value


FreeObject = Annotated[
    dict[str, Any],  # Any: JSON values
    BeforeValidator(free_object),
    IS_OBJECT,
    WithJsonSchema({"type": "object", "additionalProperties": True}),
]
MetadataObject = Annotated[FreeObject, AfterValidator(_metadata)]


class LocationIn(Body):
    """A typed location. What each type needs beside `type`: attendeeAddress an address,
    attendeePhone a phone, attendeeDefined a location, integration an integration."""

    type: Any = Field(  # Any: a wrong type has a message of its own
        default=None,
        json_schema_extra={
            "type": "string",
            "enum": [
                "address",
                "attendeeAddress",
                "attendeeDefined",
                "attendeePhone",
                "integration",
                "link",
                "phone",
                "organizersDefaultApp",
            ],
        },
    )
    address: Text | None = None
    location: Text | None = None
    phone: Text | None = None
    link: Text | None = None
    integration: Annotated[Text | None, Field(json_schema_extra={"enum": list(INTEGRATIONS)})] = (
        None
    )

    def to_choice(self) -> LocationChoice:
        details = {
            "attendeeAddress": self.address,
            "attendeePhone": self.phone,
            "attendeeDefined": self.location,
            "address": self.address,
            "link": self.link,
            "phone": self.phone,
        }
        name = None if self.type is None else str(self.type)
        return LocationChoice(
            type=name, detail=details.get(name or ""), integration=self.integration
        )


def location_choice(
    given: LocationIn | str | None, meeting_url: str | None = None
) -> LocationChoice | None:
    """The chosen location; the deprecated meetingUrl stands in where there is none."""
    if isinstance(given, LocationIn):
        return given.to_choice()
    text = given if given is not None else meeting_url
    return None if text is None else LocationChoice(text=text)


class StoredLocationIn(Body):
    """A location of the old bodies."""

    value: Text = ""
    option_value: Text | None = None

    def to_choice(self) -> StoredLocation | None:
        if not self.value:
            return None
        return StoredLocation(self.value, self.option_value or "")


class GuestIn(Body):
    """A guest to add to a booking that exists."""

    email: Email
    name: Text | None = None
    time_zone: TimeZone | None = None
    phone_number: Text | None = None
    language: Language | None = None

    def to_guest(self) -> NewGuest:
        return NewGuest(
            email=self.email,
            name=self.name,
            time_zone=self.time_zone,
            phone_number=self.phone_number,
            language=self.language,
        )


class Answer(Success[T], Generic[T]):
    """A success for which the published document also names `error`; it is never sent."""

    error: Absent[Free] = None


class AttendeeBase(Out):
    """`displayEmail` is the address without the tag that managed users carry."""

    name: str
    email: str
    display_email: str
    time_zone: str
    language: Language
    absent: bool


BookingStatus = Literal["accepted", "pending", "cancelled", "rejected", "awaiting_host"]
