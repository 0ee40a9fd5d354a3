"""The OpenAPI document: the newest documented date of each operation, or what one date serves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from openslots.kernel.http import versions
from openslots.kernel.http.index import answers, version_table
from openslots.kernel.http.router import Declaration
from openslots.kernel.settings import Settings

DESCRIPTION = (
    "Scheduling over HTTP: schedules, event types, slots, bookings and webhooks. Send an API key "
    "as `Authorization: Bearer ...` and the date of the contract as `cal-api-version`."
)
ERROR = {
    "type": "object",
    "required": ["status", "timestamp", "path", "error"],
    "properties": {
        "status": {"type": "string", "const": "error"},
        "timestamp": {"type": "string", "format": "date-time"},
        "path": {"type": "string"},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {},
            },
        },
    },
}
VERSION = {
    "name": "cal-api-version",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "enum": list(versions.KNOWN)},
    "description": "Date of the contract. Absent means the oldest one.",
}
# status -> what it means; every operation may answer these
COMMON = {
    "400": "The request is malformed or breaks a rule",
    "401": "Credentials are missing or wrong",
    "429": "Too many requests",
}


class Documents:
    """Builds each document once, when it is first asked for."""

    def __init__(self, routes: Sequence[Declaration], settings: Settings) -> None:
        self._routes, self._settings = routes, settings
        self._made: dict[str | None, str] = {}

    def of(self, version: str | None) -> str:
        """JSON text of the document for a date, or of the newest form of everything."""
        date = versions.known_date(version) if version else None
        if date not in self._made:
            chosen = _chosen(self._routes, date)
            self._made[date] = json.dumps(_document(chosen, self._settings), ensure_ascii=False)
        return self._made[date]


def _chosen(routes: Sequence[Declaration], date: str | None) -> list[APIRoute]:
    out: list[Declaration] = []
    for declared in version_table(routes).values():
        if date is None:
            route: Declaration | None = declared[max(declared)]
        else:
            route = answers(declared).get(date)
        if route is not None and route.include_in_schema and route not in out:
            out.append(route)
    return [declaration.route for declaration in out]


def _document(routes: Sequence[APIRoute], settings: Settings) -> dict[str, Any]:
    document = get_openapi(
        title="openslots",
        version="0.1.0",
        description=DESCRIPTION,
        routes=list(routes),
        servers=[{"url": str(settings.web.api_url or settings.web.url).rstrip("/")}],
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Error"] = ERROR
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "API key or access token"}
    }
    by_id = {(next(iter(route.methods or ())), route.path): route for route in routes}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _complete(operation, by_id[(method.upper(), path)])
    return document


def _access_of(route: APIRoute) -> tuple[str, tuple[str, ...]]:
    for dependant in route.dependant.dependencies:
        rule = dependant.call
        access, scopes = getattr(rule, "access", None), getattr(rule, "scopes", ())
        if access is not None:
            return str(access), tuple(scopes)
    return "public", ()


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    """Adds the version header, who may call, and the errors, to what FastAPI knows."""
    responses = operation["responses"]
    if "HTTPValidationError" in json.dumps(responses.get("422")):
        del responses["422"]  # FastAPI's own, which is never answered
    access, scopes = _access_of(route)
    errors = dict(COMMON)
    if access == "required":
        errors["403"] = "The caller may not do this"
        operation["security"] = [{"bearer": list(scopes)}]
    elif access == "optional":
        operation["security"] = [{}, {"bearer": []}]
    if route.path.startswith("/v2"):
        errors["404"] = "Nothing of that name, or not visible to the caller"
    if "GET" not in (route.methods or ()):
        errors["409"] = "What is there already, or happens just now, does not allow it"
    if "requestBody" in operation:
        errors["413"] = "The body is too large"
    if any(item["name"] == "Idempotency-Key" for item in operation.get("parameters", [])):
        errors["422"] = "The key was used with another body, or nobody is there to be booked"
    for status, text in errors.items():
        responses.setdefault(status, {"description": text})
    shape = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for status, response in responses.items():
        if status >= "400":
            response.setdefault("content", dict(shape))
    if route.path.startswith("/v2"):
        declared = getattr(route.endpoint, "api_dates", None)
        header = dict(VERSION)
        if declared:
            header["schema"] = {"type": "string", "enum": list(declared), "default": declared[-1]}
            header["required"] = versions.BASE not in declared
        operation.setdefault("parameters", []).append(header)
