"""Errors of the pages, as pages: small, in the visitor's language, never JSON."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from openslots.kernel.errors import DomainError

PAGES = frozenset({"booking", "reschedule", "video"})
TOPICS = {
    400: "bad_request",
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    413: "bad_request",
    429: "too_many",
}


def is_page(path: str) -> bool:
    """Whether a path is one of a page for people, as routes are found: in any case, and however
    many slashes there are."""
    return path.lower().lstrip("/").partition("/")[0] in PAGES


def error_page(scope: Scope, error: DomainError) -> Response:
    """The page that says what was wrong, with the headers that the refusal has."""
    from openslots.web.bookings import views  # only here: its templates are not needed to start

    topic = TOPICS.get(error.status, "failed")
    page = views.problem(Request(scope), topic, error.status)
    page.headers.update({**scope.get("openslots.headers", {}), **error.headers})
    return page
