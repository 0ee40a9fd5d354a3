"""What the tests ask of Docker: its client and Compose, either version, as commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 4000  # characters of output in a failure


def client() -> str:
    """The client of Docker; DOCKER names another one."""
    return os.environ.get("DOCKER", "docker")


def answers() -> str:
    """Empty when a daemon answers, else why not."""
    if shutil.which(client()) is None:
        return f"the command {client()} is missing"
    done = subprocess.run(
        [client(), "version", "--format", "{{.Server.Version}}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or ["no daemon answers"])[-1]


@cache
def compose() -> list[str]:
    """The words of Compose: COMPOSE, else the plugin, else the program of its own."""
    if given := os.environ.get("COMPOSE"):
        return given.split()
    plugin = subprocess.run([client(), "compose", "version"], capture_output=True, check=False)
    if plugin.returncode == 0:
        return [client(), "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    raise FileNotFoundError("neither `docker compose` nor `docker-compose` is here")


def run(
    words: Sequence[str],
    *,
    check: bool = True,
    timeout: float = 600,
    variables: dict[str, str] | None = None,
    cwd: Path = ROOT,
    given: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; its output is part of the AssertionError when it fails."""
    done = subprocess.run(
        list(words),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=cwd,
        input=given,
        env={**os.environ, **(variables or {})},
    )
    if check and done.returncode != 0:
        said = (done.stdout + done.stderr)[-SHOWN:]
        raise AssertionError(f"{' '.join(words)} ended with {done.returncode}:\n{said}")
    return done


def docker(*words: str, check: bool = True, timeout: float = 600) -> str:
    """What the client printed, without white space around it."""
    return run([client(), *words], check=check, timeout=timeout).stdout.strip()


def inspect(name: str, kind: str = "container") -> dict[str, Any]:  # Any: Docker's JSON
    found: list[dict[str, Any]] = json.loads(docker(kind, "inspect", name))
    return found[0]
