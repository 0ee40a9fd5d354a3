"""Daily's API: what is asked, and what is made of the answers, over a loopback server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from openslots.kernel.settings import Video
from openslots.providers import daily
from openslots.providers.daily import Daily, DailyFailed
from tests.webhooks.receiver import Receiver, receiving

SESSIONS = {
    "total_count": 1,
    "data": [
        {
            "id": "s-1",
            "room": "room/1",
            "start_time": 1780909200,
            "duration": 600,
            "ongoing": True,
            "max_participants": 2,
            "participants": [
                {
                    "user_id": "11",
                    "user_name": "Hannah",
                    "participant_id": "p-1",
                    "join_time": 1780909205,
                    "duration": 595,
                },
                {
                    "user_id": None,
                    "user_name": None,
                    "participant_id": "p-2",
                    "join_time": 1780909300,
                    "duration": 500,
                },
            ],
        }
    ],
}


@pytest.fixture
async def server() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        made.answer_body = json.dumps(SESSIONS).encode()
        yield made


def client(server: Receiver) -> Daily:
    made = daily.provider(settings(server.url("/v1/")))
    assert made is not None
    return made


def settings(url: str, key: str = "daily-key") -> Video:
    return Video.model_validate({"DAILY_API_KEY": key, "OPENSLOTS_URL_DAILY_API": url})


async def test_sessions_of_a_room(server: Receiver) -> None:
    [session] = await client(server).sessions("room/1&x=1")
    [hit] = server.hits
    assert hit.path == "/v1/meetings?room=room%2F1%26x%3D1&limit=100"
    assert hit.headers["authorization"] == "Bearer daily-key"
    assert session.max_participants == 2
    first, second = session.participants
    assert (first.user_id, first.join_time, first.duration) == ("11", 1780909205, 595)
    assert (second.user_id, second.participant_id) == (None, "p-2")


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
async def test_a_refusal_is_no_empty_room(server: Receiver, status: int) -> None:
    server.answers = [(status, {})]
    with pytest.raises(DailyFailed, match=str(status)) as caught:
        await client(server).sessions("r")
    assert caught.value.retry_after is None


@pytest.mark.parametrize(("header", "seconds"), [("17", 17.0), ("soon", None), ("9999999", None)])
async def test_asking_too_often_says_when_again(
    server: Receiver, header: str, seconds: float | None
) -> None:
    server.answers = [(429, {"Retry-After": header})]
    with pytest.raises(DailyFailed) as caught:
        await client(server).sessions("r")
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"data": [{"id": 1}]}', b'{"data": 7}'])
async def test_an_answer_of_another_form_is_no_answer(server: Receiver, body: bytes) -> None:
    server.answer_body = body
    with pytest.raises(DailyFailed, match="another form"):
        await client(server).sessions("r")


async def test_an_endless_answer_is_cut_off(server: Receiver) -> None:
    server.answer_body = b" " * (daily.MOST_BYTES + 70_000)
    with pytest.raises(DailyFailed, match="too long"):
        await client(server).sessions("r")


async def test_redirects_are_not_followed(server: Receiver) -> None:
    server.answers = [(302, {"Location": server.url("/elsewhere")})]
    with pytest.raises(DailyFailed):
        await client(server).sessions("r")
    assert len(server.hits) == 1


async def test_nobody_at_home(server: Receiver) -> None:
    made = daily.provider(settings("http://127.0.0.1:9/v1"))
    assert made is not None
    with pytest.raises(DailyFailed, match="ConnectError"):
        await made.sessions("r")


def test_without_a_key_there_is_no_provider() -> None:
    assert daily.provider(settings("http://127.0.0.1:9", key="")) is None
