"""One attempt of a delivery: what is sent, and what follows from how it went."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import version

from openslots.events.webhooks import WebhookDisabled
from openslots.jobs.queue import Retry
from openslots.kernel import clock
from openslots.kernel.outbound import Answer, Failed, Outbound, Refused
from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook
from openslots.webhooks import rules, signing
from openslots.webhooks.payload import parts
from openslots.webhooks.repository import deliveries
from openslots.webhooks.types import Attempted, Outgoing, Retrying

PENDING, DELIVERED, FAILED, DROPPED = "pending", "delivered", "failed", "dropped"
ORDER_WAIT = timedelta(seconds=1)


async def prepare(uow: UnitOfWork, delivery_id: str) -> Outgoing | None:
    """What to send now; None when there is nothing to send any more.

    Raises Retry while an earlier delivery of the same booking waits for its first attempt, and
    while the endpoint is left alone after a run of failures.
    """
    found = await deliveries.to_send(uow.session, delivery_id, uow.now)
    if found is None or found[0].status != PENDING:
        return None
    delivery, hook, earlier_waits = found
    is_ping = delivery.trigger == rules.PING
    if not is_ping and (not hook.active or rules.expired(delivery.due_at, uow.now)):
        delivery.status, delivery.next_attempt_at = DROPPED, None
        await uow.session.flush()
        return None
    if not is_ping and hook.paused_until is not None and hook.paused_until > uow.now:
        raise Retry(hook.paused_until + _scatter(), "the endpoint is failing", counted=False)
    if earlier_waits:
        raise Retry(uow.now + ORDER_WAIT, counted=False)
    return Outgoing(
        delivery_id=delivery.id,
        webhook_id=hook.id,
        trigger=delivery.trigger,
        body=delivery.body,
        content_type=delivery.content_type,
        attempt=delivery.attempts + 1,
        due_at=delivery.due_at,
        created_at=delivery.created_at,
        url=hook.subscriber_url,
        secret=hook.secret,
        version=hook.version,
        failing=hook.failures > 0 or hook.failing_since is not None,
    )


@lru_cache(maxsize=1)
def _agent() -> str:
    return f"openslots-webhooks/{version('openslots')}"


def headers(outgoing: Outgoing, body: bytes, now: datetime) -> dict[str, str]:
    """The documented headers, those of Standard Webhooks, and which attempt it is."""
    timestamp = int(now.timestamp())
    out = {
        "Content-Type": outgoing.content_type,
        "X-Cal-Signature-256": signing.hexadecimal(outgoing.secret, body),
        "X-Cal-Webhook-Version": outgoing.version,
        "User-Agent": _agent(),
        "Webhook-Id": outgoing.delivery_id,
        "Webhook-Timestamp": str(timestamp),
        "Idempotency-Key": outgoing.delivery_id,
        "X-Cal-Delivery-Attempt": str(outgoing.attempt),
    }
    signature = signing.standard(outgoing.secret, outgoing.delivery_id, timestamp, body)
    if signature is not None:
        out["Webhook-Signature"] = signature
    if outgoing.due_at is not None:
        out["X-Cal-Due-At"] = parts.milliseconds(outgoing.due_at)
        if outgoing.created_at - outgoing.due_at > rules.LATE:
            out["X-Cal-Late"] = "true"
    return out


async def attempt(outbound: Outbound, outgoing: Outgoing) -> Attempted:
    """Sends once, outside of any transaction."""
    body = outgoing.body.encode()
    started = clock.now()
    try:
        answer = await outbound.post(outgoing.url, body, headers(outgoing, body, started))
    except Refused as error:
        retrying = rules.after_refusal(str(error), outgoing.attempt, _spread())
        return Attempted(started, 0, error=str(error), retrying=retrying)
    except Failed as error:
        retrying = rules.after_failure(error.kind, outgoing.attempt, _spread())
        took = round((clock.now() - started).total_seconds() * 1000)
        return Attempted(started, took, error=str(error), retrying=retrying)
    return _answered(outgoing, answer, started)


def _answered(outgoing: Outgoing, answer: Answer, started: datetime) -> Attempted:
    if 200 <= answer.status < 300:
        return Attempted(started, answer.milliseconds, answer.status, answer.excerpt)
    asked = rules.retry_after(answer.headers.get("retry-after"), started)
    return Attempted(
        started,
        answer.milliseconds,
        answer.status,
        answer.excerpt,
        error=f"HTTP {answer.status}",
        retrying=rules.after_answer(answer.status, outgoing.attempt, asked, _spread()),
        gone=answer.status == 410,
    )


def _spread() -> float:
    """Evenly between -1 and 1."""
    return secrets.randbelow(2001) / 1000 - 1


def _scatter() -> timedelta:
    return timedelta(milliseconds=secrets.randbelow(1000))


async def record(uow: UnitOfWork, outgoing: Outgoing, attempted: Attempted) -> datetime | None:
    """Keeps the attempt and returns when the next one is due; None at the end.

    An endpoint that is gone, or only failed for days, is switched off and its owner told.
    """
    retrying = attempted.retrying
    if retrying is None:
        await deliveries.record(uow.session, outgoing.delivery_id, attempted, DELIVERED, None)
        if outgoing.failing:
            await deliveries.succeeded(uow.session, outgoing.webhook_id)
        return None
    again = _again(uow, outgoing, retrying)
    status = FAILED if again is None else PENDING
    await deliveries.record(uow.session, outgoing.delivery_id, attempted, status, again)
    if outgoing.trigger == rules.PING:
        return None
    hook = await deliveries.failed(uow.session, outgoing.webhook_id, uow.now)
    if hook is None:
        return None
    pause = rules.probe_pause(hook.failures)
    hook.paused_until = None if pause is None else uow.now + pause
    if hook.active and attempted.gone:
        await _disable(uow, hook, "the endpoint answered 410 Gone")
    elif hook.active and rules.should_disable(hook.failing_since, uow.now):
        await _disable(uow, hook, f"every delivery failed for {rules.DISABLE_AFTER.days} days")
    await uow.session.flush()
    return again


def _again(uow: UnitOfWork, outgoing: Outgoing, retrying: Retrying) -> datetime | None:
    if retrying.seconds is None or outgoing.trigger == rules.PING:
        return None
    moment = clock.cut(uow.now + timedelta(seconds=retrying.seconds))
    return None if rules.expired(outgoing.due_at, moment) else moment


async def _disable(uow: UnitOfWork, hook: Webhook, reason: str) -> None:
    hook.active, hook.disabled_at, hook.disabled_reason = False, uow.now, reason
    await uow.publish(
        WebhookDisabled(
            webhook_id=hook.id,
            subscriber_url=hook.subscriber_url,
            user_id=hook.user_id,
            event_type_id=hook.event_type_id,
            team_id=hook.team_id,
            at=uow.now,
            reason=reason,
        )
    )
