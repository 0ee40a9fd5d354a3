"""What the engine tells of statements that fail."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from openslots.embedded import free_port
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
    with pytest.raises(DBAPIError) as unreachable:
        async with engine.connect():
            pytest.fail("somebody listens there")
    await engine.dispose()
    assert away(unreachable.value)
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
