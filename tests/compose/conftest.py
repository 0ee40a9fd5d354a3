"""Containers are tested by `make compose-test` alone: it takes minutes and a Docker daemon."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.compose.docker import inspect
from tests.compose.stack import Stack, eventually

collect_ignore_glob = [] if os.environ.get("COMPOSE_TEST") else ["test_*.py"]

FIGURES: dict[str, str] = {}


@pytest.fixture(scope="session")
def figures() -> dict[str, str]:
    """What was measured, for the end of the run."""
    return FIGURES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, value in FIGURES.items():
        terminalreporter.write_line(f"{name:<44} {value}")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, figures: dict[str, str]) -> Iterator[Stack]:
    """A built project that has never been started."""
    made = Stack(tmp_path_factory.mktemp("compose"))
    made.end()  # what a killed run left behind
    try:
        since = time.monotonic()
        made.compose("build", "api", timeout=1800)
        figures["build, seconds"] = f"{time.monotonic() - since:.0f}"
        size = inspect(made.image, "image")["Size"]
        figures["image, MB"] = f"{size / 1e6:.0f}"
        yield made
    finally:
        made.end()


@pytest.fixture(scope="session")
def running(stack: Stack, figures: dict[str, str]) -> Stack:
    """The project with three APIs and two workers, its first user and a webhook."""
    since = time.monotonic()
    stack.compose("up", "-d", "--scale", "api=3", "--scale", "worker=2")
    eventually(stack.up, 120, "the published port answers")
    figures["first start to the first answer, seconds"] = f"{time.monotonic() - since:.1f}"
    eventually(lambda: stack.all_healthy("api", "worker", "proxy"), 120, "everything is healthy")
    return stack
