"""Fixtures of every test: the run's servers, a database per process, the application, a clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clock import Clock

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from openslots.kernel.settings import Settings
    from openslots.kernel.uow import Units

PURE = {"availability", "architecture", "processes"}  # the last brings its own servers
CLUSTER: pytest.StashKey[Any] = pytest.StashKey()  # Any: Cluster, imported only where it is needed
ADDRESSES: pytest.StashKey[dict[str, str]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[ADDRESSES] = given.get("addresses", {})
    elif not config.option.collectonly and not _only_pure(config):
        from tests.cluster import Cluster

        cluster = config.stash[CLUSTER] = Cluster()
        cluster.start()
        config.stash[ADDRESSES] = cluster.addresses()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # Any: xdist's WorkerController has no types
    node.workerinput["addresses"] = node.config.stash.get(ADDRESSES, {})


def pytest_unconfigure(config: pytest.Config) -> None:
    if cluster := config.stash.get(CLUSTER, None):
        cluster.stop()


def _only_pure(config: pytest.Config) -> bool:
    """True when every path of the command line lies in a folder whose tests need no server."""
    here = Path(__file__).resolve().parent
    for argument in config.args:
        path = (config.invocation_params.dir / argument.split("::")[0]).resolve()
        inside = path.relative_to(here).parts if path.is_relative_to(here) else ()
        if not inside or inside[0] not in PURE:
            return False
    return True


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One loop for the whole session, so that the application and its pool live in it."""
    return "asyncio"


@pytest.fixture(scope="session")
def addresses(pytestconfig: pytest.Config) -> dict[str, str]:
    """Where the run's servers listen: `admin` (a Postgres URL) and `redis` (without a number)."""
    found = pytestconfig.stash.get(ADDRESSES, {})
    if not found:
        pytest.fail("this test needs Postgres: its folder does not belong in PURE of conftest.py")
    return found


@pytest.fixture(scope="session")
def database_url(addresses: dict[str, str]) -> Iterator[str]:
    """The database of this test process, cloned once; tests commit and make their own users."""
    from tests.cluster import clone, drop

    url = clone(addresses["admin"])
    yield url
    drop(addresses["admin"], url)


@pytest.fixture
def fresh_database_url(addresses: dict[str, str]) -> Iterator[str]:
    """A database of this test alone, for tests of what is global, as the jobs table."""
    from tests.cluster import clone, drop

    url = clone(addresses["admin"])
    yield url
    drop(addresses["admin"], url)


@pytest.fixture
def empty_database_url(addresses: dict[str, str]) -> Iterator[str]:
    """A database of this test alone, without a table."""
    from tests.cluster import create, drop

    url = create(addresses["admin"])
    yield url
    drop(addresses["admin"], url)


@pytest.fixture(scope="session")
def redis_url(addresses: dict[str, str], pytestconfig: pytest.Config) -> str:
    """A numbered Redis database of this test process; empty text where there is no Redis."""
    worker = getattr(pytestconfig, "workerinput", {}).get("workerid", "gw0")
    number = int(worker.removeprefix("gw")) % 64
    return f"{addresses['redis']}/{number}" if addresses["redis"] else ""


def make_settings(database_url: str, redis_url: str, data_dir: Path) -> Settings:
    """Settings of a test process: cheap passwords, limits that no test reaches by accident, and
    patience with a Redis that shares its machine with all the tests."""
    from pydantic import AnyHttpUrl, SecretStr

    from openslots.kernel import settings as kernel

    many = 1_000_000
    return kernel.Settings(
        db=kernel.Database(url=SecretStr(database_url)),
        redis=kernel.Redis(url=SecretStr(redis_url), timeout=timedelta(seconds=5)),
        web=kernel.Web(url=AnyHttpUrl("http://test")),
        security=kernel.Security(
            session_secret=SecretStr("a session secret of the tests"),
            encryption_key=SecretStr("an encryption key for the tests "),
            cheap_passwords=True,
        ),
        limits=kernel.RateLimits(
            anonymous=many, api_key=many, access_token=many, oauth_client=many
        ),
        data_dir=data_dir,
    )


@pytest.fixture(scope="session")
def settings(
    database_url: str,
    redis_url: str,
    addresses: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """Settings over the database of this test process, through PgBouncer where the run has one."""
    from tests.pgbouncer import through

    url = through(database_url, addresses["pgbouncer"])
    return make_settings(url, redis_url, tmp_path_factory.mktemp("data"))


@pytest.fixture
def fresh_settings(
    fresh_database_url: str, redis_url: str, addresses: dict[str, str], tmp_path: Path
) -> Settings:
    """Settings over a database of this test alone."""
    from tests.pgbouncer import through

    return make_settings(through(fresh_database_url, addresses["pgbouncer"]), redis_url, tmp_path)


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application of this test process, started."""
    from openslots.main import create_app

    made = create_app(settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def fresh_app(fresh_settings: Settings) -> AsyncIterator[FastAPI]:
    """An application over a database of this test alone."""
    from openslots.main import create_app

    made = create_app(fresh_settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the application without a network, as nobody."""
    import httpx

    from tests import numbers

    transport = httpx.ASGITransport(app)
    hooks: dict[str, list[Any]] = {"response": [numbers.check]}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", event_hooks=hooks
    ) as made:
        yield made


@pytest.fixture(scope="session")
def units(app: FastAPI) -> Units:
    """Opens units of work on the database of this test process."""
    found: Units = app.state.units
    return found


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Sets what the whole process believes the time to be."""
    with ExitStack() as pins:
        yield Clock(pins)
