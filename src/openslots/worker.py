"""The worker process: does the jobs of the table until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from openslots.jobs import alarm, gauges, upkeep
from openslots.jobs.runner import Runner
from openslots.kernel import db, logging, metrics, outbound, readiness, tracing
from openslots.kernel.bus import Bus
from openslots.kernel.ending import end
from openslots.kernel.exposition import Exposition
from openslots.kernel.redis import Redis
from openslots.kernel.sampling import Sampler
from openslots.kernel.settings import Settings
from openslots.kernel.uow import Units
from openslots.wiring.bus import SUBSCRIBERS
from openslots.wiring.work import JOBS

log = logging.Log("worker")
DRAIN_SECONDS = 8.0  # SIGTERM to the end has to stay below ten
HANDLERS = {**JOBS, upkeep.PURGE: upkeep.purge_done}


def run(settings: Settings, *, drain: float = DRAIN_SECONDS, alive: Path | None = None) -> None:
    """Works until SIGTERM or SIGINT, then ends what runs within `drain` seconds.

    Touches the file `alive` at most once per second, whenever it has asked for jobs. Raises
    ConfigurationError when settings it needs are missing.
    """
    settings = settings.require()
    logging.configure(settings.log_level)
    with asyncio.Runner(loop_factory=_loop_factory()) as loop:
        loop.run(_work(settings, drain, alive))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def _touching(file: Path) -> Callable[[], None]:
    touched = 0.0

    def touch() -> None:
        nonlocal touched
        if time.monotonic() - touched >= 1:
            touched = time.monotonic()
            with contextlib.suppress(OSError):  # a full disk stops no job; the file gets old
                file.touch()

    return touch


@asynccontextmanager
async def _observed(units: Units, runner: Runner) -> AsyncIterator[None]:
    """Measures within the block, and answers `/metrics`, `/health` and `/ready` where the settings
    give a port. A port that cannot be had is told to the log: the jobs matter more."""
    settings = units.settings
    if not settings.metrics.port:
        yield
        return
    sampler = Sampler(units, lambda: metrics.WORKER_RUNNING.set(runner.running))
    probe = readiness.probe_engine(settings.db, application="openslots-worker-probe")
    redis = Redis(settings.redis)
    ready = readiness.watch(probe, redis)
    exposed = Exposition(sampler, ready, lambda: gauges.waiting(probe))
    from openslots.kernel.http import observing, ownport

    app = observing.worker_app(settings, exposed, ready)
    try:
        async with sampler.running(), ownport.serving(app, settings.metrics, settings.connections):
            yield
    finally:
        await redis.close()
        await probe.dispose()


async def _work(settings: Settings, drain: float, alive: Path | None) -> None:
    engine = db.create_engine(settings.db, application="openslots-worker")
    units = Units(engine, settings, Bus(SUBSCRIBERS))
    traced = tracing.start(settings.tracing.endpoint, service="openslots-worker")
    if traced is not None:
        traced.calls(*units.engines)
    runner = Runner(units, HANDLERS, _touching(alive) if alive is not None else None)
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, runner.stop)
    url = settings.redis.url.get_secret_value()
    if not url:
        log.warning("worker.without_redis", poll_seconds=settings.jobs.poll.total_seconds())
    listening = asyncio.create_task(alarm.listen(url, runner.ring)) if url else None
    log.info("worker.started", kinds=sorted(HANDLERS))
    try:
        async with _observed(units, runner):
            await runner.serve(drain)
    finally:
        if listening is not None:
            await end(listening)
        await outbound.close_all()
        await units.close()
        if traced is not None:
            await asyncio.to_thread(traced.stop)
        log.info("worker.stopped")
