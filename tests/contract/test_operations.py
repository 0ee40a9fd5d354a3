"""Every served route is what docs/operations.json says of it, and what it calls built is served."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
from fastapi.routing import APIRoute

from tests.contract.routes import answering, name, rules, served
from tests.contract.rows import Row, rows, unnamed
from tests.contract.version_table import FAMILIES

# The only operations without an access rule: they answer before there is a caller.
RULELESS = {
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/docs/{name}"),
    ("GET", "/openapi.json"),
    ("GET", "/dev/inbox"),
    ("POST", "/dev/inbox"),
}


@dataclass(frozen=True)
class Facts:
    """What a row and a route can be compared by."""

    dates: tuple[str, ...]
    status: int
    access: str
    scopes: tuple[str, ...]
    role: str | None
    permission: str | None
    deprecated: bool


def _answered_dates(row: Row) -> tuple[str, ...]:
    """Declared dates and those filled in from them, by the table of versions."""
    for family in FAMILIES:
        if (row.method, row.template) in family.operations:
            marks = dict(family.by_date())
            shape = marks[row.dates[0]]
            return tuple(date for date, mark in marks.items() if mark.upper() == shape)
    return row.dates


def _expected(row: Row) -> Facts:
    return Facts(
        dates=_answered_dates(row),
        status=row.success_status,
        access=row.access,
        scopes=row.scopes,
        role=row.role,
        permission=row.pbac,
        deprecated=row.deprecated,
    )


def _actual(method: str, route: APIRoute) -> Facts:
    found = list(rules(route.dependant))
    assert len(found) <= 1, f"{name(method, route)} has {len(found)} access rules"
    rule = found[0] if found else None
    return Facts(
        dates=tuple(d for d, answer in answering(method, route.path).items() if answer is route),
        status=route.status_code or 200,
        access=rule.access if rule else "public",
        scopes=("any",) if rule and rule.any_token else rule.scopes if rule else (),
        role=rule.role if rule else None,
        permission=rule.permission if rule else None,
        deprecated=bool(route.deprecated),
    )


@cache
def _rows_of(method: str, template: str) -> tuple[Row, ...]:
    return tuple(row for row in rows() if (row.method, row.template) == (method, template))


def _row_of(method: str, route: APIRoute) -> Row | None:
    """The row that declares any of the dates which the route answers."""
    dates = {d for d, answer in answering(method, route.path).items() if answer is route}
    found = _rows_of(method, unnamed(route.path))
    return next((row for row in found if dates & set(row.dates)), None)


OPERATIONS = [(method, route) for route in served() for method in sorted(route.methods or ())]


@pytest.mark.parametrize(
    ("method", "route"), OPERATIONS, ids=[name(method, route) for method, route in OPERATIONS]
)
def test_a_served_route_is_as_its_row_says(method: str, route: APIRoute) -> None:
    row = _row_of(method, route)
    assert row is not None, "no row in docs/operations.json"
    assert _actual(method, route) == _expected(row)
    assert row.built, "the row says that it is not built"


@pytest.mark.parametrize("row", [row for row in rows() if row.built], ids=str)
def test_what_is_called_built_is_served(row: Row) -> None:
    assert set(_answered_dates(row)) <= set(answering(row.method, row.path))


def test_a_route_without_a_rule_is_on_the_list() -> None:
    without = {
        (method, route.path) for method, route in OPERATIONS if not list(rules(route.dependant))
    }
    assert without <= RULELESS


def test_routes_live_in_the_slice_of_their_row() -> None:
    wrong = []
    for method, route in OPERATIONS:
        row = _row_of(method, route)
        module = route.endpoint.__module__.split(".")
        if row is not None and module[:2] != ["openslots", row.slice]:
            wrong.append(f"{name(method, route)}: {'.'.join(module)}, not {row.slice}")
    assert wrong == []
