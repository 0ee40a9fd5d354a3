"""When API keys were last used, written in batches beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import DateTime, String, column, update, values
from sqlalchemy.exc import DBAPIError

from openslots.kernel.ending import end
from openslots.kernel.logging import Log
from openslots.kernel.uow import Units
from openslots.models import ApiKey

log = Log("access")
EVERY = 5.0  # seconds


class KeyUses:
    """Collects uses in memory; a key used a thousand times costs one row of one statement."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._uses: dict[str, datetime] = {}

    def note(self, key_id: str | None, moment: datetime) -> None:
        if key_id is not None:
            self._uses[key_id] = moment

    async def flush(self) -> None:
        uses, self._uses = self._uses, {}
        if not uses:
            return
        used = values(
            column("id", String), column("at", DateTime(timezone=True)), name="used"
        ).data(sorted(uses.items()))
        async with self._units.begin() as uow:
            await uow.session.execute(
                update(ApiKey).where(ApiKey.id == used.c.id).values(last_used_at=used.c.at)
            )
            await uow.commit()

    @asynccontextmanager
    async def flushing(self) -> AsyncIterator[None]:
        """Flushes every few seconds within the block, and once at its end."""
        task = asyncio.create_task(self._forever())
        try:
            yield
        finally:
            await end(task)
            await self._try()

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            await self._try()

    async def _try(self) -> None:
        try:
            await self.flush()
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("keys.uses_not_written", error=type(error).__name__)
