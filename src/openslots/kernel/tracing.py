"""Traces for OpenTelemetry, where an endpoint is set and the extra `otel` is installed.

Without an endpoint nothing of it is imported and every function here returns at once. What is sent
where, and how much of it, the library's own OTEL_* variables say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from openslots.kernel import logging
from openslots.kernel.metrics import METHODS

if TYPE_CHECKING:
    from fastapi import FastAPI
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer
    from sqlalchemy.ext.asyncio import AsyncEngine

log = logging.Log("tracing")
UNTRACED = "^[a-z]+://[^/]+/(health|ready|metrics)$"
# What the instrumentation notes of a request's address. The query may hold people's data, and who
# knows the uid in the path of a booking may cancel it: the route's template says enough.
ADDRESSES = ("http.url", "http.target", "url.full", "url.path", "url.query")

_tracer: Tracer | None = None


class Tracing:
    """What `start` has set up; `stop` sends what is left and undoes it."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._apps: list[FastAPI] = []

    def app(self, app: FastAPI) -> None:
        """Traces every request of the application but the probes."""
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.metrics import NoOpMeterProvider

        FastAPIInstrumentor.instrument_app(
            app,
            tracer_provider=self._provider,
            meter_provider=NoOpMeterProvider(),
            excluded_urls=UNTRACED,
            exclude_spans=["receive", "send"],
            server_request_hook=_without_address,
        )
        self._apps.append(app)

    def calls(self, *engines: AsyncEngine) -> None:
        """Traces statements on the engines and requests of httpx."""
        from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
        from opentelemetry.metrics import NoOpMeterProvider

        common = {"tracer_provider": self._provider, "meter_provider": NoOpMeterProvider()}
        # Their check knows SQLAlchemy below 2.1 only; that it works is tested.
        SQLAlchemyInstrumentor().instrument(
            skip_dep_check=True, engines=[engine.sync_engine for engine in engines], **common
        )
        HTTPXClientInstrumentor().instrument(**common)

    def stop(self) -> None:
        """May take as long as the exporter's time limit."""
        global _tracer
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

        _tracer, logging.more_fields = None, None
        for app in self._apps:
            FastAPIInstrumentor.uninstrument_app(app)
        for instrumentor in (SQLAlchemyInstrumentor(), HTTPXClientInstrumentor()):
            if instrumentor.is_instrumented_by_opentelemetry:
                instrumentor.uninstrument()
        self._provider.shutdown()


def start(endpoint: str, *, service: str) -> Tracing | None:
    """Begins to trace to the OTLP/HTTP `endpoint`; None where it is empty or the extra is missing.

    OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, where set, win over `service`.
    """
    global _tracer
    if not endpoint:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        log.warning("tracing.not_installed", extra="otel", missing=error.name)
        return None
    own = Resource.create({"service.name": service})
    provider = TracerProvider(resource=own.merge(OTELResourceDetector().detect()))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("openslots")
    logging.more_fields = _ids
    return Tracing(provider)


def name_request(scope: MutableMapping[str, Any]) -> None:  # Any: an ASGI scope
    """Calls the span of the request by its route's template; before the answer is sent, which ends
    the span."""
    if _tracer is None:
        return
    from opentelemetry import trace

    route = scope.get("openslots.route") or scope.get("route")
    template: str = route.path if route is not None else ""
    span = trace.get_current_span()
    method = scope["method"] if scope["method"] in METHODS else "HTTP"
    span.update_name(f"{method} {template}".rstrip())
    span.set_attribute("http.route", template)


def traceparent() -> str | None:
    """Where the trace stands, in the form of the header; None outside any trace."""
    headers: dict[str, str] = {}
    pass_on(headers)
    return headers.get("traceparent")


def pass_on(headers: dict[str, str]) -> None:
    """Adds `traceparent` to the headers of a request to somebody else, where there is a trace."""
    if _tracer is None:
        return
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    TraceContextTextMapPropagator().inject(headers)


def job(kind: str, parent: str | None, **facts: int) -> AbstractContextManager[object]:
    """The span of one attempt, linked with the request that put the job in."""
    return nullcontext() if _tracer is None else _job(_tracer, kind, parent, facts)


@contextmanager
def _job(
    tracer: Tracer, kind: str, parent: str | None, facts: Mapping[str, int]
) -> Iterator[object]:
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    links = []
    if parent is not None:
        context = TraceContextTextMapPropagator().extract({"traceparent": parent})
        links.append(trace.Link(trace.get_current_span(context).get_span_context()))
    attributes = {f"job.{name}": value for name, value in facts.items()}
    with tracer.start_as_current_span(
        f"job {kind}", links=links, kind=trace.SpanKind.CONSUMER, attributes=attributes
    ) as span:
        yield span


def client(method: str, host: str) -> AbstractContextManager[object]:
    """The span of one request to somebody else."""
    if _tracer is None:
        return nullcontext()
    from opentelemetry import trace

    return _tracer.start_as_current_span(
        method,
        kind=trace.SpanKind.CLIENT,
        attributes={"http.request.method": method, "server.address": host},
    )


def _ids() -> dict[str, str]:
    """What log lines get to be found from a trace."""
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {
        "trace_id": trace.format_trace_id(context.trace_id),
        "span_id": trace.format_span_id(context.span_id),
    }


def _without_address(span: Span, _: Mapping[str, Any]) -> None:  # Any: an ASGI scope
    for name in ADDRESSES:
        if name in (getattr(span, "attributes", None) or {}):
            span.set_attribute(name, "")
