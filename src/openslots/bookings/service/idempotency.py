"""One effect per Idempotency-Key: the answer of the first request is given again for 24 hours."""

from __future__ import annotations

from datetime import timedelta

from openslots.bookings.errors import KeyReused
from openslots.bookings.repository import idempotency
from openslots.bookings.types import StoredAnswer
from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork

KEPT = timedelta(hours=24)
CHUNK = 1000


async def earlier(uow: UnitOfWork, scope: str, key: str, fingerprint: str) -> StoredAnswer | None:
    """The answer that the key was given before; a concurrent request with the key waits here.

    Raises KeyReused when the key came with another body.
    """
    await uow.lock(locks.IDEMPOTENCY, locks.number_of(f"{scope} {key}"))
    found = await idempotency.find(uow.session, scope, key, uow.now - KEPT)
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise KeyReused
    return StoredAnswer(found.status, found.answer)


async def remember(
    uow: UnitOfWork, scope: str, key: str, fingerprint: str, answer: StoredAnswer
) -> None:
    """Keeps the answer in the transaction that made it true."""
    await idempotency.store(
        uow.session,
        scope,
        key,
        fingerprint=fingerprint,
        status=answer.status,
        answer=answer.body,
        now=uow.now,
    )
    await idempotency.forget(uow.session, uow.now - KEPT, at_most=100)


async def purge(uow: UnitOfWork) -> int:
    """Deletes up to CHUNK answers that have run out; returns how many."""
    return await idempotency.forget(uow.session, uow.now - KEPT, at_most=CHUNK)
