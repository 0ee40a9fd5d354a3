"""`/ready` says what is missing, soon, and whatever the requests' own connections are doing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from openslots.kernel import readiness
from openslots.kernel.glance import Glance
from openslots.kernel.schema import Revisions, revisions
from openslots.kernel.settings import Database, Redis, Settings
from openslots.main import create_app
from tests.kernel.scrape import parse

pytestmark = pytest.mark.anyio

SOON = readiness.LIMIT + 1.5
NOBODY = "postgresql://openslots:x@127.0.0.1:1/openslots"


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client


@asynccontextmanager
async def silence() -> AsyncIterator[int]:
    """A port that takes connections and never says a word, as a frozen server does."""
    kept: list[asyncio.StreamWriter] = []

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        for writer in kept:
            writer.transport.abort()
        server.close()


def with_database(settings: Settings, url: str) -> Settings:
    return settings.model_copy(update={"db": Database(url=SecretStr(url))})


def with_redis(settings: Settings, url: str) -> Settings:
    return settings.model_copy(update={"redis": Redis(url=SecretStr(url))})


async def asked(settings: Settings) -> tuple[int, dict[str, Any]]:
    """Status and body of `/ready`, which must come soon."""
    async with started(settings) as client:
        since = time.monotonic()
        answer = await client.get("/ready")
        assert time.monotonic() - since < SOON
        return answer.status_code, answer.json()


def body(status: str, postgres: str, schema: str, redis: str) -> dict[str, str]:
    return {"status": status, "postgres": postgres, "schema": schema, "redis": redis}


async def test_everything_is_there(settings: Settings, redis_url: str) -> None:
    redis = "ok" if redis_url else "off"
    assert await asked(settings) == (200, body("ready", "ok", "ok", redis))


async def test_without_a_database(settings: Settings) -> None:
    found = await asked(with_redis(with_database(settings, NOBODY), ""))
    assert found == (503, body("unavailable", "missing", "unknown", "off"))


async def test_a_database_that_refuses_us(settings: Settings, database_url: str) -> None:
    elsewhere = database_url.rpartition("/")[0] + "/no_such_database"
    found = await asked(with_redis(with_database(settings, elsewhere), ""))
    assert found == (503, body("unavailable", "missing", "unknown", "off"))


async def test_a_frozen_database(settings: Settings) -> None:
    async with silence() as port:
        url = f"postgresql://openslots:x@127.0.0.1:{port}/openslots"
        found = await asked(with_redis(with_database(settings, url), ""))
    assert found == (503, body("unavailable", "missing", "unknown", "off"))


@pytest.mark.parametrize(
    ("statement", "status", "schema"),
    [
        ("UPDATE alembic_version SET version_num = '{older}'", 503, "behind"),
        ("DELETE FROM alembic_version", 503, "behind"),
        ("DROP TABLE alembic_version", 503, "behind"),
        # newer code has migrated already, and this process serves on until it is replaced
        ("UPDATE alembic_version SET version_num = 'of_newer_code'", 200, "ok"),
    ],
)
async def test_the_schema(
    fresh_settings: Settings, statement: str, status: int, schema: str
) -> None:
    ours = revisions()
    assert ours is not None
    older = min(ours.known - ours.heads, default=None)
    if older is None and "{older}" in statement:
        pytest.skip("there is one revision only")
    engine = readiness.probe_engine(fresh_settings.db, application="test")
    async with engine.begin() as connection:
        await connection.execute(text(statement.format(older=older)))
    await engine.dispose()
    found = await asked(with_redis(fresh_settings, ""))
    assert found == (status, body("ready" if status == 200 else "unavailable", "ok", schema, "off"))


def test_which_revisions_serve() -> None:
    ours = Revisions(frozenset({"a", "b", "c"}), frozenset({"c"}))
    assert ours.serve({"c"})
    assert ours.serve({"d"})
    assert not ours.serve({"b"})
    assert not ours.serve(set())
    assert not Revisions(frozenset({"a", "b"}), frozenset({"a", "b"})).serve({"a"})


async def test_without_its_redis_the_server_is_ready(settings: Settings) -> None:
    found = await asked(with_redis(settings, "redis://127.0.0.1:1/0"))
    assert found == (200, body("ready", "ok", "ok", "missing"))


async def test_a_frozen_redis(settings: Settings) -> None:
    async with silence() as port:
        found = await asked(with_redis(settings, f"redis://127.0.0.1:{port}/0"))
    assert found == (200, body("ready", "ok", "ok", "missing"))


async def test_busy_connections_do_not_make_it_unready(fresh_app: FastAPI) -> None:
    transport = httpx.ASGITransport(fresh_app)
    async with AsyncExitStack() as held:
        for _ in range(fresh_app.state.settings.db.pool_size):
            uow = await held.enter_async_context(fresh_app.state.units.begin())
            await uow.session.execute(text("SELECT 1"))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.get("/ready")).json()["postgres"] == "ok"
            found = parse((await client.get("/metrics")).text)
    size = fresh_app.state.settings.db.pool_size
    assert found.value("openslots_db_pool_checked_out") == size


async def test_metrics_name_what_is_missing_and_come_soon(settings: Settings) -> None:
    async with silence() as port:
        url = f"postgresql://openslots:x@127.0.0.1:{port}/openslots"
        async with started(with_redis(with_database(settings, url), "")) as client:
            since = time.monotonic()
            found = parse((await client.get("/metrics")).text)
            assert time.monotonic() - since < SOON
    assert "openslots_dependency_up" in found.names
    assert found.value("openslots_dependency_up", dependency="postgres") == 0
    assert "openslots_jobs_due" not in found.names


async def test_health_looks_at_nothing(settings: Settings) -> None:
    async with started(with_redis(with_database(settings, NOBODY), "")) as client:
        answer = await client.get("/health")
    assert (answer.status_code, answer.text) == (200, "OK")


# -- the glance


async def test_many_who_ask_at_once_ask_once() -> None:
    asked, go = 0, asyncio.Event()

    async def work() -> int:
        nonlocal asked
        asked += 1
        await go.wait()
        return asked

    glance = Glance(work, late=-1, keep=60, limit=5)
    waiting = [asyncio.create_task(glance()) for _ in range(20)]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*waiting) == [1] * 20
    assert await glance() == 1  # remembered


async def test_what_hangs_is_asked_once_and_its_answer_comes_later() -> None:
    asked, go = 0, asyncio.Event()

    async def work() -> int:
        nonlocal asked
        asked += 1
        await go.wait()
        return asked

    glance = Glance(work, late=-1, keep=0, limit=0.02)
    assert [await glance() for _ in range(3)] == [-1, -1, -1]
    assert asked == 1
    go.set()
    assert await glance() == 1
    assert await glance() == 2
