"""What other slices hand over to be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class File:
    """A text file beside a mail; `type` is its media type with parameters.

    An `invitation` is of type text/calendar, with its method; it also stands in the mail itself,
    where mail programs look for what they put into the calendar.
    """

    name: str
    type: str
    content: str
    invitation: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What must still hold for a late mail to be sent. `uid` is that of a booking, or of a series
    where a mail tells of all of it. A group meeting keeps its uid when it is moved, and stays when
    a seat is given back: of one, the start that was told and the seat of who reads it are added."""

    uid: str
    start: datetime | None = None
    seat_uid: str | None = None


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to one address. `text` is always there; `html` is shown where it can be.

    `reply_to` may be several addresses. Of the mails with one `dedupe_key` only the first is sent.
    One that did not go at once is not sent any more once what it `depends_on` is over; none is
    after `expires_at`.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    to_name: str | None = None
    from_name: str | None = None
    reply_to: str | Sequence[str] | None = None
    files: Sequence[File] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    dedupe_key: str | None = None
    depends_on: Standing | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A device that wants push messages; `token` is what the push service calls it."""

    token: str
    platform: str
    device_id: str


@dataclass(frozen=True, slots=True)
class Subscription:
    id: int
    user_id: int
    token: str
    platform: str
    device_id: str
    created_at: datetime
    updated_at: datetime
