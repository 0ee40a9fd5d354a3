"""The Kubernetes manifests name settings and commands that exist."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import pytest

from openslots.cli import COMMANDS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"


def test_every_variable_is_a_setting() -> None:
    known = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
    for name in ("config.yaml", "secret.example.yaml"):
        used = set(re.findall(r"^  ([A-Z][A-Z0-9_]+):", (FOLDER / name).read_text(), re.M))
        assert used, name
        assert used <= known


@pytest.mark.parametrize("name", ["api.yaml", "worker.yaml"])
def test_every_command_can_be_parsed(name: str) -> None:
    found = re.findall(r"command: \[openslots, (.*)\]", (FOLDER / name).read_text())
    assert len(found) == 2
    for line in found:
        command, *rest = [word.strip().strip('"') for word in line.split(",")]
        assert command in COMMANDS
        parser = ArgumentParser(exit_on_error=False)
        import_module(f"openslots.cli.{command}").arguments(parser)
        parser.parse_args(rest)


def test_every_file_is_listed() -> None:
    listed = re.findall(r"- (\w+\.yaml)", (FOLDER / "kustomization.yaml").read_text())
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml", "secret.yaml"}
    assert {name.replace("secret.yaml", "secret.example.yaml") for name in listed} == files


def test_only_the_autoscaler_says_how_many_apis_there_are() -> None:
    text = (FOLDER / "api.yaml").read_text()
    assert "kind: HorizontalPodAutoscaler" in text
    assert not re.search(r"^  replicas:", text, re.M)
