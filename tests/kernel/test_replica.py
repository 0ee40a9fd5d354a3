"""Reads on a standby are never older than what was committed when they began."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from openslots.embedded import DATABASE, Postgres, postgres_binaries, unprivileged
from openslots.kernel import replica
from openslots.kernel.settings import Settings
from openslots.kernel.uow import Units
from openslots.main import create_app
from tests.conftest import make_settings
from tests.factories import make_event_type, make_schedule, make_user

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.xdist_group("replica"),
    pytest.mark.skipif(postgres_binaries() is None, reason="no Postgres to stream from"),
]
STREAMING = {
    "wal_level": "replica",
    "max_wal_senders": "5",
    "synchronous_commit": "on",
    "hot_standby_feedback": "on",
}
Json = Any  # Any: parameters of a request


def server(folder: Path) -> Postgres:
    made = Postgres(folder, folder / "log", throwaway=True)
    made._options |= STREAMING
    return made


@dataclass
class Pair:
    """A primary and the standby that follows it."""

    primary: Postgres
    standby: Postgres

    @asynccontextmanager
    async def on_standby(self) -> AsyncIterator[Any]:  # Any: asyncpg comes without types
        connection = await asyncpg.connect(self.standby.url)
        try:
            yield connection
        finally:
            await connection.close()

    async def until_up(self) -> None:
        async with asyncio.timeout(30):
            while True:
                try:
                    async with self.on_standby() as connection:
                        assert await connection.fetchval("SELECT pg_is_in_recovery()")
                        return
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    from tests.cluster import migrate

    primary = server(tmp_path_factory.mktemp("primary"))
    standby = server(tmp_path_factory.mktemp("standby"))
    try:
        primary.start()
        primary.wait()
        migrate(primary.url)
        backup = (str((postgres_binaries() or Path()) / "pg_basebackup"), "-D", str(standby.data))
        source = ("-d", primary.url_of("postgres"), "-R", "-X", "stream", "-c", "fast")
        subprocess.run([*unprivileged(), *backup, *source], check=True, capture_output=True)
        shutil.copy(primary.folder / "password", standby.folder / "password")
        standby.start()
        asyncio.run(Pair(primary, standby).until_up())
        yield Pair(primary, standby)
    finally:
        standby.stop()
        primary.stop()


@pytest.fixture
async def app(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastAPI]:
    monkeypatch.setattr(replica, "AWAY_FOR", 0.2)
    monkeypatch.setattr(replica, "BEHIND_FOR", 0.2)
    made = make_settings(pair.primary.url, "", tmp_path)
    streaming = made.db.model_copy(
        update={
            "replica_url": SecretStr(pair.standby.url),
            "replica_patience": timedelta(seconds=2),
        }
    )
    settings: Settings = made.model_copy(update={"db": streaming})
    started = create_app(settings)
    async with started.router.lifespan_context(started):
        yield started


@pytest.fixture
def units(app: FastAPI) -> Units:
    found: Units = app.state.units
    return found


def impatient(units: Units) -> None:
    assert units.replica is not None
    units.replica._patience = 0.05


async def place(units: Units) -> str:
    async with units.begin_anywhere() as uow:
        standby = await uow.session.scalar(text("SELECT pg_is_in_recovery()"))
        return "standby" if standby else "primary"


async def on_standby_again(units: Units) -> None:
    async with asyncio.timeout(10):
        while await place(units) != "standby":  # noqa: ASYNC110  (nobody tells of it)
            await asyncio.sleep(0.05)


async def test_reads_are_on_the_standby_and_only_reads(units: Units) -> None:
    await on_standby_again(units)
    async with units.begin_anywhere() as uow:
        with pytest.raises(DBAPIError, match="read-only"):
            await uow.session.execute(text("DELETE FROM jobs"))
    async with units.begin(read_only=True) as uow:
        assert not await uow.session.scalar(text("SELECT pg_is_in_recovery()"))


async def test_whatever_was_committed_before_is_seen(units: Units) -> None:
    """Writers and readers at the same time; nobody waits between a commit and a read."""
    async with units.begin() as uow:
        await uow.session.execute(text("CREATE TABLE IF NOT EXISTS seen (n int PRIMARY KEY)"))
        await uow.commit()
    places: list[bool] = []

    async def write_and_read(number: int) -> None:
        async with units.begin() as uow:
            await uow.session.execute(text("INSERT INTO seen VALUES (:n)"), {"n": number})
            await uow.commit()
        async with units.begin_anywhere() as uow:
            row = await uow.session.execute(
                text("SELECT count(*), pg_is_in_recovery() FROM seen WHERE n = :n"), {"n": number}
            )
            count, standby = row.one()
            places.append(standby)
            assert count == 1

    await on_standby_again(units)
    for first in range(0, 200, 10):
        await asyncio.gather(*(write_and_read(first + n) for n in range(10)))
    assert places.count(True) > 150


async def test_a_standby_that_is_behind_does_not_answer(units: Units, pair: Pair) -> None:
    await on_standby_again(units)
    person = await make_user(units)
    impatient(units)
    async with pair.on_standby() as standby:
        await standby.execute("SELECT pg_wal_replay_pause()")
        try:
            other = await make_user(units)
            async with units.begin_anywhere() as uow:
                found = await uow.session.scalar(
                    text("SELECT count(*) FROM users WHERE id IN (:a, :b)"),
                    {"a": person.id, "b": other.id},
                )
            assert found == 2
            assert await place(units) == "primary"
        finally:
            await standby.execute("SELECT pg_wal_replay_resume()")
    await on_standby_again(units)


async def test_slots_never_offer_what_was_just_booked(units: Units, app: FastAPI) -> None:
    person = await make_user(units, time_zone="UTC")
    await make_schedule(units, person)
    kind = await make_event_type(units, person)
    query: Json = {"eventTypeId": kind.id, "start": "2050-01-03", "end": "2050-01-03"}
    transport = httpx.ASGITransport(app)
    await on_standby_again(units)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

        async def offered() -> list[str]:
            answer = await client.get(
                "/v2/slots", params=query, headers={"cal-api-version": "2024-09-04"}
            )
            return [slot["start"] for day in answer.json()["data"].values() for slot in day]

        starts = await offered()
        assert len(starts) == 16
        while starts:
            made = await client.post(
                "/v2/bookings",
                json={
                    "start": starts[0],
                    "eventTypeId": kind.id,
                    "attendee": {"name": "A", "email": "a@x.org", "timeZone": "UTC"},
                },
                headers={"cal-api-version": "2024-08-13"},
            )
            assert made.status_code == 201
            before, starts = starts, await offered()
            assert starts == before[1:]


async def test_a_standby_that_is_gone_is_missed_by_nobody(units: Units, pair: Pair) -> None:
    await on_standby_again(units)
    impatient(units)
    pair.standby.stop()
    try:
        assert [await place(units) for _ in range(5)] == ["primary"] * 5
    finally:
        pair.standby.start()
        await pair.until_up()
    await on_standby_again(units)


def everything_of(server: Postgres) -> list[psutil.Process]:
    assert server.pid is not None
    postmaster = psutil.Process(server.pid)
    return [postmaster, *postmaster.children(recursive=True)]


@pytest.mark.parametrize("connected", [True, False])
async def test_a_standby_that_hangs_is_not_waited_for(
    units: Units, pair: Pair, connected: bool
) -> None:
    """As one behind a network that drops packets does, which may take minutes to be noticed."""
    await on_standby_again(units)
    impatient(units)
    if not connected:
        assert units.replica is not None
        await units.replica.engine.dispose()
    frozen = everything_of(pair.standby)
    for process in frozen:
        process.suspend()
    try:
        async with asyncio.timeout(6):
            assert await asyncio.gather(*(place(units) for _ in range(5))) == ["primary"] * 5
    finally:
        for process in frozen:
            process.resume()
    await on_standby_again(units)


async def test_a_primary_without_a_free_connection_keeps_all_waiting_equally_long(
    units: Units,
) -> None:
    """Not one after the other."""
    from openslots.kernel import db

    small = units.settings.db.model_copy(
        update={"pool_size": 1, "pool_timeout": timedelta(seconds=0.5)}
    )
    primary = db.create_engine(small)
    asked = replica.Replica(primary, primary, patience=timedelta())
    waits = list[float]()

    async def ask() -> None:
        start = time.monotonic()
        with pytest.raises(PoolTimeout):
            async with asked.session():
                raise AssertionError
        waits.append(time.monotonic() - start)

    async with primary.connect():
        await asyncio.gather(*(ask() for _ in range(20)))
    assert max(waits) < 3
    await primary.dispose()


async def test_a_primary_is_no_standby(units: Units, pair: Pair) -> None:
    """A standby that was promoted has a history of its own."""
    from openslots.kernel import db

    engine = db.create_engine(units.settings.db, url=pair.primary.url_of(DATABASE))
    asked = replica.Replica(engine, units.engine, patience=timedelta(milliseconds=10))
    async with asked.session() as session:
        assert session is None
    await asked.close()
