"""`/v2/event-types/{eventTypeId}/private-links`: links that open one event type of the caller."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from openslots.access.caller import Caller
from openslots.access.guards import requires
from openslots.access.scopes import Scope
from openslots.event_types.schemas.private_links import (
    CreatePrivateLinkIn,
    DeletedLinkOut,
    LinkOut,
    PositiveId,
    UpdatePrivateLinkIn,
    link_out,
)
from openslots.event_types.service import links
from openslots.kernel.http.envelope import Success
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write

router = Router(
    prefix="/v2/event-types/{eventTypeId}/private-links", tags=["Event Types / Private Links"]
)

Reader = Annotated[Caller, requires(Scope.EVENT_TYPE_READ)]
Writer = Annotated[Caller, requires(Scope.EVENT_TYPE_WRITE)]
EventTypeId = Annotated[PositiveId, Path(alias="eventTypeId")]
LinkId = Annotated[str, Path(alias="linkId")]


def _out(found: links.LinkFacts) -> LinkOut:
    return link_out(found.row, found.url, found.expired)


@router.post("", status_code=201, summary="Create a private link for an event type")
async def create(
    caller: Writer, event_type_id: EventTypeId, body: CreatePrivateLinkIn, uow: Write
) -> Success[LinkOut]:
    """Creates a link that expires at a moment, or after a number of bookings: one by default."""
    command = body.to_command(caller.user_id, event_type_id)
    return Success(data=_out(await links.create(uow, command)))


@router.get("", summary="Get all private links for an event type")
async def list_links(
    caller: Reader, event_type_id: EventTypeId, uow: Read
) -> Success[list[LinkOut]]:
    """Lists the links of an event type of the caller, oldest first, expired ones included."""
    found = await links.list_of(uow, event_type_id, caller.user_id)
    return Success(data=[_out(link) for link in found])


@router.patch("/{linkId}", summary="Update a private link for an event type")
async def update(
    caller: Writer,
    event_type_id: EventTypeId,
    link_id: LinkId,
    body: UpdatePrivateLinkIn,
    uow: Write,
) -> Success[LinkOut]:
    """Changes when a link expires or how often it can be used; naming the other kind of limit
    makes it a link of that kind, with the uses so far."""
    command = body.to_command(caller.user_id, event_type_id, link_id)
    return Success(data=_out(await links.update(uow, command)))


@router.delete("/{linkId}", summary="Delete a private link for an event type")
async def delete(
    caller: Writer, event_type_id: EventTypeId, link_id: LinkId, uow: Write
) -> Success[DeletedLinkOut]:
    """Deletes a link; whoever has it cannot book with it any more."""
    await links.delete(uow, event_type_id, caller.user_id, link_id)
    return Success(data=DeletedLinkOut(link_id=link_id))
