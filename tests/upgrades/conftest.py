"""Databases of each test's own: as the first release left one, the same at the newest revision, and
an empty one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from openslots.cli import backup, migrate
from tests.cluster import create, drop
from tests.upgrades.backups import silent
from tests.upgrades.recorded import Recorded, load


@pytest.fixture(scope="session")
def first_release(addresses: dict[str, str]) -> Iterator[Recorded]:
    """The template of `recorded`, which nobody connects to."""
    url = create(addresses["admin"])
    yield asyncio.run(load(url))
    drop(addresses["admin"], url)


@pytest.fixture(scope="session")
def first_release_upgraded(addresses: dict[str, str], first_release: Recorded) -> Iterator[str]:
    """The template of `newest`, which nobody connects to."""
    url = create(addresses["admin"], first_release.name)
    migrate.upgrade(url)
    yield url
    drop(addresses["admin"], url)


@pytest.fixture
def recorded(addresses: dict[str, str], first_release: Recorded) -> Iterator[Recorded]:
    """A database as the first release left it."""
    url = create(addresses["admin"], first_release.name)
    yield first_release.at(url)
    drop(addresses["admin"], url)


@pytest.fixture
def newest(
    addresses: dict[str, str], first_release: Recorded, first_release_upgraded: str
) -> Iterator[Recorded]:
    """The same at the newest revision."""
    url = create(addresses["admin"], first_release.at(first_release_upgraded).name)
    yield first_release.at(url)
    drop(addresses["admin"], url)


@pytest.fixture
def other_database_url(addresses: dict[str, str]) -> Iterator[str]:
    """An empty database."""
    url = create(addresses["admin"])
    yield url
    drop(addresses["admin"], url)


@pytest.fixture
def other(other_database_url: str) -> str:
    return other_database_url


@pytest.fixture
async def file(newest: Recorded, tmp_path: Path) -> Path:
    """A backup of it."""
    await backup.backup(newest.url, tmp_path / "backup", silent)
    return tmp_path / "backup"
