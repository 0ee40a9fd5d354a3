"""The running compose project of the tests, and what one asks of it from outside."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.compose.docker import compose, docker, inspect, run

T = TypeVar("T")
PASSWORD = "Correct-horse-42-battery"
SLOTS, BOOKINGS, WEBHOOKS = "2024-09-04", "2024-08-13", "2024-06-14"
# What a self-hoster might write into .env: it has to reach the containers.
SETTINGS = {
    "RATE_LIMIT_DEFAULT_LIMIT": "1000000",
    "RATE_LIMIT_DEFAULT_LIMIT_API_KEY": "1000000",
    "OPENSLOTS_JOB_LEASE": "5",
    "EMAIL_FROM": "openslots <book@example.com>",
}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def eventually(what: Callable[[], T], seconds: float, text: str) -> T:
    """Asks until the answer is true and returns it; an AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        if found := what():
            return found
        assert time.monotonic() < end, f"{text}: not within {seconds} s"
        time.sleep(0.2)


@dataclass
class Stack:
    """One project with ports and an env file of its own; nothing of a developer's `.env`."""

    folder: Path
    project: str = "openslots-test"
    port: int = field(default_factory=free_port)
    receiver_port: int = field(default_factory=free_port)
    key: str = ""

    def __post_init__(self) -> None:
        settings = SETTINGS | {
            "OPENSLOTS_PUBLISH": f"127.0.0.1:{self.port}",
            "RECEIVER_PUBLISH": f"127.0.0.1:{self.receiver_port}",
            "NEXT_PUBLIC_WEBAPP_URL": self.base,
            "OPENSLOTS_IMAGE": self.image,
        }
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        self.env_file.write_text(lines)

    @property
    def image(self) -> str:
        return f"{self.project}:local"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def env_file(self) -> Path:
        return self.folder / "env"

    @property
    def command(self) -> list[str]:
        return [
            *compose(),
            *("--env-file", str(self.env_file), "--project-name", self.project),
            *("-f", "docker-compose.yml", "-f", "tests/compose/extra.yml"),
        ]

    def compose(self, *words: str, check: bool = True, timeout: float = 900) -> str:
        """Runs a command of Compose; what it printed on both streams."""
        done = run([*self.command, *words], check=check, timeout=timeout)
        return done.stdout + done.stderr

    def succeeded(self, *words: str) -> bool:
        return run([*self.command, *words], check=False).returncode == 0

    def containers(self, service: str, *, stopped: bool = False) -> list[str]:
        """The ids of a service's containers, oldest first."""
        words = ["ps", "--quiet", "--no-trunc", *(("--all",) if stopped else ())]
        labels = (f"project={self.project}", f"service={service}", "oneoff=False")
        filters = [f"--filter=label=com.docker.compose.{label}" for label in labels]
        return docker(*words, *filters).split()[::-1]

    def health(self, container: str) -> str:
        """healthy, unhealthy, starting, or the state of one that has no check."""
        state = inspect(container)["State"]
        status: str = state.get("Health", {}).get("Status") or state["Status"]
        return status if state["Running"] else "down"

    def all_healthy(self, *services: str) -> bool:
        ids = [container for service in services for container in self.containers(service)]
        return len(ids) >= len(services) and all(self.health(one) == "healthy" for one in ids)

    def execute(self, container: str, *words: str, check: bool = True) -> str:
        return docker("exec", container, *words, check=check)

    def sql(self, statement: str) -> str:
        """What psql prints, bare, for a statement in the project's database."""
        words = ("psql", "-h", "/var/run/postgresql", "-U", "openslots", "-d", "openslots", "-Atc")
        return self.execute(self.containers("postgres")[0], *words, statement)

    def kill(self, container: str) -> None:
        """SIGKILL for the container's first process, behind Docker's back: `docker kill` would
        count as a wish that it stays down."""
        pid = inspect(container)["State"]["Pid"]
        docker(
            *("run", "--rm", "--pid=host", "--user=0", "--cap-add=KILL", "--network=none"),
            *("--entrypoint=/bin/sh", self.image, "-c", f"kill -9 {pid}"),
        )

    # -- the API from outside

    def call(self, method: str, path: str, version: str, **more: Any) -> Any:
        """The `data` of a successful answer."""
        headers = {"cal-api-version": version, "Authorization": f"Bearer {self.key}"}
        answer = httpx.request(method, self.base + path, headers=headers, timeout=60, **more)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()["data"]

    def up(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.base}/ready", timeout=5).status_code == 200
        return False

    def admin(self, *words: str) -> dict[str, Any]:
        """`docker compose run --rm api openslots admin ...`, as the guide has it."""
        given = ("run", "--rm", "-T", "api", "openslots", "admin", *words, "--json")
        done = run([*self.command, *given])
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return answer

    def slots(self, username: str, days: int = 14) -> list[str]:
        """Free starts of the user's event type of 30 minutes, from tomorrow on."""
        first = time.time() + 86_400  # noqa: TID251
        start, end = (
            time.strftime("%Y-%m-%d", time.gmtime(moment))
            for moment in (first, first + days * 86_400)
        )
        query = f"username={username}&eventTypeSlug=30min&start={start}&end={end}"
        found = self.call("GET", f"/v2/slots?{query}", SLOTS)
        return [slot["start"] for day in found.values() for slot in day]

    def booking(self, username: str, start: str) -> dict[str, Any]:
        """The body of a booking."""
        attendee = {"name": "Ada", "email": "ada@example.com", "timeZone": "Europe/London"}
        return {
            "start": start,
            "username": username,
            "eventTypeSlug": "30min",
            "attendee": attendee,
        }

    def book(self, username: str, start: str) -> str:
        """Books and returns the uid."""
        body = self.booking(username, start)
        made: dict[str, Any] = self.call("POST", "/v2/bookings", BOOKINGS, json=body)
        uid: str = made["uid"]
        return uid

    def booked(self, uid: str) -> bool:
        found: dict[str, Any] = self.call("GET", f"/v2/bookings/{uid}", BOOKINGS)
        return bool(found["uid"] == uid and found["status"] == "accepted")

    def delivered(self) -> set[str]:
        """The uids of which the receiver was told that they were booked."""
        with contextlib.suppress(httpx.HTTPError):
            bodies = httpx.get(f"http://127.0.0.1:{self.receiver_port}/", timeout=10).json()
            return {
                body["payload"]["uid"]
                for body in bodies
                if body.get("triggerEvent") == "BOOKING_CREATED"
            }
        return set()

    def end(self) -> None:
        """Removes what the project made: containers, networks, volumes and the image."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)
        docker("image", "rm", "--force", self.image, check=False)
