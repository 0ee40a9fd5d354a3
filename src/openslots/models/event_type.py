"""What can be booked: an event type with all its settings, and the hosts of team event types."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from openslots.models.base import Base, IntId, Json, Timestamps


class EventType(Base, IntId, Timestamps):
    """Personal (owner_id), of a team (team_id) or a managed child (owner_id and parent_id).

    Lengths, intervals, buffers and notice are minutes. JSON columns hold the stored form that
    `event_types` owns; other slices read them through its service.
    """

    __tablename__ = "event_types"
    __table_args__ = (
        CheckConstraint(
            "scheduling_type IN ('collective', 'roundRobin', 'managed')", name="scheduling_type"
        ),
        CheckConstraint(
            "period_type IN ('unlimited', 'rolling', 'rolling_window', 'range')", name="period_type"
        ),
        CheckConstraint("length > 0", name="length"),
        CheckConstraint("(owner_id IS NULL) <> (team_id IS NULL)", name="one_owner"),
        UniqueConstraint("owner_id", "slug"),
        UniqueConstraint("team_id", "slug"),
        UniqueConstraint("owner_id", "parent_id"),
        Index("ix_event_types_slug_lower", text("lower(slug)")),
    )

    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("event_types.id", ondelete="CASCADE"), index=True
    )
    scheduling_type: Mapped[str | None]
    title: Mapped[str]
    slug: Mapped[str]
    description: Mapped[str | None]
    length: Mapped[int]
    length_options: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    locations: Mapped[list[dict[str, object]]] = mapped_column(JSONB, default=list)
    # null: never stored, so the eight defaults of older types apply (event type notes, 6.3)
    booking_fields: Mapped[list[dict[str, object]] | None] = mapped_column(JSONB(none_as_null=True))
    schedule_id: Mapped[int | None] = mapped_column(
        ForeignKey("schedules.id", ondelete="SET NULL"), index=True
    )
    hidden: Mapped[bool] = mapped_column(default=False)

    slot_interval: Mapped[int | None]
    offset_start: Mapped[int] = mapped_column(default=0)
    minimum_booking_notice: Mapped[int] = mapped_column(default=120)
    before_buffer: Mapped[int] = mapped_column(default=0)
    after_buffer: Mapped[int] = mapped_column(default=0)
    only_show_first_slot: Mapped[bool] = mapped_column(default=False)
    show_optimized_slots: Mapped[bool] = mapped_column(default=False)

    period_type: Mapped[str] = mapped_column(default="unlimited")
    period_days: Mapped[int | None]
    period_calendar_days: Mapped[bool] = mapped_column(default=False)
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]
    # {"day": 1, "week": 3, "month": .., "year": ..}; duration limits in minutes
    booking_limits_count: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    booking_limits_duration: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    max_active_bookings: Mapped[int | None]
    offer_reschedule: Mapped[bool] = mapped_column(default=False)

    requires_confirmation: Mapped[bool] = mapped_column(default=False)
    confirmation_blocks_slot: Mapped[bool] = mapped_column(default=False)
    # confirmation only when the start is nearer than this, in minutes and as it was given
    confirmation_threshold_minutes: Mapped[int | None]
    confirmation_threshold_unit: Mapped[str | None]
    # {"interval": 1, "count": 4, "freq": 2}
    recurrence: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    seats_per_slot: Mapped[int | None]
    seats_show_attendees: Mapped[bool] = mapped_column(default=False)
    seats_show_availability: Mapped[bool] = mapped_column(default=True)

    booker_layouts: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    colors: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    custom_name: Mapped[str | None]
    success_redirect_url: Mapped[str | None]
    interface_language: Mapped[str | None]
    locked_tz: Mapped[str | None]
    lock_time_zone_toggle: Mapped[bool] = mapped_column(default=False)
    requires_email_verification: Mapped[bool] = mapped_column(default=False)
    booking_requires_authentication: Mapped[bool] = mapped_column(default=False)
    hide_calendar_notes: Mapped[bool] = mapped_column(default=False)
    hide_calendar_event_details: Mapped[bool] = mapped_column(default=False)
    hide_organizer_email: Mapped[bool] = mapped_column(default=False)
    custom_reply_to_email: Mapped[str | None]

    disable_cancelling: Mapped[bool] = mapped_column(default=False)
    disable_rescheduling: Mapped[bool] = mapped_column(default=False)
    disable_rescheduling_minutes: Mapped[int | None]
    allow_rescheduling_past: Mapped[bool] = mapped_column(default=False)
    allow_rescheduling_cancelled: Mapped[bool] = mapped_column(default=False)
    # MANDATORY_HOST_ONLY | MANDATORY_ATTENDEE_ONLY | MANDATORY_BOTH | OPTIONAL_BOTH
    cancellation_reason_rule: Mapped[str] = mapped_column(default="MANDATORY_HOST_ONLY")

    destination_calendar: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    use_destination_calendar_email: Mapped[bool] = mapped_column(default=False)
    cal_video_settings: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    send_transcription_emails: Mapped[bool] = mapped_column(default=True)
    email_settings: Mapped[Json] = mapped_column(default=dict)
    metadata_: Mapped[Json] = mapped_column("metadata", default=dict)
    price: Mapped[int] = mapped_column(default=0)  # minor units
    currency: Mapped[str] = mapped_column(default="usd")

    assign_all_team_members: Mapped[bool] = mapped_column(default=False)
    reschedule_same_host: Mapped[bool] = mapped_column(default=False)
    weights_enabled: Mapped[bool] = mapped_column(default=False)


class Host(Base, IntId, Timestamps):
    """One host of a team event type; `mandatory` hosts of a round robin are fixed."""

    __tablename__ = "hosts"
    __table_args__ = (UniqueConstraint("event_type_id", "user_id"),)

    event_type_id: Mapped[int] = mapped_column(ForeignKey("event_types.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    mandatory: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int | None]
    weight: Mapped[int | None]
    group_id: Mapped[str | None]
    schedule_id: Mapped[int | None] = mapped_column(
        ForeignKey("schedules.id", ondelete="SET NULL"), index=True
    )
