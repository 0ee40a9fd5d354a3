"""How many jobs wait and run, in one statement whose cost does not grow with the backlog."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from openslots.kernel import clock
from openslots.kernel.exposition import Waiting

LOOKED_AT = 10_000  # of the oldest due jobs; counts stop there
KINDS = 100

# The inner query walks the index of due jobs from its old end.
_WAITING = text("""
SELECT kind,
  count(*) FILTER (WHERE NOT held) AS due,
  coalesce(date_part('epoch', :now - min(run_at) FILTER (WHERE NOT held)), 0) AS oldest,
  count(*) FILTER (WHERE held) AS running
FROM (
  SELECT kind, run_at, coalesce(locked_until > :now, false) AS held FROM jobs
  WHERE done_at IS NULL AND run_at <= :now ORDER BY run_at, id LIMIT :most
) AS front
GROUP BY kind ORDER BY kind LIMIT :kinds
""")


async def waiting(engine: AsyncEngine) -> list[Waiting]:
    """One entry per kind that is due or running; the oldest LOOKED_AT jobs are looked at."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            _WAITING, {"now": clock.now(), "most": LOOKED_AT, "kinds": KINDS}
        )
        return [Waiting(kind, due, float(oldest), held) for kind, due, oldest, held in rows]
