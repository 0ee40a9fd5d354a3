"""Switching an endpoint off that only fails, and telling its owner."""

from __future__ import annotations

from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook
from openslots.notifications import service as notifications
from openslots.webhooks import rules
from openslots.webhooks.repository import subscriptions

GONE = "the endpoint answered 410 Gone"
FAILING = f"every delivery failed for {rules.DISABLE_AFTER.days} days"


async def judge(uow: UnitOfWork, hook: Webhook, *, gone: bool) -> None:
    """After a failure: leaves the endpoint alone for a while, or switches it off and mails its
    owner when it is gone or has only failed for days."""
    pause = rules.probe_pause(hook.failures)
    hook.paused_until = None if pause is None else uow.now + pause
    if hook.active and gone:
        await _disable(uow, hook, GONE)
    elif hook.active and rules.should_disable(hook.failing_since, uow.now):
        await _disable(uow, hook, FAILING)
    await uow.session.flush()


async def _disable(uow: UnitOfWork, hook: Webhook, reason: str) -> None:
    hook.active, hook.disabled_at, hook.disabled_reason = False, uow.now, reason
    for email, name in await subscriptions.people_behind(uow.session, hook):
        await notifications.send_notice(
            uow,
            email,
            "A webhook was switched off",
            [
                f"The webhook to {hook.subscriber_url} was switched off: {reason}.",
                "Nothing more is sent to it until you switch it on again, by setting `active` to "
                f"true on the webhook with the id {hook.id}. What could not be delivered stays in "
                "its delivery log and can be sent again from there.",
            ],
            to_name=name,
        )
