"""What the server counts and measures: every metric with its labels, and how requests are noted.

A metric is declared here and made when it is first used, so that a command that measures nothing
does not import the library. No label value comes from a caller: routes are templates, methods,
kinds and outcomes are words of this code.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client import Counter as CounterMetric
    from prometheus_client import Gauge as GaugeMetric
    from prometheus_client import Histogram as HistogramMetric
    from prometheus_client.metrics import MetricWrapperBase

M = TypeVar("M", bound="MetricWrapperBase")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "other"
UNMATCHED = "unmatched"  # the route of whatever no route answers
PREFLIGHT = "preflight"  # the route of OPTIONS, which asks for none

FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
REQUEST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
COUNTS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


class _Library:
    """The metrics library, imported at first use; one registry for the process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    @cached_property
    def registry(self) -> CollectorRegistry:
        from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own
        made = CollectorRegistry()
        if not self.shares:  # of one process among several it would say nothing
            ProcessCollector(registry=made)
        return made

    @cached_property
    def shares(self) -> bool:
        from prometheus_client import values

        return bool(getattr(values.ValueClass, "_multiprocess", False))


_library = _Library()


class Metric(Generic[M]):
    """A declared metric. `of(*values)` is its child for those label values, found fast."""

    def __init__(self, name: str, text: str, *labels: str) -> None:
        self.name, self.text, self.labels = name, text, labels
        self._made: M | None = None
        self._children: dict[tuple[str, ...], M] = {}
        ALL.append(self)

    def _make(self, registry: CollectorRegistry) -> M:
        raise NotImplementedError

    @property
    def made(self) -> M:
        """The library's own object."""
        if self._made is None:
            with _library.lock:
                if self._made is None:
                    self._made = self._make(_library.registry)
        return self._made

    def of(self, *values: str) -> M:
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = self.made.labels(*values) if values else self.made
        return child


ALL: list[Metric[Any]] = []  # Any: each has its own kind


class Counter(Metric["CounterMetric"]):
    def _make(self, registry: CollectorRegistry) -> CounterMetric:
        from prometheus_client import Counter as Made

        return Made(self.name, self.text, self.labels, registry=registry)

    def inc(self, *values: str) -> None:
        """Counts one more of what the label values name."""
        self.of(*values).inc()


class Gauge(Metric["GaugeMetric"]):
    """A number of the moment; several processes that share a port add theirs up."""

    def _make(self, registry: CollectorRegistry) -> GaugeMetric:
        from prometheus_client import Gauge as Made

        return Made(
            self.name, self.text, self.labels, registry=registry, multiprocess_mode="livesum"
        )

    def set(self, value: float, *values: str) -> None:
        self.of(*values).set(value)


class Histogram(Metric["HistogramMetric"]):
    def __init__(self, name: str, text: str, *labels: str, buckets: Iterable[float]) -> None:
        super().__init__(name, text, *labels)
        self.buckets = tuple(buckets)

    def _make(self, registry: CollectorRegistry) -> HistogramMetric:
        from prometheus_client import Histogram as Made

        return Made(self.name, self.text, self.labels, registry=registry, buckets=self.buckets)

    def observe(self, amount: float, *values: str) -> None:
        self.of(*values).observe(amount)


REQUESTS = Counter(
    "openslots_http_requests",
    "Requests answered, by route template and status.",
    "method",
    "route",
    "status",
)
REQUEST_SECONDS = Histogram(
    "openslots_http_request_seconds",
    "Seconds from the first byte of a request to the last of its answer.",
    "method",
    "route",
    buckets=REQUEST,
)
IN_FLIGHT = Gauge("openslots_http_requests_in_flight", "Requests that are being answered.")
RATE_LIMITED = Counter(
    "openslots_rate_limit_refusals",
    "Requests refused by a rate limit, by the kind of credential that was counted.",
    "credential",
)

