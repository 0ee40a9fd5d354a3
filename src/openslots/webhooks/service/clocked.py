"""Triggers that fire by the clock: that meetings start and end."""

from __future__ import annotations

from datetime import datetime

from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel.uow import UnitOfWork
from openslots.webhooks import rules
from openslots.webhooks.payload import clocked, envelope
from openslots.webhooks.repository import meetings, subscriptions
from openslots.webhooks.service import no_shows, outbox
from openslots.webhooks.service.no_shows import MEETING
from openslots.webhooks.types import Meeting


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


async def fire(uow: UnitOfWork, booking_id: int, trigger: str) -> None:
    """Tells that a meeting started or ended, if it still stands, and plans what comes next: its
    end, and the look whether everybody came.

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
        await no_shows.watch(uow, meeting)


async def _tell_meeting(uow: UnitOfWork, trigger: str, meeting: Meeting, due: datetime) -> None:
    hooks = await subscriptions.matching(uow.session, trigger, meeting.scope)
    if not hooks:
        return
    body, uid = envelope.plain(clocked.body(trigger, meeting)), meeting.booking.uid
    rows = [
        outbox.row(
            uow,
            hook,
            trigger,
            body,
            envelope.JSON,
            booking_uid=uid,
            due_at=due,
            delivery_id=outbox.clocked_id(hook.id, trigger, uid, due.isoformat()),
        )
        for hook in hooks
    ]
    await outbox.insert(uow, rows)
