"""The line that every request leaves in the log."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from openslots.kernel.logging import JsonFormatter
from openslots.kernel.uow import Units
from tests.factories import make_user

pytestmark = pytest.mark.anyio


@pytest.fixture
def lines(framed: httpx.AsyncClient) -> Iterator[list[str]]:
    """What is written while the test runs; `framed` first, because an application configures it."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(JsonFormatter().format(record))

    handler, logger = Keep(), logging.getLogger("openslots")
    logger.addHandler(handler)
    yield kept
    logger.removeHandler(handler)


def requests(lines: list[str]) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, lines) if line["event"] == "request"]


async def test_a_request_leaves_one_line_with_documented_fields(
    framed: httpx.AsyncClient, units: Units, lines: list[str]
) -> None:
    person = await make_user(units)
    headers = {**person.headers, "x-request-id": "mine", "cal-api-version": "2024-06-14"}
    answer = await framed.get("/v2/me", headers=headers)
    [line] = requests(lines)
    assert line.pop("at").endswith("Z")
    assert line.pop("ms") > 0
    assert line == {
        "level": "info",
        "event": "request",
        "request_id": answer.headers["x-request-id"],
        "method": "GET",
        "route": "/v2/me",
        "date": "2024-06-14",
        "status": 200,
        "caller": "api_key",
        "user_id": person.id,
        "client_request_id": "mine",
    }


async def test_nobody_has_no_kind_and_an_unknown_path_is_shown_short(
    framed: httpx.AsyncClient, lines: list[str]
) -> None:
    await framed.get("/v2/frame/pages")
    await framed.get(f"/v2/{'x' * 500}")
    known, unknown = requests(lines)
    assert "caller" not in known
    assert "path" not in known
    assert unknown["route"] is None
    assert len(unknown["path"]) == 200


async def test_no_secret_is_written(
    framed: httpx.AsyncClient, units: Units, lines: list[str]
) -> None:
    person, mine = await make_user(units), f"zz{secrets.token_hex(8)}"
    for headers in (
        person.headers,
        {"Authorization": f"Bearer {mine}"},
        {"Authorization": f"Bearer cal_{mine}"},
        {"x-cal-client-id": "some-client", "x-cal-secret-key": mine},
        {"Cookie": mine},
    ):
        await framed.get("/v2/me", params={"token": mine}, headers=headers)
        await framed.post("/v2/frame/things", json={"title": mine, mine: 1}, headers=headers)
        await framed.post("/v2/frame/fails", json={"password": mine}, headers=headers)
    written = "\n".join(lines)
    assert len(requests(lines)) == 15
    assert mine not in written
    assert person.headers["Authorization"].split()[1] not in written
