"""What the served routes declare: dates, access rule and success status."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from openslots.access.guards import AccessRule
from openslots.kernel.http import versions
from openslots.kernel.http.index import RouteIndex
from openslots.kernel.http.router import Declaration
from openslots.main import api_routes
from openslots.web import inbox
from tests.contract.rows import DATES, unnamed


@cache
def declarations() -> tuple[Declaration, ...]:
    """Every route of the API, and the inbox that `openslots dev` adds."""
    return (*api_routes(), *inbox.router.declared)


@cache
def served() -> tuple[APIRoute, ...]:
    return tuple(declaration.route for declaration in declarations())


@cache
def index() -> RouteIndex:
    return RouteIndex(declarations())


def answering(method: str, path: str) -> dict[str, APIRoute]:
    """Date -> the route that answers it; a path parameter is asked for as it is written."""
    segments = [part for part in path.split("/") if part]
    found = {date: index().find(method, segments, date) for date in DATES}
    return {
        date: hit[0].route
        for date, hit in found.items()
        if hit is not None and unnamed(hit[0].path) == unnamed(path)
    }


def declared(route: APIRoute) -> tuple[str, ...]:
    return versions.dates_of(route.endpoint)


def rules(dependant: Dependant) -> Iterator[AccessRule]:
    """Every access rule in an endpoint's signature, at any depth."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, AccessRule):
            yield dependency.call
        yield from rules(dependency)


def name(method: str, route: APIRoute) -> str:
    dates = getattr(route.endpoint, "api_dates", None)
    return f"{method} {route.path}" + (f" {','.join(dates)}" if dates else "")
