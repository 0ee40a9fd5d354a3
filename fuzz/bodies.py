"""Bodies that are carried out once they name things that exist (fuzz.known fills those in)."""

from __future__ import annotations

from typing import Any

Json = Any  # any JSON value
BOOKED, LATER = "2030-01-01T10:00:00.000Z", "2030-01-01T10:30:00.000Z"
GUEST = {"name": "Ada", "email": "ada@example.com", "timeZone": "Europe/London", "language": "en"}
RESPONSES = {
    "name": "Ada",
    "email": "ada@example.com",
    "guests": [],
    "location": {"value": "integrations:daily", "optionValue": ""},
}
HOURS = [[{"start": "2026-01-01T09:00:00.000Z", "end": "2026-01-01T17:00:00.000Z"}]]
HOOK = {
    "active": True,
    "subscriberUrl": "http://127.0.0.1:9/other",
    "triggers": ["BOOKING_CREATED"],
    "payloadTemplate": '{"a":"{{title}}"}',
    "secret": "x",
}
NO_SHOW = {
    **HOOK,
    "subscriberUrl": "http://127.0.0.1:9/no-show",
    "triggers": ["AFTER_HOSTS_CAL_VIDEO_NO_SHOW"],
    "time": 5,
    "timeUnit": "MINUTE",
}
BOOKING = {"start": BOOKED, "eventTypeId": 1, "attendee": GUEST}
OLD_BOOKING = {
    "start": BOOKED,
    "eventTypeId": 1,
    "timeZone": "Europe/London",
    "language": "en",
    "metadata": {"a": "b"},
    "responses": RESPONSES,
}
RICH_EVENT_TYPE = {
    "title": "Fuzz",
    "slug": "fuzz-made",
    "lengthInMinutes": 30,
    "lengthInMinutesOptions": [30, 60],
    "locations": [{"type": "link", "link": "https://example.com/a", "public": True}],
    "bookingFields": [
        {"type": "select", "label": "a", "slug": "b", "required": False, "options": ["x"]},
        {"type": "email", "required": True, "label": "e", "placeholder": "p"},
    ],
    "slotInterval": 30,
    "minimumBookingNotice": 10,
    "beforeEventBuffer": 5,
    "afterEventBuffer": 5,
    "bookingWindow": {"type": "businessDays", "value": 30, "rolling": True},
    "bookingLimitsCount": {"day": 1, "week": 2},
    "bookingLimitsDuration": {"day": 60},
    "offsetStart": 5,
    "onlyShowFirstAvailableSlot": False,
    "color": {"lightThemeHex": "#ffffff", "darkThemeHex": "#000000"},
    "confirmationPolicy": {
        "type": "time",
        "noticeThreshold": {"unit": "hours", "count": 1},
        "blockUnconfirmedBookingsInBooker": False,
    },
    "customName": "{Event type title}",
    "successRedirectUrl": "https://example.com/",
}
# (method, path) -> bodies; all dates that serve the operation get them
GOOD: dict[tuple[str, str], list[Json]] = {
    ("POST", "/v2/bookings"): [
        BOOKING,
        {**BOOKING, "guests": ["bob@example.com"], "metadata": {"a": "b"}},
        {**BOOKING, "location": "https://example.com/here", "bookingFieldsResponses": {"a": "b"}},
        {**BOOKING, "recurrenceCount": 2},
        {**BOOKING, "instant": True},
        OLD_BOOKING,
        {**OLD_BOOKING, "end": LATER, "hasHashedBookingLink": False},
    ],
    ("POST", "/v2/bookings/recurring"): [[OLD_BOOKING, {**OLD_BOOKING, "recurringCount": 2}]],
    ("POST", "/v2/bookings/instant"): [OLD_BOOKING],
    ("POST", "/v2/bookings/{bookingUid}/reschedule"): [
        {"start": BOOKED, "reschedulingReason": "x", "rescheduledBy": "ada@example.com"},
        {"start": BOOKED, "seatUid": "x"},
    ],
    ("POST", "/v2/bookings/{bookingUid}/cancel"): [
        {"cancellationReason": "x"},
        {"cancellationReason": "x", "cancelSubsequentBookings": True},
        {"seatUid": "x"},
    ],
    ("POST", "/v2/bookings/{bookingUid}/decline"): [{"reason": "x"}],
    ("POST", "/v2/bookings/{bookingUid}/mark-absent"): [
        {"host": True, "attendees": [{"email": "guest@example.com", "absent": True}]}
    ],
    ("POST", "/v2/bookings/{bookingUid}/mark-no-show"): [
        {"noShowHost": True, "attendees": [{"email": "guest@example.com", "noShow": True}]}
    ],
    ("POST", "/v2/bookings/{bookingUid}/request-reschedule"): [{"rescheduleReason": "x"}, {}],
    ("PATCH", "/v2/bookings/{bookingUid}/location"): [
        {"location": {"type": "address", "address": "Here"}},
        {"location": {"type": "link", "link": "https://example.com/"}},
    ],
    ("POST", "/v2/bookings/{bookingUid}/attendees"): [GUEST],
    ("POST", "/v2/bookings/{bookingUid}/guests"): [{"guests": [{"email": "b@example.com"}]}],
    ("POST", "/v2/event-types"): [
        RICH_EVENT_TYPE,
        {**RICH_EVENT_TYPE, "recurrence": {"interval": 1, "occurrences": 3, "frequency": "weekly"}},
        {"title": "Fuzz", "slug": "fuzz-old", "length": 30, "description": "x", "hidden": False},
    ],
    ("PATCH", "/v2/event-types/{eventTypeId}"): [
        {"bookingWindow": {"type": "range", "value": ["2030-01-01", "2030-02-01"]}},
        {"bookingLimitsCount": {"disabled": True}, "hidden": True},
        {"seats": {"seatsPerTimeSlot": 3, "showAttendeeInfo": True, "showAvailabilityCount": True}},
        {"locations": [{"type": "phone", "phone": "+442079460000", "public": True}]},
        RICH_EVENT_TYPE,
    ],
    ("PATCH", "/v2/atoms/event-types/{eventTypeId}"): [
        {"title": "x", "metadata": {"a": 1}, "periodType": "ROLLING", "periodDays": 3},
        {"bookingLimits": {"PER_DAY": 1}, "seatsPerTimeSlot": 1, "locations": []},
        {"recurringEvent": {"interval": 1, "count": 2, "freq": 2}, "hosts": []},
        {"bookingFields": [{"name": "a", "type": "text", "label": "A", "required": True}]},
    ],
    ("POST", "/v2/event-types/{eventTypeId}/private-links"): [
        {},
        {"expiresAt": BOOKED},
        {"maxUsageCount": 3},
    ],
    ("PATCH", "/v2/event-types/{eventTypeId}/private-links/{linkId}"): [{"maxUsageCount": 9}],
    ("POST", "/v2/schedules"): [
        {
            "name": "x",
            "timeZone": "Europe/London",
            "isDefault": False,
            "availability": [{"days": ["Monday"], "startTime": "09:00", "endTime": "17:00"}],
            "overrides": [{"date": "2030-01-01", "startTime": "10:00", "endTime": "11:00"}],
        },
        {"name": "x", "timeZone": "Europe/London", "isDefault": False},
    ],
    ("PATCH", "/v2/schedules/{scheduleId}"): [
        {"name": "x", "timeZone": "Europe/London", "schedule": HOURS},
        {"overrides": [{"date": "2030-01-01", "startTime": "10:00", "endTime": "11:00"}]},
    ],
    ("POST", "/v2/atoms/schedules/create"): [{"name": "x", "schedule": HOURS}],
    ("PATCH", "/v2/atoms/schedules/{scheduleId}"): [
        {"name": "x", "timeZone": "Europe/London", "schedule": HOURS, "dateOverrides": []}
    ],
    ("PATCH", "/v2/me"): [
        {
            "name": "x",
            "timeFormat": 12,
            "weekStart": "Monday",
            "bio": "x",
            "timeZone": "Europe/London",
            "locale": "en",
            "metadata": {"a": "b"},
        },
        {"avatarUrl": "https://example.com/a.png", "defaultScheduleId": 1},
    ],
    ("PATCH", "/v2/me/booking-limits"): [{"perDay": 3, "perWeek": 9}],
    ("POST", "/v2/me/ooo"): [
        {"start": "2031-02-01T00:00:00.000Z", "end": "2031-02-02T00:00:00.000Z", "notes": "x"},
        {"start": "2031-03-01T00:00:00.000Z", "end": "2031-03-02T00:00:00.000Z", "reason": "sick"},
    ],
    ("PATCH", "/v2/me/ooo/{oooId}"): [{"notes": "y", "reason": "travel"}],
    ("POST", "/v2/webhooks"): [HOOK, NO_SHOW],
    ("PATCH", "/v2/webhooks/{webhookId}"): [{"active": False}, HOOK],
    ("POST", "/v2/event-types/{eventTypeId}/webhooks"): [HOOK, NO_SHOW],
    ("PATCH", "/v2/event-types/{eventTypeId}/webhooks/{webhookId}"): [{"active": False}],
    ("POST", "/v2/slots/reservations"): [
        {"eventTypeId": 1, "slotStart": BOOKED},
        {"eventTypeId": 1, "slotStart": BOOKED, "slotDuration": 30, "reservationDuration": 5},
    ],
    ("PATCH", "/v2/slots/reservations/{uid}"): [{"eventTypeId": 1, "slotStart": BOOKED}],
    ("POST", "/v2/slots/reserve"): [
        {"eventTypeId": 1, "slotUtcStartDate": BOOKED, "slotUtcEndDate": LATER, "bookingUid": "x"}
    ],
    ("POST", "/v2/credits/charge"): [{"credits": 1, "creditFor": "AI_AGENT", "externalRef": "a"}],
    ("POST", "/v2/notifications/subscriptions/app-push"): [
        {"token": "ExponentPushToken[abc]", "platform": "IOS", "deviceId": "d"}
    ],
    ("POST", "/v2/verified-resources/emails/verification-code/request"): [
        {"email": "guest@example.com"}
    ],
    ("POST", "/v2/verified-resources/emails/verification-code/verify"): [
        {"email": "guest@example.com", "code": "123456"}
    ],
    ("POST", "/v2/verified-resources/phones/verification-code/request"): [
        {"phone": "+442079460000"}
    ],
    ("POST", "/v2/atoms/verification/email/send-code"): [
        {"email": "guest@example.com", "username": "demo", "language": "en"}
    ],
}
# the same for queries; None is filled in
DAYS = {"start": None, "end": None}
OLD_DAYS = {"startTime": None, "endTime": None}
QUERIES: dict[tuple[str, str], list[dict[str, Json]]] = {
    ("GET", "/v2/slots"): [
        {"eventTypeId": None, **DAYS},
        {"eventTypeId": None, **DAYS, "timeZone": "Asia/Tokyo", "format": "range"},
        {"eventTypeSlug": None, "username": None, **DAYS, "duration": 30},
        {"usernames": "demo,other", "organizationSlug": "fuzz", **DAYS},
    ],
    ("GET", "/v2/slots/available"): [
        {"eventTypeId": None, **OLD_DAYS},
        {"eventTypeSlug": None, "usernameList": None, **OLD_DAYS, "timeZone": "Asia/Tokyo"},
    ],
    ("GET", "/v2/slots/explain"): [
        {"eventTypeId": None, **DAYS},
        {"eventTypeId": None, "at": None},
    ],
    ("GET", "/v2/bookings"): [
        {"take": 5, "skip": 1, "status": "upcoming,past", "sortStart": "asc"},
        {"eventTypeIds": None, "attendeeEmail": None, "afterStart": "2026-01-01T00:00:00Z"},
        {"limit": 3, "filters[status]": "upcoming"},
    ],
    ("GET", "/v2/event-types"): [{"username": None, "eventSlug": None}, {"username": None}],
    ("GET", "/v2/webhooks"): [{"take": 1, "skip": 0}],
}
