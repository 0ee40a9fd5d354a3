"""`openslots dev`: one process that starts and watches Postgres, Redis, the API and the worker."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import secrets
import signal
import socket
import time

from openslots import embedded
from openslots.cli import environment, migrate, resident, serve, tour
from openslots.cli.children import Child, Watch, stop_leftovers
from openslots.cli.console import Console
from openslots.cli.folder import CommandError, DataFolder

# Everything has to be gone ten seconds after SIGTERM.
DRAIN_SECONDS = 2
API_STOP, WORKER_STOP, RESIDENT_STOP, REDIS_STOP, POSTGRES_STOP = 3.0, 2.5, 0.5, 0.5, 1.5
START_SECONDS = 60
LOOK_SECONDS = 0.1


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--data-dir", help="default: OPENSLOTS_DATA_DIR, else .openslots")
    parser.add_argument("--no-seed", action="store_true", help="make no demo user")


def run(given: argparse.Namespace) -> int:
    dev = Dev(environment.folder(given.data_dir), given.host, given.port)
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if sign != signal.SIGHUP or signal.getsignal(sign) != signal.SIG_IGN:  # as under nohup
            signal.signal(sign, dev.ask_to_stop)
    try:
        dev.start(seed=not given.no_seed)
        dev.watch()
    except Stopped:
        return 0
    except embedded.ServerError as error:
        if dev.stopping:
            return 0
        raise CommandError(str(error)) from None
    finally:
        dev.stop()
    return 0


class Stopped(Exception):
    """Somebody asked to stop while the start was still under way."""


class Dev:
    """Starts in the order of need, stops in the opposite one."""

    def __init__(self, folder: DataFolder, host: str, port: int) -> None:
        self.folder = folder
        self.host, self.port = host, port
        self.console = Console()
        self._listeners: list[socket.socket] = []
        self.postgres: embedded.Postgres | None = None
        self.redis: embedded.Redis | None = None
        self.api: Child | None = None
        self.worker: Child | None = None
        self.resident: Child | None = None
        self.stopping = False
        self._state: dict[str, object] = {}

    @property
    def base(self) -> str:
        """The address that works on this machine, also of a server on every interface."""
        host = self._reachable
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def _reachable(self) -> str:
        """A host name by which this machine reaches itself."""
        return "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104

    def ask_to_stop(self, *_: object) -> None:
        self.stopping = True

    def start(self, *, seed: bool) -> None:
        self.folder.take()
        old = self.folder.state().get("children", [])
        if count := stop_leftovers(old):
            self.console.say(f"openslots: stopped {count} process(es) that an earlier run left")
        listener = serve.listen(self.host, self.port)
        self._listeners.append(listener)
        self.port = listener.getsockname()[1]
        variables = self._start_servers()
        self._migrate(variables)
        fd = listener.fileno()
        self.api = self._child(
            "api", ["serve", "--fd", str(fd), "--drain", str(DRAIN_SECONDS)], variables, (fd,)
        )
        self.api.start()
        self._write_state(variables)
        self._wait_for_api(self.api)
        self.worker = self._child("worker", ["worker", "--drain", str(DRAIN_SECONDS)], variables)
        self.worker.start()
        self._start_resident(variables)
        seeded = seed and self._seed(variables)
        for line in tour.welcome(self.base, self.folder.demo() if seeded else {}):
            self.console.say(line)

    def watch(self) -> None:
        """Restarts what ends, until somebody asks to stop."""
        watched = [
            Watch(name, thing, self.console)
            for name, thing in (
                ("PostgreSQL", self.postgres),
                ("Redis", self.redis),
                ("api", self.api),
                ("worker", self.worker),
                ("admin", self.resident),
            )
            if thing is not None
        ]
        while not self.stopping:
            restarted = [watch.name for watch in watched if watch.look()]
            if restarted:
                self._write_state()
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Ends everything; harmless when only half of it was started."""
        for listener in self._listeners:
            listener.close()  # new connections are refused from here on, not left waiting
        if self.api is not None:
            self.api.stop(API_STOP)
        if self.worker is not None:
            self.worker.stop(WORKER_STOP)
        if self.resident is not None:
            self.resident.stop(RESIDENT_STOP)
        if self.redis is not None:
            self.redis.stop(REDIS_STOP)
        if self.postgres is not None:
            self.postgres.stop(POSTGRES_STOP)
        if self._state:
            self.folder.clear_state()
            self.console.say("openslots: stopped")
        self.console.close()

    def _start_servers(self) -> dict[str, str]:
        """Starts what DATABASE_URL and REDIS_URL do not replace; the variables of the children."""
        kept = self.folder.secrets()
        database_url, redis_url = environment.get("DATABASE_URL"), environment.get("REDIS_URL")
        logs = self.folder.logs
        if not redis_url and embedded.redis_binary():
            self.redis = embedded.Redis(self.folder.path / "redis", logs / "redis.log")
            self.redis.start()
        elif not redis_url:
            self.console.say(
                "openslots: no Redis here (install redis-server or valkey-server, or set "
                "REDIS_URL): rate limits are kept in memory and the worker only polls"
            )
        if not database_url:
            self.postgres = embedded.Postgres(self.folder.path / "postgres", logs / "postgres.log")
            self.postgres.start()
            self.postgres.wait(given_up=lambda: self.stopping)
            database_url = self.postgres.url
        if self.redis is not None:
            self.redis.wait(given_up=lambda: self.stopping)
            redis_url = self.redis.url
        self._check()
        given = {name: environment.get(name) or value for name, value in kept.items()}
        return given | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "NEXT_PUBLIC_WEBAPP_URL": environment.get("NEXT_PUBLIC_WEBAPP_URL") or self.base,
            "OPENSLOTS_DATA_DIR": str(self.folder.path),
            "OPENSLOTS_DEV": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def _migrate(self, variables: dict[str, str]) -> None:
        if not migrate.is_current(variables["DATABASE_URL"]):
            self._finish(self._child("migrate", ["migrate"], variables))

    def _seed(self, variables: dict[str, str]) -> bool:
        """Makes the demo user; a server without one is still a server."""
        words = ["seed", "--base", self.base, "--inbox", f"{self.base}/dev/inbox"]
        try:
            self._finish(self._child("seed", words, variables))
        except CommandError as error:
            self.console.say(f"openslots: no demo user: {error}")
            return False
        return True

    def _start_resident(self, variables: dict[str, str]) -> None:
        listener, token = serve.listen("127.0.0.1", 0), secrets.token_hex(16)
        self._listeners.append(listener)
        fd = listener.fileno()
        words = ["resident", "--fd", str(fd)]
        self.resident = self._child("admin", words, variables | {resident.TOKEN: token}, (fd,))
        self.resident.start()
        port = listener.getsockname()[1]
        self._write_state(variables, {"admin_port": port, "admin_token": token})

    def _finish(self, child: Child) -> None:
        """Runs a command that ends by itself. Raises CommandError when it fails."""
        child.start()
        try:
            while child.running:
                self._check()
                time.sleep(0.01)
        finally:
            child.stop(5)
        if child.wait() != 0:
            raise CommandError(
                f"`openslots {child.name}` failed: {child.last_line} (see {child.log})"
            )

    def _wait_for_api(self, api: Child) -> None:
        end = time.monotonic() + START_SECONDS
        while api.running and time.monotonic() < end:
            self._check()
            if self._is_healthy():
                return
            time.sleep(0.02)
        raise CommandError(f"the API did not start: {api.last_line} (see {api.log})")

    def _is_healthy(self) -> bool:
        link = http.client.HTTPConnection(self._reachable, self.port, timeout=1)
        with contextlib.closing(link), contextlib.suppress(OSError, http.client.HTTPException):
            link.request("GET", "/health")
            return link.getresponse().status == 200
        return False

    def _check(self) -> None:
        if self.stopping:
            raise Stopped

    def _child(
        self, name: str, words: list[str], variables: dict[str, str], fds: tuple[int, ...] = ()
    ) -> Child:
        return Child(
            name, words, environment.child(**variables), self.console, self.folder.logs, fds
        )

    def _write_state(
        self, variables: dict[str, str] | None = None, more: dict[str, object] | None = None
    ) -> None:
        if variables is not None:
            self._state = {
                "pid": os.getpid(),
                "port": self.port,
                "database_url": variables["DATABASE_URL"],
                "redis_url": variables["REDIS_URL"],
                **(more or {}),
            }
        started = (self.api, self.worker, self.resident)
        children = [child.identity for child in started if child is not None]
        self.folder.write_state(self._state | {"children": children})
