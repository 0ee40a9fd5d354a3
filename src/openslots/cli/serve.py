"""`openslots serve`: the API under uvicorn; SIGTERM lets the requests at hand finish."""

from __future__ import annotations

import argparse
import errno
import math
import resource
import signal
import socket
import sys
from typing import Any, cast

from openslots.cli import environment, migrate
from openslots.cli.folder import CommandError

DRAIN_SECONDS = 30
START_SECONDS = 30  # a process that is silent for so long is replaced, also while it starts
OTHER_FILES = 128  # besides connections of clients and of the database pool


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=1, help="processes that share the port")
    parser.add_argument("--drain", type=int, default=DRAIN_SECONDS, help="seconds after SIGTERM")
    parser.add_argument("--fd", type=int, help="a listening socket to use instead")


def run(given: argparse.Namespace) -> int:
    if given.workers < 1:
        raise CommandError("--workers must be at least 1")
    listener = (
        socket.socket(fileno=given.fd) if given.fd is not None else bind(given.host, given.port)
    )
    settings = environment.settings()
    if given.fd is None:  # else `openslots dev` has migrated a moment ago
        migrate.refuse_older(settings.db.url.get_secret_value())

    import uvicorn

    from openslots.cli import drain
    from openslots.kernel.http.connections import Connections

    limits = settings.connections
    most = _descriptors(limits.most, OTHER_FILES + settings.db.pool_size)
    config = uvicorn.Config(
        "openslots.main:create_app",
        factory=True,
        workers=given.workers,
        loop="uvloop",
        http=cast(Any, Connections(limits, most)),  # uvicorn only calls it
        timeout_keep_alive=math.ceil(limits.keep_alive.total_seconds()),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # OPENSLOTS_TRUST_PROXY decides, in the application
        timeout_graceful_shutdown=given.drain,
        timeout_worker_healthcheck=START_SECONDS,
    )
    if given.workers > 1:
        with environment.shared_metrics(settings.metrics.shared_dir):
            drain.Servers(config, sockets=[listener]).run()
        return 0
    environment.single_metrics()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, _drained)  # uvicorn raises the signal again once it has drained
    server = drain.Server(config)
    try:
        server.run(sockets=[listener])
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise _taken(given.host, given.port, error) from None  # by one that began when we did
    return 0 if server.started else 1


def _descriptors(connections: int, others: int) -> int:
    """How many of `connections` fit beside `others` once the limit of open files is as high as it
    may be; one line says so where they are fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + others
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
        except (OSError, ValueError):  # a system with yet another limit, as macOS has
            pass
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections
    most = max(1, soft - others)
    print(
        f"openslots: {soft} open files are allowed: at most {most} connections instead of "
        f"{connections} (raise `ulimit -n`, or LimitNOFILE in a systemd unit)",
        file=sys.stderr,
    )
    return most


def _drained(*_: object) -> None:
    """Makes a stop that was asked for an ordinary end with status 0."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is known before anything else is started."""
    listener = bind(host, port)
    try:
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise _taken(host, port, error) from None
    return listener


def bind(host: str, port: int) -> socket.socket:
    """A socket that has the port and refuses connections until the server is ready for them: a
    proxy then asks another server instead of waiting for this one."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
    except (OSError, OverflowError) as error:
        raise CommandError(f"cannot listen on {host}, port {port}: {_reason(error)}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except (OSError, OverflowError) as error:
        listener.close()
        raise _taken(host, port, error) from None
    return listener


def _taken(host: str, port: int, error: Exception) -> CommandError:
    return CommandError(
        f"cannot listen on {host}, port {port}: {_reason(error)}; "
        "choose another --port or stop what uses it"
    )


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
