"""What happened to bookings. Each event carries all that mails, webhooks and calendars need, so
that subscribers read nothing again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

# of the addresses that stand for people who gave only a phone number
SMS_DOMAIN = "@sms.cal.com"
# the statuses of bookings that are to take place, or may
LIVE = ("accepted", "pending", "awaiting_host")


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A user of this server, as organiser or host."""

    id: int
    email: str
    name: str
    username: str | None
    time_zone: str
    locale: str
    time_format: int  # 12 or 24
    username_in_org: str | None = None


@dataclass(frozen=True, slots=True)
class AttendeeFacts:
    """`kind` is booker, guest or host; seat fields are set for seated bookings."""

    id: int
    kind: str
    email: str
    name: str
    phone_number: str | None
    time_zone: str
    locale: str
    absent: bool = False
    seat_uid: str | None = None
    seat_responses: Mapping[str, object] | None = None
    seat_metadata: Mapping[str, object] | None = None

    @property
    def has_mail(self) -> bool:
        """Whether the address is one that mail can be sent to."""
        return not self.email.endswith(SMS_DOMAIN)


@dataclass(frozen=True, slots=True)
class EventTypeFacts:
    """`booking_fields` is the stored list, None for a type that never stored any."""

    id: int
    slug: str
    title: str
    description: str | None
    length: int
    owner_id: int | None
    team_id: int | None
    parent_id: int | None
    scheduling_type: str | None
    booking_fields: Sequence[Mapping[str, object]] | None
    price: int
    currency: str
    requires_confirmation: bool
    seats_per_slot: int | None
    seats_show_attendees: bool
    seats_show_availability: bool
    hide_calendar_notes: bool
    hide_calendar_event_details: bool
    hide_organizer_email: bool
    custom_reply_to_email: str | None
    disable_rescheduling: bool
    disable_cancelling: bool
    recurrence: Mapping[str, int] | None
    email_settings: Mapping[str, object] = field(default_factory=dict)
    interface_language: str | None = None


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """The row of a booking; `responses` as stored, `metadata` without the video URL.

    `occurrence` is the start that it has, or had before it was moved, in the calendar entry of its
    series, whose `ics_uid` all occurrences share; None for what is no part of one.
    """

    id: int
    uid: str
    title: str
    description: str | None
    status: str
    start: datetime
    end: datetime
    event_type_id: int | None
    organizer_id: int | None
    location: str | None
    video_call_url: str | None
    responses: Mapping[str, object]
    metadata: Mapping[str, object]
    recurring_uid: str | None
    ics_uid: str
    ics_sequence: int
    created_at: datetime
    updated_at: datetime
    from_reschedule: str | None = None
    rescheduled: bool = False
    rescheduled_by: str | None = None
    rescheduling_reason: str | None = None
    cancelled_by: str | None = None
    cancellation_reason: str | None = None
    rejection_reason: str | None = None
    no_show_host: bool = False
    paid: bool = False
    one_time_password: str | None = None
    sms_reminder_number: str | None = None
    creation_source: str = "API_V2"
    seated: bool = False
    rating: int | None = None
    occurrence: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingEvent:
    """One booking at one moment.

    `attendees` holds all attendees, or only the one concerned when a seat was taken, moved or
    given back; `everyone` always holds all. `organization_id` is the organiser's or the team's
    organisation.
    """

    at: datetime
    booking: BookingFacts
    event_type: EventTypeFacts | None
    organizer: PersonFacts | None
    attendees: tuple[AttendeeFacts, ...]
    everyone: tuple[AttendeeFacts, ...] = ()
    organization_id: int | None = None
    team_ids: tuple[int, ...] = ()
    actor_email: str | None = None
    # emails are sent once for a series: for the first occurrence, which lists all starts
    occurrences: tuple[datetime, ...] = ()
    silent: bool = False  # later occurrences of a series: webhooks yes, mails no


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCreated(BookingEvent):
    """Accepted at once, a seat joined, or a pending one confirmed."""

    confirmed: bool = False
    private_link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequested(BookingEvent):
    """Made, or moved by its booker, and now waiting for confirmation."""

    private_link: str | None = None
    previous: BookingFacts | None = None
    previous_organizer: PersonFacts | None = None
    previous_hosts: tuple[AttendeeFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRescheduled(BookingEvent):
    """`booking` is the new one, `previous` the one it came from, with the hosts it had."""

    previous: BookingFacts
    previous_organizer: PersonFacts | None = None
    previous_hosts: tuple[AttendeeFacts, ...] = ()  # those beside the organiser


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCancelled(BookingEvent):
    """`whole_series` when it was cancelled by its recurring uid; `seat` when only a seat was."""

    whole_series: bool = False
    seat: bool = False
    request_reschedule: bool = False
    # every booking that ended with this one, the event's own included
    ended: tuple[int, ...] = ()
    # (occurrence, sequence) of those of a series, when several but not all of it ended
    ended_occurrences: tuple[tuple[datetime, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRejected(BookingEvent):
    """A pending booking was declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingNoShowUpdated(BookingEvent):
    """`changed` are the (email, absent) pairs of the request."""

    changed: tuple[tuple[str, bool], ...]
    host_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingLocationUpdated(BookingEvent):
    previous_location: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingGuestsAdded(BookingEvent):
    """`added` are the new attendees, who are also in `attendees`."""

    added: tuple[AttendeeFacts, ...]
