"""The rows of docs/operations.json as values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATES = (
    "2024-04-15",
    "2024-06-11",
    "2024-06-14",
    "2024-08-13",
    "2024-09-04",
    "2026-02-25",
    "2026-05-01",
)


@dataclass(frozen=True)
class Row:
    """One operation. `dates` are the declared ones; every known date where the file says null."""

    method: str
    path: str
    dates: tuple[str, ...]
    title: str
    section: str
    slice: str
    source: str
    built: bool
    access: str
    oauth_scope: str | None
    role: str | None
    pbac: str | None
    success_status: int
    deprecated: bool

    @property
    def template(self) -> str:
        """The path with its parameters unnamed: names are no part of the contract."""
        return unnamed(self.path)

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.oauth_scope.split("|")) if self.oauth_scope else ()

    def __str__(self) -> str:
        dates = "" if self.dates == DATES else " " + ",".join(self.dates)
        return f"{self.method} {self.path}{dates}"


def unnamed(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


@cache
def rows() -> tuple[Row, ...]:
    """Every row, in the order of the file."""
    raw = json.loads((ROOT / "docs" / "operations.json").read_text())
    return tuple(Row(**{**row, "dates": tuple(row["dates"] or DATES)}) for row in raw)
