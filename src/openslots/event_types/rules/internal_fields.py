"""Booking fields as the older contracts and the published components know them: `name`, `type`
and who may edit what, derived from the stored form and read back into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openslots.event_types.errors import InvalidEventType
from openslots.event_types.rules import fields
from openslots.event_types.types import Stored

_SYSTEM_SOURCE = {"id": "default", "type": "default", "label": "Default"}
_OPTIONAL = "system-but-optional"

# what the forms need to know of each default field beside its stored form
_SYSTEM: dict[str, Stored] = {
    "name": {"editable": "system", "defaultLabel": "your_name"},
    "email": {"editable": "system", "defaultLabel": "email_address"},
    fields.PHONE: {"editable": _OPTIONAL, "defaultLabel": "phone_number"},
    "location": {
        "editable": "system",
        "defaultLabel": "location",
        "hideWhenJustOneOption": True,
        "getOptionsAt": "locations",
        "optionsInputs": {
            "attendeeInPerson": {"type": "address", "required": True, "placeholder": ""},
            "somewhereElse": {"type": "text", "required": True, "placeholder": ""},
            "phone": {"type": "phone", "required": True, "placeholder": ""},
        },
    },
    "title": {
        "editable": _OPTIONAL,
        "defaultLabel": "what_is_this_meeting_about",
        "defaultPlaceholder": "",
    },
    "notes": {
        "editable": _OPTIONAL,
        "defaultLabel": "additional_notes",
        "defaultPlaceholder": "share_additional_notes",
    },
    "guests": {
        "editable": _OPTIONAL,
        "defaultLabel": "additional_guests",
        "defaultPlaceholder": "email",
    },
    "rescheduleReason": {
        "editable": _OPTIONAL,
        "defaultLabel": "reason_for_reschedule",
        "defaultPlaceholder": "reschedule_placeholder",
        "views": [{"id": "reschedule", "label": "Reschedule View"}],
    },
}
# keys of a stored field; the rest of what a form sends is derived again on the next answer
_KEPT_TEXTS = ("label", "placeholder", "variant")
_KEPT_FLAGS = ("hidden", "disableOnPrefill")
_KEPT_NUMBERS = ("minLength", "maxLength")
_NAME_PARTS = {
    "fullName": [("fullName", "your_name", True)],
    fields.SPLIT: [("firstName", "first_name", True), ("lastName", "last_name", False)],
}


def completed(stored: Sequence[Stored] | None) -> list[Stored]:
    """The fields with everything that a form is built from."""
    return [_completed(field) for field in fields.stored_or_default(stored)]


def _completed(field: Stored) -> Stored:
    name = str(field.get("name"))
    extra = _SYSTEM.get(name)
    if extra is None:
        source: Stored = {"id": "user", "type": "user", "label": "User"}
        source["fieldRequired"] = bool(field.get("required"))
        return {**field, "editable": "user", "sources": [source]}
    out = {**extra, **field, "sources": [dict(_SYSTEM_SOURCE)]}
    if name == "name":
        out |= {"variant": field.get("variant", "fullName"), "variantsConfig": _variants(field)}
    return out


def _variants(field: Stored) -> Stored:
    config = field.get("variantsConfig") or {}
    given: Mapping[str, Any] = config.get("variants") or {}
    return {
        "variants": {
            variant: given.get(variant)
            or {
                "fields": [
                    {"name": name, "type": "text", "label": label, "required": required}
                    for name, label, required in parts
                ]
            }
            for variant, parts in _NAME_PARTS.items()
        }
    }


def read(given: Iterable[Mapping[str, Any]]) -> list[Stored]:
    """The stored form of fields that a form sent, completed with the default fields. An e-mail
    field that is asked for is put where the booker could stay unreachable.

    Raises InvalidEventType for two fields of one name.
    """
    stored = [_read(field) for field in given]
    try:
        fields.require_contact(stored, phone_allowed=True)
    except InvalidEventType:
        stored = [field for field in stored if field["name"] != "email"]
        stored.append({"name": "email", "type": "email", "required": True})
    return fields.complete(stored)


def _read(field: Mapping[str, Any]) -> Stored:
    out: Stored = {
        "name": field["name"],
        "type": field["type"],
        "required": field.get("required") is True,
    }
    for flag in _KEPT_FLAGS:
        if field.get(flag) is True:
            out[flag] = True
    for key in _KEPT_TEXTS:
        if isinstance(field.get(key), str):
            out[key] = field[key]
    for key in _KEPT_NUMBERS:
        if isinstance(field.get(key), int) and not isinstance(field[key], bool):
            out[key] = field[key]
    if isinstance(field.get("options"), list):
        out["options"] = [_option(option) for option in field["options"]]
    if isinstance(field.get("variantsConfig"), dict):
        out["variantsConfig"] = field["variantsConfig"]
    if out.get("variant") == "fullName":
        out.pop("variant")
    if out["name"] == "name" and out.get("variant") != fields.SPLIT:
        out.pop("variantsConfig", None)
    return out


def _option(option: object) -> Stored:
    given: Mapping[str, Any] = option if isinstance(option, Mapping) else {"value": option}
    value = str(given.get("value", given.get("label", "")))
    return {"label": str(given.get("label", value)), "value": value}
