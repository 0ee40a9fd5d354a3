"""`/metrics`, and the small application that answers it, `/health` and `/ready` in the worker."""

from __future__ import annotations

import hmac

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from openslots.kernel import addresses, exposition
from openslots.kernel.errors import DomainError, Forbidden, Unauthorized
from openslots.kernel.exposition import Exposition
from openslots.kernel.glance import Glance
from openslots.kernel.http.errors import render
from openslots.kernel.readiness import Readiness
from openslots.kernel.settings import Metrics

# A proxy adds at least one of these, so what has none came from its sender itself; a browser adds
# `Origin` for a page of somebody else, which may read every answer (CORS).
FORWARDED = frozenset(
    {
        b"origin",
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-real-ip",
        b"true-client-ip",
        b"cf-connecting-ip",
    }
)


class OnlyPrivate(Forbidden):
    message = "Metrics are for callers from private addresses; others need OPENSLOTS_METRICS_TOKEN"


class WrongToken(Unauthorized):
    message = "Metrics need the token of OPENSLOTS_METRICS_TOKEN as 'Bearer' header"


def refusal(scope: Scope, settings: Metrics) -> DomainError | None:
    """Why the caller may not read the metrics; None if they may.

    With a token only who sends it; without one whoever comes straight from a private address. A
    proxy beside the server has such an address too, and may speak for anybody.
    """
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if token := settings.token.get_secret_value():
        given = next((value for name, value in headers if name == b"authorization"), b"")
        scheme, _, sent = given.partition(b" ")
        right = hmac.compare_digest(sent.strip(), token.encode())
        return None if right and scheme.lower() == b"bearer" else WrongToken()
    if any(name in FORWARDED for name, _ in headers):
        return OnlyPrivate()
    client = scope.get("client")
    address = addresses.literal(str(client[0])) if client else None
    if address is None or not (address.is_loopback or address.is_private):
        return OnlyPrivate()
    return None


async def metrics(request: Request) -> Response:
    """Every metric as text, for those who may read it."""
    state = request.app.state
    if (refused := refusal(request.scope, state.settings.metrics)) is not None:
        return render(request.scope, refused)
    text = await state.exposition.text()
    return Response(text, media_type=exposition.MEDIA_TYPE)


class _Named(Route):
    """Says which route answers, as FastAPI's routes do."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self} if match is Match.FULL else found


def route() -> Route:
    """Outside the API: without versions, limits and a place in its document."""
    return _Named("/metrics", metrics, methods=["GET"])


async def _health(_: Request) -> Response:
    return PlainTextResponse("OK")


async def _ready(request: Request) -> Response:
    return answer(await request.app.state.readiness())


def answer(found: Readiness) -> Response:
    """The readiness as JSON, with 503 where something is missing that the server cannot do
    without."""
    body = {
        "status": "ready" if found.ready else "unavailable",
        "postgres": found.postgres,
        "schema": found.schema,
        "redis": found.redis,
    }
    return JSONResponse(body, status_code=200 if found.ready else 503)


def worker_app(settings: object, exposed: Exposition, readiness: Glance[Readiness]) -> Starlette:
    """What the worker answers on its own port."""
    app = Starlette(routes=[Route("/health", _health), Route("/ready", _ready), route()])
    app.state.settings, app.state.exposition, app.state.readiness = settings, exposed, readiness
    return app
