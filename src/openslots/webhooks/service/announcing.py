"""Writing deliveries: what happened becomes one row, and one job, per subscription that asks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from openslots.events.bookings import BookingEvent
from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel import ids
from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook
from openslots.webhooks import rules
from openslots.webhooks.payload import clocked, envelope, invitations
from openslots.webhooks.payload.bookings import Around
from openslots.webhooks.repository import deliveries, meetings, subscriptions
from openslots.webhooks.types import Meeting, Scope

DELIVER, MEETING = "webhooks.deliver", "webhooks.meeting"
# identity of a delivery that fires by the clock: the same however often its job runs
_CLOCKED = uuid.UUID("7d1d6c1e-5b1f-4e55-9a53-0f6f7c0f7a10")

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
    hooks = await subscriptions.matching(uow.session, trigger, scope)
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
    hooks = await subscriptions.matching(uow.session, rules.OOO_CREATED, scope)
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
    [delivery_id] = await _write(uow, [hook], rules.PING, wrapped, None, custom=False)
    return delivery_id


async def _write(
    uow: UnitOfWork,
    hooks: Sequence[Webhook],
    trigger: str,
    wrapped: Mapping[str, Mapping[str, Any]],
    booking_uid: str | None,
    *,
    custom: bool = True,
) -> list[str]:
    """One delivery per subscription, of its version of the envelope; the first one stands for
    versions that have none of their own."""
    plain = {version: envelope.rendered(one, None) for version, one in wrapped.items()}
    rows = []
    for hook in hooks:
        version = hook.version if hook.version in wrapped else rules.FIRST_VERSION
        template = hook.payload_template if custom else None
        body, content_type = plain[version]
        if template:
            body, content_type = envelope.rendered(wrapped[version], template)
        rows.append(_row(uow, hook, trigger, body, content_type, booking_uid=booking_uid))
    return await _insert(uow, rows)


def _row(
    uow: UnitOfWork,
    hook: Webhook,
    trigger: str,
    body: str,
    content_type: str,
    *,
    booking_uid: str | None,
    due_at: datetime | None = None,
    delivery_id: str | None = None,
) -> dict[str, object]:
    return {
        "id": delivery_id or str(ids.ordered_uuid(int(uow.now.timestamp() * 1000))),
        "webhook_id": hook.id,
        "trigger": trigger,
        "body": body,
        "content_type": content_type,
        "booking_uid": booking_uid,
        "status": "pending",
        "attempts": 0,
        "due_at": due_at,
        "next_attempt_at": uow.now,
        "created_at": uow.now,
    }


async def _insert(uow: UnitOfWork, rows: Sequence[dict[str, object]]) -> list[str]:
    await deliveries.insert_new(uow.session, rows)
    jobs = [NewJob(str(row["id"]), lane=lane(str(row["webhook_id"]))) for row in rows]
    await queue.put_many(uow, DELIVER, jobs, replace=False)
    return [job.key for job in jobs]


def lane(webhook_id: str) -> str:
    return f"webhook:{webhook_id}"


# -- by the clock


async def schedule(uow: UnitOfWork, booking_id: int, start: datetime, end: datetime) -> None:
    """Has the start and the end of an accepted booking told, at the times it has now.

    There is one job per booking, and it looks for subscriptions when it fires, so later ones hear
    of it, too.
    """
    if start > uow.now:
        job = _meeting_job(booking_id, rules.STARTED, start)
    elif end > uow.now:
        job = _meeting_job(booking_id, rules.ENDED, end)
    else:
        return
    await queue.put_many(uow, MEETING, [job])


async def unschedule(uow: UnitOfWork, *booking_ids: int) -> None:
    """Start and end of these bookings are not told any more."""
    await queue.drop(uow, MEETING, *(str(one) for one in booking_ids))


def _meeting_job(booking_id: int, trigger: str, at: datetime) -> NewJob:
    return NewJob(str(booking_id), {"trigger": trigger}, run_at=at)


async def fire(uow: UnitOfWork, booking_id: int, trigger: str) -> None:
    """Tells that a meeting started or ended, if it still stands, and plans its end.

    One that is a day late is not told any more.
    """
    meeting = await meetings.meeting(uow.session, booking_id)
    if meeting is None or meeting.booking.status != "accepted":
        return
    booking = meeting.booking
    due = booking.start if trigger == rules.STARTED else booking.end
    if due > uow.now:
        await queue.put_many(uow, MEETING, [_meeting_job(booking_id, trigger, due)])
        return
    if not rules.expired(due, uow.now):
        await _tell_meeting(uow, trigger, meeting, due)
    if trigger == rules.STARTED:
        ending = _meeting_job(booking_id, rules.ENDED, booking.end)
        await queue.put_many(uow, MEETING, [ending])


async def _tell_meeting(uow: UnitOfWork, trigger: str, meeting: Meeting, due: datetime) -> None:
    hooks = await subscriptions.matching(uow.session, trigger, meeting.scope)
    if not hooks:
        return
    body, uid = envelope.plain(clocked.body(trigger, meeting)), meeting.booking.uid
    rows = [
        _row(
            uow,
            hook,
            trigger,
            body,
            envelope.JSON,
            booking_uid=uid,
            due_at=due,
            delivery_id=str(uuid.uuid5(_CLOCKED, f"{hook.id} {trigger} {uid} {due.isoformat()}")),
        )
        for hook in hooks
    ]
    await _insert(uow, rows)
