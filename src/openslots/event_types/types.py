"""Commands and values of the event types slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypedDict

# A stored booking field or location: the documented dictionaries of rules.fields and
# rules.locations. Any: JSON values.
Stored = dict[str, Any]


class Columns(TypedDict, total=False):
    """Settings in stored form, named as the columns of `event_types`; absent = untouched.

    Minutes, ids and texts as in the table; `metadata_` replaces the members that it names.
    """

    title: str
    slug: str
    description: str | None
    length: int
    length_options: list[int] | None
    locations: list[Stored]
    booking_fields: list[Stored] | None
    schedule_id: int | None
    hidden: bool
    slot_interval: int | None
    offset_start: int
    minimum_booking_notice: int
    before_buffer: int
    after_buffer: int
    only_show_first_slot: bool
    show_optimized_slots: bool
    period_type: str
    period_days: int | None
    period_calendar_days: bool
    period_start: date | None
    period_end: date | None
    booking_limits_count: dict[str, int] | None
    booking_limits_duration: dict[str, int] | None
    max_active_bookings: int | None
    offer_reschedule: bool
    requires_confirmation: bool
    confirmation_blocks_slot: bool
    confirmation_threshold_minutes: int | None
    confirmation_threshold_unit: str | None
    recurrence: dict[str, int] | None
    seats_per_slot: int | None
    seats_show_attendees: bool
    seats_show_availability: bool
    booker_layouts: dict[str, object] | None
    colors: dict[str, object] | None
    custom_name: str | None
    success_redirect_url: str | None
    interface_language: str | None
    lock_time_zone_toggle: bool
    requires_email_verification: bool
    booking_requires_authentication: bool
    hide_calendar_notes: bool
    hide_calendar_event_details: bool
    hide_organizer_email: bool
    disable_cancelling: bool
    disable_rescheduling: bool
    disable_rescheduling_minutes: int | None
    allow_rescheduling_past: bool
    allow_rescheduling_cancelled: bool
    destination_calendar: dict[str, object] | None
    use_destination_calendar_email: bool
    cal_video_settings: dict[str, object] | None
    send_transcription_emails: bool
    metadata_: dict[str, object]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a body asks for.

    `columns` replace whole values. `disable_guests` touches only the guests field. `cal_video`
    holds the sent keys of calVideoSettings. `any_app` takes locations of apps that are not
    installed.
    """

    columns: Columns = field(default_factory=Columns)
    disable_guests: bool | None = None
    cal_video: Mapping[str, object] | None = None
    any_app: bool = False


@dataclass(frozen=True, slots=True)
class CreateEventType:
    """A new personal event type; `changes.columns` has title, slug and length."""

    owner_id: int
    changes: Changes


@dataclass(frozen=True, slots=True)
class WantedLink:
    """A private link as a settings form knows it; the form makes the text of a new one."""

    link: str
    expires_at: datetime | None
    max_usage_count: int | None


@dataclass(frozen=True, slots=True)
class UpdateEventType:
    """Changes of one personal event type of `owner_id`.

    `fixed` are the sent values of what can never change (teamId, parentId). `links` are all
    private links that shall be left; None touches none.
    """

    event_type_id: int
    owner_id: int
    changes: Changes
    fixed: Mapping[str, int | None] = field(default_factory=dict)
    links: tuple[WantedLink, ...] | None = None


@dataclass(frozen=True, slots=True)
class ListEventTypes:
    """The filters of the list; `caller_id` sees their own hidden event types."""

    caller_id: int | None
    caller_is_admin: bool = False
    username: str | None = None
    event_slug: str | None = None
    usernames: tuple[str, ...] = ()
    org_slug: str | None = None
    org_id: int | None = None
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class PublicQuery:
    """The event type of a booking page; `username` is the team's slug for team events, and may
    name several people joined by `+`."""

    username: str
    slug: str
    is_team_event: bool = False
    team_id: int | None = None
    org_slug: str | None = None
    org_id: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What an answer shows of a user; `base` is where this user's booking pages live."""

    id: int
    name: str | None
    username: str | None
    email: str
    avatar_url: str | None
    brand_color: str | None
    dark_brand_color: str | None
    week_start: str
    time_zone: str
    theme: str | None
    metadata: Mapping[str, object]
    default_schedule_id: int | None
    base: str
    page_name: str | None

    def page(self, slug: str) -> str:
        """The address of a booking page; empty without a username."""
        return f"{self.base}/{self.page_name}/{slug}" if self.page_name else ""


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """What an answer shows of a team; `pages` is where its booking pages live."""

    id: int
    name: str
    slug: str | None
    logo_url: str | None
    week_start: str
    pages: str

    def page(self, slug: str) -> str:
        return f"{self.pages}/{slug}" if self.pages else ""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """One host of a team event type; `priority` 0 (lowest) to 4, None means medium."""

    user_id: int
    name: str | None
    username: str | None
    avatar_url: str | None
    mandatory: bool
    priority: int | None


@dataclass(frozen=True, slots=True)
class CreateLink:
    """A private link: time-based with `expires_at`, else usage-based."""

    event_type_id: int
    owner_id: int
    expires_at: datetime | None
    max_usage_count: int | None


@dataclass(frozen=True, slots=True)
class UpdateLink:
    event_type_id: int
    owner_id: int
    link_id: str
    expires_at: datetime | None
    max_usage_count: int | None
