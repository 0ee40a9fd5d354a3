"""Prints the part of requirements.lock that one package needs, hashes and all, for the Dockerfile.

`lock_part.py openslots EXTRA...` gives what the server needs at run time, with the named extras;
any other name gives that package and what it needs. It goes by the comments "via NAME" of the lock
file.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

OURS = "openslots"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: str) -> dict[str, str]:
    """Name -> its lines, comments too."""
    found = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    return {normal(re.split(r"[=\s\[]", entry, maxsplit=1)[0]): entry for entry in found if entry}


def wanted_by(entry: str) -> set[str]:
    """The packages that the comment of an entry names."""
    comments = "".join(re.findall(r"^ *#(.*)$", entry, re.MULTILINE)).replace("via", " ")
    return {normal(word) for word in comments.split() if not word.startswith("(")}


def roots(package: str, extras: list[str], pyproject: str) -> set[str]:
    if package != OURS:
        return {normal(package)}
    project = tomllib.loads(pyproject)["project"]
    optional = project["optional-dependencies"]
    needs = [*project["dependencies"], *(need for extra in extras for need in optional[extra])]
    return {normal(re.split(r"[^A-Za-z0-9._-]", need, maxsplit=1)[0]) for need in needs}


def part(package: str, extras: list[str], lock: str, pyproject: str) -> str:
    """The lines of the lock file for `package`. Raises SystemExit when it does not hold them."""
    every = entries(lock)
    chosen = roots(package, extras, pyproject)
    if missing := chosen - every.keys():
        raise SystemExit(f"requirements.lock lacks {', '.join(sorted(missing))}: make it anew")
    while more := {n for n, e in every.items() if n not in chosen and wanted_by(e) & chosen}:
        chosen |= more
    return "".join(every[name] for name in sorted(chosen))


if __name__ == "__main__":
    here = Path.cwd()
    lock, pyproject = (here / name for name in ("requirements.lock", "pyproject.toml"))
    sys.stdout.write(part(sys.argv[1], sys.argv[2:], lock.read_text(), pyproject.read_text()))
