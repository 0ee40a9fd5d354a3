"""The client of the frame's own small application."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from openslots.kernel.settings import Settings
from tests.kernel.frame import frame


@pytest.fixture(scope="session")
async def framed(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with frame(settings) as client:
        yield client
