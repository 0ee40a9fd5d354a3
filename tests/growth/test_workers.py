"""Several workers share the jobs of one database and do none of them twice."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bench.deliveries import SECRETS, World
from tests.processes.server import environment
from tests.webhooks.receiver import receiving

pytestmark = pytest.mark.anyio
WORKERS, EVENTS, PATHS = 2, 60, ("a", "b", "c", "d")
AT_ONCE = 8
PATIENCE = 120
UNDONE = text("SELECT count(*) FROM jobs WHERE kind = 'webhooks.deliver' AND done_at IS NULL")


def start(url: str, redis_url: str, log: Path) -> subprocess.Popen[bytes]:
    variables = {
        **SECRETS,
        "OPENSLOTS_LOG_LEVEL": "INFO",
        "OPENSLOTS_JOB_POLL": "0.05",
        "OPENSLOTS_WORKER_CONCURRENCY": str(AT_ONCE),
    }
    made = environment(DATABASE_URL=url, REDIS_URL=redis_url, **variables)
    with log.open("wb") as out:
        command = [sys.executable, "-m", "openslots", "worker"]
        return subprocess.Popen(command, env=made, stdout=out, stderr=out, cwd=log.parent)


def lines_of(log: Path) -> list[dict[str, Any]]:
    """What a worker wrote, whole lines only."""
    lines = log.read_text().split("\n")[:-1]
    return [json.loads(line) for line in lines if line.startswith("{")]


def started(log: Path) -> bool:
    return any(line["event"] == "worker.started" for line in lines_of(log))


def done_by(log: Path) -> int:
    """How many deliveries a worker says that it did."""
    jobs = [line for line in lines_of(log) if line["event"] == "job"]
    return sum(line["kind"] == "webhooks.deliver" for line in jobs)


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110  (nothing announces it)
            await asyncio.sleep(0.02)


async def test_two_workers_send_every_delivery_once(
    fresh_database_url: str, redis_url: str, tmp_path: Path
) -> None:
    logs = [tmp_path / f"worker-{number}.log" for number in range(WORKERS)]
    async with receiving() as receiver:
        world = World(fresh_database_url, redis_url, receiver.port)
        await world.open(list(PATHS))
        workers = [start(fresh_database_url, redis_url, log) for log in logs]
        try:
            await until(lambda: all(map(started, logs)))
            for number in range(EVENTS):
                await world.happen(number)
            # more requests that wait for an answer than one worker may have
            await until(lambda: len(receiver.hits) > AT_ONCE)
            receiver.hold.set()
            async with asyncio.timeout(PATIENCE):
                left = 1
                while left:
                    async with world.units.begin(autocommit=True) as uow:
                        left = await uow.session.scalar(UNDONE) or 0
                        await uow.session.execute(text("SELECT pg_sleep(0.05)"))
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait(30)
            await world.close()
    sent = Counter(hit.headers["webhook-id"] for hit in receiver.hits)
    assert len(sent) == EVENTS * len(PATHS)
    assert set(sent.values()) == {1}
    did = [done_by(log) for log in logs]
    assert sum(did) == EVENTS * len(PATHS)
    assert all(did), did
