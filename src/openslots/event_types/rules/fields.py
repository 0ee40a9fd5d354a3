"""Booking fields: their stored form, the API's form, completion with defaults, the e-mail rule.

Stored form, one dictionary per field (event type notes, 6):

- `name`: the slug under which responses arrive; `type`: name, email, phone, address, text,
  number, textarea, url, multiemail, select, multiselect, checkbox, radio, boolean, radioInput
- `required`: bool; `hidden`, `disableOnPrefill`: bool, absent means false
- `label`, `placeholder`: absent when never given
- `options`: `[{"label": .., "value": ..}]` of select, multiselect, checkbox and radio
- a name asked in two parts has `variant` "firstAndLastName" and
  `variantsConfig.variants.firstAndLastName.fields`, the first and the last name in this order

Order: name, email, location, custom fields as sent, title, notes, guests, rescheduleReason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openslots.event_types.errors import InvalidEventType
from openslots.event_types.types import Stored

SPLIT = "firstAndLastName"
PHONE = "attendeePhoneNumber"

# default fields that a body names by slug, with their fixed type
BY_SLUG = {
    "title": "text",
    "notes": "textarea",
    "guests": "multiemail",
    "rescheduleReason": "textarea",
    "location": "radioInput",
}
BY_TYPE = ("name", "splitName", "email")
PLAIN = ("phone", "address", "text", "number", "textarea", "multiemail", "url")
CHOICES = ("multiselect", "checkbox", "radio")
WITH_PLACEHOLDER = frozenset({*PLAIN, "select"})
WITH_OPTIONS = frozenset({*CHOICES, "select"})
CUSTOM = frozenset({*PLAIN, *CHOICES, "select", "boolean"})

_DEFAULTS: tuple[Stored, ...] = (
    {"name": "name", "type": "name", "required": True, "label": "your_name"},
    {"name": "email", "type": "email", "required": True},
    {"name": "location", "type": "radioInput", "required": False},
    {"name": "title", "type": "text", "required": True, "hidden": True},
    {"name": "notes", "type": "textarea", "required": False},
    {"name": "guests", "type": "multiemail", "required": False},
    {"name": "rescheduleReason", "type": "textarea", "required": False},
)
_BEFORE, _AFTER = ("name", "email", "location"), ("title", "notes", "guests", "rescheduleReason")


def defaults() -> list[Stored]:
    """The seven fields of an event type that was created without any."""
    return [dict(field) for field in _DEFAULTS]


def never_stored() -> list[Stored]:
    """The eight fields of an event type whose fields were never stored."""
    fields = defaults()
    del fields[0]["label"]
    fields.insert(2, {"name": PHONE, "type": "phone", "required": False, "hidden": True})
    return fields


def stored_or_default(stored: Sequence[Stored] | None) -> list[Stored]:
    """The fields that hold for an event type, from its column."""
    return never_stored() if stored is None else [dict(field) for field in stored]


# -- reading a body


def kind_of(field: object, slugs: set[str]) -> str:
    """Which kind of field an element of a body is; adds its slug to those already met.

    Raises InvalidEventType in the order of the notes, 6.1. A default field is recognised by its
    slug whatever its type says.
    """
    given: Mapping[str, Any] = field if isinstance(field, Mapping) else {}
    kind, slug = given.get("type"), given.get("slug")
    by_slug = isinstance(slug, str) and slug in BY_SLUG
    if kind in (None, "") and not by_slug:
        raise InvalidEventType(
            "All booking fields except ones with slug equal to title, notes, guests, "
            "rescheduleReason and location must have a 'type' property."
        )
    if slug in (None, "") and kind not in BY_TYPE:
        raise InvalidEventType(
            "Each booking field except ones with type equal to name, splitName, email must have "
            "a 'slug' property."
        )
    if isinstance(slug, str) and slug:
        if slug in slugs:
            raise InvalidEventType(
                f"Duplicate bookingFields slug '{slug}' found. All bookingFields slugs must be "
                "unique."
            )
        slugs.add(slug)
    if by_slug:
        return str(slug)
    if isinstance(kind, str) and (kind in BY_TYPE or kind in CUSTOM or kind == "unknown"):
        return kind
    raise InvalidEventType(f"Unsupported booking field type '{kind}'.")


def to_stored(kind: str, given: Mapping[str, Any]) -> Stored:
    """The stored form of a validated element of a body; keys that are null count as absent."""
    value = {key: item for key, item in given.items() if item is not None}
    if kind == "unknown":
        return dict(json.loads(value["bookingField"]))
    if kind == "splitName":
        return _split_name(value)
    if kind == "name":
        out: Stored = {"name": "name", "type": "name", "required": True}
    elif kind == "email":
        out = {"name": "email", "type": "email", "required": value.get("required", True)}
    elif kind in BY_SLUG:
        out = {"name": kind, "type": BY_SLUG[kind], "required": value.get("required", False)}
    else:
        out = {"name": value["slug"], "type": kind, "required": value["required"]}
    for flag in ("hidden", "disableOnPrefill"):
        if value.get(flag):
            out[flag] = True
    if kind in WITH_OPTIONS:
        out["options"] = [{"label": option, "value": option} for option in value["options"]]
    if "label" in value:
        out["label"] = value["label"]
    if "placeholder" in value and (kind in WITH_PLACEHOLDER or kind not in CUSTOM):
        out["placeholder"] = value["placeholder"]
    return out


def _split_name(value: Mapping[str, Any]) -> Stored:
    def part(name: str, required: bool) -> Stored:
        return {
            "name": name,
            "type": "text",
            "required": required,
            "label": value.get(f"{name}Label", ""),
            "placeholder": value.get(f"{name}Placeholder", ""),
        }

    parts = [part("firstName", True), part("lastName", value.get("lastNameRequired", False))]
    out: Stored = {
        "name": "name",
        "type": "name",
        "required": True,
        "variant": SPLIT,
        "variantsConfig": {"variants": {SPLIT: {"fields": parts}}},
    }
    if value.get("disableOnPrefill"):
        out["disableOnPrefill"] = True
    return out


def complete(fields: Iterable[Stored]) -> list[Stored]:
    """Puts fields in stored order and adds the default fields that are missing.

    Raises InvalidEventType when two fields have one name, a custom one that of a default one
    included.
    """
    given: dict[str, Stored] = {}
    for field in fields:
        name = str(field["name"])
        if name in given or (name in ("name", "email") and field["type"] != name):
            raise InvalidEventType(f"Duplicate booking field name: {name}")
        given[name] = field
    standard = {str(field["name"]): field for field in defaults()}
    custom = [field for name, field in given.items() if name not in standard]
    return [
        *(given.get(name, standard[name]) for name in _BEFORE),
        *custom,
        *(given.get(name, standard[name]) for name in _AFTER),
    ]


def with_guests_hidden(stored: Sequence[Stored] | None, hidden: bool) -> list[Stored]:
    """The same fields with the guests field hidden or shown (disableGuests)."""
    fields = stored_or_default(stored)
    for field in fields:
        if field["name"] == "guests":
            field.pop("hidden", None)
            if hidden:
                field["hidden"] = True
    return fields


# -- what must hold


def _asked(fields: Iterable[Stored], name: str) -> bool:
    return any(
        field["name"] == name and field.get("required") and not field.get("hidden")
        for field in fields
    )


def require_contact(fields: Sequence[Stored], *, phone_allowed: bool = False) -> None:
    """The e-mail rule (6.4): raises InvalidEventType when a booker could stay unreachable, and,
    unless `phone_allowed` (organisation teams), when the e-mail address is not asked for."""
    email = _asked(fields, "email")
    if not email and not _asked(fields, PHONE):
        raise InvalidEventType(
            "Booking fields validation failed: visible and required email or visible and required "
            "attendee phone field is needed."
        )
    if not email and not phone_allowed:
        raise InvalidEventType(
            "checkIsEmailUserAccessible - Email booking field must be required and visible"
        )


# -- answering


def guests_disabled(stored: Sequence[Stored] | None) -> bool:
    """Whether the guests field is hidden."""
    return any(f["name"] == "guests" and f.get("hidden") for f in stored or ())


def option_values(field: Stored) -> list[str]:
    """The choices of a field as plain texts."""
    options = field.get("options") or []
    return [str(o.get("value", "")) if isinstance(o, Mapping) else str(o) for o in options]


def is_split_name(field: Stored) -> bool:
    return field.get("type") == "name" and field.get("variant") == SPLIT


def api_fields(stored: Sequence[Stored] | None, *, hidden: bool = True) -> list[Stored]:
    """The fields as the API shows them; without the hidden ones on demand. What this version
    cannot interpret comes last."""
    known, unknown = [], []
    for field in stored_or_default(stored):
        shown = _api_field(field)
        if shown is None:
            text = json.dumps(field, ensure_ascii=False)
            unknown.append({"type": "unknown", "slug": "unknown", "bookingField": text})
        elif hidden or not shown.get("hidden"):
            known.append(shown)
    return known + unknown


def is_known(field: Stored) -> bool:
    """Whether this version can interpret a stored field."""
    return _api_field(field) is not None


def _api_field(field: Stored) -> Stored | None:
    name, kind = field.get("name"), field.get("type")
    if not isinstance(name, str):
        return None
    prefill = bool(field.get("disableOnPrefill"))
    if is_split_name(field):
        return _api_split_name(field, prefill)
    if name in ("name", "email") and kind != name:
        return None
    if name == "name":
        head: Stored = {"isDefault": True, "type": "name", "slug": "name", "required": True}
        return head | _texts(field) | {"disableOnPrefill": prefill}
    flags = {"required": bool(field.get("required")), "hidden": bool(field.get("hidden"))}
    if name == "email" or name in BY_SLUG:
        shown_type = BY_SLUG.get(name, "email")
        head = {"isDefault": True, "type": shown_type, "slug": name, **flags, **_texts(field)}
        return head if name == "location" else head | {"disableOnPrefill": prefill}
    if not isinstance(kind, str) or kind not in CUSTOM:
        return None
    out: Stored = {"isDefault": name == PHONE and kind == "phone", "type": kind, "slug": name}
    out |= flags
    if not out["isDefault"]:
        out["label"] = ""
    out |= {k: v for k, v in _texts(field).items() if k == "label" or kind in WITH_PLACEHOLDER}
    if kind in WITH_OPTIONS:
        out["options"] = option_values(field)
    return out | {"disableOnPrefill": prefill}


def _texts(field: Stored) -> Stored:
    return {k: field[k] for k in ("label", "placeholder") if isinstance(field.get(k), str)}


def _api_split_name(field: Stored, prefill: bool) -> Stored:
    parts: object = field
    for key in ("variantsConfig", "variants", SPLIT, "fields"):
        parts = parts.get(key) if isinstance(parts, Mapping) else None
    by_name = {
        str(part.get("name")): part
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, Mapping)
    }
    out: Stored = {"isDefault": True, "type": "splitName", "slug": "splitName"}
    for name in ("firstName", "lastName"):
        part = by_name.get(name, {})
        out[f"{name}Label"] = part.get("label") or ""
        out[f"{name}Placeholder"] = part.get("placeholder") or ""
    out["lastNameRequired"] = bool(by_name.get("lastName", {}).get("required"))
    return out | {"disableOnPrefill": prefill}
