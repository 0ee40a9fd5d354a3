"""Ids and times that exist on the server, so that generated requests get past the first check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import requests

from fuzz.plan import HEADER
from fuzz.server import Server

Json = Any  # any JSON value
EMAIL, PASSWORD = "demo@example.com", "Correct-horse-42"
KINDS: dict[str, Json] = {
    "plain": {},
    "seats": {
        "seats": {"seatsPerTimeSlot": 50, "showAttendeeInfo": True, "showAvailabilityCount": True}
    },
    "series": {"recurrence": {"interval": 1, "occurrences": 3, "frequency": "weekly"}},
    "asks": {"confirmationPolicy": {"type": "always", "blockUnconfirmedBookingsInBooker": True}},
    "lengths": {"lengthInMinutesOptions": [30, 60]},
}
# names of parameters and members -> kind of value that fits
NAMES = {
    "eventTypeId": "eventType", "eventTypeIds": "eventType", "scheduleId": "schedule",
    "bookingUid": "booking", "bookingUidToReschedule": "booking", "rescheduleUid": "booking",
    "seatUid": "seat", "webhookId": "webhook", "deliveryId": "delivery", "linkId": "link",
    "oooId": "ooo", "uid": "reservation", "attendeeId": "attendee", "reservationUid": "reservation",
    "username": "username", "usernames": "username", "usernameList": "username",
    "eventSlug": "slug", "eventTypeSlug": "slug", "slug": "slug",
    "start": "start", "slotStart": "start", "slotUtcStartDate": "start", "at": "start",
    "timeZone": "zone", "email": "email", "attendeeEmail": "email", "toUserId": "user",
    "userId": "user", "lengthInMinutes": "minutes", "duration": "minutes",
}  # fmt: skip
RANGES = {"start": "day", "end": "end", "startTime": "day", "endTime": "end", "beforeEnd": "end"}


@dataclass
class Known:
    """The demo user's things; `refresh` makes anew what generated requests have removed."""

    server: Server
    key: str
    other_key: str
    client: dict[str, str]
    values: dict[str, list[Json]] = field(default_factory=dict)
    refreshed: int = 0

    @classmethod
    def of(cls, server: Server) -> Known:
        made = server.admin(
            "oauth-client", "create", "--owner", EMAIL, "--name", "Fuzz", "--type", "confidential",
            "--redirect-uri", "http://127.0.0.1:9/back", "--scope", "BOOKING_READ", "BOOKING_WRITE",
        )  # fmt: skip
        client = {
            "x-cal-client-id": str(made["clientId"]),
            "x-cal-secret-key": str(made["clientSecret"]),
        }
        known = cls(server, server.demo_key, server.user("other"), client)
        known.refresh()
        return known

    def call(self, method: str, path: str, date: str, key: str = "", **more: Json) -> Json:
        """The `data` of an answer, None where it was refused."""
        answer = requests.request(
            method,
            self.server.base + path,
            headers={"Authorization": f"Bearer {key or self.key}", HEADER: date},
            timeout=60,
            **more,
        )
        return answer.json().get("data") if answer.ok else None

    def refresh(self) -> None:
        """Makes sure there is something of every kind, and notes it."""
        self.refreshed += 1
        me = self.call("GET", "/v2/me", "2024-08-13")
        if me is None:
            self.server.check()
            self.key = self._another_key()
            me = self.call("GET", "/v2/me", "2024-08-13") or {}
        start = datetime.fromisoformat(self._now()) + timedelta(days=1)
        self.values = {
            "user": [me.get("id"), 1],
            "username": [me.get("username")],
            "email": [me.get("email"), "guest@example.com"],
            "zone": ["Europe/London", "America/New_York"],
            "minutes": [30, 60],
            "start": [f"{start:%Y-%m-%dT%H:%M:%S}Z"],
            "day": [f"{start:%Y-%m-%d}"],
            "end": [f"{start + timedelta(days=6):%Y-%m-%d}"],
        }
        for make in (self._event_types, self._schedules, self._bookings, self._rest):
            make(me)

    def _another_key(self) -> str:
        """A key of the demo user, or of a new user where even that one is out of reach."""
        try:
            return self.server.new_key(EMAIL)
        except Exception:  # its address is another by now
            return self.server.user(f"demo{self.refreshed}")

    def _now(self) -> str:
        answer = requests.get(f"{self.server.base}/no-such-page", timeout=20)
        return str(answer.json()["timestamp"]).replace("Z", "+00:00")

    def _note(self, kind: str, *values: Json) -> None:
        held = self.values.setdefault(kind, [])
        held.extend(value for value in values if value is not None and value not in held)

    def _event_types(self, me: Json) -> None:
        found = self.call("GET", "/v2/event-types", "2024-06-14") or []
        slugs = {event_type["slug"] for event_type in found}
        for kind, options in KINDS.items():
            slug = f"fuzz-{kind}"
            if slug not in slugs:
                body = {"title": slug, "slug": slug, "lengthInMinutes": 30, **options}
                made = self.call("POST", "/v2/event-types", "2024-06-14", json=body)
                found += [made] if made else []
        for event_type in found[-12:]:
            self._note("eventType", event_type["id"])
            self._note("slug", event_type["slug"])

    def _schedules(self, me: Json) -> None:
        found = self.call("GET", "/v2/schedules", "2024-06-11") or []
        if not any(schedule["availability"] for schedule in found):
            days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
            hours = [{"days": days, "startTime": "00:00", "endTime": "23:45"}]
            body = {"name": "Always", "timeZone": "UTC", "isDefault": True, "availability": hours}
            made = self.call("POST", "/v2/schedules", "2024-06-11", json=body)
            found += [made] if made else []
        self._note("schedule", *[schedule["id"] for schedule in found[-5:]])

    def _bookings(self, me: Json) -> None:
        guest = {"name": "Ada", "email": "guest@example.com", "timeZone": "Europe/London"}
        for event_type in self.values.get("eventType", [])[-6:]:
            query = {
                "eventTypeId": event_type,
                "start": self.values["start"][0],
                "end": self.values["end"][0],
            }
            days = self.call("GET", "/v2/slots", "2024-09-04", params=query) or {}
            starts = [slot["start"] for slots in days.values() for slot in slots]
            if starts:
                self._note("start", *starts[:: max(1, len(starts) // 8)])
                body = {"start": starts[0], "eventTypeId": event_type, "attendee": guest}
                self.call("POST", "/v2/bookings", "2024-08-13", json=body)
        found = self.call("GET", "/v2/bookings", "2024-08-13", params={"take": 40}) or []
        for booking in found:
            self._note("booking", booking.get("uid"), booking.get("recurringBookingUid"))
            for attendee in booking.get("attendees", []):
                self._note("seat", attendee.get("seatUid"))
        for uid in self.values.get("booking", [])[:5]:
            attendees = self.call("GET", f"/v2/bookings/{uid}/attendees", "2024-08-13") or []
            self._note("attendee", *[attendee.get("id") for attendee in attendees])

    def _rest(self, me: Json) -> None:
        event_type = (self.values.get("eventType") or [0])[0]
        nowhere = "http://127.0.0.1:9/hook"
        hook = {"active": True, "subscriberUrl": nowhere, "triggers": ["BOOKING_CREATED"]}
        for path in ("/v2/webhooks", f"/v2/event-types/{event_type}/webhooks"):
            made = self.call("GET", path, "2024-08-13") or [
                self.call("POST", path, "2024-08-13", json=hook)
            ]
            self._note("webhook", *[webhook["id"] for webhook in made[:4] if webhook])
        for webhook in self.values.get("webhook", [])[:3]:
            listed = self.call("GET", f"/v2/webhooks/{webhook}/deliveries", "2024-08-13") or []
            self._note("delivery", *[delivery.get("id") for delivery in listed[:3]])
        links = f"/v2/event-types/{event_type}/private-links"
        found = self.call("GET", links, "2024-08-13") or [
            self.call("POST", links, "2024-08-13", json={})
        ]
        self._note("link", *[link.get("linkId") for link in found if link])
        away = {"start": "2031-01-01T00:00:00.000Z", "end": "2031-01-03T00:00:00.000Z"}
        found = self.call("GET", "/v2/me/ooo", "2024-08-13") or [
            self.call("POST", "/v2/me/ooo", "2024-08-13", json=away)
        ]
        self._note("ooo", *[entry.get("id") for entry in found[:3] if entry])
        if starts := self.values.get("start", [])[1:]:
            body = {"eventTypeId": event_type, "slotStart": starts[-1]}
            made = self.call("POST", "/v2/slots/reservations", "2024-09-04", json=body)
            self._note("reservation", (made or {}).get("reservationUid"))

    def pick(self, name: str, rng: Random, *, query: bool = False) -> Json:
        """A value that exists for a parameter or member of this name, None where there is none."""
        kind = RANGES.get(name) if query else None
        held = self.values.get(kind or NAMES.get(name, ""), [])
        return rng.choice(held) if held else None

    def fill(self, value: Json, rng: Random, chance: float) -> Json:
        """A body some of whose members name things that exist."""
        if isinstance(value, list):
            return [self.fill(inner, rng, chance) for inner in value]
        if not isinstance(value, dict):
            return value
        return {key: self._filled(key, inner, rng, chance) for key, inner in value.items()}

    def _filled(self, key: str, value: Json, rng: Random, chance: float) -> Json:
        found = self.pick(key, rng) if rng.random() < chance else None
        if found is not None and not isinstance(value, dict) and value != []:
            return [found] if isinstance(value, list) else found
        return self.fill(value, rng, chance)


def tame(value: Json) -> Json:
    """A body whose addresses for webhooks lead to this machine: others are not to be called."""
    return _walk(value, lambda key, inner: _local(inner) if key.lower().endswith("url") else inner)


def _walk(value: Json, change: Callable[[str, Json], Json]) -> Json:
    if isinstance(value, list):
        return [_walk(inner, change) for inner in value]
    if isinstance(value, dict):
        return {key: change(key, _walk(inner, change)) for key, inner in value.items()}
    return value


def _local(value: Json) -> Json:
    if not isinstance(value, str) or "://" not in value:
        return value
    scheme, _, rest = value.partition("://")
    _, slash, path = rest.partition("/")
    return f"{scheme}://127.0.0.1:9{slash}{path}"
