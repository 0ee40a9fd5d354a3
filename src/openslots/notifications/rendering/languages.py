"""The words of mails: one file per language, English where a word or a language is missing."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from babel import Locale

from openslots.notifications.rules.invitation import Words

ENGLISH = "en"


@dataclass(frozen=True)
class Language:
    """`texts` are by dotted key, as `subjects.booked.host`, with {placeholders}."""

    code: str
    locale: Locale
    texts: Mapping[str, str]

    def say(self, key: str, **values: str) -> str:
        """A text with its placeholders filled in; a value is never read as a text."""
        return self.texts[key].format_map(values)

    @property
    def right_to_left(self) -> bool:
        return self.locale.text_direction == "rtl"

    @property
    def calendar_words(self) -> Words:
        """The labels of a calendar entry."""
        return Words(
            what=self.say("labels.what"),
            time_zone=self.say("labels.invitee_zone"),
            who=self.say("labels.who"),
            organizer=self.say("labels.organizer"),
            where=self.say("labels.where"),
            about=self.say("labels.description"),
            notes=self.say("labels.notes"),
            reason=self.say("labels.cancellation_reason"),
            change=self.say("labels.change"),
        )


@cache
def codes() -> frozenset[str]:
    """The languages there are."""
    folder = resources.files("openslots.notifications") / "languages"
    names = (entry.name for entry in folder.iterdir())
    return frozenset(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def language(locale: str) -> Language:
    """The language of a locale such as `de-AT` or `pt_BR`: its own, else that of the whole
    language, else English."""
    wanted = locale.replace("_", "-").lower()
    known = {code.lower(): code for code in codes()}
    for name in (wanted, wanted.partition("-")[0]):
        if name in known:
            return _loaded(known[name])
    return _loaded(ENGLISH)


@cache
def _loaded(code: str) -> Language:
    texts = read(code)
    if code != ENGLISH:
        texts = {**_loaded(ENGLISH).texts, **texts}
    return Language(code, Locale.parse(code, sep="-"), texts)


def read(code: str) -> dict[str, str]:
    """The texts of one file by dotted key."""
    file = resources.files("openslots.notifications") / "languages" / f"{code}.toml"
    return dict(_flat(tomllib.loads(file.read_text(encoding="utf-8"))))


def _flat(table: Mapping[str, Any], head: str = "") -> Iterator[tuple[str, str]]:  # Any: TOML
    for key, value in table.items():
        if isinstance(value, str):
            yield head + key, value
        else:
            yield from _flat(value, f"{head}{key}.")
