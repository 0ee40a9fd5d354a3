"""Subscriptions of an owner: make, read, change and remove."""

from __future__ import annotations

from collections.abc import Sequence

from openslots.access.caller import Caller
from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel import addresses, ids, locks
from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook
from openslots.webhooks import rules
from openslots.webhooks.errors import (
    EventTypeUnknown,
    NotOfAnyEventType,
    NotOfThisEventType,
    NotTheEventTypeOwner,
    NotTheWebhookOwner,
    TooManyWebhooks,
    UrlNotAllowed,
    WebhookNotFound,
)
from openslots.webhooks.repository import subscriptions as repository
from openslots.webhooks.service import secrets
from openslots.webhooks.types import CreateWebhook, UpdateWebhook, WebhookOwner

REMOVE = "webhooks.remove"


async def of_user(
    uow: UnitOfWork,
    user_id: int,
    webhook_id: str,
    *,
    is_admin: bool = False,
    to_change: bool = False,
) -> Webhook:
    """A webhook of the user's own; a system administrator may see every user's.

    Raises WebhookNotFound or NotTheWebhookOwner.
    """
    row = await _known(uow, webhook_id, to_change=to_change)
    allowed = row.user_id == user_id or (is_admin and row.user_id is not None)
    if not allowed:
        raise NotTheWebhookOwner(user_id, webhook_id)
    return row


async def of_event_type(
    uow: UnitOfWork, owner: WebhookOwner, webhook_id: str, *, to_change: bool = False
) -> Webhook:
    """A webhook of exactly this event type.

    Raises WebhookNotFound, NotOfAnyEventType or NotOfThisEventType.
    """
    row = await _known(uow, webhook_id, to_change=to_change)
    if row.event_type_id is None:
        raise NotOfAnyEventType(webhook_id)
    if not repository.owns(owner, row):
        raise NotOfThisEventType(webhook_id, owner.id)
    return row


async def anyhow(uow: UnitOfWork, caller: Caller, webhook_id: str) -> Webhook:
    """A webhook of the caller's account or of one of their event types.

    Raises WebhookNotFound or NotTheWebhookOwner.
    """
    row = await _known(uow, webhook_id)
    owner_id = row.user_id
    if row.event_type_id is not None:
        found = await repository.owner_of_event_type(uow.session, row.event_type_id)
        owner_id = None if found is None else found[0]
    if owner_id is None or not (owner_id == caller.user_id or caller.is_system_admin):
        raise NotTheWebhookOwner(caller.user_id, webhook_id)
    return row


async def own_event_type(uow: UnitOfWork, user_id: int, event_type_id: int) -> WebhookOwner:
    """The event type as an owner of webhooks, if it is the user's own.

    Raises EventTypeUnknown or NotTheEventTypeOwner; event types of teams are not the user's.
    """
    found = await repository.owner_of_event_type(uow.session, event_type_id)
    if found is None:
        raise EventTypeUnknown(event_type_id)
    if found[0] != user_id:
        raise NotTheEventTypeOwner(user_id, event_type_id)
    return WebhookOwner("event_type", event_type_id)


async def _known(uow: UnitOfWork, webhook_id: str, *, to_change: bool = False) -> Webhook:
    row = await repository.get(uow.session, webhook_id, to_change=to_change)
    if row is None:
        raise WebhookNotFound(webhook_id)
    secrets.show(uow, row)
    return row


def _check_url(uow: UnitOfWork, url: str) -> None:
    refusal = addresses.url_refusal(url, public_only=uow.settings.deployment == "saas")
    if refusal is not None:
        raise UrlNotAllowed(refusal)


async def create(uow: UnitOfWork, owner: WebhookOwner, command: CreateWebhook) -> Webhook:
    """Subscribes. Raises UrlNotAllowed, OrganizationTriggerOnly, TimeIncomplete, TooManyWebhooks or
    UrlTaken, in this order. Meetings that are booked already are heard of, too: their triggers
    look for subscriptions when they fire."""
    _check_url(uow, command.subscriber_url)
    triggers = rules.distinct(command.triggers)
    rules.check_triggers(owner, triggers)
    time, unit = rules.window(triggers, command.time, command.time_unit)
    await _check_room(uow, owner)
    row = Webhook(
        id=ids.uuid4(),
        subscriber_url=command.subscriber_url,
        triggers=triggers,
        active=command.active,
        payload_template=command.payload_template,
        version=command.version or rules.FIRST_VERSION,
        time=time,
        time_unit=unit,
        created_at=uow.now,
        updated_at=uow.now,
        **{repository.column_of(owner): owner.id},
    )
    secrets.put(uow, row, command.secret)
    await repository.save(uow.session, owner, row)
    return row


async def _check_room(uow: UnitOfWork, owner: WebhookOwner) -> None:
    """Owners are counted one request at a time."""
    await uow.lock(locks.WEBHOOKS, locks.number_of(f"{owner.kind} {owner.id}"))
    if await repository.count(uow.session, owner) >= rules.MOST:
        raise TooManyWebhooks(owner.kind, rules.MOST)


async def list_of(
    uow: UnitOfWork, owner: WebhookOwner, *, skip: int, take: int
) -> Sequence[Webhook]:
    """A page of the owner's subscriptions, oldest first."""
    rows = await repository.list_of(uow.session, owner, skip=skip, take=take)
    for row in rows:
        secrets.show(uow, row)
    return rows


async def update(uow: UnitOfWork, row: Webhook, command: UpdateWebhook) -> Webhook:
    """Changes what is named. Raises what `create` raises; a URL that stays is not judged again.

    Switching a subscription on again forgets why it was switched off.
    """
    owner, changes = _owner_of(row), dict(command.changes)
    url = changes.get("subscriber_url")
    if isinstance(url, str) and url != row.subscriber_url:
        _check_url(uow, url)
    if "secret" in changes:
        secret = changes.pop("secret")
        secrets.put(uow, row, None if secret is None else str(secret))
    for column, value in changes.items():
        setattr(row, column, value)
    row.triggers = rules.distinct(row.triggers)
    if "triggers" in changes:
        rules.check_triggers(owner, row.triggers)
    if changes.keys() & {"triggers", "time", "time_unit"}:
        row.time, row.time_unit = rules.window(row.triggers, row.time, row.time_unit)
    if row.active and changes.keys() & {"active", "subscriber_url"}:
        row.failures, row.failing_since, row.paused_until = 0, None, None
        row.disabled_at, row.disabled_reason = None, None
    row.updated_at = uow.now
    await repository.save(uow.session, owner, row)
    return row


async def delete(uow: UnitOfWork, row: Webhook) -> Webhook:
    """Removes a subscription and returns it as it was; a job removes its deliveries, which may be
    many."""
    await repository.disown(uow.session, row)
    await queue.put(uow, REMOVE, row.id)
    return row


async def delete_all(uow: UnitOfWork, owner: WebhookOwner) -> int:
    """Removes every subscription of the owner; returns how many."""
    gone = await repository.disown_all(uow.session, owner)
    await queue.put_many(uow, REMOVE, [NewJob(one) for one in gone])
    return len(gone)


def _owner_of(row: Webhook) -> WebhookOwner:
    if row.user_id is not None:
        return WebhookOwner("user", row.user_id)
    if row.event_type_id is not None:
        return WebhookOwner("event_type", row.event_type_id)
    if row.team_id is not None:
        return WebhookOwner("team", row.team_id)
    return WebhookOwner("oauth_client", row.oauth_client_id or "")
