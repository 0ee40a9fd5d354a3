"""docs/operations.json agrees with itself and with the table of versions."""

from __future__ import annotations

import json

import pytest

from tests.contract.rows import DATES, ROOT, rows
from tests.contract.version_table import FAMILIES, Family

DATED = {(method, path) for family in FAMILIES for method, path in family.operations}


def test_no_two_rows_claim_one_operation_on_one_date() -> None:
    seen: dict[tuple[str, str, str], str] = {}
    twice = []
    for row in rows():
        for date in row.dates:
            key = (row.method, row.template, date)
            if key in seen:
                twice.append(f"{seen[key]} and {row}")
            seen[key] = str(row)
    assert twice == []


def test_rows_are_written_one_per_line_and_sorted() -> None:
    lines = (ROOT / "docs" / "operations.json").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("[", "]")
    parsed = [json.loads(line.removesuffix(",")) for line in lines[1:-1]]
    assert len(parsed) == len(rows())
    key = [(row["slice"], row["path"], row["dates"] or [], row["method"]) for row in parsed]
    assert key == sorted(key)


def test_values_are_the_known_ones() -> None:
    for row in rows():
        assert row.access in {"public", "optional", "required"}, row
        assert row.source in {"documented", "legacy", "ours"}, row
        assert row.role in {
            None,
            "team member",
            "team admin",
            "team owner",
            "org member",
            "org admin",
        }, row
        assert set(row.dates) <= set(DATES), row
        assert list(row.dates) == sorted(row.dates), row
        assert row.success_status in {200, 201, 204, 301, 302, 303}, row


def test_only_required_access_names_scopes_and_roles() -> None:
    assert [
        str(row) for row in rows() if row.access != "required" and (row.scopes or row.role)
    ] == []


def test_all_documented_operations_are_there() -> None:
    documented = {(row.method, row.template) for row in rows() if row.source == "documented"}
    assert len([key for key in documented if key[1].startswith("/v2/")]) >= 291


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_dated_rows_follow_the_table(family: Family) -> None:
    declared = sorted(family.declared().values())
    for method, path in family.operations:
        found = sorted(row.dates for row in rows() if (row.method, row.template) == (method, path))
        assert found == declared, f"{method} {path}"


def test_every_other_row_serves_every_date() -> None:
    others = [row for row in rows() if (row.method, row.template) not in DATED]
    assert [str(row) for row in others if row.dates != DATES] == []
