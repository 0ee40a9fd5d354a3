"""Rows of verified addresses, verified numbers and codes on their way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.kernel.purging import delete_some
from openslots.models import Membership, VerificationCode, VerifiedEmail, VerifiedPhone
from openslots.verified_resources.types import Kind, Page, Principal, Verified

Table = type[VerifiedEmail] | type[VerifiedPhone]


def _of(table: Table | type[VerificationCode], principal: Principal) -> ColumnElement[bool]:
    return and_(
        table.user_id.is_not_distinct_from(principal.user_id),
        table.team_id.is_not_distinct_from(principal.team_id),
    )


def _verified(row: VerifiedEmail | VerifiedPhone) -> Verified:
    address = row.email if isinstance(row, VerifiedEmail) else row.phone_number
    return Verified(row.id, address, row.user_id, row.team_id)


# -- codes


async def put_code(
    session: AsyncSession,
    principal: Principal,
    kind: Kind,
    address: str,
    *,
    code_hash: str,
    expires_at: datetime,
    now: datetime,
) -> None:
    """The newest code for the address; the one before no longer counts."""
    fresh = {"code_hash": code_hash, "expires_at": expires_at, "tries": 0, "updated_at": now}
    statement = insert(VerificationCode).values(
        user_id=principal.user_id,
        team_id=principal.team_id,
        kind=kind,
        address=address,
        created_at=now,
        **fresh,
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["user_id", "team_id", "kind", "address"], set_=fresh
        )
    )


async def locked_code(
    session: AsyncSession, principal: Principal, kind: Kind, address: str
) -> VerificationCode | None:
    return await session.scalar(
        select(VerificationCode)
        .where(
            _of(VerificationCode, principal),
            VerificationCode.kind == kind,
            VerificationCode.address == address,
        )
        .with_for_update()
    )


async def drop_code(session: AsyncSession, code_id: int) -> None:
    await session.execute(delete(VerificationCode).where(VerificationCode.id == code_id))


async def purge_codes(session: AsyncSession, before: datetime, limit: int) -> int:
    """Deletes up to `limit` codes that ran out before that; returns how many."""
    return await delete_some(
        session,
        VerificationCode,
        VerificationCode.expires_at < before,
        oldest=VerificationCode.expires_at,
        limit=limit,
    )


# -- what was verified


async def add_email(session: AsyncSession, principal: Principal, email: str) -> Verified:
    """The new row, or the one that was there."""
    found = await find_email(session, principal, email)
    if found is not None:
        return found
    row = VerifiedEmail(user_id=principal.user_id, team_id=principal.team_id, email=email)
    session.add(row)
    await session.flush()
    return _verified(row)


async def find_email(session: AsyncSession, principal: Principal, email: str) -> Verified | None:
    row = await session.scalar(
        select(VerifiedEmail).where(_of(VerifiedEmail, principal), VerifiedEmail.email == email)
    )
    return None if row is None else _verified(row)


async def add_phone(session: AsyncSession, principal: Principal, phone: str) -> Verified:
    """The new row, or the one that was there."""
    found = await session.scalar(
        select(VerifiedPhone).where(
            _of(VerifiedPhone, principal), VerifiedPhone.phone_number == phone
        )
    )
    if found is not None:
        return _verified(found)
    row = VerifiedPhone(user_id=principal.user_id, team_id=principal.team_id, phone_number=phone)
    session.add(row)
    await session.flush()
    return _verified(row)


async def page_of(
    session: AsyncSession, table: Table, principal: Principal, page: Page
) -> list[Verified]:
    rows = await session.scalars(
        select(table)
        .where(_of(table, principal))
        .order_by(table.id)
        .offset(page.skip)
        .limit(page.take)
    )
    return [_verified(row) for row in rows if isinstance(row, VerifiedEmail | VerifiedPhone)]


async def owned(
    session: AsyncSession, table: Table, principal: Principal, number: int
) -> Verified | None:
    row: VerifiedEmail | VerifiedPhone | None = await session.scalar(
        select(table).where(_of(table, principal), table.id == number)
    )
    return None if row is None else _verified(row)


async def is_member(session: AsyncSession, team_id: int, user_id: int) -> bool:
    found = await session.scalar(
        select(Membership.id).where(
            Membership.team_id == team_id, Membership.user_id == user_id, Membership.accepted
        )
    )
    return found is not None
