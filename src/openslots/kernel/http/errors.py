"""The one place that turns errors into answers."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException  # noqa: TID251  (rendered here, raised nowhere)
from starlette.types import Scope

from openslots.kernel import clock
from openslots.kernel.errors import (
    STATUS_NAMES,
    BadRequest,
    DomainError,
    NotFound,
    ServiceUnavailable,
    TooManyRequests,
    UniqueViolation,
)
from openslots.kernel.http import validation
from openslots.kernel.http.index import target
from openslots.kernel.logging import Log
from openslots.kernel.unreachable import away

log = Log("errors")

NUMERIC_STRING = "Validation failed (numeric string is expected)"

# SQLSTATE -> what the client may know of it (auth notes, section 2.3)
_BUSY = {"55P03", "40001", "40P01", "57014", "25P03"}


class MissingReference(BadRequest):
    code = "BAD_REQUEST"
    plain = True
    message = "Invalid input: The referenced data does not exist."


class TooLong(BadRequest):
    code = "BAD_REQUEST"
    plain = True
    message = "Invalid input: A value is too long."


class RowGone(NotFound):
    code = "NOT_FOUND"
    plain = True
    message = "Invalid Query: The requested record was not found."


def body_of(scope: Scope, error: DomainError) -> dict[str, Any]:
    """The error envelope (auth notes, section 2.3)."""
    code, name = STATUS_NAMES.get(error.status, STATUS_NAMES[500])
    content: dict[str, Any] = {"code": error.code or code, "message": error.message}
    if isinstance(error, TooManyRequests):
        content["details"] = error.message
    elif not error.plain and error.status < 500:
        content["details"] = {
            "message": error.message,
            "error": name,
            "statusCode": error.status,
            **error.details,
        }
    elif error.details:
        content["details"] = error.details
    body: dict[str, Any] = {
        "status": "error",
        "timestamp": clock.iso(clock.now()),
        "path": target(scope),
        "error": content,
    }
    if error.doubled:
        body |= {"message": error.message, "statusCode": error.status}
    return body


def _json_default(value: object) -> str:
    return str(value)


def render(scope: Scope, error: DomainError) -> Response:
    """The envelope; for what people open in a browser, the page that the frame knows."""
    if (page := scope.get("openslots.error_page")) is not None:
        shown: Response = page(scope, error)
        return shown
    body = json.dumps(body_of(scope, error), ensure_ascii=False, default=_json_default)
    headers = {**scope.get("openslots.headers", {}), **error.headers}
    return Response(
        body.encode("utf-8", "replace"),
        status_code=error.status,
        media_type="application/json",
        headers=headers,
    )


def _validation(scope: Scope, error: RequestValidationError) -> DomainError:
    route: APIRoute | None = scope.get("openslots.route")
    found = list(error.errors())
    if any(e["loc"][0] == "path" for e in found):
        return BadRequest(NUMERIC_STRING)
    model: Any = None
    received: Any = error.body
    if any(e["loc"][0] == "query" for e in found):
        received = _query_object(scope)
        if route is not None and route.dependant.query_params:
            model = route.dependant.query_params[0].field_info.annotation
    elif route is not None and route.body_field is not None:
        model = route.body_field.field_info.annotation
    problems = validation.tree(found, received, model)
    if route is not None and getattr(route.endpoint, "joined_errors", False):
        return BadRequest(validation.joined(problems))
    return _Invalid("Bad Request Exception", details={"errors": problems})


class _Invalid(BadRequest):
    """A validation error: its details are the list of problems and nothing else."""

    code = "BadRequestException"
    plain = True


def _query_object(scope: Scope) -> dict[str, Any]:
    from starlette.requests import Request as StarletteRequest

    parameters = StarletteRequest(scope).query_params
    return {
        key: values[0] if len(values := parameters.getlist(key)) == 1 else values
        for key in parameters
    }


def _database(error: DBAPIError) -> DomainError | None:
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    if state == "23505":
        return UniqueViolation()
    if state == "23503":
        return MissingReference()
    if state == "54000":  # longer than an index entry can be
        return TooLong()
    if state in _BUSY or away(error) or error.connection_invalidated:
        return ServiceUnavailable(headers={"Retry-After": "1"})
    if isinstance(error, OperationalError | InterfaceError):
        return ServiceUnavailable(headers={"Retry-After": "1"})
    return None


def install(app: FastAPI) -> None:
    """Registers the handlers; whatever they do not know is logged and becomes the enveloped 500."""

    async def domain(request: Request, error: Exception) -> Response:
        assert isinstance(error, DomainError)  # noqa: S101
        return render(request.scope, error)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        return render(request.scope, _validation(request.scope, error))

    async def database(request: Request, error: Exception) -> Response:
        assert isinstance(error, DBAPIError)  # noqa: S101
        known = _database(error)
        if known is None or known.status >= 500:
            log.exception("database.error", path=request.url.path)
        return render(request.scope, known or DomainError())

    async def pool(request: Request, error: Exception) -> Response:
        log.warning("database.pool_exhausted", path=request.url.path)
        return render(request.scope, ServiceUnavailable(headers={"Retry-After": "1"}))

    async def gone(request: Request, error: Exception) -> Response:
        return render(request.scope, RowGone())

    async def lost(request: Request, error: Exception) -> Response:
        log.exception("database.unreachable", path=request.url.path)
        return render(request.scope, ServiceUnavailable(headers={"Retry-After": "1"}))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        made = type("FrameError", (DomainError,), {"status": error.status_code})
        return render(request.scope, made(str(error.detail)))

    async def unknown(request: Request, error: Exception) -> Response:
        log.exception("request.failed", path=request.url.path)
        return render(request.scope, DomainError())

    app.add_exception_handler(DomainError, domain)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(PoolTimeout, pool)
    app.add_exception_handler(DBAPIError, database)
    app.add_exception_handler(StaleDataError, gone)
    app.add_exception_handler(ConnectionError, lost)
    app.add_exception_handler(TimeoutError, lost)  # a statement that nobody answered
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unknown)
