"""Triggers that fire by the clock: that meetings start and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel.uow import UnitOfWork
from openslots.models import Webhook
from openslots.webhooks import rules
from openslots.webhooks.payload import clocked, envelope
from openslots.webhooks.repository import meetings, subscriptions
from openslots.webhooks.repository.meetings import Standing
from openslots.webhooks.repository.subscriptions import Matches
from openslots.webhooks.service import no_shows, outbox
from openslots.webhooks.service.no_shows import MEETING
from openslots.webhooks.types import Firing, Meeting, NewDelivery


async def schedule(uow: UnitOfWork, booking_id: int, start: datetime, end: datetime) -> None:
    """Has the start and the end of an accepted booking told, at the times it has now.

    There is one job per booking, and it looks for subscriptions when it fires, so later ones hear
    of it, too.
    """
    if start > uow.now:
        jobs = [_meeting_job(booking_id, rules.STARTED, start)]
    elif end > uow.now:
        jobs = [_meeting_job(booking_id, rules.ENDED, end), no_shows.job(booking_id, uow.now)]
    else:
        return
    await queue.put_many(uow, MEETING, jobs)


async def unschedule(uow: UnitOfWork, *booking_ids: int) -> None:
    """Start and end of these bookings are not told any more, nor who does not come."""
    keys = [(str(one), no_shows.key(one)) for one in booking_ids]
    await queue.drop(uow, MEETING, *(key for both in keys for key in both))


def _meeting_job(booking_id: int, trigger: str, at: datetime) -> NewJob:
    return NewJob(str(booking_id), {"trigger": trigger}, run_at=at)


class _Due(NamedTuple):
    """What one firing is about: its booking as it is now, and when that starts or ends."""

    firing: Firing
    standing: Standing

    @property
    def at(self) -> datetime:
        booking = self.standing.booking
        return booking.start_at if self.firing.trigger == rules.STARTED else booking.end_at


async def fire(uow: UnitOfWork, firings: Sequence[Firing]) -> None:
    """Tells that meetings started or ended, those that still stand, and plans what comes next:
    their ends, and the looks whether everybody came.

    Who cancels or moves one of them comes before or after: in between, a start would be lost or
    an end left over. One that is a day late is not told any more. However many they are, the
    number of statements is the same.
    """
    ids = [one.booking_id for one in firings]
    await meetings.hold(uow.session, ids)
    found = await meetings.standing(uow.session, ids)
    accepted = [
        _Due(one, found[one.booking_id])
        for one in firings
        if one.booking_id in found and found[one.booking_id].booking.status == "accepted"
    ]
    come = [one for one in accepted if one.at <= uow.now]
    triggers = {one.firing.trigger for one in come}
    if rules.STARTED in triggers:
        triggers.update(no_shows.TRIGGERS)
    scopes = [one.standing.scope for one in come]
    hooks = await subscriptions.matching(uow.session, triggers, scopes)
    await _tell(uow, [one for one in come if not rules.expired(one.at, uow.now)], hooks)
    jobs = [job for one in accepted for job in _jobs_after(one, hooks, uow.now)]
    await queue.put_many(uow, MEETING, jobs)


def _jobs_after(due: _Due, hooks: Matches, now: datetime) -> list[NewJob]:
    """What follows a firing: the same again where the booking has moved on, the end after the
    start, and the look whether everybody came."""
    firing, booking = due.firing, due.standing.booking
    jobs: list[NewJob | None] = []
    if due.at > now:
        jobs = [_meeting_job(booking.id, firing.trigger, due.at)]
    elif firing.trigger == rules.STARTED:
        windows = no_shows.watching(due.standing, hooks)
        ending = _meeting_job(booking.id, rules.ENDED, booking.end_at)
        jobs = [ending, no_shows.next_look(booking, windows)]
    cause = firing.cause
    return [
        replace(job, request_id=cause.request_id, traceparent=cause.traceparent)
        for job in jobs
        if job is not None
    ]


async def _tell(uow: UnitOfWork, some: Sequence[_Due], hooks: Matches) -> None:
    """Writes the deliveries; people are loaded only of meetings that somebody wants to hear of."""
    told = [
        (one, heard) for one in some if (heard := hooks.of(one.standing.scope, one.firing.trigger))
    ]
    if not told:
        return
    known = await meetings.with_people(uow.session, [one.standing for one, _ in told])
    drafts = [
        draft
        for one, heard in told
        for draft in _drafts(uow, one, known[one.firing.booking_id], heard)
    ]
    await outbox.insert(uow, drafts)


def _drafts(
    uow: UnitOfWork, due: _Due, meeting: Meeting, hooks: Sequence[Webhook]
) -> list[NewDelivery]:
    trigger, uid = due.firing.trigger, meeting.booking.uid
    body = envelope.plain(clocked.body(trigger, meeting))
    return [
        outbox.draft(
            uow,
            hook,
            trigger,
            body,
            envelope.JSON,
            booking_uid=uid,
            due_at=due.at,
            delivery_id=outbox.clocked_id(hook.id, trigger, uid, due.at.isoformat()),
            cause=due.firing.cause,
        )
        for hook in hooks
    ]
