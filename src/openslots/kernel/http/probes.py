"""Health, readiness, and the reference manual: routes outside /v2 that every deployment needs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from openslots.kernel.errors import NotFound
from openslots.kernel.http import manual, observing
from openslots.kernel.http.router import Router

router = Router(tags=["Server"])


@router.get("/health", response_class=PlainTextResponse, summary="Process is up")
async def health() -> str:
    """Answers `OK` while the process serves requests; looks at nothing else."""
    return "OK"


READY = {"status": "ready", "postgres": "ok", "schema": "ok", "redis": "ok"}
UNAVAILABLE = {"status": "unavailable", "postgres": "missing", "schema": "unknown", "redis": "ok"}


@router.get(
    "/ready",
    summary="Dependencies answer",
    responses={
        200: {"content": {"application/json": {"example": READY}}},
        503: {
            "description": "Postgres does not answer, or its schema is behind",
            "content": {"application/json": {"example": UNAVAILABLE}},
        },
    },
)
async def ready(request: Request) -> Response:
    """Says which dependency is missing, within two seconds. Without Postgres, or while `openslots
    migrate` has work to do, the answer is 503; without Redis the server works on and only says
    so."""
    return observing.answer(await request.app.state.readiness())


@router.get(
    "/openapi.json",
    summary="The OpenAPI document",
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def document(request: Request, version: Annotated[str | None, Query()] = None) -> Response:
    """The newest documented form of every operation; `version` shows what one date serves."""
    body = request.app.state.openapi.of(version)
    return Response(body, media_type="application/json")


@router.get("/docs", summary="Reference manual", include_in_schema=False)
async def docs(request: Request) -> Response:
    """The interactive manual, or a redirect to the configured one."""
    if (elsewhere := request.app.state.settings.web.docs_url) is not None:
        return RedirectResponse(str(elsewhere), status_code=302)
    return Response(manual.PAGE, media_type="text/html", headers=manual.HEADERS)


@router.get("/docs/{name}", summary="Files of the manual", include_in_schema=False)
async def docs_file(name: str) -> Response:
    """Script and style of the manual, from the installed package."""
    found = manual.file(name)
    if found is None:
        raise NotFound(f"Cannot GET /docs/{name}")
    content, media_type = found
    return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=86400"})
