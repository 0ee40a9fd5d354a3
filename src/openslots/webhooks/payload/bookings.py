"""PURE. Payloads of what happens to bookings (webhook notes, 6.3 to 6.7)."""

from __future__ import annotations

from dataclasses import dataclass

from openslots.event_types.rules.fields import stored_or_default
from openslots.events.bookings import (
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    BookingFacts,
    BookingLocationUpdated,
    BookingNoShowUpdated,
    BookingRejected,
    BookingRequested,
    BookingRescheduled,
)
from openslots.webhooks.payload import parts
from openslots.webhooks.payload.parts import Fields, Json


@dataclass(frozen=True, slots=True)
class Around:
    """What an event does not carry: the address of the booking pages and the team's name."""

    booker_url: str
    team_name: str | None = None


def _fields(event: BookingEvent) -> Fields | None:
    """The booking fields that hold; None where the event type is gone."""
    stored = None if event.event_type is None else event.event_type.booking_fields
    if event.event_type is None:
        return None
    return stored_or_default(None if stored is None else [dict(field) for field in stored])


def _answers(event: BookingEvent, *, with_phone: bool) -> Json:
    given, fields = parts.answers_of(event.booking, event.attendees), _fields(event)
    if fields is None:
        return {"userFieldsResponses": {}, "responses": parts.bare_responses(given)}
    return {
        "userFieldsResponses": parts.own_responses(fields, given),
        "responses": parts.responses(fields, given, with_phone=with_phone),
    }


def _team(event: BookingEvent, around: Around) -> Json:
    team_id = event.event_type.team_id if event.event_type is not None else None
    return parts.team(team_id, around.team_name, event.attendees, event.booking.start)


def _notes(event: BookingEvent) -> str:
    return str(parts.answers_of(event.booking, event.attendees).get("notes") or "")


def _description(event: BookingEvent) -> str:
    own = event.event_type.description if event.event_type is not None else None
    return own or _notes(event)


def created(event: BookingCreated, around: Around) -> Json:
    return _standing(event, around, private_link=event.private_link)


def requested(event: BookingRequested, around: Around) -> Json:
    """A booking that waits for its host; it needs confirmation whatever the event type says now."""
    out = _standing(event, around, private_link=event.private_link)
    out["requiresConfirmation"] = True
    out["oneTimePassword"] = event.booking.one_time_password
    out["metadata"] = dict(event.booking.metadata)
    return out if event.previous is None else out | _moved(event.previous, event.booking)


def rescheduled(event: BookingRescheduled, around: Around) -> Json:
    return _standing(event, around) | _moved(event.previous, event.booking)


def location_updated(event: BookingLocationUpdated, around: Around) -> Json:
    return _standing(event, around) | {"previousLocation": event.previous_location}


def _moved(previous: BookingFacts, booking: BookingFacts) -> Json:
    by = booking.rescheduled_by or previous.rescheduled_by
    return {
        "rescheduleId": previous.id,
        "rescheduleUid": previous.uid,
        "rescheduleStartTime": parts.seconds(previous.start),
        "rescheduleEndTime": parts.seconds(previous.end),
        **({} if by is None else {"rescheduledBy": by}),
    }


def _standing(event: BookingEvent, around: Around, private_link: str | None = None) -> Json:
    """A booking that stands, or may come to stand: the shape of created."""
    booking, kind = event.booking, event.event_type
    fields = _fields(event) or ()
    answers = parts.answers_of(booking, event.attendees)
    split = parts.asks_both_names(fields)
    people = parts.guests(event.attendees)
    video = parts.video_url(booking)
    seated = kind is not None and kind.seats_per_slot is not None
    return {
        "bookerUrl": around.booker_url,
        "title": booking.title,
        "startTime": parts.seconds(booking.start),
        "endTime": parts.seconds(booking.end),
        "additionalNotes": _notes(event),
        "type": kind.slug if kind else "",
        "description": _description(event),
        "eventTypeId": booking.event_type_id,
        "hideCalendarNotes": kind.hide_calendar_notes if kind else False,
        "hideCalendarEventDetails": kind.hide_calendar_event_details if kind else False,
        "hideOrganizerEmail": kind.hide_organizer_email if kind else False,
        "schedulingType": parts.scheduling_type(kind),
        "seatsPerTimeSlot": kind.seats_per_slot if kind else None,
        "seatsShowAttendees": kind.seats_show_attendees if kind and seated else True,
        "seatsShowAvailabilityCount": kind.seats_show_availability if kind and seated else True,
        "customReplyToEmail": kind.custom_reply_to_email if kind else None,
        "disableRescheduling": kind.disable_rescheduling if kind else False,
        "disableCancelling": kind.disable_cancelling if kind else False,
        "organizer": parts.organizer(event.organizer, booking.start),
        "attendees": [parts.attendee(one, booking.start, answers, split) for one in people],
        **_team(event, around),
        "customInputs": {},
        **_answers(event, with_phone=True),
        "location": booking.location,
        "destinationCalendar": None,
        "iCalUID": booking.ics_uid,
        "iCalSequence": booking.ics_sequence,
        "requiresConfirmation": False,
        "oneTimePassword": None,
        "organizationId": event.organization_id,
        "hashedLink": private_link,
        "uid": booking.uid,
        **_event_type(event),
        "length": parts.minutes(booking),
        "bookingId": booking.id,
        "metadata": {**booking.metadata, **({"videoCallUrl": video} if video else {})},
        "status": booking.status.upper(),
        **_occasional(event),
    }


