"""Commands of webhooks and the owners they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from openslots.events.bookings import AttendeeFacts, BookingFacts, EventTypeFacts, PersonFacts

OwnerKind = Literal["user", "event_type", "team", "oauth_client"]


@dataclass(frozen=True, slots=True)
class WebhookOwner:
    """Whose subscription it is; `team` stands for an organisation, too."""

    kind: OwnerKind
    id: int | str


@dataclass(frozen=True, slots=True)
class CreateWebhook:
    subscriber_url: str
    triggers: tuple[str, ...]
    active: bool
    payload_template: str | None = None
    secret: str | None = None
    version: str | None = None
    time: int | None = None
    time_unit: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateWebhook:
    """`changes` maps columns to new values; what it does not name stays."""

    changes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Retrying:
    """What follows a failed attempt: a wait in seconds, or the end."""

    seconds: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose subscriptions hear of an event (webhook notes, section 3)."""

    user_id: int | None = None
    event_type_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()
    oauth_client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """The request and the trace that what follows belongs to; None: those of the transaction."""

    request_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Firing:
    """A booking whose start or end has come, as far as one knew when that was planned."""

    booking_id: int
    trigger: str
    cause: Cause = Cause()


@dataclass(frozen=True, slots=True)
class Meeting:
    """An accepted booking at its start or end, as the triggers that fire by the clock show it."""

    booking: BookingFacts
    organizer: PersonFacts | None
    organizer_email: str | None
    attendees: tuple[AttendeeFacts, ...]
    event_type: EventTypeFacts | None
    references: tuple[Mapping[str, object], ...]
    reassign_reason: str | None = None
    reassign_by_id: int | None = None
    rating_feedback: str | None = None
    video_settings: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """Who is expected to hold a meeting."""

    id: int
    email: str


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who was in a call; `joined_at` and `duration` are in seconds, Unix time and of the
    stay. What they joined with names them, or nobody."""

    user_id: str | None
    user_name: str | None
    participant_id: str | None
    joined_at: int
    duration: int


@dataclass(frozen=True, slots=True)
class Call:
    """A time in which people were in a room together, at most so many at once."""

    most_at_once: int
    participants: tuple[Participant, ...]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to be written. `due_at` is the time of a trigger that fires by the clock."""

    id: str
    webhook_id: str
    trigger: str
    body: str
    content_type: str
    booking_uid: str | None
    due_at: datetime | None
    cause: Cause = Cause()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pending delivery with what its subscription says now. `earlier`: another one of the same
    booking was not tried yet. `secret` is as stored until `sending.prepare` has opened it."""

    id: str
    webhook_id: str
    trigger: str
    body: str
    content_type: str
    attempts: int
    due_at: datetime | None
    created_at: datetime
    subscriber_url: str
    secret: str | None
    version: str
    active: bool
    paused_until: datetime | None
    deleted: bool
    failing: bool
    earlier: bool


@dataclass(frozen=True, slots=True)
class Attempted:
    """How one attempt went: an answer, or an error."""

    at: datetime
    milliseconds: int
    status: int | None = None
    response: str | None = None
    error: str | None = None
    retrying: Retrying | None = None  # None: it was delivered
    gone: bool = False  # the endpoint says that it is no more


@dataclass(frozen=True, slots=True)
class Outcome:
    """An attempt and what becomes of its delivery."""

    delivery_id: str
    attempted: Attempted
    status: str
    next_attempt_at: datetime | None = None
