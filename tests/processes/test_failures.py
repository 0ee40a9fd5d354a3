"""What may die or freeze while people book: nothing that was promised is lost."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import psutil
import pytest

from openslots.embedded import redis_binary
from openslots.kernel.readiness import KEEP
from openslots.kernel.redis import PAUSE
from tests.kernel.scrape import parse
from tests.processes.calls import book, free_starts, send, subscribed
from tests.processes.server import Receiver, Server, eventually

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

needs_redis = pytest.mark.skipif(redis_binary() is None, reason="there is no Redis here")
REDIS = ("redis-server", "valkey-server")


def test_a_worker_killed_while_a_receiver_holds_its_request(server: Server, hook: Receiver) -> None:
    with subscribed(server, hook.url) as webhook:
        hook.open.clear()
        uid = book(server, free_starts(server)[0])
        eventually(lambda: hook.arrived, 10, "the first attempt")
        server.child("openslots worker").kill()
        hook.open.set()
        eventually(lambda: len(hook.of(uid)) > 1, 30, "the attempt of the next worker")

        eventually(partial(delivered, server, webhook), 10, "the delivery is recorded")
    done = "SELECT count(*) FILTER (WHERE done_at IS NULL) FROM jobs WHERE kind = $1"
    assert [row[0] for row in server.query(done, "webhooks.deliver")] == [0]


def delivered(server: Server, webhook: str) -> bool:
    """Whether this webhook's one delivery and its one job are over."""
    statement = (
        "SELECT d.status, j.done_at FROM webhook_deliveries d "
        "LEFT JOIN jobs j ON j.kind = 'webhooks.deliver' AND j.key = d.id::text "
        "WHERE d.webhook_id::text = $1"
    )
    ((status, done_at),) = server.query(statement, webhook)
    return status == "delivered" and done_at is not None


@needs_redis
@pytest.mark.parametrize("state", ["frozen", "down"])
def test_bookings_and_webhooks_without_redis(server: Server, hook: Receiver, state: str) -> None:
    starts = free_starts(server)
    without = redis_frozen(server) if state == "frozen" else redis_kept_dead(server)
    before, started = redis_failures(server), time.monotonic()
    with subscribed(server, hook.url), without:
        booked = [book(server, start) for start in starts[:8]]
        failures, elapsed = redis_failures(server) - before, time.monotonic() - started
        for uid in booked:
            eventually(partial(hook.of, uid), 10, "the webhook")
        missing = {"status": "ready", "redis": "missing"}
        eventually(lambda: missing.items() <= ready(server).items(), 10, "Redis is missed")
    # One caller waits for the short time limit, or for a refusal; then nobody asks for a while.
    assert failures <= 1 + elapsed / PAUSE


def test_a_killed_postgres_comes_back_and_the_server_with_it(
    server: Server, hook: Receiver
) -> None:
    with subscribed(server, hook.url):
        before = book(server, free_starts(server)[0])
        server.child("bin/postgres").send_signal(signal.SIGKILL)
        ready_again(server)
        after = book(server, free_starts(server)[0])
        eventually(lambda: hook.of(before) and hook.of(after), 20, "both webhooks")


def test_a_restarted_postgres_is_noticed_by_nobody_for_long(server: Server) -> None:
    postgres = server.child("bin/postgres")
    postgres.send_signal(signal.SIGINT)
    postgres.wait(30)
    ready_again(server)
    book(server, free_starts(server)[0])


def ready(server: Server) -> dict[str, str]:
    answer: dict[str, str] = send(server, "GET", "/ready").json()
    return answer


def ready_again(server: Server) -> None:
    """Waits for an answer that was not remembered from before Postgres went away."""
    time.sleep(KEEP)
    eventually(lambda: ready(server)["status"] == "ready", 30, "ready again")


def redis_failures(server: Server) -> float:
    """How often the API waited for Redis in vain."""
    return parse(send(server, "GET", "/metrics").text).value("openslots_redis_failures_total")


def the_redis(server: Server) -> psutil.Process:
    for process in server.children():
        with suppress(psutil.NoSuchProcess):
            if process.name() in REDIS:
                return process
    raise LookupError("no Redis runs")


@contextmanager
def redis_frozen(server: Server) -> Iterator[None]:
    redis = the_redis(server)
    redis.suspend()
    try:
        yield
    finally:
        redis.resume()


@contextmanager
def redis_kept_dead(server: Server) -> Iterator[None]:
    """Kills Redis as often as the server brings it back."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.1):
            with suppress(psutil.NoSuchProcess, LookupError):
                the_redis(server).kill()

    killer = threading.Thread(target=kill)
    the_redis(server).kill()
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()
