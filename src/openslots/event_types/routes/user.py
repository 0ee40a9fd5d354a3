"""`/v2/event-types` under 2024-06-14: the event types of a person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import BeforeValidator

from openslots.access.caller import Caller
from openslots.access.guards import Anyone, requires
from openslots.access.scopes import Scope
from openslots.event_types import service
from openslots.event_types.schemas.v2024_06_14 import present
from openslots.event_types.schemas.v2024_06_14.body import CreateEventTypeIn, UpdateEventTypeIn
from openslots.event_types.schemas.v2024_06_14.out import (
    DeletedOut,
    EventTypeOut,
    TeamEventTypeOut,
)
from openslots.event_types.service.reads import Found, Listed
from openslots.event_types.types import ListEventTypes
from openslots.kernel.http.envelope import Success, raw
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import IntId, QueryInt, comma_list, one_of
from openslots.kernel.http.versions import serves

router = Router(prefix="/v2/event-types", tags=["Event Types"])

Reader = Annotated[Caller, requires(Scope.EVENT_TYPE_READ)]
Writer = Annotated[Caller, requires(Scope.EVENT_TYPE_WRITE)]
EventTypeId = Annotated[IntId, Path(alias="eventTypeId")]
Names = Annotated[list[str] | None, Query(), BeforeValidator(comma_list)]
Sorting = Annotated[Literal["asc", "desc"] | None, *one_of(["asc", "desc"])]


def _shown(found: Found) -> dict[str, Any]:  # Any: JSON values
    if found.owner is not None:
        return present.personal(found.row, found.owner)
    return present.team(found.row, found.hosts, found.team)


def _listed(found: Listed) -> list[dict[str, Any]]:  # Any: JSON values
    if found.group:
        return [present.dynamic(found.group)]
    if found.owner is None:
        return []
    return [
        present.personal(row, found.owner, hidden_fields=False, private=found.private)
        for row in found.rows
    ]


@router.post(
    "", status_code=201, summary="Create an event type", response_model=Success[EventTypeOut]
)
@serves("2024-06-14")
async def create(caller: Writer, body: CreateEventTypeIn, uow: Write) -> Response:
    """Creates an event type that the caller hosts alone. Everything but the title, the slug and
    the length has a default. The slug must be new among the caller's own."""
    row = await service.create(uow, body.to_command(caller.user_id))
    return raw(_shown(await service.own_facts(uow, row)), status=201)


@router.get("", summary="Get event types", response_model=Success[list[EventTypeOut]])
@serves("2024-06-14")
async def list_event_types(
    caller: Anyone,
    uow: Read,
    username: str | None = None,
    event_slug: Annotated[str | None, Query(alias="eventSlug")] = None,
    usernames: Names = None,
    org_slug: Annotated[str | None, Query(alias="orgSlug")] = None,
    org_id: Annotated[QueryInt | None, Query(alias="orgId")] = None,
    sort_created_at: Annotated[Sorting, Query(alias="sortCreatedAt")] = None,
) -> Response:
    """Lists the event types of one person by `username`, one of them with `eventSlug`, or the
    group event type of several `usernames`. Without these, a caller sees their own. Hidden event
    types and hidden booking fields are left out, the former only for others than their owner."""
    query = ListEventTypes(
        caller_id=caller.user_id if caller else None,
        caller_is_admin=caller is not None and caller.is_system_admin,
        username=username,
        event_slug=event_slug,
        usernames=tuple(name for name in usernames or () if name),
        org_slug=org_slug,
        org_id=org_id,
        newest_first=sort_created_at == "desc",
    )
    return raw(_listed(await service.list_event_types(uow, query)))


@router.get(
    "/{eventTypeId}",
    summary="Get an event type",
    response_model=Success[EventTypeOut | TeamEventTypeOut],
)
@serves("2024-06-14")
async def get(caller: Reader, event_type_id: EventTypeId, uow: Read) -> Response:
    """Reads an event type by id: the owner, its hosts, and administrators of its team or of the
    owner's organisation may. Event types of teams have their own shape."""
    found = await service.get(
        uow, event_type_id, user_id=caller.user_id, is_system_admin=caller.is_system_admin
    )
    return raw(_shown(found))


@router.patch(
    "/{eventTypeId}", summary="Update an event type", response_model=Success[EventTypeOut]
)
@serves("2024-06-14")
async def update(
    caller: Writer, event_type_id: EventTypeId, body: UpdateEventTypeIn, uow: Write
) -> Response:
    """Changes what the body names and leaves everything else as it is. Lists and options are
    replaced as a whole."""
    row = await service.update(uow, body.to_command(caller.user_id, event_type_id))
    return raw(_shown(await service.own_facts(uow, row)))


@router.delete("/{eventTypeId}", summary="Delete an event type", response_model=Success[DeletedOut])
@serves("2024-06-14")
async def delete(caller: Writer, event_type_id: EventTypeId, uow: Write) -> Response:
    """Deletes an event type of the caller with its private links and webhooks. Bookings stay."""
    return raw(present.deleted(await service.delete(uow, caller.user_id, event_type_id)))
