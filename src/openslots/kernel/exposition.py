"""The text of `/metrics`: what was counted, by this process or by all that share its port, and what
is asked for at this moment."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from openslots.kernel import metrics, shared_metrics
from openslots.kernel.glance import Glance
from openslots.kernel.readiness import Readiness
from openslots.kernel.sampling import Sampler

if TYPE_CHECKING:
    from prometheus_client import Metric
    from prometheus_client.metrics_core import GaugeMetricFamily

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEEP, LIMIT = 5.0, 2.0  # seconds for which the backlog is remembered, and is waited for


@dataclass(frozen=True, slots=True)
class Waiting:
    """The jobs of one kind: how many are due, how long the oldest of them (seconds), how many
    are held by workers."""

    kind: str
    due: int
    oldest: float
    running: int


class Exposition:
    """Answers with the text; `backlog` asks the database and may raise."""

    def __init__(
        self,
        sampler: Sampler,
        readiness: Glance[Readiness],
        backlog: Callable[[], Awaitable[Sequence[Waiting]]],
        *,
        shared_dir: Path | None = None,
    ) -> None:
        self._sampler, self._readiness, self._shared = sampler, readiness, shared_dir
        self._backlog: Glance[Sequence[Waiting] | None]
        self._backlog = Glance(_or_none(backlog), late=None, keep=KEEP, limit=LIMIT)

    async def text(self) -> bytes:
        """Every metric in the text format 0.0.4. Those of jobs are missing where the database
        does not tell within two seconds."""
        ready = await self._readiness()
        backlog = await self._backlog() if ready.postgres == "ok" else None
        self._sampler.look()
        return await asyncio.to_thread(self._render, ready, backlog)

    def _render(self, ready: Readiness, backlog: Sequence[Waiting] | None) -> bytes:
        from prometheus_client import CollectorRegistry, generate_latest

        counted = metrics.load()
        asked = CollectorRegistry()
        asked.register(_Asked(ready, backlog))
        if self._shared is None or not metrics.shares():
            return generate_latest(counted) + generate_latest(asked)
        with shared_metrics.settled(self._shared) as sums:
            asked.register(sums)
            return generate_latest(asked)


def _or_none(
    ask: Callable[[], Awaitable[Sequence[Waiting]]],
) -> Callable[[], Awaitable[Sequence[Waiting] | None]]:
    async def asked() -> Sequence[Waiting] | None:
        try:
            return await ask()
        except Exception:  # whatever keeps the database from telling, the other numbers count
            return None

    return asked


class _Asked:
    """What is known only when it is asked for, in the library's form of a collector."""

    def __init__(self, ready: Readiness, backlog: Sequence[Waiting] | None) -> None:
        self._ready, self._backlog = ready, backlog

    def collect(self) -> Iterator[Metric]:
        build = _family(metrics.BUILD_INFO)
        build.add_metric([_version(), platform.python_version()], 1)
        yield build
        up = _family(metrics.DEPENDENCY_UP)
        up.add_metric(["postgres"], self._ready.postgres == "ok")
        if self._ready.schema != "unknown":
            up.add_metric(["schema"], self._ready.schema == "ok")
        if self._ready.redis != "off":
            up.add_metric(["redis"], self._ready.redis == "ok")
        yield up
        if self._backlog is not None:
            yield from self._jobs(self._backlog)

    @staticmethod
    def _jobs(backlog: Sequence[Waiting]) -> Iterator[Metric]:
        families = [
            _family(one) for one in (metrics.JOBS_DUE, metrics.JOBS_OLDEST, metrics.JOBS_RUNNING)
        ]
        for one in backlog:
            for family, value in zip(families, (one.due, one.oldest, one.running), strict=True):
                family.add_metric([one.kind], value)
        yield from families


def _family(declared: tuple[str, str, tuple[str, ...]]) -> GaugeMetricFamily:
    from prometheus_client.metrics_core import GaugeMetricFamily

    name, text, labels = declared
    return GaugeMetricFamily(name, text, labels=labels)


@lru_cache(maxsize=1)
def _version() -> str:
    return version("openslots")
