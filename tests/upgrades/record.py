"""`python -m tests.upgrades.record`: writes `first_release.sql`, the rows that the first
released code left where somebody used it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from openslots import embedded
from tests.processes.server import eventually, receiver
from tests.upgrades.released import Code, checkout, missing, use

FILE = Path(__file__).with_name("first_release.sql")
KEPT = ("INSERT INTO", "SELECT pg_catalog.setval")


def main() -> int:
    if reason := missing():
        print(reason, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="openslots-record-") as name:
        folder = Path(name)
        postgres = embedded.Postgres(folder / "postgres", folder / "log", throwaway=True)
        postgres.start()
        try:
            postgres.wait()
            code = Code(postgres.url, checkout(folder / "old"))
            code.run("migrate")
            with receiver() as hook, code.serving() as base:
                known = use(code, base, hook.url)
                eventually(lambda: len(hook.bodies) >= 4, 30, "the webhooks arrive")
            FILE.write_text(f"-- {json.dumps(known)}\n" + dumped(postgres.url))
        finally:
            postgres.stop()
    return 0


def dumped(url: str) -> str:
    """The rows of a database as INSERTs, and its sequences."""
    binaries = embedded.postgres_binaries()
    assert binaries is not None
    done = subprocess.run(
        [
            str(binaries / "pg_dump"),
            *("--data-only", "--column-inserts", "--no-owner"),
            *("--exclude-table=alembic_version", url),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    statements = re.split(r"(?<=;)\n", done.stdout)  # a text may hold line ends
    bare = (re.sub(r"\A(?:--.*\n|\s+)+", "", statement) for statement in statements)
    return "".join(f"{one}\n" for one in bare if one.startswith(KEPT))


if __name__ == "__main__":
    sys.exit(main())
