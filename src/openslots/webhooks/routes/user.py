"""`/v2/webhooks`: what the caller's own account is subscribed to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.webhooks.schemas.common import (
    CreateWebhookIn,
    Skip,
    Take,
    UpdateWebhookIn,
    WebhookOut,
)
from openslots.webhooks.service import subscriptions
from openslots.webhooks.types import WebhookOwner

router = Router(prefix="/v2/webhooks", tags=["Webhooks"])

Reader = Annotated[Caller, requires(Scope.WEBHOOK_READ)]
Writer = Annotated[Caller, requires(Scope.WEBHOOK_WRITE)]
WebhookId = Annotated[str, Path(alias="webhookId")]


@router.post("", status_code=201, summary="Create a webhook")
async def create(caller: Writer, body: CreateWebhookIn, uow: Write) -> Success[WebhookOut]:
    """Subscribes an address to what happens to the caller's bookings.

    An address can be subscribed once per user. Deliveries are signed with `secret`, and tried
    again for up to three days.
    """
    owner = WebhookOwner("user", caller.user_id)
    return Success(data=WebhookOut.of(await subscriptions.create(uow, owner, body.to_command())))


@router.get("", summary="Get all webhooks")
async def list_all(
    caller: Reader, uow: Read, take: Take = 250, skip: Skip = 0
) -> Success[list[WebhookOut]]:
    """The caller's own subscriptions, oldest first; those of event types are listed there."""
    owner = WebhookOwner("user", caller.user_id)
    found = await subscriptions.list_of(uow, owner, skip=skip, take=take)
    return Success(data=[WebhookOut.of(row) for row in found])


@router.get("/{webhookId}", summary="Get a webhook")
async def get(caller: Reader, webhook_id: WebhookId, uow: Read) -> Success[WebhookOut]:
    """One subscription of the caller."""
    row = await subscriptions.of_user(
        uow, caller.user_id, webhook_id, is_admin=caller.is_system_admin
    )
    return Success(data=WebhookOut.of(row))


@router.patch("/{webhookId}", summary="Update a webhook")
async def update(
    caller: Writer, webhook_id: WebhookId, body: UpdateWebhookIn, uow: Write
) -> Success[WebhookOut]:
    """Changes what the body names; `triggers` replaces the whole list.

    Null clears `payloadTemplate`, `secret`, `time` and `timeUnit`. What waits to be sent goes to
    the new address with the new secret.
    """
    row = await subscriptions.of_user(
        uow, caller.user_id, webhook_id, is_admin=caller.is_system_admin, to_change=True
    )
    return Success(data=WebhookOut.of(await subscriptions.update(uow, row, body.to_command())))


@router.delete("/{webhookId}", summary="Delete a webhook")
async def delete(caller: Writer, webhook_id: WebhookId, uow: Write) -> Success[WebhookOut]:
    """Ends a subscription, with whatever waits to be sent to it."""
    row = await subscriptions.of_user(
        uow, caller.user_id, webhook_id, is_admin=caller.is_system_admin, to_change=True
    )
    return Success(data=WebhookOut.of(await subscriptions.delete(uow, row)))
