"""What the code imports is declared, and every declared library has its reason in a record."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "docs" / "adr" / "0007-runtime-libraries.md"

# Parts of a declared library that have a name of their own.
COMES_WITH = {"starlette": "fastapi", "pydantic-core": "pydantic"}


@cache
def _project() -> dict[str, list[str]]:
    """Group -> names of its libraries; the runtime's group is the empty text."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"": project["dependencies"]} | project["optional-dependencies"]
    return {
        group: [re.split(r"[\[<>=;! ]", line)[0] for line in lines]
        for group, lines in groups.items()
    }


def _imported() -> dict[str, str]:
    """Top-level module of others -> a file that imports it, over all of `src`."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                found.setdefault(name.split(".")[0], str(path.relative_to(ROOT)))
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_import_is_a_declared_library() -> None:
    declared = {_normal(name) for group in ("", "embedded", "otel") for name in _project()[group]}
    of_module = packages_distributions()
    undeclared = {}
    for module, path in _imported().items():
        owners = {_normal(name) for name in of_module.get(module, [module])}
        owners |= {COMES_WITH.get(name, name) for name in owners}
        if module != "openslots" and not owners & declared:
            undeclared[module] = path
    assert undeclared == {}


def test_every_runtime_library_has_its_reason() -> None:
    table = re.findall(
        r"^\| ([a-z][\w.-]*)(?:\[\w+\])? \| (.+) \|$", RECORD.read_text(), re.MULTILINE
    )
    assert sorted(name for name, _ in table) == sorted(_project()[""])
    assert [name for name, reason in table if len(reason) < 10] == []
