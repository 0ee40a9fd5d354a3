"""The demo user's things on the server, made anew as generated requests break them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests

from fuzz.known import Json, Known
from fuzz.plan import HEADER
from fuzz.server import Server, ServerGone

EMAIL = "demo@example.com"
EVENT_TYPES, SCHEDULES, BOOKINGS, SLOTS = "2024-06-14", "2024-06-11", "2024-08-13", "2024-09-04"
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
KINDS: dict[str, Json] = {
    "plain": {},
    "seats": {
        "seats": {
            "seatsPerTimeSlot": 50,
            "showAttendeeInfo": True,
            "showAvailabilityCount": True,
        }
    },
    "series": {"recurrence": {"interval": 1, "occurrences": 3, "frequency": "weekly"}},
    "asks": {"confirmationPolicy": {"type": "always", "blockUnconfirmedBookingsInBooker": True}},
    "lengths": {"lengthInMinutesOptions": [30, 60]},
}
GUEST = {"name": "Ada", "email": "guest@example.com", "timeZone": "Europe/London"}
HOOK = {
    "active": True,
    "subscriberUrl": "http://127.0.0.1:9/hook",
    "triggers": ["BOOKING_CREATED"],
}


@dataclass
class World:
    """Credentials, and what is known to exist."""

    server: Server
    key: str
    other_key: str
    client: dict[str, str]
    known: Known = field(default_factory=Known)
    refreshed: int = 0

    @classmethod
    def of(cls, server: Server) -> World:
        """The demo user with a full calendar, another user with an organization, and a client."""
        made = server.admin(
            "oauth-client", "create", "--owner", EMAIL, "--name", "Fuzz", "--type", "confidential",
            "--redirect-uri", "http://127.0.0.1:9/back", "--scope", "BOOKING_READ", "BOOKING_WRITE",
        )  # fmt: skip
        client = {
            "x-cal-client-id": str(made["clientId"]),
            "x-cal-secret-key": str(made["clientSecret"]),
        }
        world = cls(server, server.demo_key, server.user("other"), client)
        words = ("--name", "Fuzz", "--slug", "fuzz", "--owner", "other@example.com")
        server.admin("org", "create", *words)
        world.refresh()
        return world

    def call(self, method: str, path: str, date: str, **more: Any) -> Json:
        """The `data` of an answer, None where it was refused."""
        answer = requests.request(
            method,
            self.server.base + path,
            headers={"Authorization": f"Bearer {self.key}", HEADER: date},
            timeout=60,
            **more,
        )
        return answer.json().get("data") if answer.ok else None

    def refresh(self) -> None:
        """Puts everything in order again and notes what there is."""
        self.refreshed += 1
        me = self.call("GET", "/v2/me", BOOKINGS)
        if me is None:
            self.server.check()
            self.key = self._another_key()
            me = self.call("GET", "/v2/me", BOOKINGS) or {}
        tomorrow = datetime.fromisoformat(self._now()) + timedelta(days=1)
        self.known = Known()
        for name, values in {
            "userId": [me.get("id"), 1],
            "username": [me.get("username")],
            "email": [me.get("email"), "guest@example.com"],
            "timeZone": ["Europe/London", "America/New_York"],
            "lengthInMinutes": [30],
            "day": [f"{tomorrow:%Y-%m-%d}"],
            "lastDay": [f"{tomorrow + timedelta(days=27):%Y-%m-%d}"],
        }.items():
            self.known.note(name, values)
        self._schedules()
        for event_type in self._event_types():
            self._book(event_type)
        self._bookings()
        self._webhooks()
        self._rest()

    def _another_key(self) -> str:
        """A key of the demo user, or of a new one where even the old address leads nowhere."""
        try:
            return str(self.server.admin("api-key", "create", "--email", EMAIL)["apiKey"])
        except ServerGone:
            return self.server.user(f"demo{self.refreshed}")

    def _now(self) -> str:
        answer = requests.get(f"{self.server.base}/no-such-page", timeout=20)
        return str(answer.json()["timestamp"]).replace("Z", "+00:00")

    def _schedules(self) -> None:
        for entry in self.call("GET", "/v2/me/ooo", BOOKINGS) or []:
            self.call("DELETE", f"/v2/me/ooo/{entry['id']}", BOOKINGS)
        found = self.call("GET", "/v2/schedules", SCHEDULES) or []
        for schedule in found[5:]:
            self.call("DELETE", f"/v2/schedules/{schedule['id']}", SCHEDULES)
        hours = [{"days": DAYS, "startTime": "00:00", "endTime": "23:45"}]
        body = {"name": "Always", "timeZone": "UTC", "isDefault": True, "availability": hours}
        body["overrides"] = []
        if found:
            self.call("PATCH", f"/v2/schedules/{found[0]['id']}", SCHEDULES, json=body)
        else:
            found = [self.call("POST", "/v2/schedules", SCHEDULES, json=body) or {}]
        self.known.note("scheduleId", [schedule.get("id") for schedule in found[:5]])

    def _event_types(self) -> list[Json]:
        for event_type in self.call("GET", "/v2/event-types", EVENT_TYPES) or []:
            self.call("DELETE", f"/v2/event-types/{event_type['id']}", EVENT_TYPES)
        made = []
        for kind, options in KINDS.items():
            body = {"title": kind, "slug": f"fuzz-{kind}", "lengthInMinutes": 30, **options}
            if answer := self.call("POST", "/v2/event-types", EVENT_TYPES, json=body):
                made.append(answer)
        self.known.note("eventTypeId", [event_type["id"] for event_type in made])
        self.known.note("slug", [event_type["slug"] for event_type in made])
        return made

    def _book(self, event_type: Json) -> None:
        """Books the first free start and notes some of the others."""
        days = {"start": self.known.values["day"][0], "end": self.known.values["lastDay"][0]}
        query = {"eventTypeId": event_type["id"], **days}
        found = self.call("GET", "/v2/slots", SLOTS, params=query) or {}
        starts = [slot["start"] for slots in found.values() for slot in slots]
        if not starts:
            return
        body = {"start": starts[0], "eventTypeId": event_type["id"], "attendee": GUEST}
        self.call("POST", "/v2/bookings", BOOKINGS, json=body)
        for start in starts[3 :: max(1, len(starts) // 20)]:
            ends = datetime.fromisoformat(start.replace("Z", "+00:00")) + timedelta(minutes=30)
            end = f"{ends:%Y-%m-%dT%H:%M:%S}.000Z"
            slug = event_type["slug"]
            self.known.times.append(
                {"eventTypeId": event_type["id"], "slug": slug, "start": start, "slotEnd": end}
            )
            self.known.note("start", [start])

    def _bookings(self) -> None:
        query = {"take": 30, "sortCreated": "desc"}
        mine = set(self.known.values.get("eventTypeId", []))
        for booking in self.call("GET", "/v2/bookings", BOOKINGS, params=query) or []:
            uid = booking.get("uid")
            if booking.get("eventTypeId") not in mine:
                continue
            self.known.note("bookingUid", [uid, booking.get("recurringBookingUid")])
            seats = [attendee.get("seatUid") for attendee in booking.get("attendees", [])]
            self.known.note("seatUid", seats)
            if len(self.known.pairs) < 10:
                listed = self.call("GET", f"/v2/bookings/{uid}/attendees", BOOKINGS) or []
                ids = [attendee.get("id") for attendee in listed]
                self.known.note("attendeeId", ids)
                self.known.pairs += [{"bookingUid": uid, "attendeeId": one} for one in ids]

    def _webhooks(self) -> None:
        event_type = (self.known.values.get("eventTypeId") or [0])[0]
        for path in ("/v2/webhooks", f"/v2/event-types/{event_type}/webhooks"):
            listed = self.call("GET", path, BOOKINGS, params={"take": 100}) or []
            for old in listed[10:]:
                self.call("DELETE", f"{path}/{old['id']}", BOOKINGS)
            found = listed[:10] or [self.call("POST", path, BOOKINGS, json=HOOK) or {}]
            self.known.note("webhookId", [webhook.get("id") for webhook in found])
            for webhook in found:
                pair = {"eventTypeId": event_type, "webhookId": webhook.get("id")}
                self.known.pairs += [pair] if "event-types" in path else []
        for webhook in self.known.values["webhookId"][:5]:
            listed = self.call("GET", f"/v2/webhooks/{webhook}/deliveries", BOOKINGS) or []
            ids = [delivery.get("id") for delivery in listed[:3]]
            self.known.note("deliveryId", ids)
            self.known.pairs += [{"webhookId": webhook, "deliveryId": one} for one in ids]

    def _rest(self) -> None:
        event_type = (self.known.values.get("eventTypeId") or [0])[0]
        links = f"/v2/event-types/{event_type}/private-links"
        made = self.call("POST", links, BOOKINGS, json={}) or {}
        self.known.note("linkId", [made.get("linkId")])
        self.known.pairs.append({"eventTypeId": event_type, "linkId": made.get("linkId")})
        away = {"start": "2031-01-01T00:00:00.000Z", "end": "2031-01-03T00:00:00.000Z"}
        made = self.call("POST", "/v2/me/ooo", BOOKINGS, json=away) or {}
        self.known.note("oooId", [made.get("id")])
        for thing in self.known.times[-2:]:
            body = {"eventTypeId": thing["eventTypeId"], "slotStart": thing["start"]}
            made = self.call("POST", "/v2/slots/reservations", SLOTS, json=body) or {}
            self.known.note("uid", [made.get("reservationUid")])
