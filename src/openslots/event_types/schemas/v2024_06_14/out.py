"""The shape of answers, for the document: `present` builds them, tests hold them against this."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from openslots.kernel.http.envelope import Absent, Out

# -- booking fields


class FieldOut(Out):
    model_config = ConfigDict(extra="forbid")


class _Default(FieldOut):
    is_default: Literal[True]
    label: Absent[str] = None
    placeholder: Absent[str] = None
    disable_on_prefill: bool


class NameFieldOut(_Default):
    type: Literal["name"]
    slug: Literal["name"]
    required: Literal[True]


class SplitNameFieldOut(FieldOut):
    is_default: Literal[True]
    type: Literal["splitName"]
    slug: Literal["splitName"]
    first_name_label: str
    first_name_placeholder: str
    last_name_label: str
    last_name_placeholder: str
    last_name_required: bool
    disable_on_prefill: bool


class EmailFieldOut(_Default):
    type: Literal["email"]
    slug: Literal["email"]
    required: bool
    hidden: bool


class LocationFieldOut(FieldOut):
    is_default: Literal[True]
    type: Literal["radioInput"]
    slug: Literal["location"]
    required: bool
    hidden: bool
    label: Absent[str] = None
    placeholder: Absent[str] = None


class _Usual(_Default):
    required: bool
    hidden: bool


class TitleFieldOut(_Usual):
    type: Literal["text"]
    slug: Literal["title"]


class NotesFieldOut(_Usual):
    type: Literal["textarea"]
    slug: Literal["notes"]


class GuestsFieldOut(_Usual):
    type: Literal["multiemail"]
    slug: Literal["guests"]


class RescheduleReasonFieldOut(_Usual):
    type: Literal["textarea"]
    slug: Literal["rescheduleReason"]


class _Custom(FieldOut):
    is_default: Literal[False]
    slug: str
    label: str
    required: bool
    hidden: bool
    disable_on_prefill: bool


class _Asked(_Custom):
    placeholder: Absent[str] = None


class PhoneFieldOut(_Asked):
    is_default: bool  # type: ignore[assignment]  # true for attendeePhoneNumber
    label: Absent[str] = None  # type: ignore[assignment]  # and that one may have no label
    type: Literal["phone"]


class AddressFieldOut(_Asked):
    type: Literal["address"]


class TextFieldOut(_Asked):
    type: Literal["text"]


class NumberFieldOut(_Asked):
    type: Literal["number"]


class TextAreaFieldOut(_Asked):
    type: Literal["textarea"]


class MultiEmailFieldOut(_Asked):
    type: Literal["multiemail"]


class UrlFieldOut(_Asked):
    type: Literal["url"]


class SelectFieldOut(_Asked):
    type: Literal["select"]
    options: list[str]


class MultiSelectFieldOut(_Custom):
    type: Literal["multiselect"]
    options: list[str]


class CheckboxFieldOut(_Custom):
    type: Literal["checkbox"]
    options: list[str]


class RadioFieldOut(_Custom):
    type: Literal["radio"]
    options: list[str]


class BooleanFieldOut(_Custom):
    type: Literal["boolean"]


class UnknownFieldOut(FieldOut):
    type: Literal["unknown"]
    slug: Literal["unknown"]
    booking_field: str


BookingFieldOut = (
    NameFieldOut
    | SplitNameFieldOut
    | EmailFieldOut
    | LocationFieldOut
    | RescheduleReasonFieldOut
    | TitleFieldOut
    | NotesFieldOut
    | GuestsFieldOut
    | PhoneFieldOut
    | AddressFieldOut
    | TextFieldOut
    | NumberFieldOut
    | TextAreaFieldOut
    | SelectFieldOut
    | MultiSelectFieldOut
    | MultiEmailFieldOut
    | CheckboxFieldOut
    | RadioFieldOut
    | BooleanFieldOut
    | UrlFieldOut
    | UnknownFieldOut
)


# -- locations


class AddressLocationOut(FieldOut):
    type: Literal["address"]
    address: str
    public: bool


class LinkLocationOut(FieldOut):
    type: Literal["link"]
    link: str
    public: bool


class PhoneLocationOut(FieldOut):
    type: Literal["phone"]
    phone: str
    public: bool


class IntegrationLocationOut(FieldOut):
    type: Literal["integration"]
    integration: Literal[
        "cal-video", "google-meet", "zoom", "whereby-video", "whatsapp-video", "webex-video",
        "telegram-video", "tandem", "sylaps-video", "skype-video", "sirius-video", "signal-video",
        "shimmer-video", "salesroom-video", "roam-video", "riverside-video", "ping-video",
        "office365-video", "mirotalk-video", "jitsi", "jelly-video", "jelly-conferencing",
        "huddle", "facetime-video", "element-call-video", "eightxeight-video", "discord-video",
        "demodesk-video", "campfire-video",
    ]  # fmt: skip
    link: Absent[str] = None
    credential_id: Absent[int] = None


class PlainLocationOut(FieldOut):
    type: Literal["attendeeAddress", "attendeePhone", "attendeeDefined", "organizersDefaultApp"]


class UnknownLocationOut(FieldOut):
    type: Literal["unknown"]
    location: str


LocationOut = (
    AddressLocationOut
    | LinkLocationOut
    | IntegrationLocationOut
    | PhoneLocationOut
    | PlainLocationOut
    | UnknownLocationOut
)


# -- options


class DisabledOut(FieldOut):
    disabled: Literal[True]


class BookingLimitsOut(FieldOut):
    """Empty after it was switched off."""

    day: Absent[int] = None
    week: Absent[int] = None
    month: Absent[int] = None
    year: Absent[int] = None


class ActiveBookingsLimitOut(FieldOut):
    maximum_active_bookings: Absent[int] = None
    offer_reschedule: bool


class RollingWindowOut(FieldOut):
    type: Literal["businessDays", "calendarDays"]
    value: int
    rolling: bool


class RangeWindowOut(FieldOut):
    type: Literal["range"]
    value: list[str] = Field(examples=[["2030-09-05", "2030-09-09"]])


class BookerLayoutsOut(FieldOut):
    default_layout: Literal["month", "week", "column"]
    enabled_layouts: list[Literal["month", "week", "column"]]


class NoticeThresholdOut(FieldOut):
    unit: Literal["minutes", "hours"]
    count: int


class ConfirmationPolicyOut(FieldOut):
    type: Literal["always", "time"]
    notice_threshold: Absent[NoticeThresholdOut] = None
    block_unconfirmed_bookings_in_booker: bool


class RecurrenceOut(FieldOut):
    interval: int
    occurrences: int
    frequency: Literal["yearly", "monthly", "weekly"]
    disabled: Literal[False]


class SeatsOut(FieldOut):
    disabled: Literal[False]
    seats_per_time_slot: int
    show_attendee_info: bool
    show_availability_count: bool


class ColorOut(FieldOut):
    light_theme_hex: str
    dark_theme_hex: str


class DestinationCalendarOut(FieldOut):
    integration: str
    external_id: str


class CalVideoSettingsOut(FieldOut):
    disable_recording_for_organizer: Absent[bool] = None
    disable_recording_for_guests: Absent[bool] = None
    redirect_url_on_exit: str | None = None
    enable_automatic_recording_for_organizer: Absent[bool] = None
    enable_automatic_transcription: Absent[bool] = None
    disable_transcription_for_guests: Absent[bool] = None
    disable_transcription_for_organizer: Absent[bool] = None
    send_transcription_emails: bool


class DisableCancellingOut(FieldOut):
    disabled: bool


class DisableReschedulingOut(FieldOut):
    disabled: bool
    minutes_before: Absent[int] = None


class EmailSettingsOut(FieldOut):
    disable_emails_to_attendees: bool
    disable_emails_to_hosts: bool


class UserOut(FieldOut):
    id: int
    name: str | None
    username: str | None
    avatar_url: str | None
    brand_color: str | None
    dark_brand_color: str | None
    week_start: str
    metadata: dict[str, Any]


class HostOut(FieldOut):
    user_id: int
    name: str | None
    username: str | None
    avatar_url: str | None
    mandatory: Absent[bool] = None
    priority: Absent[Literal["lowest", "low", "medium", "high", "highest"]] = None


class TeamOut(FieldOut):
    id: int
    name: str
    slug: str | None
    banner_url: str | None
    logo_url: str | None
    week_start: str
    brand_color: str | None
    dark_brand_color: str | None
    theme: str | None


# -- event types


class BaseEventTypeOut(FieldOut):
    """What personal and team event types share. Minutes; `price` in minor units."""

    id: int
    length_in_minutes: int
    length_in_minutes_options: Absent[list[int]] = None
    title: str
    slug: str
    description: str
    locations: list[LocationOut]
    booking_fields: list[BookingFieldOut]
    disable_guests: bool
    slot_interval: int | None
    minimum_booking_notice: int
    before_event_buffer: int
    after_event_buffer: int
    recurrence: RecurrenceOut | None
    metadata: dict[str, Any]
    price: int
    currency: str
    lock_time_zone_toggle_on_booking_page: bool
    seats_per_time_slot: Absent[int] = Field(None, description="See `seats`.")
    forward_params_success_redirect: bool
    success_redirect_url: str | None
    is_instant_event: bool
    seats_show_availability_count: Absent[bool] = Field(None, description="See `seats`.")
    schedule_id: int | None
    booking_limits_count: Absent[BookingLimitsOut] = None
    booker_active_bookings_limit: ActiveBookingsLimitOut | DisabledOut
    only_show_first_available_slot: bool
    booking_limits_duration: Absent[BookingLimitsOut] = None
    booking_window: RollingWindowOut | RangeWindowOut | DisabledOut
    booker_layouts: Absent[BookerLayoutsOut] = None
    confirmation_policy: ConfirmationPolicyOut | DisabledOut
    requires_booker_email_verification: bool
    hide_calendar_notes: bool
    color: Absent[ColorOut] = None
    seats: SeatsOut | DisabledOut
    offset_start: int
    custom_name: Absent[str] = None
    destination_calendar: Absent[DestinationCalendarOut] = None
    use_destination_calendar_email: bool
    hide_calendar_event_details: bool
    hide_organizer_email: bool
    cal_video_settings: CalVideoSettingsOut
    hidden: bool
    booking_requires_authentication: bool
    disable_cancelling: DisableCancellingOut
    disable_rescheduling: DisableReschedulingOut
    interface_language: str | None
    allow_rescheduling_past_bookings: bool
    allow_rescheduling_cancelled_bookings: bool
    show_optimized_slots: bool
    booking_url: str


class EventTypeOut(BaseEventTypeOut):
    """An event type of one person."""

    owner_id: int
    users: list[UserOut]


class TeamEventTypeOut(BaseEventTypeOut):
    """An event type of a team."""

    team_id: int | None
    owner_id: int | None
    parent_event_type_id: int | None
    scheduling_type: Literal["roundRobin", "collective", "managed"] | None
    hosts: list[HostOut]
    assign_all_team_members: Absent[bool] = None
    team: TeamOut | None
    email_settings: Absent[EmailSettingsOut] = None
    reschedule_with_same_round_robin_host: bool


class DeletedOut(FieldOut):
    id: int
    length_in_minutes: int
    slug: str
    title: str
