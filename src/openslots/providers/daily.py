"""Rooms of Cal Video at Daily.co: who was in a call, and when."""

from __future__ import annotations

from typing import ClassVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from openslots.kernel.logging import Log
from openslots.kernel.settings import Video

log = Log("daily")
TIMEOUT = 10.0
MOST_BYTES = 2_000_000  # of an answer
MOST_SESSIONS = 100  # of a room, the newest; as many as one answer has at most


class DailyFailed(Exception):
    """No answer, or none that helps; `retry_after` are seconds that were asked for."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Participant(BaseModel):
    """Somebody who was in a call; `join_time` is in Unix seconds, known to some 15 seconds.

    `user_id` and `user_name` are those of the token with which they joined, None without one.
    """

    user_id: str | None = None
    user_name: str | None = None
    participant_id: str | None = None
    join_time: int
    duration: int = 0


class Session(BaseModel):
    """A time in which people were in a room together; `max_participants` were there at once."""

    id: str
    max_participants: int | None = None
    participants: list[Participant] = Field(default_factory=list)


class _Sessions(BaseModel):
    data: list[Session]


class Daily:
    """https://docs.daily.co/reference/rest-api/meetings"""

    transport: ClassVar[httpx.AsyncBaseTransport | None] = None  # what tests put in place

    def __init__(self, settings: Video) -> None:
        self._settings = settings
        self._url = str(settings.daily_url).rstrip("/")

    async def sessions(self, room: str) -> list[Session]:
        """The sessions of a room, the newest first. Raises DailyFailed."""
        query = {"room": room, "limit": str(MOST_SESSIONS)}
        body = await self._get("meetings", query)
        try:
            return _Sessions.model_validate_json(body).data
        except ValidationError:
            log.warning("daily.unreadable")
            raise DailyFailed("an answer of another form") from None

    async def _get(self, path: str, query: dict[str, str]) -> bytes:
        key = self._settings.daily_key.get_secret_value()
        try:
            async with (
                httpx.AsyncClient(timeout=TIMEOUT, transport=self.transport) as client,
                client.stream(
                    "GET",
                    f"{self._url}/{path}",
                    params=query,
                    headers={"Authorization": f"Bearer {key}"},
                ) as answer,
            ):
                if not answer.is_success:
                    log.warning("daily.refused", status=answer.status_code)
                    raise DailyFailed(f"HTTP {answer.status_code}", _seconds(answer))
                return await _read(answer)
        except httpx.HTTPError as error:
            log.warning("daily.away", error=type(error).__name__)
            raise DailyFailed(type(error).__name__) from None


async def _read(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise DailyFailed("an answer that is too long")
    return bytes(body)


def _seconds(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def provider(settings: Video) -> Daily | None:
    """None where no key is set: then nobody knows who joined."""
    return Daily(settings) if settings.daily_key.get_secret_value() else None
