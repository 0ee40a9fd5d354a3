"""`.env.example` names exactly the variables that the settings read, with their defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from openslots.kernel.settings import Settings

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"


def variables(model: type[BaseSettings]) -> set[str]:
    """The environment variables of a settings model and of the groups inside it."""
    found: set[str] = set()
    for field in model.model_fields.values():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseSettings):
            found |= variables(kind)
        elif field.alias:
            found.add(field.alias)
    return found


def examples() -> dict[str, str]:
    """The variables of the file, those that are commented out too."""
    lines = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    return dict(lines)


def test_the_example_names_every_variable_and_no_other() -> None:
    assert set(examples()) == variables(Settings)


def test_the_values_shown_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {name: value for name, value in examples().items() if name != "DATABASE_URL"}
    for name in shown:
        monkeypatch.delenv(name, raising=False)
    untouched = Settings()
    for name, value in shown.items():
        if name != "REDIS_URL":  # the default is to have none, an address shows the form
            monkeypatch.setenv(name, value)
    assert Settings() == untouched
