"""Every language says everything, with the same placeholders."""

from __future__ import annotations

from string import Formatter

import pytest

from openslots.notifications.rendering import languages
from openslots.notifications.rendering.languages import codes, language, read
from openslots.notifications.rules.audience import Kind

OTHERS = sorted(codes() - {"en"})


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_there_are_four() -> None:
    assert codes() >= {"en", "de", "fr", "es"}


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_every_text(code: str) -> None:
    english, other = read("en"), read(code)
    assert set(other) == set(english)
    different = {
        key for key, text in other.items() if placeholders(text) != placeholders(english[key])
    }
    assert different == set()
    assert all(text.strip() for text in other.values())


def test_a_text_is_translated() -> None:
    english = read("en")
    same = {"{title}", "Cal Video", "Description", "No", "{hours}, {day}"}
    for code in OTHERS:
        untouched = {text for key, text in read(code).items() if text == english[key]}
        assert untouched <= same, code


def test_every_kind_of_mail_has_its_texts() -> None:
    texts = read("en")
    for kind in Kind:
        roles = [role for role in ("host", "attendee") if f"subjects.{kind}.{role}" in texts]
        assert roles, kind
        for role in roles:
            assert {f"headings.{kind}.{role}", f"intros.{kind}.{role}"} <= set(texts)


@pytest.mark.parametrize(
    ("locale", "code"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE_ch", "de"),
        ("fr-CA", "fr"),
        ("es-419", "es"),
        ("en-GB", "en"),
        ("pt-BR", "en"),
        ("", "en"),
        ("../de", "en"),
        ("zz" * 100, "en"),
    ],
)
def test_the_nearest_language(locale: str, code: str) -> None:
    assert language(locale).code == code


def test_a_value_is_never_read_as_a_text() -> None:
    said = language("en").say("subjects.seat_taken.host", title="{title.__class__} {0}")
    assert said == "New Attendee: {title.__class__} {0}"


def test_a_text_that_a_language_lacks_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    full = read("de")
    monkeypatch.setattr(languages, "read", lambda code: {} if code == "de" else read(code))
    languages._loaded.cache_clear()
    try:
        assert language("de").say("labels.when") == "When"
    finally:
        languages._loaded.cache_clear()
    assert full["labels.when"] == "Wann"
