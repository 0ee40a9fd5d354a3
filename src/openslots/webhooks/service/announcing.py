"""Writing deliveries: what happened becomes one row, and one job, per subscription that asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from openslots.events.bookings import BookingEvent
from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook
from openslots.webhooks import rules
from openslots.webhooks.payload import envelope, invitations
from openslots.webhooks.payload.bookings import Around
from openslots.webhooks.repository import meetings, subscriptions
from openslots.webhooks.service import outbox
from openslots.webhooks.types import NewDelivery, Scope

Payload = Callable[[Around], Mapping[str, Any]]  # Any: JSON


def scope_of(event: BookingEvent, *, with_organizer: bool = False) -> Scope:
    """Whose subscriptions hear of a booking: its event type and parent, the teams, and the
    organiser for personal events, or `with_organizer` for all."""
    kind = event.event_type
    of_team = kind is not None and kind.team_id is not None
    organizer = event.booking.organizer_id if with_organizer or not of_team else None
    kinds = () if kind is None else (kind.id, kind.parent_id)
    teams = (*event.team_ids, event.organization_id)
    return Scope(
        user_id=organizer,
        event_type_ids=tuple(one for one in kinds if one is not None),
        team_ids=tuple(dict.fromkeys(one for one in teams if one is not None)),
    )


async def of_booking(
    uow: UnitOfWork, trigger: str, event: BookingEvent, scope: Scope, payload: Payload
) -> None:
    """Tells the subscriptions of a scope what happened to a booking. The payload is built only
    when somebody listens, once for each version that they ask for."""
    hooks = await subscriptions.matching_one(uow.session, trigger, scope)
    if not hooks:
        return
    kind = event.event_type
    name = None
    if kind is not None and kind.team_id is not None:
        name = await meetings.team_name(uow.session, kind.team_id)
    webapp = uow.settings.web.base
    built = payload(Around(webapp, name))
    wrapped = {rules.FIRST_VERSION: envelope.wrapped(trigger, event.at, built)}
    newer = any(hook.version == invitations.VERSION for hook in hooks)
    if newer and invitations.belong(trigger, event):
        full = invitations.added(built, event, webapp)
        wrapped[invitations.VERSION] = envelope.wrapped(trigger, event.at, full)
    await _write(uow, hooks, trigger, wrapped, event.booking.uid)


async def of_absence(
    uow: UnitOfWork, user_id: int, payload: Mapping[str, Any], at: datetime
) -> None:
    """Tells the subscriptions of a person and of their teams of a new absence."""
    teams = await meetings.teams_of(uow.session, user_id)
    scope = Scope(user_id=user_id, team_ids=tuple(teams))
    hooks = await subscriptions.matching_one(uow.session, rules.OOO_CREATED, scope)
    if hooks:
        wrapped = {rules.FIRST_VERSION: envelope.wrapped(rules.OOO_CREATED, at, payload)}
        await _write(uow, hooks, rules.OOO_CREATED, wrapped, None)


async def ping(uow: UnitOfWork, hook: Webhook) -> str:
    """Writes a test delivery to one subscription; returns its id."""
    payload = {
        "message": "This is a test. No booking has changed.",
        "webhookId": hook.id,
        "triggers": hook.triggers,
    }
    wrapped = {rules.FIRST_VERSION: envelope.wrapped(rules.PING, uow.now, payload)}
    [written] = await _write(uow, [hook], rules.PING, wrapped, None, custom=False)
    return written.id


async def _write(
    uow: UnitOfWork,
    hooks: Sequence[Webhook],
    trigger: str,
    wrapped: Mapping[str, Mapping[str, Any]],
    booking_uid: str | None,
    *,
    custom: bool = True,
) -> list[NewDelivery]:
    """One delivery per subscription, of its version of the envelope; the first one stands for
    versions that have none of their own."""
    plain = {version: envelope.rendered(one, None) for version, one in wrapped.items()}
    drafts = []
    for hook in hooks:
        version = hook.version if hook.version in wrapped else rules.FIRST_VERSION
        made = plain[version]
        if custom and hook.payload_template:
            made = outbox.rendered(hook, trigger, wrapped[version])
            await asyncio.sleep(0)  # others have their turn: it may take a while, and be many
        drafts.append(
            outbox.draft(uow, hook, trigger, made.body, made.content_type, booking_uid=booking_uid)
        )
    await outbox.insert(uow, drafts)
    return drafts
