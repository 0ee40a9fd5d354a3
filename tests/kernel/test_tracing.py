"""Traces arrive at an OTLP/HTTP collector, whole, and without what people would not want there."""

from __future__ import annotations

import gzip
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from openslots.jobs import queue
from openslots.jobs.queue import JobFacts
from openslots.jobs.runner import Runner
from openslots.kernel import outbound, tracing
from openslots.kernel.logging import JsonFormatter
from openslots.kernel.settings import Settings, Tracing
from openslots.kernel.uow import Units
from tests.factories import make_user
from tests.kernel.frame import frame

pytest.importorskip("opentelemetry.sdk", reason="the extra `otel` is not installed")
pytestmark = pytest.mark.anyio

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Collector:
    """What a collector was sent: spans as dictionaries, by name."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []
        self.resource: dict[str, str] = {}
        self.raw = b""
        self.headers: list[dict[str, str]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/v1/traces":
                    collector.take(body)
                else:
                    collector.headers.append({k.lower(): v for k, v in self.headers.items()})
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing: the test says what it expects."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, body: bytes) -> None:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        self.raw += body
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource = {one.key: one.value.string_value for one in group.resource.attributes}
            for scope in group.scope_spans:
                self.spans += [
                    {
                        "name": span.name,
                        "trace": span.trace_id.hex(),
                        "id": span.span_id.hex(),
                        "parent": span.parent_span_id.hex(),
                        "links": [link.trace_id.hex() for link in span.links],
                        "attributes": {
                            one.key: one.value.string_value or one.value.int_value
                            for one in span.attributes
                        },
                    }
                    for span in scope.spans
                ]

    def named(self, name: str) -> list[dict[str, Any]]:
        return [span for span in self.spans if span["name"] == name]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    try:
        yield made
    finally:
        made.close()


@asynccontextmanager
async def traced_frame(
    settings: Settings, collector: Collector
) -> AsyncIterator[httpx.AsyncClient]:
    """When it ends, everything was sent."""
    own = settings.model_copy(update={"tracing": Tracing(endpoint=collector.base)})
    async with frame(own) as client:
        yield client


@contextmanager
def traced(collector: Collector) -> Iterator[tracing.Tracing]:
    started = tracing.start(collector.base, service="test")
    assert started is not None
    try:
        yield started
    finally:
        started.stop()


async def test_a_request_and_its_statements_are_one_trace(
    settings: Settings, units: Units, collector: Collector
) -> None:
    person, secret = await make_user(units), secrets.token_hex(8)
    async with traced_frame(settings, collector) as client:
        answer = await client.get(
            "/v2/me", params={"email": secret}, headers={**person.headers, "x-note": secret}
        )
        assert answer.status_code == 200
        assert (await client.get(f"/v2/{secret}")).status_code == 404
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/v2/health", headers={"Host": "health"})).status_code == 404
    [request] = collector.named("GET /v2/me")
    assert request["attributes"]["http.route"] == "/v2/me"
    statements = [span for span in collector.spans if "db.statement" in span["attributes"]]
    mine = [span for span in statements if span["trace"] == request["trace"]]
    assert any("api_keys" in span["attributes"]["db.statement"] for span in mine)
    assert len(collector.named("GET")) == 2  # what no route answers
    assert [name for name in {s["name"] for s in collector.spans} if "health" in name] == []
    assert secret.encode() not in collector.raw
    assert person.headers["Authorization"].split()[1].encode() not in collector.raw
    assert collector.resource["service.name"] == "openslots-api"


async def test_a_trace_goes_on_from_the_caller_s_and_is_in_the_log(
    settings: Settings, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonFormatter().format(record)))

    keep, logger = Keep(), logging.getLogger("openslots.http")
    async with traced_frame(settings, collector) as client:
        logger.addHandler(keep)
        try:
            await client.get("/v2/frame/pages", headers={"traceparent": TRACEPARENT})
        finally:
            logger.removeHandler(keep)
    [span] = collector.named("GET /v2/frame/pages")
    assert (span["trace"], span["parent"]) == (TRACE, PARENT)
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["trace_id"], line["span_id"]) == (TRACE, span["id"])


async def test_a_job_is_linked_with_the_request_that_put_it_in(
    fresh_settings: Settings, collector: Collector
) -> None:
    from opentelemetry import trace

    from openslots.kernel import db
    from openslots.kernel.bus import Bus

    seen: list[dict[str, object]] = []

    async def handler(_: Units, job: JobFacts) -> None:
        seen.append(dict(job.payload))

    units = Units(db.create_engine(fresh_settings.db), fresh_settings, Bus())
    with traced(collector), tracing.job("outer", None):
        trace_id = trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)
        async with units.begin() as uow:
            await queue.put(uow, "linked", "", {"a": 1})
            await uow.commit()
    with traced(collector):
        await Runner(units, {"linked": handler}).run_until_idle()
    await units.close()
    [span] = collector.named("job linked")
    assert span["links"] == [trace_id]
    assert span["trace"] != trace_id
    assert span["attributes"]["job.attempt"] == 1
    assert seen == [{"a": 1}]  # handlers see what was put in


async def test_calls_to_others_carry_the_trace(settings: Settings, collector: Collector) -> None:
    with traced(collector) as started:
        started.calls()
        with tracing.job("outer", None):
            out = outbound.Outbound(settings)
            await out.post(f"{collector.base}/hook?secret=1", b"{}", {"X-Own": "1"})
            await out.close()
            async with httpx.AsyncClient() as client:
                await client.post(f"{collector.base}/other", content=b"{}")
        await outbound.Outbound(settings).close()
    [outer] = collector.named("job outer")
    calls = collector.named("POST")
    assert len(calls) == 2
    sent = [headers["traceparent"].split("-")[1:3] for headers in collector.headers]
    assert [one[0] for one in sent] == [outer["trace"]] * 2
    assert {one[1] for one in sent} == {span["id"] for span in calls}
    assert {span["parent"] for span in calls} == {outer["id"]}


async def test_everything_is_undone(settings: Settings, collector: Collector) -> None:
    async with traced_frame(settings, collector) as client:
        await client.get("/v2/frame/pages")
    collector.spans.clear()
    async with frame(settings) as client:
        await client.get("/v2/frame/pages")
    assert tracing.traceparent() is None
    assert collector.spans == []


def test_without_an_endpoint_nothing_is_imported() -> None:
    code = """
import sys
from openslots.main import create_app
create_app()
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk",
    "opentelemetry.instrumentation", "opentelemetry.exporter", "google.protobuf"))])
"""
    variables = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "NEXTAUTH_SECRET": "a secret of the tests",
        "CALENDSO_ENCRYPTION_KEY": "an encryption key for the tests ",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_without_the_extra_there_is_a_line_and_no_tracing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with caplog.at_level(logging.WARNING, logger="openslots.tracing"):
        assert tracing.start("http://127.0.0.1:4318", service="test") is None
    assert [record.getMessage() for record in caplog.records] == ["tracing.not_installed"]
