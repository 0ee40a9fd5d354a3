"""A router whose routes are declared at import and built when they are first used.

Building a route costs milliseconds of schema work. A process that has hundreds of them starts
without that work, and a request pays for its own route once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute


class Declaration:
    """What is known of a route before it is built: path, methods, endpoint."""

    # Any: options of FastAPI's add_api_route
    def __init__(
        self, router: APIRouter, path: str, endpoint: Callable[..., Any], options: dict[str, Any]
    ) -> None:
        self._router, self._own_path, self._options = router, path, options
        self.path = router.prefix + path
        self.endpoint = endpoint
        self.methods: frozenset[str] = frozenset(m.upper() for m in options["methods"] or ("GET",))
        self.include_in_schema: bool = options.get("include_in_schema", True)

    @cached_property
    def route(self) -> APIRoute:
        """The route itself, built on the first use."""
        APIRouter.add_api_route(self._router, self._own_path, self.endpoint, **self._options)
        built = self._router.routes[-1]
        if not isinstance(built, APIRoute):
            raise TypeError(f"{self.path} is no API route")
        return built


class Router(APIRouter):
    """Use like FastAPI's: `router = Router(prefix="/v2/schedules", tags=["Schedules"])`."""

    def __init__(self, **options: Any) -> None:  # Any: options of FastAPI's router
        super().__init__(**options)
        self.declared: list[Declaration] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.declared.append(Declaration(self, path, endpoint, options))