def _event_type(event: BookingEvent) -> Json:
    kind = event.event_type
    return {
        "eventTitle": kind.title if kind else None,
        "eventDescription": (kind.description or "") if kind else None,
        "price": kind.price if kind else 0,
        "currency": kind.currency if kind else "usd",
    }


def _occasional(event: BookingEvent) -> Json:
    """What is there only where it applies."""
    booking = event.booking
    out: Json = {}
    if len(event.attendees) == 1 and event.attendees[0].seat_uid is not None:
        out["attendeeSeatId"] = event.attendees[0].seat_uid
    series = parts.series(event.event_type)
    if booking.recurring_uid is not None and series is not None:
        out["recurringEvent"] = series
    if booking.sms_reminder_number is not None:
        out["smsReminderNumber"] = booking.sms_reminder_number
    return out


def cancelled(event: BookingCancelled, around: Around) -> Json:
    """A booking, or one seat of it, that is over. What is empty or false is null here."""
    booking, kind = event.booking, event.event_type
    people = parts.guests(event.attendees)
    of_type = _event_type(event)
    cancelled_by = booking.cancelled_by or event.actor_email
    series = parts.series(kind) if event.whole_series else None
    seat = event.attendees[0].seat_uid if event.seat and len(event.attendees) == 1 else None
    video = parts.video_url(booking)
    return {
        "bookerUrl": around.booker_url,
        "title": booking.title,
        "length": parts.minutes(booking),
        "type": kind.slug if kind else "",
        "additionalNotes": _notes(event),
        "description": _description(event),
        "customInputs": {},
        "eventTypeId": booking.event_type_id,
        **_answers(event, with_phone=False),
        "startTime": parts.with_offset(booking.start),
        "endTime": parts.with_offset(booking.end),
        "organizer": parts.organizer(event.organizer, booking.start),
        "attendees": [parts.attendee_after(one, booking.start) for one in people],
        **_team(event, around),
        "uid": booking.uid,
        "bookingId": booking.id,
        "location": booking.location,
        "destinationCalendar": [],
        "cancellationReason": booking.cancellation_reason,
        "seatsPerTimeSlot": (kind.seats_per_slot if kind else None) or None,
        "seatsShowAttendees": kind.seats_show_attendees if kind else False,
        "iCalUID": booking.ics_uid,
        "iCalSequence": booking.ics_sequence,
        "hideOrganizerEmail": kind.hide_organizer_email if kind else False,
        "customReplyToEmail": kind.custom_reply_to_email if kind else None,
        "organizationId": event.organization_id,
        "eventTitle": of_type["eventTitle"],
        "eventDescription": of_type["eventDescription"] or None,
        "requiresConfirmation": (kind.requires_confirmation if kind else False) or None,
        "price": of_type["price"] or None,
        "currency": of_type["currency"],
        "status": "CANCELLED",
        "requestReschedule": event.request_reschedule,
        "metadata": {**booking.metadata, **({"videoCallUrl": video} if video else {})},
        **({} if cancelled_by is None else {"cancelledBy": cancelled_by}),
        **({} if series is None else {"recurringEvent": series}),
        **({} if seat is None else {"attendeeSeatId": seat}),
    }


def rejected(event: BookingRejected, around: Around) -> Json:
    booking, kind = event.booking, event.event_type
    people = parts.guests(event.attendees)
    reason = booking.rejection_reason
    return {
        "type": kind.slug if kind else "",
        "title": booking.title,
        "description": _description(event),
        "bookerUrl": around.booker_url,
        **_answers(event, with_phone=False),
        "customInputs": {},
        "startTime": parts.milliseconds(booking.start),
        "endTime": parts.milliseconds(booking.end),
        "organizer": parts.organizer(event.organizer, booking.start),
        "attendees": [parts.attendee_after(one, booking.start) for one in people],
        **_team(event, around),
        "location": booking.location,
        "uid": booking.uid,
        "destinationCalendar": [],
        "requiresConfirmation": True,
        "hideOrganizerEmail": kind.hide_organizer_email if kind else False,
        "hideCalendarNotes": kind.hide_calendar_notes if kind else False,
        "hideCalendarEventDetails": kind.hide_calendar_event_details if kind else False,
        "eventTypeId": booking.event_type_id,
        "customReplyToEmail": kind.custom_reply_to_email if kind else None,
        "organizationId": event.organization_id,
        "additionalNotes": _notes(event),
        **({} if reason is None else {"rejectionReason": reason}),
        **_event_type(event),
        "length": parts.minutes(booking),
        "bookingId": booking.id,
        "status": "REJECTED",
    }


def no_show_updated(event: BookingNoShowUpdated) -> Json:
    if len(event.changed) == 1:
        [(email, absent)] = event.changed
        message = f"{email} {'marked' if absent else 'unmarked'} as no-show"
    else:
        message = "No-show status updated for attendees"
    return {
        "message": message,
        "attendees": [{"email": email, "noShow": absent} for email, absent in event.changed],
        "bookingUid": event.booking.uid,
        "bookingId": event.booking.id,
    }
