"""What a log line tells, what it keeps to itself, and that nobody writes another one into it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest

from openslots.kernel.logging import JsonFormatter

pytestmark = pytest.mark.anyio


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the frame logs, as it goes to stdout."""
    out, logger = io.StringIO(), logging.getLogger("openslots.http")
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield out
    logger.setLevel(level)
    logger.removeHandler(handler)


async def test_a_request_is_one_line_with_who_when_and_what(
    framed: httpx.AsyncClient, lines: io.StringIO
) -> None:
    answer = await framed.get("/health")
    (line,) = [json.loads(text) for text in lines.getvalue().splitlines()]
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["at"].endswith("Z")
    wanted = {"event": "request", "method": "GET", "route": "/health", "status": 200}
    assert wanted.items() <= line.items()


async def test_no_credential_and_no_query_is_logged(
    framed: httpx.AsyncClient, lines: io.StringIO
) -> None:
    headers = {
        "Authorization": "Bearer cal_a-secret",
        "x-cal-secret-key": "a-secret",
        "x-cal-client-id": "a-client",
        "Cookie": "uid=a-secret",
    }
    await framed.get("/v2/me?token=a-secret", headers=headers)
    await framed.post("/v2/frame/things?token=a-secret", headers=headers, json={"a": "a-secret"})
    await framed.get("/v2/nowhere?token=a-secret", headers=headers)
    assert len(lines.getvalue().splitlines()) == 3
    assert "a-secret" not in lines.getvalue()


async def test_a_line_break_in_what_is_logged_begins_no_line(
    framed: httpx.AsyncClient, lines: io.StringIO
) -> None:
    forged = '%0A{"event":"request","status":200}%0D%0A'
    given = httpx.Headers([(b"x-request-id", "a\tb\x85\u2028c".encode())])
    await framed.get(f"/v2/nowhere{forged}", headers=given)
    (line,) = lines.getvalue().split("\n")[:-1]
    assert json.loads(line)["status"] == 404
    assert "\r" not in line
