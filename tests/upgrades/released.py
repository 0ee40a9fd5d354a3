"""The first released code, from the history of this repository, and what people did with it."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from openslots.embedded import free_port
from openslots.kernel import clock
from tests.cluster import ROOT
from tests.processes.server import OPENSLOTS, environment, eventually

COMMIT = "35a9c39a79956a1f7d724d400f67b334fff74c08"
REVISION = "20261126"
SECRETS = {
    "NEXTAUTH_SECRET": "a session secret of the tests",
    "CALENDSO_ENCRYPTION_KEY": "an encryption key for the tests ",
}
BOOKINGS, EVENT_TYPES, SCHEDULES, SLOTS = "2024-08-13", "2024-06-14", "2024-06-11", "2024-09-04"
SECRET = "the secret of a webhook"


def missing() -> str:
    """Why the first released code cannot be had here; empty where it can."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "cat-file", "-e", f"{COMMIT}^{{commit}}"],
        capture_output=True,
        check=False,
    )
    return "" if done.returncode == 0 else f"the history of this clone lacks the commit {COMMIT}"


def checkout(folder: Path) -> Path:
    """Unpacks the source of the first release into the folder."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "archive", COMMIT, "src", "migrations", "pyproject.toml"],
        capture_output=True,
        check=True,
    )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@dataclass(frozen=True)
class Code:
    """Commands of the source in `folder`, or of this one, on one database."""

    database_url: str
    folder: Path | None = None

    def variables(self, **more: str) -> dict[str, str]:
        given = environment(
            **SECRETS,
            DATABASE_URL=self.database_url,
            REDIS_URL="",
            RATE_LIMIT_DEFAULT_LIMIT_API_KEY="100000",
            OPENSLOTS_JOB_LEASE="4",
        )
        if self.folder is not None:
            given["PYTHONPATH"] = str(self.folder / "src")
        return given | more

    @property
    def place(self) -> Path:
        return ROOT if self.folder is None else self.folder

    def run(self, *words: str) -> str:
        """What a command prints; it must succeed."""
        done = subprocess.run(
            [*OPENSLOTS, *words],
            env=self.variables(),
            cwd=self.place,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*OPENSLOTS, *words],
            env=self.variables(),
            cwd=self.place,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    @contextmanager
    def serving(self) -> Iterator[str]:
        """API and worker; yields the API's address."""
        port = free_port()
        started = [self.start("serve", "--port", str(port)), self.start("worker")]
        base = f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: _up(base), 120, "the API answers")
            yield base
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(30)


