"""`/v2/event-types/{eventTypeId}/webhooks`: subscriptions of one event type of the caller."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import IntId
from openslots.webhooks.schemas.common import (
    CreateWebhookIn,
    Skip,
    Take,
    UpdateWebhookIn,
    WebhookOut,
)
from openslots.webhooks.service import subscriptions

router = Router(prefix="/v2/event-types/{eventTypeId}/webhooks", tags=["Event Types / Webhooks"])

Reader = Annotated[Caller, requires(Scope.EVENT_TYPE_READ)]
Writer = Annotated[Caller, requires(Scope.EVENT_TYPE_WRITE)]
EventTypeId = Annotated[IntId, Path(alias="eventTypeId")]
WebhookId = Annotated[str, Path(alias="webhookId")]


@router.post("", status_code=201, summary="Create a webhook")
async def create(
    caller: Writer, event_type_id: EventTypeId, body: CreateWebhookIn, uow: Write
) -> Success[WebhookOut]:
    """Subscribes an address to what happens to the bookings of one event type.

    An address can be subscribed once per event type, also where the account has it already; then
    it hears twice.
    """
    owner = await subscriptions.own_event_type(uow, caller.user_id, event_type_id)
    return Success(data=WebhookOut.of(await subscriptions.create(uow, owner, body.to_command())))


@router.get("", summary="Get all webhooks")
async def list_all(
    caller: Reader, event_type_id: EventTypeId, uow: Read, take: Take = 250, skip: Skip = 0
) -> Success[list[WebhookOut]]:
    """The subscriptions of this event type alone, oldest first."""
    owner = await subscriptions.own_event_type(uow, caller.user_id, event_type_id)
    found = await subscriptions.list_of(uow, owner, skip=skip, take=take)
    return Success(data=[WebhookOut.of(row) for row in found])


@router.get("/{webhookId}", summary="Get a webhook")
async def get(
    caller: Reader, event_type_id: EventTypeId, webhook_id: WebhookId, uow: Read
) -> Success[WebhookOut]:
    """One subscription of this event type."""
    owner = await subscriptions.own_event_type(uow, caller.user_id, event_type_id)
    return Success(data=WebhookOut.of(await subscriptions.of_event_type(uow, owner, webhook_id)))


@router.patch("/{webhookId}", summary="Update a webhook")
async def update(
    caller: Writer,
    event_type_id: EventTypeId,
    webhook_id: WebhookId,
    body: UpdateWebhookIn,
    uow: Write,
) -> Success[WebhookOut]:
    """Changes what the body names; `triggers` replaces the whole list.

    Null clears `payloadTemplate`, `secret`, `time` and `timeUnit`.
    """
    owner = await subscriptions.own_event_type(uow, caller.user_id, event_type_id)
    row = await subscriptions.of_event_type(uow, owner, webhook_id, to_change=True)
    return Success(data=WebhookOut.of(await subscriptions.update(uow, row, body.to_command())))


@router.delete("/{webhookId}", summary="Delete a webhook")
async def delete(
    caller: Writer, event_type_id: EventTypeId, webhook_id: WebhookId, uow: Write
) -> Success[WebhookOut]:
    """Ends one subscription of this event type."""
    owner = await subscriptions.own_event_type(uow, caller.user_id, event_type_id)
    row = await subscriptions.of_event_type(uow, owner, webhook_id, to_change=True)
    return Success(data=WebhookOut.of(await subscriptions.delete(uow, row)))


@router.delete("", summary="Delete all webhooks")
async def delete_all(caller: Writer, event_type_id: EventTypeId, uow: Write) -> Success[str]:
    """Ends every subscription of this event type and says how many there were."""
    owner = await subscriptions.own_event_type(uow, caller.user_id, event_type_id)
    return Success(data=f"{await subscriptions.delete_all(uow, owner)} webhooks deleted")
