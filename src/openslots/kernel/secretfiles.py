"""Secrets in files: where `NAME` is not set, `NAME_FILE` names the file that holds its value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

SUFFIX = "_FILE"
LONGEST = 64 * 1024  # bytes; a larger file is no secret but a mistake


def read(variables: Mapping[str, str], name: str) -> str:
    """The variable `name`, else the content of the file that `NAME_FILE` names, without white space
    around it; empty where there is neither or the file cannot be read."""
    if text := variables.get(name, "").strip():
        return text
    path = variables.get(name + SUFFIX, "").strip()
    try:
        return _content(path) if path else ""
    except (OSError, ValueError):
        return ""


def unreadable(variables: Mapping[str, str], names: Iterable[str]) -> list[str]:
    """One line for each of `names` whose file is wanted and cannot be read."""
    problems = []
    for name in names:
        path = variables.get(name + SUFFIX, "").strip()
        if not path or variables.get(name, "").strip():
            continue
        try:
            _content(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            problems.append(f"{name}{SUFFIX}: {path} cannot be read: {reason.lower()}")
    return problems


def _content(path: str) -> str:
    """Raises OSError, or ValueError for what is not a short text, or none at all."""
    with Path(path).open("rb") as file:
        content = file.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise ValueError("too large")
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        raise ValueError("not text") from None
    if not text:
        raise ValueError("it is empty")
    return text
