"""One attempt of a delivery: what is sent, and what follows from how it went."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import version

from openslots.jobs.queue import Retry
from openslots.kernel import clock, metrics
from openslots.kernel.crypto import Unreadable
from openslots.kernel.outbound import Answer, Failed, Outbound, Refused
from openslots.kernel.uow import UnitOfWork
from openslots.webhooks import rules, signing
from openslots.webhooks.payload import parts
from openslots.webhooks.repository import deliveries
from openslots.webhooks.service import health
from openslots.webhooks.service import secrets as webhook_secrets
from openslots.webhooks.types import Attempted, Candidate, Outcome

PENDING, DELIVERED, FAILED = "pending", "delivered", "failed"
ORDER_WAIT = timedelta(seconds=1)
KEY_WAIT = timedelta(minutes=5)


# -- before


async def prepare(uow: UnitOfWork, delivery_ids: Sequence[str]) -> list[Candidate | Retry | None]:
    """For each delivery what to send, None when there is nothing to send any more, or the Retry
    to raise: an earlier delivery of the same booking waits for its first attempt, the endpoint is
    left alone after a run of failures, or no key opens its secret."""
    found = await deliveries.to_send(uow.session, delivery_ids, uow.now)
    over = [one.id for one in found.values() if _is_over(one, uow.now)]
    if over:
        await deliveries.drop(uow.session, over)
        metrics.DELIVERIES.of("dropped").inc(len(over))
    return [
        None if one is None or one.id in over else _wait(one, uow.now) or _opened(uow, one)
        for one in map(found.get, delivery_ids)
    ]


def _is_over(one: Candidate, now: datetime) -> bool:
    if one.trigger == rules.PING:
        return one.deleted
    return not one.active or rules.expired(one.due_at, now)


def _wait(one: Candidate, now: datetime) -> Retry | None:
    if one.trigger == rules.PING:
        return None
    if one.paused_until is not None and rules.left_alone(one.paused_until, now):
        scattered = one.paused_until + timedelta(milliseconds=secrets.randbelow(1000))
        return Retry(scattered, "the endpoint is failing", counted=False)
    return Retry(now + ORDER_WAIT, counted=False) if one.earlier else None


def _opened(uow: UnitOfWork, one: Candidate) -> Candidate | Retry:
    """With the secret in clear. Nothing goes out unsigned because a key is missing: it waits for
    the key, and its attempts are not used up."""
    try:
        clear = webhook_secrets.opened(uow, one.webhook_id, one.secret)
    except Unreadable as error:
        return Retry(uow.now + KEY_WAIT, str(error), counted=False)
    return replace(one, secret=clear)


# -- the attempt


@lru_cache(maxsize=1)
def _agent() -> str:
    return f"openslots-webhooks/{version('openslots')}"


def headers(one: Candidate, body: bytes, now: datetime) -> dict[str, str]:
    """The documented headers, those of Standard Webhooks, and which attempt it is."""
    timestamp = int(now.timestamp())
    out = {
        "Content-Type": one.content_type,
        "X-Cal-Signature-256": signing.hexadecimal(one.secret, body),
        "X-Cal-Webhook-Version": one.version,
        "User-Agent": _agent(),
        "Webhook-Id": one.id,
        "Webhook-Timestamp": str(timestamp),
        "Idempotency-Key": one.id,
        "X-Cal-Delivery-Attempt": str(one.attempts + 1),
    }
    signature = signing.standard(one.secret, one.id, timestamp, body)
    if signature is not None:
        out["Webhook-Signature"] = signature
    if one.due_at is not None:
        out["X-Cal-Due-At"] = parts.milliseconds(one.due_at)
        if one.created_at - one.due_at > rules.LATE:
            out["X-Cal-Late"] = "true"
    return out


async def attempt(outbound: Outbound, one: Candidate) -> Attempted:
    """Sends once, outside of any transaction."""
    body, number = one.body.encode(), one.attempts + 1
    started = clock.now()
    try:
        answer = await outbound.post(one.subscriber_url, body, headers(one, body, started))
    except Refused as error:
        metrics.WEBHOOK_ATTEMPTS.inc("refused")
        retrying = rules.after_refusal(str(error), number, _spread())
        return Attempted(started, 0, error=str(error), retrying=retrying)
    except Failed as error:
        retrying = rules.after_failure(error.kind, number, _spread())
        took = round((clock.now() - started).total_seconds() * 1000)
        _measure(error.kind, took)
        return Attempted(started, took, error=str(error), retrying=retrying)
    _measure(_class_of(answer.status), answer.milliseconds)
    return _answered(answer, number, started)


def _class_of(status: int) -> str:
    return f"{status // 100}xx" if 100 <= status < 600 else "other"


def _measure(result: str, milliseconds: int) -> None:
    metrics.WEBHOOK_ATTEMPTS.inc(result)
    metrics.WEBHOOK_SECONDS.observe(milliseconds / 1000)


def _answered(answer: Answer, number: int, started: datetime) -> Attempted:
    if 200 <= answer.status < 300:
        return Attempted(started, answer.milliseconds, answer.status, answer.excerpt)
    asked = rules.retry_after(answer.headers.get("retry-after"), started)
    return Attempted(
        started,
        answer.milliseconds,
        answer.status,
        answer.excerpt,
        error=f"HTTP {answer.status}",
        retrying=rules.after_answer(answer.status, number, asked, _spread()),
        gone=answer.status == 410,
    )


def _spread() -> float:
    """Evenly between -1 and 1."""
    return secrets.randbelow(2001) / 1000 - 1


# -- afterwards


async def delivered(uow: UnitOfWork, sent: Sequence[tuple[Candidate, Attempted]]) -> None:
    """Keeps attempts that succeeded; the endpoints are well again."""
    outcomes = [Outcome(one.id, attempted, DELIVERED) for one, attempted in sent]
    await deliveries.record(uow.session, outcomes)
    if cured := {one.webhook_id for one, _ in sent if one.failing}:
        await deliveries.succeeded(uow.session, sorted(cured))


async def failed(uow: UnitOfWork, one: Candidate, attempted: Attempted) -> datetime | None:
    """Keeps an attempt that failed and returns when the next one is due; None at the end.

    An endpoint that is gone, or only failed for days, is switched off and its owner told.
    """
    again = _again(uow, one, attempted)
    status = FAILED if again is None else PENDING
    await deliveries.record(uow.session, [Outcome(one.id, attempted, status, again)])
    if one.trigger == rules.PING:
        return None
    hook = await deliveries.failed(uow.session, one.webhook_id, uow.now)
    if hook is None:
        return None
    await health.judge(uow, hook, gone=attempted.gone)
    return again


def _again(uow: UnitOfWork, one: Candidate, attempted: Attempted) -> datetime | None:
    seconds = attempted.retrying.seconds if attempted.retrying is not None else None
    if seconds is None or one.trigger == rules.PING:
        return None
    moment = clock.cut(uow.now + timedelta(seconds=seconds))
    return None if rules.expired(one.due_at, moment) else moment
