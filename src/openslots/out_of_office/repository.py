"""Rows of absences, and what their rules read of others' tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from openslots.events.out_of_office import AbsentPerson
from openslots.models import Membership, OutOfOffice, User
from openslots.out_of_office.types import AbsencePage


async def owned(session: AsyncSession, user_id: int, absence_id: int) -> OutOfOffice | None:
    return await session.scalar(
        select(OutOfOffice).where(OutOfOffice.id == absence_id, OutOfOffice.user_id == user_id)
    )


async def page_of(session: AsyncSession, user_id: int, page: AbsencePage) -> list[OutOfOffice]:
    """Entries of a user in the asked order, always ended by the id."""
    statement = select(OutOfOffice).where(OutOfOffice.user_id == user_id)
    for column, order in ((OutOfOffice.end_at, page.by_end), (OutOfOffice.start_at, page.by_start)):
        if order is not None:
            statement = statement.order_by(column.desc() if order == "desc" else column.asc())
            break
    statement = statement.order_by(OutOfOffice.id).offset(page.skip).limit(page.take)
    return list(await session.scalars(statement))


async def redirected_here(
    session: AsyncSession, user_id: int, start: datetime, end: datetime, by: int | None
) -> bool:
    """Whether an entry that overlaps redirects to `user_id`; with `by` only one of that user."""
    statement = select(OutOfOffice.id).where(
        OutOfOffice.to_user_id == user_id,
        OutOfOffice.start_at <= end,
        OutOfOffice.end_at >= start,
    )
    if by is not None:
        statement = statement.where(OutOfOffice.user_id == by)
    return await session.scalar(statement.limit(1)) is not None


async def same_days(
    session: AsyncSession, user_id: int, start: datetime, end: datetime, *, but: int | None
) -> bool:
    statement = select(OutOfOffice.id).where(
        OutOfOffice.user_id == user_id,
        OutOfOffice.start_at == start,
        OutOfOffice.end_at == end,
    )
    if but is not None:
        statement = statement.where(OutOfOffice.id != but)
    return await session.scalar(statement.limit(1)) is not None


async def share_a_team(session: AsyncSession, user_id: int, other_id: int) -> bool:
    """Whether the other is in a team or organisation that the user has joined."""
    mine, theirs = aliased(Membership), aliased(Membership)
    found = await session.scalar(
        select(
            exists().where(
                mine.user_id == user_id,
                mine.accepted,
                theirs.team_id == mine.team_id,
                theirs.user_id == other_id,
            )
        )
    )
    return bool(found)


async def people(session: AsyncSession, *ids: int) -> dict[int, AbsentPerson]:
    rows = await session.execute(
        select(User.id, User.email, User.name, User.username, User.home_tz).where(User.id.in_(ids))
    )
    return {row[0]: AbsentPerson(*row) for row in rows}


async def remove(session: AsyncSession, absence_id: int) -> None:
    await session.execute(delete(OutOfOffice).where(OutOfOffice.id == absence_id))
