"""A webhook receiver in this process: keeps what came, answers what it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Hit:
    """One request; header names are lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answers` are (status, headers) for the next requests; then everything is 200.

    While `hold` is not set, requests wait for their answer.
    """

    port: int = 0
    hits: list[Hit] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    answer_body: bytes = b"thanks"

    def url(self, path: str = "/in") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def at(self, path: str) -> list[Hit]:
        return [hit for hit in self.hits if hit.path == path]

    def of(self, trigger: str) -> list[Hit]:
        return [hit for hit in self.hits if hit.json.get("triggerEvent") == trigger]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (hit := await _read(reader)) is not None:
            self.hits.append(hit)
            await self.hold.wait()
            status, headers = self.answers.pop(0) if self.answers else (200, {})
            lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(self.answer_body)}"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + self.answer_body)
            await writer.drain()
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Hit | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.strip().split("\r\n")
        pairs = (line.split(": ", 1) for line in rest)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return Hit(first.split()[1], headers, body)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    made = Receiver()
    made.hold.set()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    made.hold.set()
    server.close()
