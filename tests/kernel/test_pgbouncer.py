"""Through PgBouncer in transaction mode nothing depends on a session of Postgres."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from openslots.cli import migrate
from openslots.kernel import db
from openslots.kernel.bus import Bus
from openslots.kernel.settings import Database, Settings
from openslots.kernel.uow import Units
from tests.pgbouncer import PgBouncer, through

BINARY = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(BINARY is None, reason="no pgbouncer on this machine"),
]


@pytest.fixture(scope="module")
def pgbouncer(
    addresses: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PgBouncer]:
    """One that has two sessions for however many clients."""
    made = PgBouncer(BINARY or "", tmp_path_factory.mktemp("pgbouncer"), sessions=2)
    made.start(addresses["admin"])
    yield made
    made.stop()


@pytest.fixture
async def pooled(pgbouncer: PgBouncer, fresh_database_url: str) -> AsyncIterator[Units]:
    url = through(fresh_database_url, pgbouncer.port)
    settings = Settings(
        db=Database(
            url=SecretStr(url),
            pool_size=20,
            statement_timeout=timedelta(seconds=17),
            lock_timeout=timedelta(milliseconds=250),
        )
    )
    units = Units(db.create_engine(settings.db, application="pooled"), settings, Bus())
    yield units
    await units.close()


SETTINGS = text(
    "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), "
    "current_setting('jit'), current_setting('TimeZone'), current_setting('application_name')"
)


@pytest.mark.parametrize("how", [{}, {"read_only": True}, {"autocommit": True}])
async def test_settings_are_made_with_every_transaction(pooled: Units, how: Any) -> None:
    for _ in range(3):
        async with pooled.begin(**how) as uow:
            found = (await uow.session.execute(SETTINGS)).one()
        assert tuple(found) == ("17s", "250ms", "off", "UTC", "pooled")


async def test_sessions_keep_nothing_of_a_transaction(pooled: Units) -> None:
    async with pooled.begin() as uow:
        await uow.session.execute(SETTINGS)
        await uow.lock(1, 2, 3)
        await uow.commit()
    url = pooled.settings.db.url.get_secret_value()
    async with migrate.connection(url) as database:
        assert await database.fetchval("SHOW statement_timeout") == "0"
        assert await database.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0
        assert (
            await database.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            == 0
        )


async def test_many_callers_share_two_sessions(pooled: Units) -> None:
    """Every statement has another text, so that none can be answered with another's plan."""

    async def ask(number: int, **how: Any) -> tuple[int, int]:
        async with pooled.begin(**how) as uow:
            pid = text(f"SELECT pg_backend_pid(), {number} + CAST(:one AS int)")
            row = (await uow.session.execute(pid, {"one": 1})).one()
            await asyncio.sleep(0)
            again = (await uow.session.execute(pid, {"one": 1})).one()
            assert row == again
            assert row[1] == number + 1
            return row[0], row[1]

    kinds: tuple[Any, ...] = ({}, {"read_only": True}, {"autocommit": True})
    found = await asyncio.gather(*(ask(n, **kinds[n % 3]) for n in range(120)))
    assert len({pid for pid, _ in found}) == 2


async def test_a_unit_without_a_transaction_of_its_own_commits(pooled: Units) -> None:
    async with pooled.begin(autocommit=True) as uow:
        await uow.session.execute(text("CREATE TABLE kept (n int)"))
        await uow.session.execute(text("INSERT INTO kept VALUES (1)"))

    async def fail() -> None:
        async with pooled.begin(autocommit=True) as uow:
            await uow.session.execute(text("INSERT INTO kept VALUES (2)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with pooled.begin(read_only=True) as uow:
        assert await uow.session.scalar(text("SELECT sum(n) FROM kept")) == 1
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await uow.session.execute(text("INSERT INTO kept VALUES (3)"))


async def test_a_wait_for_a_lock_ends(pooled: Units) -> None:
    async with pooled.begin() as first, pooled.begin() as second:
        await first.lock(1, 7)
        with pytest.raises(DBAPIError, match="lock timeout"):
            await second.lock(1, 7)


def test_the_url_or_the_setting_says_so() -> None:
    plain = SecretStr("postgresql://u:p@h/d")
    assert not Database(url=plain).behind_pgbouncer()
    assert Database(url=plain, pgbouncer=True).behind_pgbouncer()
    assert Database(url=SecretStr("postgresql://u:p@h/d?pgbouncer=true")).behind_pgbouncer()
    assert not Database(url=SecretStr("postgresql://u:p@h/d?pgbouncer=false")).behind_pgbouncer()


async def test_the_revision_can_be_asked_through_it(pooled: Units) -> None:
    url = pooled.settings.db.url.get_secret_value()
    found = await asyncio.gather(*(migrate._ask(url) for _ in range(10)))
    assert found == [migrate.heads()] * 10