def _up(base: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{base}/health", timeout=1).status_code == 200
    return False


@dataclass
class Person:
    """Calls an API as a host."""

    base: str
    key: str

    def call(self, method: str, path: str, version: str = "", once: str = "", **more: Any) -> Any:
        """The `data` of a successful answer; `once` is an Idempotency-Key."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if once:
            headers["Idempotency-Key"] = once
        if version:
            headers["cal-api-version"] = version
        answer = httpx.request(method, self.base + path, headers=headers, timeout=30, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json().get("data")

    @staticmethod
    def weeks(event_type_id: int) -> dict[str, Any]:
        """The query for the slots of the coming weeks."""
        today = clock.now()
        return {
            "eventTypeId": event_type_id,
            "start": f"{today + timedelta(days=1):%Y-%m-%d}",
            "end": f"{today + timedelta(days=28):%Y-%m-%d}",
        }

    @staticmethod
    def booking(event_type_id: int, start: str, number: int = 0) -> dict[str, Any]:
        """The body that books a start."""
        name = f"guest-{number}"
        attendee = {"name": name, "email": f"{name}@example.com", "timeZone": "Asia/Tokyo"}
        return {"start": start, "eventTypeId": event_type_id, "attendee": attendee}

    def free(self, event_type_id: int) -> list[str]:
        """Free starts of the coming weeks, earliest first."""
        days = self.call("GET", "/v2/slots", SLOTS, params=self.weeks(event_type_id))
        return [slot["start"] for slots in days.values() for slot in slots]

    def book(self, event_type_id: int, start: str, number: int = 0) -> dict[str, Any]:
        body, once = self.booking(event_type_id, start, number), f"{event_type_id} {start}"
        booked: dict[str, Any] = self.call("POST", "/v2/bookings", BOOKINGS, once, json=body)
        return booked


def use(code: Code, base: str, url: str) -> dict[str, Any]:
    """What a person does with a server in its first days, webhooks going to `url`; returns the key
    and ids by which to find it again."""
    words = ("--email", "ann@example.com", "--username", "ann", "--name", "Ann")
    made = json.loads(
        code.run(
            *("admin", "user", "create", *words, "--password", "Correct-horse-42-battery"),
            *("--time-zone", "Europe/Berlin", "--with-defaults", "--json"),
        )
    )
    code.run("admin", "org", "create", "--name", "Acme", "--slug", "acme", "--owner", words[1])
    client = ("--name", "Calls", "--owner", words[1], "--type", "confidential")
    place = ("--redirect-uri", "https://client.example.com/callback", "--scope", "BOOKING_READ")
    code.run("admin", "oauth-client", "create", *client, *place)
    ann = Person(base, made["apiKey"])
    ann.call("PATCH", "/v2/me", json={"timeFormat": 24, "bio": "Ünïcode\n\tand \\ backslashes"})
    kind = ann.call(
        "POST",
        "/v2/event-types",
        EVENT_TYPES,
        json={"title": "Talk", "slug": "talk", "lengthInMinutes": 30},
    )
    triggers = ["BOOKING_CREATED", "BOOKING_CANCELLED", "MEETING_STARTED"]
    hook = ann.call(
        "POST",
        "/v2/webhooks",
        json={"active": True, "subscriberUrl": url, "triggers": triggers, "secret": SECRET},
    )
    ann.call(
        "POST",
        f"/v2/event-types/{kind['id']}/webhooks",
        json={"active": False, "subscriberUrl": f"{url}/2", "triggers": triggers},
    )
    ann.call("POST", f"/v2/event-types/{kind['id']}/private-links", json={"maxUsageCount": 2})
    seats = {"seatsPerTimeSlot": 3, "showAttendeeInfo": False, "showAvailabilityCount": True}
    group = ann.call(
        "POST",
        "/v2/event-types",
        EVENT_TYPES,
        json={"title": "Group", "slug": "group", "lengthInMinutes": 30, "seats": seats},
    )
    ann.book(group["id"], ann.free(group["id"])[-1], 9)
    starts = ann.free(kind["id"])
    booked = [ann.book(kind["id"], start, n) for n, start in enumerate(starts[:3])]
    ann.call(
        "POST",
        f"/v2/bookings/{booked[2]['uid']}/cancel",
        BOOKINGS,
        json={"cancellationReason": "ill"},
    )
    body = {"slotStart": starts[5], "eventTypeId": kind["id"]}
    ann.call("POST", "/v2/slots/reservations", SLOTS, json=body)
    away = clock.now() + timedelta(days=400)
    day = f"{away:%Y-%m-%d}T00:00:00.000Z"
    ann.call("POST", "/v2/me/ooo", json={"start": day, "end": day, "reason": "vacation"})
    ann.call(
        "POST",
        "/v2/notifications/subscriptions/app-push",
        json={"token": "ExponentPushToken[abc]", "platform": "IOS", "deviceId": "phone"},
    )
    ann.call(
        "POST",
        "/v2/verified-resources/emails/verification-code/request",
        json={"email": "other@example.com"},
    )
    ann.call("PATCH", "/v2/me", json={"email": "ann.new@example.com"})
    return {
        "key": ann.key,
        "eventTypeId": kind["id"],
        "webhookId": hook["id"],
        "uids": [one["uid"] for one in booked],
    }
