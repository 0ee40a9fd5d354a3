"""What must hold of an event type before it is written; each refusal leaves nothing behind."""

from __future__ import annotations

from openslots.event_types import repository
from openslots.event_types.errors import ForeignSchedule, InvalidEventType
from openslots.event_types.rules import conflicts, fields, locations, names, options
from openslots.event_types.types import Changes, Columns
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType


def apply(row: EventType, changes: Changes) -> None:
    """Puts the changes into the row and judges the state that results.

    The row must not be flushed before: it is judged as a whole. Raises InvalidEventType or
    AppNotConnected (event type notes, 4 and 9).
    """
    columns: Columns = {**changes.columns, **options.video_settings(changes.cal_video or {})}
    if "locations" in columns and not changes.any_app:
        locations.require_installed(columns["locations"], locations.BUILT_IN)
    if "metadata_" in columns:
        columns["metadata_"] = {**row.metadata_, **columns["metadata_"]}
    for name, value in columns.items():
        setattr(row, name, value)
    if changes.disable_guests is not None:
        row.booking_fields = fields.with_guests_hidden(row.booking_fields, changes.disable_guests)
    if not locations.has_cal_video(row.locations):
        row.cal_video_settings = None  # kept only while Cal Video is among the locations
    conflicts.check(row)
    _check_calendar(columns)
    stored = fields.stored_or_default(row.booking_fields)
    if columns.get("custom_name"):
        names.require_known_variables(
            row.custom_name or "", {str(field.get("name")) for field in stored}
        )
    if "booking_fields" in columns:
        fields.require_contact(stored)


def _check_calendar(columns: Columns) -> None:
    """Nothing connects calendars to this server yet, so none can be named."""
    if columns.get("destination_calendar") is not None:
        raise InvalidEventType("Invalid destinationCalendarId: Calendar does not exist")
    if columns.get("use_destination_calendar_email"):
        raise InvalidEventType(
            "useDestinationCalendarEmail needs a connected calendar that is the primary one"
        )


async def schedule_is_own(uow: UnitOfWork, owner_id: int, columns: Columns) -> None:
    """Raises ForeignSchedule when the wanted schedule is not one of the owner's."""
    wanted = columns.get("schedule_id")
    if wanted is not None and not await repository.owns_schedule(uow.session, owner_id, wanted):
        raise ForeignSchedule(owner_id, wanted)
