"""The API process: settings, pools, middleware, error handlers and routes put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from openslots.access.keyuse import KeyUses
from openslots.access.ratelimit import RateLimiter
from openslots.jobs import gauges
from openslots.jobs.alarm import Alarm
from openslots.kernel import db, logging, readiness, tracing
from openslots.kernel.bus import Bus
from openslots.kernel.exposition import Exposition
from openslots.kernel.http import errors, observing, openapi, probes
from openslots.kernel.http.index import RouteIndex
from openslots.kernel.http.middleware import Bodies, Frame, QueryArrays
from openslots.kernel.http.router import Declaration, Router
from openslots.kernel.redis import Redis
from openslots.kernel.replica import Replica
from openslots.kernel.sampling import Sampler
from openslots.kernel.settings import Settings
from openslots.kernel.uow import Units
from openslots.web import inbox
from openslots.web.bookings import refusals
from openslots.wiring.bus import SUBSCRIBERS
from openslots.wiring.http import ROUTERS

FORM_PATHS = ("/v2/auth/oauth2/token", "/api/auth/oauth/")


def api_routes(routers: Sequence[Router] = ()) -> list[Declaration]:
    """Every dated and undated API route, in the order of the wiring table; `routers` come after."""
    return [route for router in (*ROUTERS, probes.router, *routers) for route in router.declared]


def _takes_form(path: str) -> bool:
    return path.startswith(FORM_PATHS) or refusals.is_page(path)


def _replica(settings: Settings, primary: AsyncEngine) -> Replica | None:
    url = settings.db.replica_url.get_secret_value()
    if not url:
        return None
    standby = db.create_engine(settings.db, application="openslots-api-replica", url=url)
    return Replica(standby, primary, patience=settings.db.replica_patience)


def create_app(settings: Settings | None = None, *, routers: Sequence[Router] = ()) -> FastAPI:
    """The ASGI application, with `routers` beside those of the wiring table.

    Raises ConfigurationError when settings it needs are missing.
    """
    settings = (settings or Settings()).require()
    logging.configure(settings.log_level)
    engine = db.create_engine(settings.db, application="openslots-api")
    redis = Redis(settings.redis)
    units = Units(engine, settings, Bus(SUBSCRIBERS), _replica(settings, engine))
    uses = KeyUses(units)
    traced = tracing.start(settings.tracing.endpoint, service="openslots-api")
    probe = readiness.probe_engine(settings.db, application="openslots-api-probe")
    sampler = Sampler(units)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with uses.flushing(), sampler.running():
            yield
        await redis.close()
        await probe.dispose()
        if traced is not None:
            await asyncio.to_thread(traced.stop)
        await units.close()

    app = FastAPI(
        title="openslots",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.units = units
    app.state.redis = redis
    app.state.alarm = Alarm(redis)
    app.state.readiness = readiness.watch(probe, redis)
    app.state.exposition = Exposition(
        sampler,
        app.state.readiness,
        lambda: gauges.waiting(probe),
        shared_dir=settings.metrics.shared_dir,
    )
    app.state.key_uses = uses
    app.state.limiter = RateLimiter(settings, redis, units)
    routes = api_routes(routers)
    app.state.openapi = openapi.Documents(routes, settings)
    if settings.dev:
        inbox.install(app)
    app.router.routes.append(observing.route())
    app.router.routes.append(RouteIndex(routes, gate=app.state.limiter))
    app.add_middleware(Bodies, limit=settings.web.body_limit, takes_form=_takes_form)
    app.add_middleware(QueryArrays)
    app.add_middleware(Frame, is_page=refusals.is_page, error_page=refusals.error_page)
    errors.install(app)
    if traced is not None:
        traced.calls(*units.engines)
        traced.app(app)
    return app
