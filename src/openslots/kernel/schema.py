"""Which revisions of the database this code brings along, read without Alembic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Revisions:
    """`heads` are the newest of `known`."""

    known: frozenset[str]
    heads: frozenset[str]

    def serve(self, found: set[str]) -> bool:
        """Whether code with these revisions works on a database at `found`: at the newest, or at
        one that only newer code knows, as while an upgrade is rolled out."""
        return self.heads <= found or bool(found - self.known)


def scripts() -> Path | None:
    """The folder `migrations` beside the source tree, or inside an installed package."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parents[1] / "migrations", package / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    return None


def read(folder: Path) -> Revisions:
    """The revisions of the files below the folder."""
    known, followed = set(), set()
    for path in (folder / "versions").glob("*.py"):
        text = path.read_text()
        known.update(re.findall(r"^revision\b.*?= *[\"']([^\"']+)", text, re.M))
        for line in re.findall(r"^down_revision\b.*?= *(.+)$", text, re.M):
            followed.update(re.findall(r"[\"']([^\"']+)[\"']", line))
    return Revisions(frozenset(known), frozenset(known - followed))


@lru_cache(maxsize=1)
def revisions() -> Revisions | None:
    """Those of this installation; None where it lacks its migrations."""
    folder = scripts()
    return None if folder is None else read(folder)