POOL_SIZE = Gauge("openslots_db_pool_size", "Database connections that the pools may open.")
POOL_USED = Gauge("openslots_db_pool_checked_out", "Database connections in use.")
POOL_WAITING = Gauge("openslots_db_pool_waiting", "Callers that wait for a database connection.")
POOL_TIMEOUTS = Counter(
    "openslots_db_pool_timeouts", "Callers that waited for a database connection in vain."
)
REPLICA_READS = Counter(
    "openslots_replica_reads",
    "Reads meant for the standby: done there, or by the primary, because the standby was away, "
    "behind, or left alone after that.",
    "outcome",
)
REDIS_FAILURES = Counter("openslots_redis_failures", "Calls to Redis that failed or took too long.")

LOOP_LAG = Histogram(
    "openslots_event_loop_lag_seconds",
    "Seconds by which a timer of the event loop came late.",
    buckets=FAST,
)

SLOTS_SECONDS = Histogram(
    "openslots_slots_seconds",
    "Seconds of the engine for one question, on the event loop or in a process beside it.",
    "where",
    buckets=(*FAST, 2.5, 5.0, 10.0),
)
SLOTS_SPANS = Histogram(
    "openslots_slots_spans", "Booked spans that one question had to look at.", buckets=COUNTS
)
OFFLOADED = Gauge(
    "openslots_offload_running", "Computations that run or wait in the processes beside the loop."
)

JOB_ATTEMPTS = Counter(
    "openslots_job_attempts", "Attempts of jobs, by how they ended.", "kind", "outcome"
)
JOB_SECONDS = Histogram(
    "openslots_job_seconds", "Seconds that one attempt of a job took.", "kind", buckets=LONG
)
WORKER_RUNNING = Gauge("openslots_worker_running", "Jobs that this worker runs just now.")
WEBHOOK_ATTEMPTS = Counter(
    "openslots_webhook_attempts",
    "Attempts of deliveries, by class of the answer's status or kind of the failure.",
    "result",
)
WEBHOOK_SECONDS = Histogram(
    "openslots_webhook_attempt_seconds", "Seconds of one attempt of a delivery.", buckets=LONG
)
DELIVERIES = Counter(
    "openslots_webhook_deliveries",
    "What became of deliveries: delivered, to be tried again, given up, or dropped unsent.",
    "outcome",
)
MAILS = Counter("openslots_mails", "What became of mails.", "outcome")

# Values that are asked for when somebody looks, see kernel.exposition: name, text, labels.
JOBS_DUE = (
    "openslots_jobs_due",
    "Jobs that are due and not taken, counted up to the first ten thousand.",
    ("kind",),
)
JOBS_OLDEST = ("openslots_jobs_oldest_due_seconds", "Age of the oldest job that is due.", ("kind",))
JOBS_RUNNING = ("openslots_jobs_running", "Jobs that workers hold.", ("kind",))
DEPENDENCY_UP = (
    "openslots_dependency_up",
    "1 where what the server needs is there.",
    ("dependency",),
)
BUILD_INFO = (
    "openslots_build_info",
    "Always 1; the version is in the labels.",
    ("version", "python"),
)
ASKED = (JOBS_DUE, JOBS_OLDEST, JOBS_RUNNING, DEPENDENCY_UP, BUILD_INFO)


def load() -> CollectorRegistry:
    """Imports the library and makes every metric; those without labels start at zero."""
    for metric in ALL:
        _ = metric.made
    return _library.registry


def shares() -> bool:
    """Whether this process keeps its values where its siblings can read them."""
    return _library.shares


@dataclass(slots=True)
class Tally:
    """A number that is cheaper to keep than a gauge; the sampler publishes it."""

    value: int = 0


in_flight = Tally()
_noted: dict[tuple[str, str, int], tuple[CounterMetric, HistogramMetric]] = {}


def note_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Counts an answered request; `route` is a template, None where no route was found."""
    if route is None:
        route = PREFLIGHT if method == "OPTIONS" else UNMATCHED
    key = (method if method in METHODS else OTHER_METHOD, route, status)
    found = _noted.get(key)
    if found is None:
        found = (REQUESTS.of(key[0], key[1], str(status)), REQUEST_SECONDS.of(key[0], key[1]))
        _noted[key] = found
    counter, histogram = found
    counter.inc()
    histogram.observe(seconds)
