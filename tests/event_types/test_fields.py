"""Booking fields: completion, order, every kind, the messages of a refusal, the e-mail rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openslots.kernel.uow import Units
from tests import factories
from tests.event_types.conftest import Host, message

DEFAULTS = [
    {
        "isDefault": True,
        "type": "name",
        "slug": "name",
        "required": True,
        "label": "your_name",
        "disableOnPrefill": False,
    },
    {
        "isDefault": True,
        "type": "email",
        "slug": "email",
        "required": True,
        "hidden": False,
        "disableOnPrefill": False,
    },
    {
        "isDefault": True,
        "type": "radioInput",
        "slug": "location",
        "required": False,
        "hidden": False,
    },
    {
        "isDefault": True,
        "type": "text",
        "slug": "title",
        "required": True,
        "hidden": True,
        "disableOnPrefill": False,
    },
    {
        "isDefault": True,
        "type": "textarea",
        "slug": "notes",
        "required": False,
        "hidden": False,
        "disableOnPrefill": False,
    },
    {
        "isDefault": True,
        "type": "multiemail",
        "slug": "guests",
        "required": False,
        "hidden": False,
        "disableOnPrefill": False,
    },
    {
        "isDefault": True,
        "type": "textarea",
        "slug": "rescheduleReason",
        "required": False,
        "hidden": False,
        "disableOnPrefill": False,
    },
]
ATTENDEE_PHONE = {
    "isDefault": True,
    "type": "phone",
    "slug": "attendeePhoneNumber",
    "required": False,
    "hidden": True,
    "disableOnPrefill": False,
}
TEXT = {"type": "text", "slug": "a", "label": "A", "required": True}


def by_slug(event_type: dict[str, Any], slug: str) -> dict[str, Any]:
    found: dict[str, Any] = next(f for f in event_type["bookingFields"] if f["slug"] == slug)
    return found


async def test_an_event_type_without_fields_gets_the_seven_defaults(host: Host) -> None:
    assert (await host.create())["bookingFields"] == DEFAULTS


async def test_fields_that_were_never_stored_are_eight(host: Host, units: Units) -> None:
    row = await factories.make_event_type(units, host.person)
    name = {k: v for k, v in DEFAULTS[0].items() if k != "label"}
    expected = [name, DEFAULTS[1], ATTENDEE_PHONE, *DEFAULTS[2:]]
    found = await host.read(row.id)
    assert found["bookingFields"] == expected
    again = await host.update(row.id, bookingFields=found["bookingFields"])
    assert {json.dumps(f, sort_keys=True) for f in again["bookingFields"]} == {
        json.dumps(f, sort_keys=True) for f in expected
    }


async def test_custom_fields_keep_their_order_between_the_defaults(host: Host) -> None:
    fields = [
        {"slug": "notes", "label": "Notes"},
        TEXT,
        {"type": "phone", "slug": "attendeePhoneNumber", "label": "Tel", "required": False},
        {**TEXT, "slug": "b"},
        {"type": "email", "label": "Mail"},
    ]
    created = await host.create(bookingFields=fields)
    assert [f["slug"] for f in created["bookingFields"]] == [
        "name", "email", "location", "a", "attendeePhoneNumber", "b", "title", "notes", "guests",
        "rescheduleReason",
    ]  # fmt: skip
    assert by_slug(created, "attendeePhoneNumber")["isDefault"] is True
    assert by_slug(created, "a")["isDefault"] is False


PLAIN = ["phone", "address", "text", "number", "textarea", "multiemail", "url"]
CHOICES = ["multiselect", "checkbox", "radio"]


@pytest.mark.parametrize("kind", [*PLAIN, *CHOICES, "select", "boolean"])
async def test_every_kind_of_custom_field_round_trips(host: Host, kind: str) -> None:
    given: dict[str, Any] = {"type": kind, "slug": "mine", "label": "Mine", "required": True}
    if kind in (*CHOICES, "select"):
        given["options"] = ["one", "two"]
    sent = {**given, "placeholder": "p", "hidden": True, "disableOnPrefill": True}
    expected = {**given, "isDefault": False, "hidden": True, "disableOnPrefill": True}
    if kind in PLAIN or kind == "select":
        expected["placeholder"] = "p"
    created = await host.create(bookingFields=[sent])
    assert by_slug(created, "mine") == expected
    bare = await host.create(bookingFields=[given])
    assert by_slug(bare, "mine") == {
        **given,
        "isDefault": False,
        "hidden": False,
        "disableOnPrefill": False,
    }


@pytest.mark.parametrize("slug", ["title", "notes", "guests", "rescheduleReason"])
async def test_default_fields_are_replaced_by_slug(host: Host, slug: str) -> None:
    given = {"slug": slug, "label": "L", "placeholder": "P", "required": True, "hidden": True}
    created = await host.create(bookingFields=[{**given, "type": "number"}])
    found = by_slug(created, slug)
    assert {key: found[key] for key in given} == given
    assert found["type"] == next(f["type"] for f in DEFAULTS if f["slug"] == slug)
    bare = by_slug(await host.create(bookingFields=[{"slug": slug}]), slug)
    assert (bare["required"], bare["hidden"], bare["disableOnPrefill"]) == (False, False, False)
    assert not {"label", "placeholder"} & bare.keys()


async def test_name_email_and_location_are_replaced(host: Host) -> None:
    created = await host.create(
        bookingFields=[
            {"type": "name", "placeholder": "Who?", "disableOnPrefill": True},
            {"type": "email"},
            {"slug": "location", "label": "Where"},
        ]
    )
    assert by_slug(created, "name") == {
        "isDefault": True,
        "type": "name",
        "slug": "name",
        "required": True,
        "placeholder": "Who?",
        "disableOnPrefill": True,
    }
    assert by_slug(created, "email") == DEFAULTS[1]
    assert by_slug(created, "location") == {**DEFAULTS[2], "label": "Where"}


async def test_a_split_name_has_its_own_shape(host: Host) -> None:
    bare = await host.create(bookingFields=[{"type": "splitName"}])
    expected = {
        "isDefault": True,
        "type": "splitName",
        "slug": "splitName",
        "firstNameLabel": "",
        "firstNamePlaceholder": "",
        "lastNameLabel": "",
        "lastNamePlaceholder": "",
        "lastNameRequired": False,
        "disableOnPrefill": False,
    }
    assert bare["bookingFields"][0] == expected
    given = {
        "type": "splitName",
        "firstNameLabel": "First",
        "firstNamePlaceholder": "f",
        "lastNameLabel": "Last",
        "lastNamePlaceholder": "l",
        "lastNameRequired": True,
        "disableOnPrefill": True,
    }
    full = await host.create(bookingFields=[given])
    assert full["bookingFields"][0] == {**expected, **given}
    assert (await host.update(full["id"], bookingFields=full["bookingFields"])) == full


NO_TYPE = (
    "All booking fields except ones with slug equal to title, notes, guests, rescheduleReason "
    "and location must have a 'type' property."
)
NO_SLUG = (
    "Each booking field except ones with type equal to name, splitName, email must have a 'slug' "
    "property."
)
MALFORMED: list[tuple[Any, str]] = [
    ({"type": "text"}, "'bookingFields' must be an array."),
    ("text", "'bookingFields' must be an array."),
    ([], "'bookingFields' must contain at least 1 booking field."),
    ([{"slug": "a", "label": "A", "required": True}], NO_TYPE),
    (["text"], NO_TYPE),
    ([None], NO_TYPE),
    ([{}], NO_TYPE),
    ([{"type": "text", "label": "A", "required": True}], NO_SLUG),
    (
        [TEXT, TEXT],
        "Duplicate bookingFields slug 'a' found. All bookingFields slugs must be unique.",
    ),
    ([{**TEXT, "type": "emoji"}], "Unsupported booking field type 'emoji'."),
    ([{**TEXT, "type": 5}], "Unsupported booking field type '5'."),
    (
        [{**TEXT, "label": 5}],
        "Validation failed for text booking field: label must be a string",
    ),
    (
        [{"type": "text", "slug": "a"}],
        "Validation failed for text booking field: label must be a string, "
        "required must be a boolean value",
    ),
    (
        [{**TEXT, "slug": 5}],
        "Validation failed for text booking field: slug must be a string",
    ),
    (
        [{**TEXT, "type": "select"}],
        "Validation failed for select booking field: options must be an array",
    ),
    (
        [{"slug": "notes", "hidden": "no"}],
        "Validation failed for notes booking field: hidden must be a boolean value",
    ),
    ([{**TEXT, "slug": "name"}], "Duplicate booking field name: name"),
    ([{"type": "name"}, {"type": "splitName"}], "Duplicate booking field name: name"),
    ([{"type": "email"}, {"type": "email"}], "Duplicate booking field name: email"),
]


@pytest.mark.parametrize(("fields", "told"), MALFORMED)
async def test_malformed_fields_are_told_apart(host: Host, fields: Any, told: str) -> None:
    answer = await host.post(bookingFields=fields)
    assert answer.status_code == 400
    assert message(answer) == told
    created = await host.create()
    assert message(await host.patch(created["id"], bookingFields=fields)) == told
    assert await host.read(created["id"]) == created


async def test_the_booker_must_stay_reachable(host: Host) -> None:
    unreachable = (
        "Booking fields validation failed: visible and required email or visible and required "
        "attendee phone field is needed."
    )
    phone = {"type": "phone", "slug": "attendeePhoneNumber", "required": True, "label": "Tel"}
    cases: list[tuple[list[dict[str, Any]], str]] = [
        ([{"type": "email", "required": False}], unreachable),
        ([{"type": "email", "hidden": True}], unreachable),
        ([{"type": "email", "hidden": True}, {**phone, "hidden": True}], unreachable),
        (
            [{"type": "email", "required": False, "hidden": True}, phone],
            "checkIsEmailUserAccessible - Email booking field must be required and visible",
        ),
    ]
    for fields, told in cases:
        answer = await host.post(bookingFields=fields)
        assert (answer.status_code, message(answer)) == (400, told)
    assert (await host.post(bookingFields=[phone])).status_code == 201


async def test_disable_guests_touches_only_the_guests_field(host: Host) -> None:
    created = await host.create(bookingFields=[TEXT, {"slug": "guests", "label": "Who else"}])
    for wanted in (True, False, True):
        changed = await host.update(created["id"], disableGuests=wanted)
        assert changed["disableGuests"] is wanted
        expected = [
            {**f, "hidden": wanted} if f["slug"] == "guests" else f
            for f in created["bookingFields"]
        ]
        assert changed["bookingFields"] == expected


async def test_disable_guests_wins_over_the_field(host: Host, units: Units) -> None:
    for disabled in (True, False):
        created = await host.create(
            disableGuests=disabled, bookingFields=[{"slug": "guests", "hidden": not disabled}]
        )
        assert by_slug(created, "guests")["hidden"] is disabled
    legacy = await factories.make_event_type(units, host.person)
    assert (await host.update(legacy.id, disableGuests=True))["disableGuests"] is True


async def test_a_patch_replaces_custom_fields_and_resets_defaults(host: Host) -> None:
    created = await host.create(bookingFields=[TEXT, {"slug": "notes", "label": "N"}])
    changed = await host.update(created["id"], bookingFields=[{**TEXT, "slug": "c"}])
    assert [f["slug"] for f in changed["bookingFields"] if not f["isDefault"]] == ["c"]
    assert by_slug(changed, "notes") == DEFAULTS[4]


async def test_fields_of_other_systems_come_last_and_survive(host: Host, units: Units) -> None:
    stored = [{"name": "weird", "type": "hologram"}, {"name": "a", "type": "text", "label": "A"}]
    row = await factories.make_event_type(units, host.person, booking_fields=stored)
    found = await host.read(row.id)
    last = found["bookingFields"][-1]
    assert (last["type"], last["slug"]) == ("unknown", "unknown")
    assert json.loads(last["bookingField"]) == stored[0]
    changed = await host.update(row.id, bookingFields=found["bookingFields"])
    assert changed["bookingFields"][-1] == last


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"type": "hologram"}',
        '{"name": "a", "type": "text", "label": "A"}',
        '{"name": "a", "type": "hologram", "x": NaN}',
        '{"name": "a\\u0000", "type": "hologram"}',
        '{"name": "a\\ud800", "type": "hologram"}',
        "[" * 5000,
    ],
)
async def test_an_unknown_field_cannot_smuggle_anything_in(host: Host, text: str) -> None:
    field = {"type": "unknown", "slug": "unknown", "bookingField": text}
    answer = await host.post(bookingFields=[field])
    assert answer.status_code == 400
    assert message(answer).startswith("Validation failed for unknown booking field: ")


async def test_lists_leave_out_hidden_fields_even_for_the_owner(host: Host) -> None:
    hidden = {**TEXT, "slug": "secret", "hidden": True}
    created = await host.create(bookingFields=[hidden, TEXT])
    listed = await host.list(username=host.person.username, eventSlug=created["slug"])
    assert [f["slug"] for f in listed[0]["bookingFields"]] == [
        "name", "email", "location", "a", "notes", "guests", "rescheduleReason",
    ]  # fmt: skip
    assert by_slug(await host.read(created["id"]), "secret")["hidden"] is True


@pytest.mark.parametrize(
    "field",
    [
        {"type": [], "slug": "x"},
        {"type": {"a": 1}, "slug": "x"},
        {"type": 5, "slug": "x"},
        {"type": "unknown", "slug": "unknown", "bookingField": '{"name": "q", "a": 1e999}'},
    ],
)
async def test_fields_of_no_kind_are_refused(host: Host, field: dict[str, Any]) -> None:
    assert (await host.post(bookingFields=[field])).status_code == 400


@pytest.mark.parametrize(
    "stored",
    [
        {"name": "q", "type": ["text"]},
        {"name": "q", "type": {}},
        {"name": "q"},
    ],
)
async def test_what_is_stored_oddly_comes_back_as_unknown(
    host: Host, stored: dict[str, Any]
) -> None:
    shown = {"type": "unknown", "slug": "unknown", "bookingField": json.dumps(stored)}
    made = await host.create(bookingFields=[shown])
    assert made["bookingFields"][-1] == shown


async def test_a_split_name_in_odd_pieces_is_refused(host: Host) -> None:
    stored = {
        "name": "name",
        "type": "name",
        "variant": "firstAndLastName",
        "variantsConfig": [{"variants": 1}],
    }
    shown = {"type": "unknown", "slug": "unknown", "bookingField": json.dumps(stored)}
    assert (await host.post(bookingFields=[shown])).status_code == 400
