"""API keys: their form, their hash, and the person behind one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, ScalarSelect, select
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.access.caller import Caller
from openslots.kernel import crypto, ids
from openslots.kernel.errors import Unauthorized
from openslots.models import ApiKey, ApiKeyLimit, Membership, Team, User


class InvalidKey(Unauthorized):
    message = "ApiAuthStrategy - api key - Your api key is not valid"


class ExpiredKey(Unauthorized):
    message = "ApiAuthStrategy - api key - Your api key is expired"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many requests per window, and for how long an offender is refused (milliseconds)."""

    name: str
    limit: int
    window_ms: int
    block_ms: int


def make(prefix: str) -> tuple[str, str]:
    """A new key as it is shown once, and the hash that is stored."""
    secret = ids.hex_token(16)
    return prefix + secret, crypto.sha256(secret)


def hash_of(key: str, prefix: str) -> str:
    return crypto.sha256(key.removeprefix(prefix))


def _main_organization() -> ScalarSelect[int]:
    return (
        select(Membership.team_id)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.user_id == User.id, Membership.accepted, Team.is_organization)
        .order_by(Membership.id)
        .limit(1)
        .scalar_subquery()
    )


_BY_HASH = select(
    ApiKey.id.label("key_id"),
    ApiKey.team_id,
    ApiKey.expires_at,
    User.id.label("user_id"),
    User.email,
    User.username,
    User.name,
    User.home_tz,
    User.locale,
    User.role,
    User.locked_at,
    _main_organization().label("organization_id"),
).join(User, User.id == ApiKey.user_id)


def _caller(row: RowMapping) -> Caller:
    return Caller(
        kind="api_key",
        user_id=row["user_id"],
        email=row["email"],
        username=row["username"],
        name=row["name"],
        time_zone=row["home_tz"],
        locale=row["locale"],
        is_system_admin=row["role"] == "ADMIN",
        organization_id=row["team_id"] or row["organization_id"],
        api_key_id=row["key_id"],
    )


async def authenticate(session: AsyncSession, key: str, *, prefix: str, now: datetime) -> Caller:
    """The caller behind an API key. Raises InvalidKey (also for a locked user) or ExpiredKey."""
    found = await session.execute(_BY_HASH.where(ApiKey.hashed_key == hash_of(key, prefix)))
    row = found.mappings().first()
    if row is None or row["locked_at"] is not None:
        raise InvalidKey
    if row["expires_at"] is not None and row["expires_at"] <= now:
        raise ExpiredKey
    return _caller(row)


async def limits(session: AsyncSession, hashed: str) -> list[Limit] | None:
    """The limits that replace the default for a key; None when no such key exists."""
    found = await session.execute(
        select(ApiKeyLimit.name, ApiKeyLimit.limit, ApiKeyLimit.window_ms, ApiKeyLimit.block_ms)
        .select_from(ApiKey)
        .outerjoin(ApiKeyLimit, ApiKeyLimit.api_key_id == ApiKey.id)
        .where(ApiKey.hashed_key == hashed)
        .order_by(ApiKeyLimit.id)
    )
    rows = found.all()
    if not rows:
        return None
    return [Limit(*row) for row in rows if row[0] is not None]
