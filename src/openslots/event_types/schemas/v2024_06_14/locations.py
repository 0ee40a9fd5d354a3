"""Locations of a body, one model per kind, and how a list of them is read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Annotated, Literal

import phonenumbers
from pydantic import AfterValidator

from openslots.event_types.errors import InvalidEventType
from openslots.event_types.rules import locations as rules
from openslots.event_types.schemas.v2024_06_14.parts import checked, object_in
from openslots.event_types.types import Stored
from openslots.kernel.http.validation import Body, Bool, Int, Text, Url, broken, not_empty, one_of


def _phone(text: str) -> str:
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise broken("isPhoneNumber", "must be a valid phone number")
    return text


class AddressLocationIn(Body):
    """A place; bookers see the address before they book when it is public."""

    type: Literal["address"]
    address: Annotated[Text, not_empty()]
    public: Bool


class LinkLocationIn(Body):
    type: Literal["link"]
    link: Url
    public: Bool


class PhoneLocationIn(Body):
    """The host is called on this number."""

    type: Literal["phone"]
    phone: Annotated[Text, AfterValidator(_phone)]
    public: Bool


class IntegrationLocationIn(Body):
    """A conferencing app, which must be connected; `cal-video` always is."""

    type: Literal["integration"]
    integration: Annotated[
        Literal[
            "cal-video",
            "google-meet",
            "zoom",
            "whereby-video",
            "whatsapp-video",
            "webex-video",
            "telegram-video",
            "tandem",
            "sylaps-video",
            "skype-video",
            "sirius-video",
            "signal-video",
            "shimmer-video",
            "salesroom-video",
            "roam-video",
            "riverside-video",
            "ping-video",
            "office365-video",
            "mirotalk-video",
            "jitsi",
            "jelly-video",
            "jelly-conferencing",
            "huddle",
            "facetime-video",
            "element-call-video",
            "eightxeight-video",
            "discord-video",
            "demodesk-video",
            "campfire-video",
        ],
        *one_of(rules.INTEGRATIONS),
    ]
    link: Text | None = None
    credential_id: Int | None = None


class AttendeeAddressLocationIn(Body):
    """The booker names an address."""

    type: Literal["attendeeAddress"]


class AttendeePhoneLocationIn(Body):
    """The booker is called on the number they give."""

    type: Literal["attendeePhone"]


class AttendeeDefinedLocationIn(Body):
    """The booker names any place."""

    type: Literal["attendeeDefined"]


class OrganizersDefaultAppLocationIn(Body):
    """The default conferencing app of whoever hosts (team event types)."""

    type: Literal["organizersDefaultApp"]


def _only_unknown(text: str) -> str:
    stored = object_in(text)
    if stored is None or not isinstance(stored.get("type"), str):
        raise broken("isJSON", "must be the text of a location as it was shown")
    if rules.api_location(stored)["type"] != "unknown":
        raise broken("isJSON", "must not hold a location of a known type")
    return text


class UnknownLocationIn(Body):
    """A location of another system, sent back as it was shown."""

    type: Literal["unknown"]
    location: Annotated[Text, AfterValidator(_only_unknown)]


_MODELS: dict[str, type[Body]] = {
    "address": AddressLocationIn,
    "link": LinkLocationIn,
    "integration": IntegrationLocationIn,
    "phone": PhoneLocationIn,
    "attendeeAddress": AttendeeAddressLocationIn,
    "attendeePhone": AttendeePhoneLocationIn,
    "attendeeDefined": AttendeeDefinedLocationIn,
    "organizersDefaultApp": OrganizersDefaultAppLocationIn,
    "unknown": UnknownLocationIn,
}

LocationIn = (
    AddressLocationIn
    | LinkLocationIn
    | IntegrationLocationIn
    | PhoneLocationIn
    | AttendeeAddressLocationIn
    | AttendeePhoneLocationIn
    | AttendeeDefinedLocationIn
)
TeamLocationIn = LocationIn | OrganizersDefaultAppLocationIn


def location_reader(kinds: Collection[str]) -> Callable[[object], list[Stored] | None]:
    """What reads a body's locations, of these kinds, into stored form.

    It raises InvalidEventType with the first failure (event type notes, 7.2); null is not sent.
    """

    def read(value: object) -> list[Stored] | None:
        if value is None:
            return None
        if not isinstance(value, list):
            raise InvalidEventType("'locations' must be an array.")
        if not value:
            raise InvalidEventType("'locations' must contain at least 1 location.")
        return [_read(item, kinds) for item in value]

    return read


def _read(item: object, kinds: Collection[str]) -> Stored:
    if not isinstance(item, dict):
        raise InvalidEventType("Each object in 'locations' must be an object.")
    kind = item.get("type")
    if kind is None or kind == "":
        raise InvalidEventType("Each object in 'locations' must have a 'type' property.")
    if kind != "unknown" and (not isinstance(kind, str) or kind not in kinds):
        raise InvalidEventType(
            f"Unsupported location type '{kind}'. Valid types are address, link, integration, and "
            "phone."
        )
    found = checked(_MODELS[kind], item, kind, "location")
    return rules.to_stored(kind, found.model_dump(by_alias=True, exclude_none=True))


read_locations = location_reader(rules.PERSONAL_KINDS)
read_team_locations = location_reader(rules.TEAM_KINDS)
