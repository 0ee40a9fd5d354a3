"""Bookings, the time they take from each host, attendees, seats and external references."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    UniqueConstraint,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from openslots.models.base import Base, Instant, IntId, Json, Timestamps

STATUSES = ("accepted", "pending", "cancelled", "rejected", "awaiting_host")


class Booking(Base, IntId, Timestamps):
    """One meeting. Rescheduling ends a row as cancelled + rescheduled and makes a new one."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint(
            "status IN ('accepted', 'pending', 'cancelled', 'rejected', 'awaiting_host')",
            name="status",
        ),
        CheckConstraint("end_at > start_at", name="order"),
        # a host's busy times are read from this index alone
        Index(
            "ix_bookings_organizer_id_start_at",
            *("organizer_id", "start_at", "id"),
            postgresql_include=["end_at", "event_type_id", "seated", "status", "uid"],
        ),
        Index("ix_bookings_event_type_id_start_at", "event_type_id", "start_at", "id"),
        # for the foreign key alone
        Index(
            "ix_bookings_reassign_by_id",
            "reassign_by_id",
            postgresql_where=text("reassign_by_id IS NOT NULL"),
        ),
        # one live seated booking per event type and start (bookings notes, 20.2 rule 4)
        Index(
            "uq_bookings_seated_start",
            "event_type_id",
            "start_at",
            unique=True,
            postgresql_where=text("seated AND status IN ('accepted', 'pending')"),
        ),
    )

    uid: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[str]
    start_at: Mapped[Instant]
    end_at: Mapped[Instant]
    event_type_id: Mapped[int | None] = mapped_column(
        ForeignKey("event_types.id", ondelete="SET NULL")
    )
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    organizer_email: Mapped[str | None]
    seated: Mapped[bool] = mapped_column(default=False)
    location: Mapped[str | None]
    video_call_url: Mapped[str | None]
    responses: Mapped[Json] = mapped_column(default=dict)
    metadata_: Mapped[Json] = mapped_column("metadata", default=dict)
    recurring_uid: Mapped[str | None] = mapped_column(index=True)
    ics_uid: Mapped[str]
    ics_sequence: Mapped[int] = mapped_column(default=0)
    # its start in the calendar entry of its series, whose ics_uid all occurrences share
    occurrence_at: Mapped[Instant | None]

    rescheduled: Mapped[bool] = mapped_column(default=False)
    from_reschedule: Mapped[str | None] = mapped_column(index=True)  # uid of the booking before
    rescheduled_by: Mapped[str | None]
    rescheduling_reason: Mapped[str | None]
    cancelled_by: Mapped[str | None]
    cancellation_reason: Mapped[str | None]
    rejection_reason: Mapped[str | None]
    reassign_reason: Mapped[str | None]
    reassign_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    no_show_host: Mapped[bool] = mapped_column(default=False)
    rating: Mapped[int | None]
    rating_feedback: Mapped[str | None]
    paid: Mapped[bool] = mapped_column(default=False)
    creation_source: Mapped[str] = mapped_column(default="API_V2")
    one_time_password: Mapped[str | None]
    sms_reminder_number: Mapped[str | None]


class BookingHost(Base):
    """The time a booking takes from one host: the organiser and every other host.

    `blocks` is true while nothing else of this host may overlap: accepted bookings, but for those
    that a host allowed to conflict. Two blocking rows of one host never overlap: Postgres refuses.
    """

    __tablename__ = "booking_hosts"
    __table_args__ = (
        ExcludeConstraint(
            (func.int8range(Column("host_id"), Column("host_id"), "[]"), "&&"),
            (Column("during"), "&&"),
            name="ex_booking_hosts_overlap",
            using="gist",
            where=text("blocks"),
        ),
        # busy times are read from this one alone, for which Postgres wants host_id as a column of
        # it, too; int8range needs no extension
        Index(
            "ix_booking_hosts_host_id_during",
            func.int8range(literal_column("host_id"), literal_column("host_id"), text("'[]'")),
            "during",
            postgresql_using="gist",
            postgresql_include=["host_id", "booking_id"],
        ),
        Index("ix_booking_hosts_host_id", "host_id"),
        CheckConstraint("NOT isempty(during)", name="during"),
    )

    booking_id: Mapped[int] = mapped_column(
        ForeignKey("bookings.id", ondelete="CASCADE"), primary_key=True
    )
    host_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    blocks: Mapped[bool]


class Attendee(Base, IntId):
    """Booker, guests and other hosts of a booking, in the order they were added."""

    __tablename__ = "attendees"
    __table_args__ = (Index("ix_attendees_email", text("lower(email)"), "booking_id"),)

    booking_id: Mapped[int] = mapped_column(
        ForeignKey("bookings.id", ondelete="CASCADE"), index=True
    )
    # booker | guest | host
    kind: Mapped[str] = mapped_column(default="booker")
    name: Mapped[str]
    email: Mapped[str]
    phone_number: Mapped[str | None]
    attendee_tz: Mapped[str]
    locale: Mapped[str] = mapped_column(default="en")
    absent: Mapped[bool] = mapped_column(default=False)


class BookingSeat(Base, IntId):
    """One seat of a seated booking: the attendee who took it and their own answers."""

    __tablename__ = "booking_seats"
    __table_args__ = (UniqueConstraint("attendee_id"),)

    uid: Mapped[str] = mapped_column(unique=True)  # seatUid
    booking_id: Mapped[int] = mapped_column(
        ForeignKey("bookings.id", ondelete="CASCADE"), index=True
    )
    attendee_id: Mapped[int] = mapped_column(ForeignKey("attendees.id", ondelete="CASCADE"))
    responses: Mapped[Json] = mapped_column(default=dict)
    metadata_: Mapped[Json] = mapped_column("metadata", default=dict)


class BookingReference(Base, IntId):
    """What a provider calls this booking: a calendar entry or a meeting room."""

    __tablename__ = "booking_references"

    booking_id: Mapped[int] = mapped_column(
        ForeignKey("bookings.id", ondelete="CASCADE"), index=True
    )
    type: Mapped[str]
    external_uid: Mapped[str]
    meeting_url: Mapped[str | None]
    meeting_password: Mapped[str | None]
    external_calendar_id: Mapped[str | None]
    deleted_at: Mapped[Instant | None]
    data: Mapped[Json] = mapped_column(JSONB, default=dict)
