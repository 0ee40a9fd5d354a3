"""`/v2/webhooks/{webhookId}/deliveries` and `/ping`: the delivery log of the caller's webhooks."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.kernel.http.envelope import Page, Pagination, Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.webhooks.schemas.common import Skip, Take
from openslots.webhooks.schemas.log import DeliveryDetailOut, DeliveryOut, Status
from openslots.webhooks.service import log, subscriptions

router = Router(prefix="/v2/webhooks/{webhookId}", tags=["Webhooks"])

Reader = Annotated[Caller, requires(Scope.WEBHOOK_READ)]
Writer = Annotated[Caller, requires(Scope.WEBHOOK_WRITE)]
WebhookId = Annotated[str, Path(alias="webhookId")]
DeliveryId = Annotated[str, Path(alias="deliveryId")]


@router.get("/deliveries", summary="Get the deliveries of a webhook")
async def list_all(
    caller: Reader,
    webhook_id: WebhookId,
    uow: Read,
    status: Status | None = None,
    take: Take = 50,
    skip: Skip = 0,
) -> Page[DeliveryOut]:
    """What was sent to a webhook of the caller, or waits to be, newest first.

    Works for webhooks of the account and of its event types. The log is kept for 30 days unless
    the server is set otherwise.
    """
    hook = await subscriptions.anyhow(uow, caller, webhook_id)
    found, total = await log.list_of(uow, hook, status=status, skip=skip, take=take)
    return Page(
        data=[DeliveryOut.of(*one) for one in found],
        pagination=Pagination.of(total=total, skip=skip, take=take),
    )


@router.get("/deliveries/{deliveryId}", summary="Get a delivery and its attempts")
async def get(
    caller: Reader, webhook_id: WebhookId, delivery_id: DeliveryId, uow: Read
) -> Success[DeliveryDetailOut]:
    """One delivery with the body that was sent and every attempt: status, duration and the first
    2 KB of the answer."""
    hook = await subscriptions.anyhow(uow, caller, webhook_id)
    found, attempts = await log.get(uow, hook, delivery_id)
    return Success(data=DeliveryDetailOut.of_all(*found, attempts))


@router.post("/deliveries/{deliveryId}/redeliver", status_code=201, summary="Send a delivery again")
async def redeliver(
    caller: Writer, webhook_id: WebhookId, delivery_id: DeliveryId, uow: Write
) -> Success[DeliveryOut]:
    """Sends the same body with the same id again, to the address that the webhook has now."""
    hook = await subscriptions.anyhow(uow, caller, webhook_id)
    row = await log.redeliver(uow, hook, delivery_id)
    return Success(data=DeliveryOut.of(row, row.next_attempt_at))


@router.post("/ping", status_code=201, summary="Send a test event")
async def ping(caller: Writer, webhook_id: WebhookId, uow: Write) -> Success[DeliveryOut]:
    """Sends an event named `PING` once, signed like every other; see the log for the outcome."""
    hook = await subscriptions.anyhow(uow, caller, webhook_id)
    row = await log.ping(uow, hook)
    return Success(data=DeliveryOut.of(row, row.next_attempt_at))
