"""Every foreign key has an index of its own columns: without one, deleting what it points to reads
the whole table."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from openslots.kernel.uow import Units

pytestmark = pytest.mark.anyio

SHORT_LIVED = {"verification_codes (team_id)"}  # rows of a quarter of an hour

# An index serves a key when it begins with it, or has no rows but those with a value.
_UNINDEXED = text(
    """
SELECT c.conrelid::regclass || ' (' || string_agg(a.attname, ', ') || ')'
FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
WHERE c.contype = 'f' AND NOT EXISTS (
  SELECT 1 FROM pg_index i
  WHERE i.indrelid = c.conrelid AND i.indisvalid
    AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
    AND (i.indpred IS NULL
      OR pg_get_expr(i.indpred, i.indrelid) = '(' || a.attname || ' IS NOT NULL)'))
GROUP BY c.oid, c.conrelid
"""
)


async def test_every_foreign_key_has_an_index(units: Units) -> None:
    async with units.begin(read_only=True) as uow:
        found = set(await uow.session.scalars(_UNINDEXED))
    assert found - SHORT_LIVED == set()
