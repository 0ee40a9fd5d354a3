"""The inbox of `openslots dev`: keeps the last requests that were sent to it and shows them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response

from openslots.kernel import clock
from openslots.kernel.http.router import Router

KEPT = 100
LONGEST_WAIT = 30

router = Router(prefix="/dev/inbox", include_in_schema=False)


class Inbox:
    """The requests of one process, newest first."""

    def __init__(self) -> None:
        self._kept: deque[tuple[str, dict[str, Any]]] = deque(maxlen=KEPT)  # Any: JSON of others
        self._arrived = asyncio.Condition()

    async def keep(self, body: str, entry: dict[str, Any]) -> None:
        async with self._arrived:
            self._kept.appendleft((body, entry))
            self._arrived.notify_all()

    def matching(self, text: str) -> list[dict[str, Any]]:
        """The entries whose body, as it was sent, has this text in it."""
        return [entry for body, entry in self._kept if text in body]

    async def wait(self, text: str, seconds: float) -> list[dict[str, Any]]:
        """The same, as soon as there is one; what there is after `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._arrived:
                await self._arrived.wait_for(lambda: bool(self.matching(text)))
        return self.matching(text)


def install(app: FastAPI) -> None:
    """Serves the inbox and the kept mails, outside the API: without versions, limits and
    credentials."""
    from openslots.web import mailbox  # only here: `serve` does without its templates

    app.state.inbox = Inbox()
    declared = (*router.declared, *mailbox.router.declared)
    app.router.routes.extend(one.route for one in declared)


@router.post("", status_code=204)
async def receive(request: Request) -> Response:
    """Keeps the request: when it came, its headers, its body (as JSON where it is some)."""
    text = (await request.body()).decode(errors="replace")
    body: Any = text  # Any: a JSON document of whatever shape
    with contextlib.suppress(ValueError, RecursionError):
        body = json.loads(text)
    entry = {
        "receivedAt": clock.iso(clock.now()),
        "headers": dict(request.headers),
        "body": body,
    }
    await request.app.state.inbox.keep(text, entry)
    return Response(status_code=204)


@router.get("")
async def show(
    request: Request,
    contains: str = "",
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0,
) -> dict[str, Any]:
    """The requests, newest first; `contains` narrows them to those whose body has that text.

    With `wait` the answer comes as soon as there is one, at the latest after so many seconds.
    """
    return {"status": "success", "data": await request.app.state.inbox.wait(contains, wait)}
