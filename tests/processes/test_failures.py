"""What may die or freeze while people book: nothing that was promised is lost."""

from __future__ import annotations

import signal
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import psutil
import pytest

from openslots.embedded import redis_binary
from tests.processes.calls import book, free_starts, send, subscribed
from tests.processes.server import Receiver, Server, eventually

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

needs_redis = pytest.mark.skipif(redis_binary() is None, reason="there is no Redis here")
REDIS = ("redis-server", "valkey-server")


async def test_a_worker_killed_while_a_receiver_holds_its_request(
    server: Server, hook: Receiver
) -> None:
    with subscribed(server, hook.url) as webhook:
        hook.open.clear()
        uid = book(server, free_starts(server)[0])
        eventually(lambda: hook.arrived, 10, "the first attempt")
        server.child("openslots worker").kill()
        hook.open.set()
        eventually(lambda: len(hook.of(uid)) > 1, 30, "the attempt of the next worker")

        jobs = "SELECT done_at FROM jobs WHERE kind = $1 AND key = $2"
        deliveries = "SELECT id, status FROM webhook_deliveries WHERE webhook_id::text = $1"
        ((delivery, status),) = [tuple(row) for row in await server.query(deliveries, webhook)]
        assert status == "delivered"
        rows = await server.query(jobs, "webhooks.deliver", str(delivery))
        assert [row["done_at"] is not None for row in rows] == [True]


@needs_redis
def test_bookings_and_webhooks_while_redis_is_frozen(server: Server, hook: Receiver) -> None:
    starts = free_starts(server)
    usual = [timed_booking(server, start)[0] for start in starts[:6]]
    redis = the_redis(server)
    with subscribed(server, hook.url):
        redis.suspend()
        try:
            frozen = [timed_booking(server, start) for start in starts[6:14]]
            for _, uid in frozen:
                eventually(partial(hook.of, uid), 10, "the webhook")
        finally:
            redis.resume()
    assert_as_fast(usual, [seconds for seconds, _ in frozen])


@needs_redis
def test_bookings_and_webhooks_while_redis_is_down(server: Server, hook: Receiver) -> None:
    starts = free_starts(server)
    usual = [timed_booking(server, start)[0] for start in starts[:6]]
    with subscribed(server, hook.url), redis_kept_dead(server):
        down = [timed_booking(server, start) for start in starts[6:14]]
        for _, uid in down:
            eventually(partial(hook.of, uid), 10, "the webhook")
    assert_as_fast(usual, [seconds for seconds, _ in down])


def test_a_killed_postgres_comes_back_and_the_server_with_it(
    server: Server, hook: Receiver
) -> None:
    with subscribed(server, hook.url):
        before = book(server, free_starts(server)[0])
        server.child("bin/postgres").send_signal(signal.SIGKILL)
        eventually(lambda: send(server, "GET", "/ready").status_code == 200, 30, "ready again")
        after = book(server, free_starts(server)[0])
        eventually(lambda: hook.of(before) and hook.of(after), 20, "both webhooks")


def test_a_restarted_postgres_is_noticed_by_nobody_for_long(server: Server) -> None:
    server.child("bin/postgres").send_signal(signal.SIGINT)
    eventually(lambda: send(server, "GET", "/ready").status_code == 200, 30, "ready again")
    book(server, free_starts(server)[0])


def timed_booking(server: Server, start: str) -> tuple[float, str]:
    started = time.monotonic()
    uid = book(server, start)
    return time.monotonic() - started, uid


def assert_as_fast(usual: list[float], now: list[float]) -> None:
    """The median is the usual one within what a busy machine adds; none waits for a time-out
    twice (the first one may meet the limit of 100 ms at which Redis counts as away)."""
    assert statistics.median(now) < 2 * statistics.median(usual) + 0.05
    assert max(now) < max(usual) + 0.6


def the_redis(server: Server) -> psutil.Process:
    found = [process for process in server.family() if process.name() in REDIS]
    assert len(found) == 1
    return found[0]


@contextmanager
def redis_kept_dead(server: Server) -> Iterator[None]:
    """Kills Redis as often as the server brings it back."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.01):
            for process in server.family():
                with suppress(psutil.NoSuchProcess):
                    if process.name() in REDIS:
                        process.kill()

    killer = threading.Thread(target=kill)
    the_redis(server).kill()
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()
