"""`docs/security.md` names every requirement of ASVS 5.0.0 up to level 2 once, and only files and
tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
STATES = {"yes", "part", "operator", "n.a.", "open"}
# section -> how many requirements it has, and which of them are of level 3
SECTIONS: dict[str, tuple[int, set[int]]] = {
    "1.1": (2, set()), "1.2": (10, {10}), "1.3": (12, {12}), "1.4": (3, set()), "1.5": (3, {3}),
    "2.1": (3, set()), "2.2": (3, set()), "2.3": (5, {5}), "2.4": (2, {2}),
    "3.1": (1, {1}), "3.2": (3, {3}), "3.3": (5, {5}), "3.4": (8, {7, 8}), "3.5": (8, {6, 7, 8}),
    "3.6": (1, {1}), "3.7": (5, {3, 4, 5}),
    "4.1": (5, {4, 5}), "4.2": (5, {2, 3, 4, 5}), "4.3": (2, set()), "4.4": (4, set()),
    "5.1": (1, set()), "5.2": (6, {4, 5, 6}), "5.3": (3, {3}), "5.4": (3, set()),
    "6.1": (3, set()), "6.2": (12, set()), "6.3": (8, {5, 6, 7, 8}), "6.4": (6, {5, 6}),
    "6.5": (8, {6, 7, 8}), "6.6": (4, {4}), "6.7": (2, {1, 2}), "6.8": (4, set()),
    "7.1": (3, set()), "7.2": (4, set()), "7.3": (2, set()), "7.4": (5, set()), "7.5": (3, {3}),
    "7.6": (2, set()),
    "8.1": (4, {3, 4}), "8.2": (4, {4}), "8.3": (3, {2, 3}), "8.4": (2, {2}),
    "9.1": (3, set()), "9.2": (4, set()),
    "10.1": (2, set()), "10.2": (3, {3}), "10.3": (5, {5}), "10.4": (16, {12, 13, 14, 15, 16}),
    "10.5": (5, set()), "10.6": (2, set()), "10.7": (3, set()),
    "11.1": (4, {3, 4}), "11.2": (5, {4, 5}), "11.3": (5, {4, 5}), "11.4": (4, set()),
    "11.5": (2, {2}), "11.6": (2, {2}), "11.7": (2, {1, 2}),
    "12.1": (5, {4, 5}), "12.2": (2, set()), "12.3": (5, {5}),
    "13.1": (4, {2, 3, 4}), "13.2": (6, {6}), "13.3": (4, {3, 4}), "13.4": (7, {6, 7}),
    "14.1": (2, set()), "14.2": (8, {5, 6, 7, 8}), "14.3": (3, set()),
    "15.1": (5, {4, 5}), "15.2": (5, {4, 5}), "15.3": (7, set()), "15.4": (4, {1, 2, 3, 4}),
    "16.1": (1, set()), "16.2": (5, set()), "16.3": (4, set()), "16.4": (3, set()),
    "16.5": (4, {4}),
    "17.1": (2, {2}), "17.2": (8, {5, 6, 7, 8}), "17.3": (2, set()),
}  # fmt: skip
WANTED = {
    f"{section}.{number}"
    for section, (count, third) in SECTIONS.items()
    for number in range(1, count + 1)
    if number not in third
}
ROWS = re.findall(r"^\| (\d+\.[\d., ]*) \| (.+?) \| (.+?) \| (.+) \|$", TEXT, re.MULTILINE)
NAMED = sorted(
    set(re.findall(r"`((?:src|tests|docs|fuzz|bench|deploy|migrations)/[^`]+)`", TEXT))
    | set(re.findall(r"`((?:SECURITY|README)\.md|[a-z-]+\.(?:toml|lock|yml))`", TEXT))
)


def test_every_requirement_has_its_place() -> None:
    given = [number.strip() for numbers, *_ in ROWS for number in numbers.split(",")]
    assert len(given) == len(set(given))
    assert set(given) == WANTED


def test_every_row_says_how_it_stands() -> None:
    assert {state for _, _, state, _ in ROWS} <= STATES
    bare = [numbers for numbers, _, _, shown in ROWS if not shown.strip(" .-")]
    assert bare == []


@pytest.mark.parametrize("named", NAMED)
def test_what_is_named_exists(named: str) -> None:
    path, _, test = named.partition("::")
    assert (ROOT / path).exists()
    if test:
        assert re.search(rf"^(?:async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE)


@pytest.mark.parametrize("document", ["docs/security.md", "SECURITY.md", "CONTRIBUTING.md"])
def test_links_lead_to_files(document: str) -> None:
    here = ROOT / document
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", here.read_text()):
        assert (here.parent / target).exists(), target
