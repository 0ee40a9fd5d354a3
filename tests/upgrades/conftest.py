"""The database that the first release left, and an empty one, for each test anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster import create, drop
from tests.upgrades.recorded import Recorded, load


@pytest.fixture
async def recorded(empty_database_url: str) -> Recorded:
    return await load(empty_database_url)


@pytest.fixture
def other_database_url(addresses: dict[str, str]) -> Iterator[str]:
    """One more empty database."""
    url = create(addresses["admin"])
    yield url
    drop(addresses["admin"], url)
