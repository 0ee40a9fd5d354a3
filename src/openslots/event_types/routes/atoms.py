"""`/v2/atoms/event-types`: what the published React components ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from openslots.access.caller import Caller
from openslots.access.guards import public, requires
from openslots.access.scopes import Scope
from openslots.event_types import service
from openslots.event_types.routes.user_2024_04_15 import form, form_event_type, page
from openslots.event_types.schemas import internal_out as shown
from openslots.event_types.schemas.internal import DefaultLocationIn, SettingsFormIn
from openslots.event_types.service import internal
from openslots.event_types.service import public as pages
from openslots.event_types.types import PublicQuery
from openslots.kernel.http.envelope import Done, Success, raw
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import IntId, QueryInt

router = Router(prefix="/v2/atoms/event-types", tags=["Atoms"])

EventTypeId = Annotated[IntId, Path(alias="eventTypeId")]
Reader = Annotated[Caller, requires(Scope.EVENT_TYPE_READ)]
Writer = Annotated[Caller, requires(Scope.EVENT_TYPE_WRITE)]


@router.get(
    "/{eventSlug}/public",
    summary="Get an event type for the booker component",
    dependencies=[public()],
    response_model=Success[shown.PublicEventTypeOut | None],
)
async def get_public(
    event_slug: Annotated[str, Path(alias="eventSlug")],
    uow: Read,
    username: str = "",
    is_team_event: Annotated[str | None, Query(alias="isTeamEvent")] = None,
    team_id: Annotated[QueryInt | None, Query(alias="teamId")] = None,
    org_id: Annotated[QueryInt | None, Query(alias="orgId")] = None,
) -> Response:
    """Reads an event type for its booking page, hidden ones included; null when there is none.
    Several usernames joined by `+` make a group event type."""
    query = PublicQuery(
        username=username,
        slug=event_slug,
        is_team_event=is_team_event == "true",
        team_id=team_id or None,
        org_id=org_id or None,
    )
    return raw(page(await pages.find_public(uow, query)))


@router.get("", summary="Get my event types", response_model=Success[shown.MyEventTypesOut])
async def list_mine(caller: Reader, uow: Read) -> Response:
    """Lists the caller's own event types with their locations."""
    found = await internal.groups(uow, caller.user_id)
    keys = ("id", "title", "slug", "description", "length", "locations", "parentId")
    rows = [shown.event_type(row) for row in found.rows]
    return raw({"eventTypes": [{key: row[key] for key in keys} for row in rows]})


@router.get(
    "/list-with-team",
    summary="Get my event types and those of my teams",
    response_model=Success[list[shown.ListedEventTypeOut]],
)
async def list_with_team(caller: Reader, uow: Read) -> Response:
    """Lists the caller's own event types and those of their teams."""
    found = await internal.groups(uow, caller.user_id)
    named = [(None, row) for row in found.rows]
    out = []
    for team, row in named + [(facts, row) for group, facts in found.teams for row in group.rows]:
        out.append(
            {
                "id": row.id,
                "title": row.title,
                "slug": row.slug,
                "length": row.length,
                "team": None if team is None else {"id": team.id, "name": team.name},
                "username": found.owner.username,
            }
        )
    return raw(out)


@router.patch(
    "/bulk-update-to-default-location", summary="Set the default location of several event types"
)
async def use_default_location(caller: Writer, body: DefaultLocationIn, uow: Write) -> Done:
    """Replaces the locations of event types of the caller by their default conferencing app."""
    await internal.use_default_location(uow, caller.user_id, body.event_type_ids)
    return Done()


@router.get(
    "/{eventTypeId}",
    summary="Get an event type for its settings form",
    response_model=Success[shown.SettingsOut],
)
async def get(caller: Reader, event_type_id: EventTypeId, uow: Read) -> Response:
    """Reads an event type with everything that a settings form shows."""
    facts = await internal.settings(
        uow, event_type_id, user_id=caller.user_id, is_system_admin=caller.is_system_admin
    )
    return raw(form(facts))


@router.patch(
    "/{eventTypeId}",
    summary="Save the settings form of an event type",
    response_model=Success[shown.ChangedOut],
)
async def update(
    caller: Writer, event_type_id: EventTypeId, body: SettingsFormIn, uow: Write
) -> Response:
    """Changes what the form names and leaves everything else as it is."""
    row = await service.update(uow, body.to_command(caller.user_id, event_type_id))
    return raw({"eventType": form_event_type(await internal.own_settings(uow, row))})
