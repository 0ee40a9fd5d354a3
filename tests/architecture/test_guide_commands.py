"""The commands of the guides, and of the README, are ones that `openslots` takes."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import pytest

from openslots.cli import COMMANDS

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(rf"\bopenslots ((?:{'|'.join(COMMANDS)})\b[^`\n#|;&<>()]*)")


def commands(document: Path) -> list[str]:
    """Those of blocks, and of spans of code that are more than a name."""
    text = re.sub(r"\\\n\s*", "", document.read_text())
    text = re.sub(r"\$\([^)]*\)", "made", text)
    spans = re.findall(r"`([^`\n]+ --[^`\n]+)`", BLOCK.sub("", text))
    found = [
        line.strip() for part in (*BLOCK.findall(text), *spans) for line in COMMAND.findall(part)
    ]
    return [line for line in found if "..." not in line]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.name))
def test_every_command_can_be_parsed(document: Path) -> None:
    for line in commands(document):
        command, *words = shlex.split(re.sub(r"(?<= )[A-Z]\b", "1", line))
        parser = ArgumentParser(f"openslots {line}")
        import_module(f"openslots.cli.{command}").arguments(parser)
        try:
            parser.parse_args(words)
        except SystemExit:
            pytest.fail(f"{document.name}: openslots {line}")


def test_commands_are_found() -> None:
    assert sum(len(commands(document)) for document in DOCUMENTS) >= 10
