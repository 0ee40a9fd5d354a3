"""`/v2/event-types` under 2024-04-15 and 2024-06-11, and for requests without a date."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Response

from openslots.access.caller import Caller
from openslots.access.guards import public, requires
from openslots.access.scopes import Scope
from openslots.event_types import service
from openslots.event_types.schemas import internal_out as shown
from openslots.event_types.schemas.internal import LegacyCreateIn, LegacyUpdateIn
from openslots.event_types.service import internal
from openslots.event_types.service import public as pages
from openslots.event_types.types import PublicQuery
from openslots.kernel.http.envelope import Success, raw
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Read, Write
from openslots.kernel.http.validation import IntId
from openslots.kernel.http.versions import serves

router = Router(prefix="/v2/event-types", tags=["Event Types 2024-04-15"])

EventTypeId = Annotated[IntId, Path(alias="eventTypeId")]
Reader = Annotated[Caller, requires(Scope.EVENT_TYPE_READ)]
Writer = Annotated[Caller, requires(Scope.EVENT_TYPE_WRITE)]
OLD = ("2024-04-15", "2024-06-11")


def form_event_type(facts: internal.SettingsFacts) -> dict[str, Any]:  # Any: JSON values
    found = facts.found
    return shown.settings_event_type(
        found.row,
        found.owner,
        schedule=facts.schedule,
        links=facts.links,
        hooks=facts.hooks,
        hosts=found.hosts,
        team=found.team,
        booker_url=facts.booker_url,
    )


def form(facts: internal.SettingsFacts) -> dict[str, Any]:  # Any: JSON values
    return shown.settings_form(
        form_event_type(facts),
        options=internal.location_options(),
        members=facts.members,
        membership=facts.membership,
        is_org_admin=facts.is_org_admin,
    )


def page(facts: pages.PublicFacts | None) -> dict[str, Any] | None:  # Any: JSON values
    if facts is None:
        return None
    return shown.public(
        facts.row,
        facts.people,
        schedule=facts.schedule,
        team=facts.team,
        hosts=facts.hosts,
        org_slug=facts.org_slug,
        is_dynamic=facts.is_dynamic,
    )


@router.post(
    "",
    status_code=201,
    summary="Create an event type",
    response_model=Success[shown.LegacyEventTypeOut],
)
@serves(*OLD)
async def create(caller: Writer, body: LegacyCreateIn, uow: Write) -> Response:
    """Creates an event type of the caller from its internal names."""
    row = await service.create(uow, body.to_command(caller.user_id))
    return raw(shown.event_type(row), status=201)


@router.get("", summary="Get event types", response_model=Success[shown.EventTypeGroupsOut])
@serves(*OLD)
async def list_groups(caller: Reader, uow: Read) -> Response:
    """Lists the caller's own event types, then those of each of their teams, in groups."""
    found = await internal.groups(uow, caller.user_id)
    groups = [shown.group(found.owner, found.rows, role=None, count=1)]
    groups += [
        shown.group(facts, group.rows, role=group.role, count=group.count)
        for group, facts in found.teams
    ]
    profiles = [
        {
            **group["profile"],
            "teamId": group["teamId"],
            "membershipRole": group["membershipRole"],
            **group["metadata"],
        }
        for group in groups
    ]
    return raw({"eventTypeGroups": groups, "profiles": profiles})


@router.get(
    "/{eventTypeId}", summary="Get an event type", response_model=Success[shown.SettingsOut]
)
@serves(*OLD)
async def get(caller: Reader, event_type_id: EventTypeId, uow: Read) -> Response:
    """Reads an event type with everything that a settings form shows."""
    facts = await internal.settings(
        uow, event_type_id, user_id=caller.user_id, is_system_admin=caller.is_system_admin
    )
    return raw(form(facts))


@router.patch(
    "/{eventTypeId}",
    summary="Update an event type",
    response_model=Success[shown.FormEventTypeOut],
)
@serves(*OLD)
async def update(
    caller: Writer, event_type_id: EventTypeId, body: LegacyUpdateIn, uow: Write
) -> Response:
    """Changes what the body names and leaves everything else as it is."""
    row = await service.update(uow, body.to_command(caller.user_id, event_type_id))
    return raw(form_event_type(await internal.own_settings(uow, row)))


@router.delete(
    "/{eventTypeId}",
    summary="Delete an event type",
    response_model=Success[shown.LegacyDeletedOut],
)
@serves(*OLD)
async def delete(caller: Writer, event_type_id: EventTypeId, uow: Write) -> Response:
    """Deletes an event type of the caller with its private links and webhooks. Bookings stay."""
    return raw(shown.deleted(await service.delete(uow, caller.user_id, event_type_id)))


@router.get(
    "/{username}/public",
    summary="Get the public event types of a user",
    dependencies=[public()],
    response_model=Success[list[shown.InternalOut]],
)
@serves(*OLD, carried=False)
async def list_public(username: str, uow: Read) -> Response:
    """Lists the event types of a person that are not hidden."""
    return raw([shown.summary(row) for row in await pages.list_public(uow, username)])


@router.get(
    "/{username}/{eventSlug}/public",
    summary="Get one public event type",
    dependencies=[public()],
    response_model=Success[shown.PublicEventTypeOut | None],
)
@serves(*OLD, carried=False)
async def get_public(
    username: str,
    event_slug: Annotated[str, Path(alias="eventSlug")],
    uow: Read,
    is_team_event: Annotated[str | None, Query(alias="isTeamEvent")] = None,
    org: str | None = None,
) -> Response:
    """Reads an event type for its booking page, hidden ones included; null when there is none.
    Several usernames joined by `+` make a group event type."""
    query = PublicQuery(
        username=username,
        slug=event_slug,
        is_team_event=is_team_event == "true",
        org_slug=org or None,
    )
    return raw(page(await pages.find_public(uow, query)))
