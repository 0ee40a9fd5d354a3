"""Rows of credit balances and charges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from openslots.billing.types import Account, Balance, Charge
from openslots.models import CreditBalance, CreditCharge, Membership, Team, User

MOST_ACCOUNTS = 250
MOST_OWNERS = 50


def _account(
    row: CreditBalance | None, team_id: int | None, allowance: int, month: date
) -> Account:
    used = row.monthly_used if row is not None and row.month == month else 0
    return Account(
        team_id=team_id,
        allowance=allowance,
        balance=Balance(
            monthly=max(0, allowance - used),
            additional=row.additional if row is not None else 0,
        ),
        id=row.id if row is not None else None,
        low_told=row.low_told if row is not None else None,
        empty_told=row.empty_told if row is not None else None,
    )


async def team_ids(session: AsyncSession, user_id: int) -> list[int]:
    """Published teams and organisations that the user has joined, in the order of joining."""
    return list(
        await session.scalars(
            select(Team.id)
            .join(Membership, Membership.team_id == Team.id)
            .where(Membership.user_id == user_id, Membership.accepted, Team.slug.is_not(None))
            .order_by(Membership.id)
            .limit(MOST_ACCOUNTS)
        )
    )


async def team_accounts(
    session: AsyncSession, ids: Sequence[int], *, per_seat: int, month: date
) -> list[Account]:
    """The accounts of teams in the order of `ids`; organisations have `per_seat` a month for every
    member who joined."""
    if not ids:
        return []
    member = aliased(Membership)
    seats = select(func.count()).where(member.team_id == Team.id, member.accepted).scalar_subquery()
    rows = await session.execute(
        select(Team.id, Team.is_organization, seats, CreditBalance)
        .outerjoin(CreditBalance, CreditBalance.team_id == Team.id)
        .where(Team.id.in_(ids))
    )
    found = {
        team_id: _account(row, team_id, per_seat * count if is_organization else 0, month)
        for team_id, is_organization, count, row in rows
    }
    return [found[team_id] for team_id in ids if team_id in found]


async def own_account(session: AsyncSession, user_id: int, month: date) -> Account:
    row = await session.scalar(select(CreditBalance).where(CreditBalance.user_id == user_id))
    return _account(row, None, 0, month)


async def charged_before(
    session: AsyncSession, user_id: int, ids: Sequence[int], external_ref: str
) -> int | None:
    """0 when the reference was charged to the user's own account, else the id of the team; None
    when it was not charged."""
    row = (
        await session.execute(
            select(CreditBalance.team_id)
            .join(CreditCharge, CreditCharge.balance_id == CreditBalance.id)
            .where(
                CreditCharge.external_ref == external_ref,
                or_(CreditBalance.user_id == user_id, CreditBalance.team_id.in_(ids)),
            )
            .order_by(CreditCharge.id)
            .limit(1)
        )
    ).first()
    return None if row is None else row[0] or 0


async def ensure(session: AsyncSession, account: Account, user_id: int, month: date) -> int:
    """The id of the account's row, made if there is none, in the current month."""
    owner = {"team_id": account.team_id} if account.team_id is not None else {"user_id": user_id}
    key = next(iter(owner))
    statement = insert(CreditBalance).values(**owner, month=month, additional=0, monthly_used=0)
    await session.execute(statement.on_conflict_do_nothing(index_elements=[key]))
    await session.execute(
        update(CreditBalance)
        .where(getattr(CreditBalance, key) == owner[key], CreditBalance.month != month)
        .values(month=month, monthly_used=0)
    )
    found = await session.scalar(
        select(CreditBalance.id).where(getattr(CreditBalance, key) == owner[key])
    )
    return int(found or 0)


async def take(
    session: AsyncSession,
    balance_id: int,
    user_id: int,
    charge: Charge,
    split: tuple[int, int],
    now: datetime,
) -> None:
    monthly, additional = split
    await session.execute(
        update(CreditBalance)
        .where(CreditBalance.id == balance_id)
        .values(
            monthly_used=CreditBalance.monthly_used + monthly,
            additional=CreditBalance.additional - additional,
            updated_at=now,
        )
    )
    session.add(
        CreditCharge(
            balance_id=balance_id,
            user_id=user_id,
            credits=charge.credits,
            from_monthly=monthly,
            from_additional=additional,
            credit_for=charge.credit_for,
            external_ref=charge.external_ref,
            created_at=now,
        )
    )
    await session.flush()


async def mark_told(session: AsyncSession, balance_id: int, what: str, month: date) -> None:
    column = CreditBalance.empty_told if what == "empty" else CreditBalance.low_told
    await session.execute(
        update(CreditBalance).where(CreditBalance.id == balance_id).values({column: month})
    )


async def owners(
    session: AsyncSession, account: Account, user_id: int
) -> list[tuple[str, str | None]]:
    """(address, name) of those who look after the account: owners and admins, or the user."""
    statement = select(User.email, User.name)
    if account.team_id is None:
        statement = statement.where(User.id == user_id)
    else:
        statement = (
            statement.join(Membership, Membership.user_id == User.id)
            .where(
                Membership.team_id == account.team_id,
                Membership.accepted,
                Membership.role.in_(("OWNER", "ADMIN")),
            )
            .order_by(Membership.id)
            .limit(MOST_OWNERS)
        )
    return [(row.email, row.name) for row in await session.execute(statement)]


async def team_name(session: AsyncSession, team_id: int) -> str | None:
    return await session.scalar(select(Team.name).where(Team.id == team_id))
