"""Codes of six digits: random, hashed, valid for 15 minutes, five tries, used once."""

from __future__ import annotations

from openslots.kernel import crypto, ids
from openslots.kernel.uow import UnitOfWork
from openslots.verified_resources import repository, rules
from openslots.verified_resources.types import Kind, Principal

CHUNK = 1000


def _hash(uow: UnitOfWork, principal: Principal, address: str, code: str) -> str:
    secret = uow.settings.security.encryption_key.get_secret_value()
    facts = f"code:{principal.user_id}:{principal.team_id}:{address}:{code}"
    return crypto.hmac_sha256(secret, facts.encode())


def fresh() -> str:
    return ids.digits(rules.DIGITS)


async def keep(uow: UnitOfWork, principal: Principal, kind: Kind, address: str, code: str) -> None:
    """The code that was sent to the address; the one before no longer counts."""
    await repository.put_code(
        uow.session,
        principal,
        kind,
        address,
        code_hash=_hash(uow, principal, address, code),
        expires_at=uow.now + rules.VALID_FOR,
        now=uow.now,
    )


async def redeem(
    uow: UnitOfWork, principal: Principal, kind: Kind, address: str, code: str
) -> bool:
    """Whether it is the code that was issued last. A right one ends with it; a wrong one counts as
    a try, which the caller must let stand."""
    row = await repository.locked_code(uow.session, principal, kind, address)
    if row is None or row.expires_at <= uow.now or row.tries >= rules.MOST_TRIES:
        return False
    given = _hash(uow, principal, address, code.strip())
    if row.code_hash is None or not crypto.same(row.code_hash, given):
        row.tries += 1
        await uow.session.flush()
        return False
    await repository.drop_code(uow.session, row.id)
    return True


async def purge(uow: UnitOfWork) -> int:
    """Deletes up to CHUNK codes that are over; returns how many."""
    return await repository.purge_codes(uow.session, uow.now, CHUNK)
