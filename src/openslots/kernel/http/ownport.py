"""A small HTTP server inside a process whose business is something else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from openslots.kernel.http.connections import Connections
from openslots.kernel.logging import Log
from openslots.kernel.settings import Connections as Limits
from openslots.kernel.settings import Metrics

log = Log("ownport")
DRAIN_SECONDS = 1
CONNECTIONS = 50  # at a time: a probe and a scraper or two


class _Server(uvicorn.Server):
    """Leaves signals to the process around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, settings: Metrics, limits: Limits) -> AsyncIterator[None]:
    """Serves on the settings' address within the block; an address that cannot be had is only
    told to the log. One connection too many costs the idlest, so that nobody keeps probes out."""
    try:
        listener = _listen(settings.host, settings.port)
    except (OSError, OverflowError) as error:
        log.warning("metrics.no_port", port=settings.port, error=str(error))
        yield
        return
    config = uvicorn.Config(
        app,
        http=cast(Any, Connections(limits, CONNECTIONS)),  # uvicorn only calls it
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    log.info("metrics.served", host=settings.host, port=listener.getsockname()[1])
    try:
        yield
    finally:
        server.should_exit = True
        await task
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(CONNECTIONS)
    except OSError:
        listener.close()
        raise
    return listener
