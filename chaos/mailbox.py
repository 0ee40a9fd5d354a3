"""A mail server on the loopback address that counts each mail and refuses some for now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from tests.providers.smtp_sink import Sink

LATER = "451 4.3.0 later"
REFUSED = 0.05  # share of mails


class Moods(dict[str, str]):
    """What the sink answers instead of OK, by chance."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self.random, self.refusing = random, True

    def get(self, command: str, default: str | None = None) -> str | None:  # type: ignore[override]
        refused = command == "DATA" and self.refusing and self.random.random() < REFUSED
        return LATER if refused else default


class Mailbox:
    def __init__(self, port: int, random: Random) -> None:
        self.port, self.moods = port, Moods(random)
        self._sink = Sink()
        self._sink.refuse = self.moods

    @property
    def copies(self) -> Counter[str]:
        """How often each mail came, by the id of its row."""
        return Counter(
            message["Message-ID"].strip("<>").partition("@")[0] for _, message in self._sink.mails
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._sink.serve, "127.0.0.1", self.port)
        async with server:
            yield
