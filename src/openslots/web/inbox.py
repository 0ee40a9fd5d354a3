"""The inbox of `openslots dev`: keeps the last requests that were sent to it and shows them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from openslots.kernel import clock

KEPT = 100
LONGEST_WAIT = 30

router = APIRouter(prefix="/dev/inbox", include_in_schema=False)
_received: deque[dict[str, Any]] = deque(maxlen=KEPT)  # Any: a JSON document of whatever shape
_arrived = asyncio.Condition()


@router.post("", status_code=204)
async def receive(request: Request) -> Response:
    """Keeps the request: headers, body as text, and when it came."""
    body = (await request.body()).decode(errors="replace")
    entry = {
        "receivedAt": clock.iso(clock.now()),
        "headers": dict(request.headers),
        "body": body,
    }
    async with _arrived:
        _received.appendleft(entry)
        _arrived.notify_all()
    return Response(status_code=204)


@router.get("")
async def show(
    contains: str = "", wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0
) -> dict[str, Any]:
    """The requests, newest first; `contains` narrows them to those whose body has that text.

    With `wait` the answer comes as soon as there is one, at the latest after so many seconds.
    """
    found = _matching(contains)
    if not found and wait:
        try:
            async with asyncio.timeout(wait), _arrived:
                await _arrived.wait_for(lambda: bool(_matching(contains)))
        except TimeoutError:
            pass
        found = _matching(contains)
    return {"status": "success", "data": found}


def _matching(text: str) -> list[dict[str, Any]]:
    return [entry for entry in _received if text in str(entry["body"])]
