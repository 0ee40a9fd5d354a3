"""The route trie: finds the handler of a path, method and date in time that does not grow with
the number of routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from openslots.kernel.errors import NotFound
from openslots.kernel.http import versions
from openslots.kernel.http.router import Declaration

# historic spellings of a path segment (auth notes, section 1)
SPELLINGS = {"reccuring": "recurring"}

# What runs between finding a route and calling it: it may refuse by raising, and what it returns
# becomes headers of the answer.
Gate = Callable[[Scope, APIRoute], Awaitable[Mapping[str, str]]]


class RouteConflict(Exception):
    """Two endpoints claim one method, path and date."""


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    # method -> date -> (route, names of its path parameters)
    methods: dict[str, dict[str, tuple[Declaration, tuple[str, ...]]]] = field(default_factory=dict)

    def child(self, segment: str) -> _Node:
        if segment.startswith("{"):
            self.parameter = self.parameter or _Node()
            return self.parameter
        return self.literal.setdefault(segment.lower(), _Node())


def _split(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _segments(scope: Scope) -> list[str]:
    """The decoded segments of the path as it was sent, with the aliases undone."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    parts = [unquote(part) for part in _split(raw.split(b"?")[0].decode("latin-1"))]
    if len(parts) > 1 and parts[0].lower() == "api" and parts[1].lower() == "v2":
        parts = parts[1:]
    if len(parts) > 1 and parts[0].lower() == "v2" and parts[1].lower() == "ee":
        del parts[1]
    return [SPELLINGS.get(part.lower(), part) for part in parts]


def version_table(
    routes: Iterable[Declaration],
) -> dict[tuple[str, str], dict[str, Declaration]]:
    """(method, path) -> declared date -> route. Raises RouteConflict on an overlap."""
    table: dict[tuple[str, str], dict[str, Declaration]] = {}
    for route in routes:
        for method in route.methods:
            declared = table.setdefault((method, route.path), {})
            for date in versions.dates_of(route.endpoint):
                if date in declared:
                    raise RouteConflict(f"{method} {route.path} on {date}")
                declared[date] = route
    return table


def answers(declared: Mapping[str, Declaration]) -> dict[str, Declaration]:
    """Every known date that is answered -> the route that answers it."""
    return versions.expand(declared, lambda route: versions.is_carried(route.endpoint))


class RouteIndex(BaseRoute):
    """All API routes as one Starlette route."""

    def __init__(self, routes: Iterable[Declaration], *, gate: Gate | None = None) -> None:
        self.routes = list(routes)
        self._gate = gate
        self._root = _Node()
        for (method, path), declared in version_table(self.routes).items():
            node = self._root
            for segment in _split(path):
                node = node.child(segment)
            names = tuple(part[1:-1] for part in _split(path) if part.startswith("{"))
            by_date = node.methods.setdefault(method, {})
            answered = answers(declared)
            if set(answered) & set(by_date):
                raise RouteConflict(f"{method} {path} and another path of the same shape")
            by_date.update({date: (route, names) for date, route in answered.items()})

    def find(
        self, method: str, segments: list[str], date: str
    ) -> tuple[Declaration, dict[str, str]] | None:
        """The route and its path parameters; a literal segment wins over a parameter."""
        for node, values in self._walk(self._root, segments, 0, ()):
            handlers = node.methods.get(method) or (
                node.methods.get("GET") if method == "HEAD" else None
            )
            if handlers and (found := handlers.get(date)):
                route, names = found
                return route, dict(zip(names, values, strict=True))
        return None

    def _walk(
        self, node: _Node, segments: list[str], at: int, values: tuple[str, ...]
    ) -> Iterator[tuple[_Node, tuple[str, ...]]]:
        if at == len(segments):
            yield node, values
            return
        segment = segments[at]
        if (child := node.literal.get(segment.lower())) is not None:
            yield from self._walk(child, segments, at + 1, values)
        if node.parameter is not None:
            yield from self._walk(node.parameter, segments, at + 1, (*values, segment))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        date = versions.requested(scope["headers"])
        found = self.find(scope["method"], _segments(scope), date)
        if found is None:
            return Match.FULL, {"openslots.route": None}
        declared, parameters = found
        route = declared.route
        return Match.FULL, {
            "openslots.route": route,
            "openslots.date": date,
            "route": route,
            "endpoint": route.endpoint,
            "path_params": parameters,
        }

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: APIRoute | None = scope["openslots.route"]
        if route is None:
            raise NotFound(f"Cannot {scope['method']} {target(scope)}")
        if self._gate is not None:
            scope["openslots.headers"] = await self._gate(scope, route)
        await route.app(scope, receive, send)


def target(scope: Scope) -> str:
    """Path and query as they were sent."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.split(b"?")[0].decode("latin-1")
    query: bytes = scope.get("openslots.query") or scope.get("query_string", b"")
    return f"{path}?{query.decode('latin-1')}" if query else path
