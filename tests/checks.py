"""`python -m tests.checks`: migrations go up and down and match the models; OpenAPI is current."""

from __future__ import annotations

import difflib
import os
import sys
import tempfile
from itertools import islice
from pathlib import Path

from openslots.cli import migrate, openapi
from openslots.embedded import Postgres
from tests.cluster import ROOT

SHOWN_LINES = 40


def main() -> int:
    """Runs both checks; prints what is wrong and returns how many failed."""
    problems = [problem for check in (migrations, document) if (problem := check())]
    for problem in problems:
        print(problem, file=sys.stderr)
    return len(problems)


def migrations() -> str:
    """Upgrades an empty database, compares it with the models, goes down and up again."""
    from alembic import command
    from alembic.util import CommandError

    config = migrate.alembic_config()
    with tempfile.TemporaryDirectory(prefix="openslots-checks-") as folder:
        postgres = Postgres(Path(folder) / "postgres", Path(folder) / "log", throwaway=True)
        postgres.start()
        try:
            postgres.wait()
            os.environ["DATABASE_URL"] = postgres.url
            command.upgrade(config, "head")
            if not migrate.is_current(postgres.url):
                return "migrations: the heads that `openslots migrate` reads differ from Alembic's"
            command.check(config)
            for target in ("-1", "base"):
                command.downgrade(config, target)
                command.upgrade(config, "head")
            command.check(config)
        except CommandError as error:
            return f"migrations: {error}"
        finally:
            postgres.stop()
    return ""


def document() -> str:
    """Compares docs/openapi.json with the document that the code gives."""
    path = ROOT / "docs" / "openapi.json"
    kept = path.read_text().splitlines() if path.exists() else []
    made = openapi.text().splitlines()
    if kept == made:
        return ""
    lines = difflib.unified_diff(kept, made, "docs/openapi.json", "the code", lineterm="", n=1)
    shown = "\n".join(islice(lines, SHOWN_LINES))
    return f"{shown}\ndocs/openapi.json is not current: run `make openapi` and commit it"


if __name__ == "__main__":
    sys.exit(main())
