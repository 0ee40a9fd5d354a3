"""Deleting old rows a few at a time, by indexes alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute


async def delete_some(
    session: AsyncSession,
    table: Any,  # Any: a model with an `id`
    *conditions: ColumnElement[bool],
    oldest: InstrumentedAttribute[Any],  # Any: a column of times
    limit: int,
) -> int:
    """Deletes up to `limit` rows that fulfil the conditions, by `oldest`, which needs an index;
    returns how many. Rows that another transaction holds are left.

    The ids are collected before anything is deleted: joined with the table they would let Postgres
    read all of it, and without an order it would walk over what was deleted before, each time.
    """
    old = (
        select(table.id)
        .where(*conditions)
        .order_by(oldest)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    gone = await session.scalars(
        delete(table)
        .where(table.id == func.any(func.array(old)))
        .returning(table.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
