"""PURE. Bodies of the triggers that fire by the clock (webhook notes, 6.8)."""

from __future__ import annotations

from openslots.event_types.rules.fields import stored_or_default
from openslots.events.bookings import AttendeeFacts
from openslots.webhooks.payload import parts
from openslots.webhooks.payload.parts import Json
from openslots.webhooks.types import Meeting


def body(trigger: str, meeting: Meeting) -> Json:
    """The flat body: the booking's fields beside `triggerEvent`, unset ones null.

    `createdAt` is the booking's. The one-time password is never shown.
    """
    booking, person = meeting.booking, meeting.organizer
    kind = meeting.event_type
    if kind is None:
        responses = parts.bare_responses(booking.responses)
    else:
        stored = kind.booking_fields
        fields = stored_or_default(None if stored is None else [dict(one) for one in stored])
        given = parts.answers_of(booking, meeting.attendees)
        responses = parts.responses(fields, given, with_phone=True)
    return {
        "triggerEvent": trigger,
        "id": booking.id,
        "uid": booking.uid,
        "idempotencyKey": None,
        "userId": booking.organizer_id,
        "userPrimaryEmail": meeting.organizer_email,
        "eventTypeId": booking.event_type_id,
        "title": booking.title,
        "description": booking.description,
        "customInputs": {},
        "responses": responses,
        "startTime": parts.milliseconds(booking.start),
        "endTime": parts.milliseconds(booking.end),
        "location": booking.location,
        "createdAt": parts.milliseconds(booking.created_at),
        "updatedAt": parts.milliseconds(booking.updated_at),
        "status": booking.status.upper(),
        "paid": booking.paid,
        "destinationCalendarId": None,
        "cancellationReason": booking.cancellation_reason,
        "rejectionReason": booking.rejection_reason,
        "reassignReason": meeting.reassign_reason,
        "reassignById": meeting.reassign_by_id,
        "dynamicEventSlugRef": None,
        "dynamicGroupSlugRef": None,
        "rescheduled": booking.rescheduled or None,
        "fromReschedule": booking.from_reschedule,
        "recurringEventId": booking.recurring_uid,
        "smsReminderNumber": booking.sms_reminder_number,
        "scheduledJobs": [],
        "metadata": _metadata(meeting),
        "isRecorded": False,
        "iCalUID": booking.ics_uid,
        "iCalSequence": booking.ics_sequence,
        "rating": booking.rating,
        "ratingFeedback": meeting.rating_feedback,
        "noShowHost": booking.no_show_host,
        "oneTimePassword": None,
        "cancelledBy": booking.cancelled_by,
        "rescheduledBy": booking.rescheduled_by,
        "creationSource": booking.creation_source,
        "user": None
        if person is None
        else {
            "email": person.email,
            "name": person.name,
            "timeZone": person.time_zone,
            "username": person.username,
        },
        "attendees": _attendees(meeting.attendees, booking.id),
        "payment": [],
        "references": [dict(reference) for reference in meeting.references],
        "appsStatus": [],
    }


def _attendees(people: tuple[AttendeeFacts, ...], booking_id: int) -> list[Json]:
    return [parts.attendee_row(one, booking_id) for one in parts.guests(people)]


def _metadata(meeting: Meeting) -> Json:
    video = parts.video_url(meeting.booking)
    return {**meeting.booking.metadata, **({"videoCallUrl": video} if video else {})}
