"""Booking fields of a body, one model per kind, and how a list of them is read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from openslots.event_types.errors import InvalidEventType
from openslots.event_types.rules import fields as rules
from openslots.event_types.schemas.v2024_06_14.parts import checked, object_in
from openslots.event_types.types import Stored
from openslots.kernel.http.validation import Body, Bool, Text, broken, not_empty, one_of

Flag = Bool | None
Label = Text | None


class NameFieldIn(Body):
    """The booker's name as one text."""

    type: Annotated[str, *one_of(["name"])]
    label: Label = None
    placeholder: Label = None
    disable_on_prefill: Flag = None


class SplitNameFieldIn(Body):
    """The booker's name as first and last name; the first name is always required."""

    type: Annotated[str, *one_of(["splitName"])]
    first_name_label: Label = None
    first_name_placeholder: Label = None
    last_name_label: Label = None
    last_name_placeholder: Label = None
    last_name_required: Flag = None
    disable_on_prefill: Flag = None


class EmailFieldIn(Body):
    """The booker's address; visible and required but for organisation teams."""

    type: Annotated[str, *one_of(["email"])]
    label: Label = None
    required: Flag = None
    hidden: Flag = None
    placeholder: Label = None
    disable_on_prefill: Flag = None


class DefaultFieldIn(Body):
    required: Flag = None
    hidden: Flag = None
    label: Label = None
    placeholder: Label = None
    disable_on_prefill: Flag = None


class TitleFieldIn(DefaultFieldIn):
    slug: Literal["title"]


class NotesFieldIn(DefaultFieldIn):
    slug: Literal["notes"]


class GuestsFieldIn(DefaultFieldIn):
    slug: Literal["guests"]


class RescheduleReasonFieldIn(DefaultFieldIn):
    slug: Literal["rescheduleReason"]


class LocationFieldIn(Body):
    slug: Literal["location"]
    label: Label = None


class CustomFieldIn(Body):
    """A question of the host's own; `slug` is the key of its answer in bookings."""

    slug: Annotated[Text, not_empty()]
    label: Text
    required: Bool
    hidden: Flag = None
    disable_on_prefill: Flag = None


class _WithPlaceholder(CustomFieldIn):
    placeholder: Label = None


class PhoneFieldIn(_WithPlaceholder):
    """A telephone number; the slug `attendeePhoneNumber` makes it the booker's own."""

    type: Literal["phone"]


class AttendeePhoneIn(PhoneFieldIn):
    """The default phone field, which may come back without a label as it was shown."""

    label: Label = None  # type: ignore[assignment]  # the only kind that does without


class AddressFieldIn(_WithPlaceholder):
    type: Literal["address"]


class TextFieldIn(_WithPlaceholder):
    type: Literal["text"]


class NumberFieldIn(_WithPlaceholder):
    type: Literal["number"]


class TextAreaFieldIn(_WithPlaceholder):
    type: Literal["textarea"]


class MultiEmailFieldIn(_WithPlaceholder):
    type: Literal["multiemail"]


class UrlFieldIn(_WithPlaceholder):
    type: Literal["url"]


class SelectFieldIn(_WithPlaceholder):
    type: Literal["select"]
    options: list[Text]


class MultiSelectFieldIn(CustomFieldIn):
    type: Literal["multiselect"]
    options: list[Text]


class CheckboxFieldIn(CustomFieldIn):
    type: Literal["checkbox"]
    options: list[Text]


class RadioFieldIn(CustomFieldIn):
    type: Literal["radio"]
    options: list[Text]


class BooleanFieldIn(CustomFieldIn):
    type: Literal["boolean"]


def _only_unknown(text: str) -> str:
    stored = object_in(text)
    if stored is None or not isinstance(stored.get("name"), str):
        raise broken("isJSON", "must be the text of a booking field as it was shown")
    if rules.is_known(stored):
        raise broken("isJSON", "must not hold a booking field of a known type")
    return text


class UnknownFieldIn(Body):
    """A field of another system, sent back as it was shown."""

    type: Literal["unknown"]
    booking_field: Annotated[Text, AfterValidator(_only_unknown)]


_MODELS: dict[str, type[Body]] = {
    "name": NameFieldIn,
    "splitName": SplitNameFieldIn,
    "email": EmailFieldIn,
    "title": TitleFieldIn,
    "notes": NotesFieldIn,
    "guests": GuestsFieldIn,
    "rescheduleReason": RescheduleReasonFieldIn,
    "location": LocationFieldIn,
    "phone": PhoneFieldIn,
    "address": AddressFieldIn,
    "text": TextFieldIn,
    "number": NumberFieldIn,
    "textarea": TextAreaFieldIn,
    "multiemail": MultiEmailFieldIn,
    "url": UrlFieldIn,
    "select": SelectFieldIn,
    "multiselect": MultiSelectFieldIn,
    "checkbox": CheckboxFieldIn,
    "radio": RadioFieldIn,
    "boolean": BooleanFieldIn,
    "unknown": UnknownFieldIn,
}

BookingFieldIn = (
    NameFieldIn
    | SplitNameFieldIn
    | EmailFieldIn
    | TitleFieldIn
    | LocationFieldIn
    | NotesFieldIn
    | GuestsFieldIn
    | RescheduleReasonFieldIn
    | PhoneFieldIn
    | AddressFieldIn
    | TextFieldIn
    | NumberFieldIn
    | TextAreaFieldIn
    | SelectFieldIn
    | MultiSelectFieldIn
    | MultiEmailFieldIn
    | CheckboxFieldIn
    | RadioFieldIn
    | BooleanFieldIn
    | UrlFieldIn
)


def read_fields(value: object) -> list[Stored] | None:
    """A body's bookingFields in stored form, completed with the default fields.

    Raises InvalidEventType with the first failure, in the order of the notes, 6.1. Null is not
    sent.
    """
    if value is None:
        return None
    if not isinstance(value, list):
        raise InvalidEventType("'bookingFields' must be an array.")
    if not value:
        raise InvalidEventType("'bookingFields' must contain at least 1 booking field.")
    slugs: set[str] = set()
    stored = []
    for item in value:
        kind = rules.kind_of(item, slugs)
        model = _MODELS[kind]
        if kind == "phone" and item.get("slug") == rules.PHONE:
            model = AttendeePhoneIn
        shown = item.get("type") or item.get("slug")
        found = checked(model, item, shown, "booking field")
        stored.append(rules.to_stored(kind, found.model_dump(by_alias=True)))
    return rules.complete(stored)
