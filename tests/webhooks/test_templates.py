"""Custom templates: paths, blocks, and that JSON stays JSON whatever the values are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openslots.webhooks.payload import envelope, template
from openslots.webhooks.payload.template import TemplateError

CONTEXT: dict[str, Any] = {
    "title": 'Say "hi" & <bye>\\\n',
    "price": 5,
    "seated": False,
    "none": None,
    "organizer": {"name": "Hannah", "timeZone": "Europe/London"},
    "attendees": [{"name": "Ann"}, {"name": "Ben"}],
    "metadata": {"videoCallUrl": "https://v.example"},
    "empty": [],
}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{{organizer.name}}", "Hannah"),
        ("{{ organizer.name }}!", "Hannah!"),
        ("{{{organizer.name}}}", "Hannah"),
        ("{{organizer.timezone}}", "Europe/London"),
        ("{{attendees.0.name}}", "Ann"),
        ("{{attendees.[1].name}}", "Ben"),
        ("{{attendees.7.name}}|{{unknown}}|{{none}}|{{organizer.name.x}}", "|||"),
        ("{{attendees.length}}", "2"),
        ("{{title}}", 'Say "hi" & <bye>\\\n'),
        ("{{price}} {{seated}}", "5 false"),
        ("{{metadata}}", '{"videoCallUrl": "https://v.example"}'),
        ("{{#each attendees}}{{name}};{{/each}}", "Ann;Ben;"),
        ("{{#each empty}}x{{else}}nobody{{/each}}", "nobody"),
        ("{{#if organizer}}yes{{else}}no{{/if}}", "yes"),
        ("{{#if seated}}yes{{else}}no{{/if}}", "no"),
        ("{{#unless seated}}free{{/unless}}", "free"),
        ("{{! a remark }}a{{}}b", "ab"),
        ("no tags {at} all }}", "no tags {at} all }}"),
    ],
)
def test_text_templates(written: str, expected: str) -> None:
    assert template.render(written, CONTEXT) == (expected, False)


def test_a_json_template_is_filled_in_leaf_by_leaf() -> None:
    written = (
        '{"{{price}}": ["{{title}}", 1, null, {"n": "{{attendees.0.name}}"}], "p": "{{price}}"}'
    )
    text, is_json = template.render(written, CONTEXT)
    assert is_json
    assert json.loads(text) == {"5": [CONTEXT["title"], 1, None, {"n": "Ann"}], "p": "5"}


@given(st.text(), st.text())
def test_no_value_breaks_the_json(title: str, name: str) -> None:
    text, is_json = template.render(
        '{"a": "{{title}}", "{{name}}": "x{{name}}"}', {"title": title, "name": name}
    )
    assert is_json
    expected = {"a": title, name: f"x{name}"}
    assert json.loads(text) == expected


@given(st.text(alphabet="{}#/ !else.eachift[]0", max_size=60))
def test_no_template_does_anything_but_render_or_refuse(written: str) -> None:
    try:
        template.render(written, CONTEXT)
    except TemplateError:
        return


@pytest.mark.parametrize(
    "written",
    [
        "{{#if a}}",
        "{{/if}}",
        "{{else}}",
        "{{#if a}}{{/each}}",
        "{{#with a}}{{/with}}",
        "{{#if price}}" * 30 + "{{/if}}" * 30,
    ],
)
def test_templates_that_cannot_be_filled_in(written: str) -> None:
    with pytest.raises(TemplateError):
        template.render(written, CONTEXT)


def test_a_small_template_cannot_grow_without_end() -> None:
    with pytest.raises(TemplateError):
        template.render("{{big}}" * 2000, {"big": "x" * 1000})


@pytest.mark.parametrize(
    "written",
    [
        "{{#each l}}" * 6 + "{{/each}}" * 6,
        "{{#each l}}{{#each l}}{{#each l}}{{none}}{{/each}}{{/each}}{{/each}}",
        "{{#each l}}" + "{{#if no}}x{{/if}}" * 1000 + "{{/each}}",
        "{{#each l}}{{#each l}}{{" + "a." * 20_000 + "}}{{/each}}{{/each}}",
        json.dumps({"a": ["{{#each l}}{{#each l}}{{none}}{{/each}}{{/each}}"] * 20}),
    ],
)
def test_a_template_that_prints_nothing_ends_too(written: str) -> None:
    many: list[Any] = []
    many += [{"l": many}] * 50
    with pytest.raises(TemplateError, match="too many"):
        template.render(written, {"l": many})


def test_an_ordinary_template_of_many_guests_is_filled_in() -> None:
    one = "".join(f"{{{{#if name}}}}{{{{name}}}}{n};{{{{else}}}}-{{{{/if}}}}" for n in range(50))
    text, _ = template.render(
        "{{#each attendees}}" + one + "{{/each}}", {"attendees": [{"name": "Ann"}] * 30}
    )
    assert text.count("Ann") == 1500


WRAPPED = {"triggerEvent": "BOOKING_CREATED", "createdAt": "now", "payload": {"title": "Talk"}}


@pytest.mark.parametrize(
    ("custom", "body", "content_type"),
    [
        (None, json.dumps(WRAPPED), "application/json"),
        ("", json.dumps(WRAPPED), "application/json"),
        ('"{{title}}/{{payload.title}}"', '"Talk/Talk"', "application/json"),
        ("t={{title}}&e={{triggerEvent}}", "t=Talk&e=BOOKING_CREATED", envelope.FORM),
        ("{{#if", "{{#if", envelope.FORM),
        ("{{#if x}}", json.dumps(WRAPPED), "application/json"),
        ('{"a": "\\ud800"}', json.dumps(WRAPPED), "application/json"),
        ("[" * 50_000 + "]" * 50_000, "[" * 50_000 + "]" * 50_000, envelope.FORM),
    ],
)
def test_what_is_sent(custom: str | None, body: str, content_type: str) -> None:
    made = envelope.rendered(WRAPPED, custom)
    assert (made.body, made.content_type) == (body, content_type)
    fallen = bool(custom) and (body, content_type) == (json.dumps(WRAPPED), "application/json")
    assert (made.problem is not None) == fallen
