"""PURE. When people are reminded of a meeting, and hosts of a booking that waits for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from openslots.notifications.rules.audience import ATTENDEE, HOST

# after the request; hosts who still have not answered are asked again
PENDING = (timedelta(hours=3), timedelta(hours=24), timedelta(hours=48))


def next_lead(leads: Sequence[timedelta], start: datetime, now: datetime) -> timedelta | None:
    """How long before its start a meeting is told of next; None when every such time is past."""
    return max((lead for lead in leads if moment(start, lead) > now), default=None)


def moment(start: datetime, lead: timedelta) -> datetime:
    try:
        return start - lead
    except OverflowError:
        return start


def next_question(asked: datetime, start: datetime, now: datetime) -> timedelta | None:
    """How long after the request its hosts are asked again, before the meeting would start; None
    for never."""
    return next((wait for wait in PENDING if now < asked + wait < start), None)


def switched_off(metadata: Mapping[str, object]) -> frozenset[str]:
    """Who gets no reminders of an event type, by its metadata
    `{"disableStandardEmails": {"reminder": {"host": true, "attendee": true}}}`."""
    mails = metadata.get("disableStandardEmails")
    off = mails.get("reminder") if isinstance(mails, Mapping) else None
    if not isinstance(off, Mapping):
        return frozenset()
    return frozenset(role for role in (HOST, ATTENDEE) if off.get(role) is True)
