"""README's commands and its table of variables are those of the code."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from openslots.cli import COMMANDS
from openslots.kernel.settings import Settings
from tests.contract.rows import ROOT

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
TABLE = re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \| (.*?) ?\| (.+) \|$", README, re.MULTILINE)


def _defaults(model: type[BaseSettings]) -> dict[str, object]:
    """Variable -> default of a settings model and of the groups inside it."""
    found: dict[str, object] = {}
    for field in model.model_fields.values():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseSettings):
            found |= _defaults(kind)
        elif field.alias:
            found[field.alias] = field.get_default(call_default_factory=False)
    return found


def test_the_table_names_every_variable_once() -> None:
    named = [name for name, _, _ in TABLE]
    assert sorted(named) == sorted(_defaults(Settings))


@pytest.mark.parametrize(("name", "shown"), [(name, shown) for name, shown, _ in TABLE])
def test_the_defaults_shown_are_those_of_the_settings(
    name: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that is set to what the table shows changes nothing."""
    for variable in _defaults(Settings):
        monkeypatch.delenv(variable, raising=False)
    untouched = Settings()
    if shown:
        monkeypatch.setenv(name, shown)
        assert Settings() == untouched
    else:
        default = _defaults(Settings)[name]
        assert default in (None, "", SecretStr(""))


@pytest.mark.parametrize("block", BLOCKS)
def test_the_shell_blocks_parse(block: str) -> None:
    shell = shutil.which("sh")
    assert shell is not None
    done = subprocess.run([shell, "-n"], input=block, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_commands_shown_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"run", "test"} <= shown <= targets
    assert set(re.findall(r"`openslots ([a-z]+)", README)) == set(COMMANDS)


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [
        link for link in links if not link.startswith("http") and not (ROOT / link).exists()
    ] == []
