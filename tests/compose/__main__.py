"""`make compose-test`: the tests of the containers, where a Docker daemon answers."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.compose import standins
from tests.compose.docker import ROOT, answers, compose

HINT = "as root with the packages docker.io and docker-compose: python -m tests.compose.daemon"


def main(arguments: list[str]) -> int:
    if problem := answers():
        print(f"compose-test skipped, no Docker daemon answers: {problem}")
        print(f"(start one, or {HINT} make compose-test)")
        return 0
    try:
        print(f"compose-test with {' '.join(compose())}", flush=True)
        if missing := standins.missing():
            standins.make(missing)
    except (AssertionError, FileNotFoundError) as error:
        print(f"compose-test cannot run: {error}", file=sys.stderr)
        return 1
    words = [sys.executable, "-m", "pytest", "tests/compose", "--confcutdir=tests/compose"]
    return subprocess.call(
        [*words, "-p", "no:xdist", *arguments], cwd=ROOT, env={**os.environ, "COMPOSE_TEST": "1"}
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
