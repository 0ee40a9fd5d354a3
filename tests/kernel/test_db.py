"""What the engine tells of statements that fail."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from openslots.embedded import free_port
from openslots.kernel import unreachable
from openslots.kernel.db import create_engine
from openslots.kernel.http import errors
from openslots.kernel.settings import Database
from openslots.kernel.unreachable import away
from openslots.kernel.uow import Units

pytestmark = pytest.mark.anyio


async def test_an_error_does_not_show_what_the_statement_was_given(units: Units) -> None:
    async with units.begin() as uow:
        with pytest.raises(DBAPIError) as caught:
            await uow.session.execute(
                text("SELECT 1 / CAST(:zero AS int), CAST(:secret AS text)"),
                {"zero": 0, "secret": "s3cret of a person"},
            )
    assert "s3cret" not in str(caught.value)


async def test_a_database_that_is_away_is_told_from_one_that_refuses(
    units: Units,
) -> None:
    nowhere = Database(url=SecretStr(f"postgresql://x:y@127.0.0.1:{free_port()}/z"))
    engine = create_engine(nowhere)
    with pytest.raises(DBAPIError) as nobody:
        async with engine.connect():
            pytest.fail("somebody listens there")
    await engine.dispose()
    assert away(nobody.value)
    with pytest.raises(DBAPIError) as ended:
        async with units.begin() as uow:
            await uow.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert away(ended.value)
    with pytest.raises(DBAPIError) as refused:
        async with units.begin() as uow:
            await uow.session.execute(text("SELECT 1 / 0"))
    assert not away(refused.value)
    assert not away(ConnectionRefusedError())  # of whom?


class _Gone(Exception):
    """What asyncpg raises, as SQLAlchemy shows it."""

    sqlstate = "08003"


async def test_a_connection_that_ends_while_it_is_made_is_no_crash() -> None:
    app = FastAPI()
    errors.install(app)

    @app.get("/")
    async def fail() -> None:
        raise DBAPIError("connect", None, _Gone("connection was closed in the middle"))

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_a_statement_that_nobody_answers_is_no_crash() -> None:
    app = FastAPI()
    errors.install(app)

    @app.get("/")
    async def fail() -> None:
        raise TimeoutError

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


class Network:
    """Connections to the database, which `lose` makes silent without closing them."""

    def __init__(self, host: str, port: int) -> None:
        self.to, self.ways = (host, port), set[asyncio.Task[None]]()
        self.writers: list[asyncio.StreamWriter] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self.to)
        self.writers += [writer, back]
        for source, target in ((reader, back), (there, writer)):
            self.ways.add(asyncio.create_task(self.carry(source, target)))

    @staticmethod
    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            target.write(data)

    def lose(self) -> None:
        for way in self.ways:
            way.cancel()

    def close(self) -> None:
        self.lose()
        for writer in self.writers:
            writer.transport.abort()


async def test_a_pooled_connection_that_the_network_lost_is_replaced_and_not_waited_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unreachable, "SILENCE", 0.2)
    monkeypatch.setattr(unreachable, "FAREWELL", 0.2)
    there = urlsplit(database_url)
    network = Network(there.hostname or "", there.port or 5432)
    server = await asyncio.start_server(network.take, "127.0.0.1", 0)
    place = f"{there.username}:{there.password}@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    url = SecretStr(there._replace(netloc=place).geturl())
    engine = create_engine(Database(url=url))
    try:
        async with asyncio.timeout(10):
            async with engine.connect() as connection:
                first = await connection.scalar(text("SELECT pg_backend_pid()"))
            network.lose()
            async with engine.connect() as connection:
                assert await connection.scalar(text("SELECT pg_backend_pid()")) != first
            network.lose()
            await engine.dispose()
    finally:
        network.close()
        server.close()
