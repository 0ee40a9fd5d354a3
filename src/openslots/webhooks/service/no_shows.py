"""Who did not join a Cal Video call: when to look, and whom to tell (webhook notes, 8.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from openslots.bookings.service.absence import note_missing
from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel.logging import Log
from openslots.kernel.settings import Settings
from openslots.kernel.uow import UnitOfWork
from openslots.models import Booking, Webhook
from openslots.providers import daily
from openslots.webhooks import rules
from openslots.webhooks.payload import envelope, no_shows
from openslots.webhooks.payload.no_shows import Watched
from openslots.webhooks.repository import meetings, subscriptions
from openslots.webhooks.repository.meetings import Standing
from openslots.webhooks.repository.subscriptions import Matches
from openslots.webhooks.service import outbox
from openslots.webhooks.types import Call, Host, Meeting, NewDelivery, Participant

log = Log("webhooks")
MEETING = "webhooks.meeting"
LOOK = "NO_SHOW"  # what a job of a meeting does besides its triggers
TRIGGERS = (rules.HOSTS_NO_SHOW, rules.GUESTS_NO_SHOW)
CAL_VIDEO = "integrations:daily"
LANE = "daily"


def key(booking_id: int) -> str:
    return f"{booking_id}:no-show"


def job(booking_id: int, at: datetime, since: datetime | None = None) -> NewJob:
    """A look at the windows that ended after `since`, or a plan for the next one."""
    payload = {"trigger": LOOK, "since": None if since is None else since.isoformat()}
    return NewJob(key(booking_id), payload, run_at=at, lane=LANE)


def _by_video(booking: Booking) -> bool:
    return booking.status == "accepted" and (booking.location or CAL_VIDEO) == CAL_VIDEO


Window = tuple[Webhook, datetime]  # a subscription and when its window ends


def watching(standing: Standing, hooks: Matches) -> list[Window]:
    """The windows in which subscriptions wait for those of a call, by the clock of the booking as
    it is now: none unless it is held by Cal Video."""
    if not _by_video(standing.booking):
        return []
    start = standing.booking.start_at
    ends = [
        (hook, rules.watched_until(start, hook.time, hook.time_unit))
        for hook in hooks.of(standing.scope, *TRIGGERS)
    ]
    return [(hook, end) for hook, end in ends if end is not None]


def next_look(
    booking: Booking, windows: Sequence[Window], since: datetime | None = None
) -> NewJob | None:
    """The look at the end of the next window after `since`; None if there is no such.

    It is planned at the start of a meeting, for the subscriptions that there are by then.
    """
    ahead = [due for _, due in windows if since is None or due > since]
    return job(booking.id, min(ahead), since) if ahead else None


async def _watched(uow: UnitOfWork, booking_id: int) -> tuple[Standing, list[Window]] | None:
    """A booking with its windows; None if there is no such booking or nobody waits."""
    standing = (await meetings.standing(uow.session, [booking_id])).get(booking_id)
    if standing is None:
        return None
    hooks = await subscriptions.matching(uow.session, TRIGGERS, [standing.scope])
    windows = watching(standing, hooks)
    return (standing, windows) if windows else None


def _ended(uow: UnitOfWork, windows: Sequence[Window], since: datetime | None) -> list[Window]:
    """The windows that ended since then."""
    return [
        (hook, due) for hook, due in windows if due <= uow.now and (since is None or due > since)
    ]


async def _plan(
    uow: UnitOfWork, booking: Booking, windows: Sequence[Window], since: datetime | None
) -> None:
    look = next_look(booking, windows, since)
    if look is not None:
        await queue.put_many(uow, MEETING, [look])


async def room_to_ask(uow: UnitOfWork, booking_id: int, since: datetime | None) -> str | None:
    """The room whose visitors say who came; None where nobody waits for that, or where nothing can
    be known, which is logged: without a room or without a key of the provider."""
    watched = await _watched(uow, booking_id)
    if watched is None:
        return None
    standing, windows = watched
    if not _ended(uow, windows, since):
        await _plan(uow, standing.booking, windows, since)
        return None
    room = await meetings.room(uow.session, booking_id)
    reason = "no room"
    if daily.provider(uow.settings.video) is None:
        room, reason = None, "DAILY_API_KEY is not set"
    if room is None:
        log.warning("webhooks.no_show_unknown", booking=standing.booking.uid, reason=reason)
    return room


async def calls_in(settings: Settings, room: str) -> tuple[Call, ...]:
    """What happened in a room; asks the provider. Raises DailyFailed."""
    provider = daily.provider(settings.video)
    if provider is None:
        return ()
    return tuple(
        Call(
            most_at_once=len(session.participants)
            if session.max_participants is None
            else session.max_participants,
            participants=tuple(
                Participant(
                    one.user_id, one.user_name, one.participant_id, one.join_time, one.duration
                )
                for one in session.participants
            ),
        )
        for session in await provider.sessions(room)
    )


async def tell(
    uow: UnitOfWork, booking_id: int, since: datetime | None, calls: Sequence[Call]
) -> None:
    """Notes who was missing when each window ended, tells the subscriptions, and plans the next
    look. Nothing is told of a booking that does not stand any more."""
    watched = await _watched(uow, booking_id)
    if watched is None:
        return
    standing, windows = watched
    ended = _ended(uow, windows, since)
    if not ended:
        return
    meeting = (await meetings.with_people(uow.session, [standing]))[booking_id]
    hosts = await _hosts(uow, meeting)
    noted = await _note(uow, meeting, ended, hosts, calls)
    if noted is None:
        return
    told = [one for hook, due in ended for one in _deliveries(uow, noted, hook, due, hosts, calls)]
    await outbox.insert(uow, told)
    await _plan(uow, standing.booking, windows, max(due for _, due in ended))


async def _hosts(uow: UnitOfWork, meeting: Meeting) -> tuple[Host, ...]:
    found = await meetings.hosts(uow.session, meeting.booking.id)
    person = meeting.organizer
    if person is None or any(host.id == person.id for host in found):
        return found
    return (Host(person.id, person.email), *found)


async def _note(
    uow: UnitOfWork,
    meeting: Meeting,
    ended: Sequence[Window],
    hosts: Sequence[Host],
    calls: Sequence[Call],
) -> Meeting | None:
    """The meeting with those marked who were missing; None if it does not stand any more."""
    emails: set[str] = set()
    organizer = False
    for hook, due in ended:
        if rules.HOSTS_NO_SHOW in hook.triggers:
            missing = no_shows.missing_hosts(hosts, calls, due)
            organizer |= any(host.id == meeting.booking.organizer_id for host in missing)
            emails |= {h.email for h in missing if h.id != meeting.booking.organizer_id}
        if rules.GUESTS_NO_SHOW in hook.triggers:
            gone = no_shows.missing_guests(meeting.attendees, hosts, calls, due)
            emails |= {one.email for one in gone}
    uid = meeting.booking.uid
    if not await note_missing(uow, uid, organizer=organizer, emails=emails):
        return None
    known = {email.lower() for email in emails}
    return replace(
        meeting,
        booking=replace(meeting.booking, no_show_host=meeting.booking.no_show_host or organizer),
        attendees=tuple(
            replace(one, absent=True) if one.email.lower() in known else one
            for one in meeting.attendees
        ),
    )


def _deliveries(
    uow: UnitOfWork,
    meeting: Meeting,
    hook: Webhook,
    due: datetime,
    hosts: Sequence[Host],
    calls: Sequence[Call],
) -> list[NewDelivery]:
    """One delivery per missing host, and one for the guests."""
    shown = Watched(
        hook.id, hook.subscriber_url, hook.time, hook.time_unit, hook.triggers,
        hook.payload_template,
    )  # fmt: skip
    told = []
    if rules.HOSTS_NO_SHOW in hook.triggers:
        for host in no_shows.missing_hosts(hosts, calls, due):
            payload = no_shows.of_host(meeting, calls, shown, host, due)
            told.append((rules.HOSTS_NO_SHOW, str(host.id), payload))
    if rules.GUESTS_NO_SHOW in hook.triggers:
        gone = no_shows.missing_guests(meeting.attendees, hosts, calls, due)
        if gone:
            payload = no_shows.of_guests(meeting, calls, shown, {p.email for p in gone}, due)
            told.append((rules.GUESTS_NO_SHOW, "", payload))
    drafts = []
    for trigger, whom, payload in told:
        wrapped = envelope.wrapped(trigger, due, payload)
        made = outbox.rendered(hook, trigger, wrapped)
        uid = meeting.booking.uid
        drafts.append(
            outbox.draft(
                uow,
                hook,
                trigger,
                made.body,
                made.content_type,
                booking_uid=uid,
                delivery_id=outbox.clocked_id(hook.id, trigger, uid, whom, due.isoformat()),
            )
        )
    return drafts
